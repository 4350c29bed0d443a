// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink family memx_rmap: see memx_netlink.h and memx_rmap.yaml. */
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "peer.h"
#include "ping.h"
#include "rmp_disc.h"
#include "rmp_crypto.h"

static struct genl_family family;

/* Events in a second at most: what a stranger can cause does not flood. */
#define EVENTS_BURST	20
static DEFINE_RATELIMIT_STATE(event_limit, HZ, EVENTS_BURST);

/* NLA_POLICY_RANGE() has 16 bits. */
static struct netlink_range_validation interval_range = { .min = 100, .max = 60000 };
/* A month: a session's counters last longer, and so does a 32-bit clock of jiffies. */
static struct netlink_range_validation rekey_range = { .min = 1, .max = 30 * 24 * 3600 };

static const struct nla_policy node_policy[__MEMX_RMAP_NODE_A_NR] = {
	[MEMX_RMAP_NODE_A_ID] = NLA_POLICY_EXACT_LEN(RMP_NODE_ID_LEN),
	[MEMX_RMAP_NODE_A_NAME] = { .type = NLA_NUL_STRING, .len = RMP_NAME_LEN - 1 },
	[MEMX_RMAP_NODE_A_SECURITY] = NLA_POLICY_MAX(NLA_U8, RMP_SEC_NOISE),
	[MEMX_RMAP_NODE_A_INTERVAL_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &interval_range),
	[MEMX_RMAP_NODE_A_RTO_MIN_US] = NLA_POLICY_MIN(NLA_U32, 100),
	[MEMX_RMAP_NODE_A_RTO_MAX_US] = NLA_POLICY_MIN(NLA_U32, 1000),
	[MEMX_RMAP_NODE_A_INCAST_FRAMES] = NLA_POLICY_MIN(NLA_U32, 1),
	[MEMX_RMAP_NODE_A_REKEY_S] = NLA_POLICY_FULL_RANGE(NLA_U32, &rekey_range),
};

static const struct nla_policy link_policy[__MEMX_RMAP_LINK_A_NR] = {
	[MEMX_RMAP_LINK_A_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[MEMX_RMAP_LINK_A_ETHERTYPE] = { .type = NLA_U16 },
	[MEMX_RMAP_LINK_A_MTU] = NLA_POLICY_MIN(NLA_U32, RMP_MTU_MIN),
};

static const struct nla_policy key_policy[__MEMX_RMAP_KEY_A_NR] = {
	[MEMX_RMAP_KEY_A_KEY] = NLA_POLICY_EXACT_LEN(RMP_KEY_LEN),
	[MEMX_RMAP_KEY_A_ID] = { .type = NLA_U32 },
	[MEMX_RMAP_KEY_A_SECONDARY] = { .type = NLA_FLAG },
};

static const struct nla_policy peer_policy[__MEMX_RMAP_PEER_A_NR] = {
	[MEMX_RMAP_PEER_A_NAME] = { .type = NLA_NUL_STRING, .len = RMP_NAME_LEN - 1 },
	[MEMX_RMAP_PEER_A_ADDR] = NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[MEMX_RMAP_PEER_A_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
};

static const struct nla_policy ping_policy[__MEMX_RMAP_PING_A_NR] = {
	[MEMX_RMAP_PING_A_NAME] = { .type = NLA_NUL_STRING, .len = RMP_NAME_LEN - 1 },
	[MEMX_RMAP_PING_A_SIZE] = { .type = NLA_U32 },
	[MEMX_RMAP_PING_A_COUNT] = NLA_POLICY_RANGE(NLA_U32, 1, RMP_PINGS_MAX),
};

static const struct nla_policy policy[__MEMX_RMAP_A_NR] = {
	[MEMX_RMAP_A_NODE] = NLA_POLICY_NESTED(node_policy),
	[MEMX_RMAP_A_LINK] = NLA_POLICY_NESTED(link_policy),
	[MEMX_RMAP_A_KEY] = NLA_POLICY_NESTED(key_policy),
	[MEMX_RMAP_A_PEER] = NLA_POLICY_NESTED(peer_policy),
	[MEMX_RMAP_A_PING] = NLA_POLICY_NESTED(ping_policy),
};

/* Parse the nest that a command needs. */
static int nest(struct genl_info *info, int attr, struct nlattr **tb, int max,
		const struct nla_policy *pol)
{
	if (!info->attrs[attr]) {
		NL_SET_ERR_MSG(info->extack, "the request is incomplete");
		return -EINVAL;
	}
	return nla_parse_nested(tb, max, info->attrs[attr], pol, info->extack);
}

static int missing(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "the request is incomplete");
	return -EINVAL;
}

/* A reply with one nest, filled by @fill. */
static int reply(struct genl_info *info, u8 cmd,
		 int (*fill)(struct sk_buff *skb, struct rmp_node *node))
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &family, 0, cmd);
	if (!hdr || fill(skb, rmp_node_of(genl_info_net(info)))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int fill_counters(struct sk_buff *skb, struct rmp_node *node)
{
	struct nlattr *n = nla_nest_start(skb, MEMX_RMAP_NODE_A_COUNTERS);
	unsigned int i;
	int cpu;

	if (!n)
		return -EMSGSIZE;
	for (i = 1; i < __MEMX_RMAP_COUNTER_A_NR; i++) {
		u64 sum = 0;

		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(node->stats, cpu)->n[i]);
		if (nla_put_u64_64bit(skb, i, sum, 0))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, n);
	return 0;
}

static int fill_node(struct sk_buff *skb, struct rmp_node *node)
{
	struct nlattr *n = nla_nest_start(skb, MEMX_RMAP_A_NODE);

	if (!n || nla_put(skb, MEMX_RMAP_NODE_A_ID, RMP_NODE_ID_LEN, node->id) ||
	    nla_put_u64_64bit(skb, MEMX_RMAP_NODE_A_INCARNATION, node->incarnation,
			      MEMX_RMAP_NODE_A_PAD) ||
	    nla_put_string(skb, MEMX_RMAP_NODE_A_NAME, node->name) ||
	    nla_put_u8(skb, MEMX_RMAP_NODE_A_SECURITY, node->security) ||
	    nla_put_u32(skb, MEMX_RMAP_NODE_A_INTERVAL_MS, node->interval_ms) ||
	    nla_put_u32(skb, MEMX_RMAP_NODE_A_RTO_MIN_US, node->rto_min_us) ||
	    nla_put_u32(skb, MEMX_RMAP_NODE_A_RTO_MAX_US, node->rto_max_us) ||
	    nla_put_u32(skb, MEMX_RMAP_NODE_A_INCAST_FRAMES, node->incast_frames) ||
	    nla_put_u32(skb, MEMX_RMAP_NODE_A_REKEY_S, node->rekey_s) ||
	    nla_put_u32(skb, MEMX_RMAP_NODE_A_SESSIONS, rmp_sess_count(node)) ||
	    fill_counters(skb, node))
		return -EMSGSIZE;
	nla_nest_end(skb, n);
	return 0;
}

static int get_node(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, MEMX_RMAP_CMD_NODE_GET, fill_node);
}

/* Check all before any of it is set. */
static int node_check(struct rmp_node *node, struct nlattr **tb, struct netlink_ext_ack *ack)
{
	u32 rto_min = tb[MEMX_RMAP_NODE_A_RTO_MIN_US] ? nla_get_u32(tb[MEMX_RMAP_NODE_A_RTO_MIN_US])
						      : node->rto_min_us;
	u32 rto_max = tb[MEMX_RMAP_NODE_A_RTO_MAX_US] ? nla_get_u32(tb[MEMX_RMAP_NODE_A_RTO_MAX_US])
						      : node->rto_max_us;
	char name[RMP_NAME_LEN] = { };

	if (tb[MEMX_RMAP_NODE_A_ID] && (node->nlinks || rmp_sess_count(node))) {
		NL_SET_ERR_MSG(ack, "the node id can be set only before the first link is added");
		return -EBUSY;
	}
	if (tb[MEMX_RMAP_NODE_A_SECURITY] && rmp_sess_count(node) &&
	    nla_get_u8(tb[MEMX_RMAP_NODE_A_SECURITY]) != node->security) {
		NL_SET_ERR_MSG(ack, "security cannot change while there are sessions");
		return -EBUSY;
	}
	if (tb[MEMX_RMAP_NODE_A_SECURITY] &&
	    nla_get_u8(tb[MEMX_RMAP_NODE_A_SECURITY]) == RMP_SEC_NOISE && node->nlinks &&
	    !READ_ONCE(node->keys.key[0].id)) {
		NL_SET_ERR_MSG(ack, "no cluster key is loaded");
		return -ENOKEY;
	}
	if (rto_min > rto_max) {
		NL_SET_ERR_MSG(ack, "the least retransmission timeout is above the greatest");
		return -EINVAL;
	}
	if (tb[MEMX_RMAP_NODE_A_NAME]) {
		nla_strscpy(name, tb[MEMX_RMAP_NODE_A_NAME], sizeof(name));
		if (!rmp_name_is_valid(name, sizeof(name))) {
			NL_SET_ERR_MSG(
				ack,
				"a name has 1 to 31 letters, digits, dots, dashes and underscores");
			return -EINVAL;
		}
	}
	return 0;
}

static void set_u32(struct nlattr *attr, u32 *to)
{
	if (attr)
		WRITE_ONCE(*to, nla_get_u32(attr));
}

static int set_node(struct sk_buff *skb, struct genl_info *info)
{
	struct rmp_node *node = rmp_node_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_RMAP_NODE_A_NR];
	int err = nest(info, MEMX_RMAP_A_NODE, tb, __MEMX_RMAP_NODE_A_NR - 1, node_policy);

	if (err)
		return err;
	mutex_lock(&node->lock);
	err = node_check(node, tb, info->extack);
	if (!err) {
		if (tb[MEMX_RMAP_NODE_A_ID]) {
			memcpy(node->id, nla_data(tb[MEMX_RMAP_NODE_A_ID]), RMP_NODE_ID_LEN);
			node->id_set = true;
		}
		if (tb[MEMX_RMAP_NODE_A_NAME]) {
			memset(node->name, 0, sizeof(node->name));
			nla_strscpy(node->name, tb[MEMX_RMAP_NODE_A_NAME], sizeof(node->name));
		}
		if (tb[MEMX_RMAP_NODE_A_SECURITY])
			WRITE_ONCE(node->security, nla_get_u8(tb[MEMX_RMAP_NODE_A_SECURITY]));
		set_u32(tb[MEMX_RMAP_NODE_A_INTERVAL_MS], &node->interval_ms);
		set_u32(tb[MEMX_RMAP_NODE_A_RTO_MIN_US], &node->rto_min_us);
		set_u32(tb[MEMX_RMAP_NODE_A_RTO_MAX_US], &node->rto_max_us);
		set_u32(tb[MEMX_RMAP_NODE_A_INCAST_FRAMES], &node->incast_frames);
		set_u32(tb[MEMX_RMAP_NODE_A_REKEY_S], &node->rekey_s);
		rmp_sess_look_again(node);
	}
	mutex_unlock(&node->lock);
	if (!err)
		rmp_disc_kick(node);
	return err;
}

static int link_cmd(struct genl_info *info, bool add)
{
	struct rmp_node *node = rmp_node_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_RMAP_LINK_A_NR];
	u16 ethertype = RMP_ETHERTYPE;
	char ifname[IFNAMSIZ];
	u32 mtu = 0;
	int err = nest(info, MEMX_RMAP_A_LINK, tb, __MEMX_RMAP_LINK_A_NR - 1, link_policy);

	if (err)
		return err;
	if (!tb[MEMX_RMAP_LINK_A_IFNAME])
		return missing(info);
	nla_strscpy(ifname, tb[MEMX_RMAP_LINK_A_IFNAME], sizeof(ifname));
	if (tb[MEMX_RMAP_LINK_A_ETHERTYPE])
		ethertype = nla_get_u16(tb[MEMX_RMAP_LINK_A_ETHERTYPE]);
	if (tb[MEMX_RMAP_LINK_A_MTU])
		mtu = min_t(u32, nla_get_u32(tb[MEMX_RMAP_LINK_A_MTU]), RMP_MTU_MAX);

	rtnl_lock();
	mutex_lock(&node->lock);
	err = add ? rmp_link_add(node, ifname, ethertype, mtu, info->extack)
		  : rmp_link_del(node, ifname, info->extack);
	mutex_unlock(&node->lock);
	rtnl_unlock();
	return err;
}

static int link_add(struct sk_buff *skb, struct genl_info *info)
{
	return link_cmd(info, true);
}

static int link_del(struct sk_buff *skb, struct genl_info *info)
{
	return link_cmd(info, false);
}

/* One message of a dump. */
static void *dump_start(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
			   NLM_F_MULTI, cmd);
}

static int dump_end(struct sk_buff *skb, void *hdr, struct nlattr *n, bool failed)
{
	if (failed) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, n);
	genlmsg_end(skb, hdr);
	return 0;
}

static int put_link(struct sk_buff *skb, struct netlink_callback *cb, const struct rmp_link *link)
{
	void *hdr = dump_start(skb, cb, MEMX_RMAP_CMD_LINK_GET);
	struct nlattr *n;
	struct net_device *dev;

	if (!hdr)
		return -EMSGSIZE;
	dev = rcu_dereference_protected(link->dev, lockdep_is_held(&link->node->lock));
	n = nla_nest_start(skb, MEMX_RMAP_A_LINK);
	return dump_end(skb, hdr, n,
			!n || nla_put_string(skb, MEMX_RMAP_LINK_A_IFNAME, link->name) ||
				nla_put_u32(skb, MEMX_RMAP_LINK_A_IFINDEX, link->ifindex) ||
				nla_put(skb, MEMX_RMAP_LINK_A_ADDR, ETH_ALEN, link->addr) ||
				nla_put_u16(skb, MEMX_RMAP_LINK_A_ETHERTYPE,
					    ntohs(link->ethertype)) ||
				nla_put_u32(skb, MEMX_RMAP_LINK_A_MTU, link->mtu) ||
				nla_put_u8(skb, MEMX_RMAP_LINK_A_CARRIER,
					   dev && netif_carrier_ok(dev) && netif_running(dev)) ||
				nla_put_u8(skb, MEMX_RMAP_LINK_A_INGRESS, rmp_link_ingress(link)));
}

static int link_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct rmp_node *node = rmp_node_of(sock_net(skb->sk));
	struct rmp_link *link;
	long i = 0;

	mutex_lock(&node->lock);
	list_for_each_entry(link, &node->links, list) {
		if (i++ < cb->args[0])
			continue;
		if (put_link(skb, cb, link))
			break;
		cb->args[0] = i;
	}
	mutex_unlock(&node->lock);
	return skb->len;
}

static int key_set(struct sk_buff *skb, struct genl_info *info)
{
	struct rmp_node *node = rmp_node_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_RMAP_KEY_A_NR];
	struct rmp_key key;
	int err = nest(info, MEMX_RMAP_A_KEY, tb, __MEMX_RMAP_KEY_A_NR - 1, key_policy);

	if (err)
		return err;
	if (!tb[MEMX_RMAP_KEY_A_KEY])
		return missing(info);
	rmp_key_derive(&key, nla_data(tb[MEMX_RMAP_KEY_A_KEY]));
	rmp_wipe(nla_data(tb[MEMX_RMAP_KEY_A_KEY]), RMP_KEY_LEN);
	spin_lock_bh(&node->key_lock);
	rmp_keys_set(&node->keys, &key, nla_get_flag(tb[MEMX_RMAP_KEY_A_SECONDARY]));
	spin_unlock_bh(&node->key_lock);
	rmp_wipe(&key, sizeof(key));
	rmp_disc_kick(node);
	return 0;
}

static int key_del(struct sk_buff *skb, struct genl_info *info)
{
	struct rmp_node *node = rmp_node_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_RMAP_KEY_A_NR];
	int err = nest(info, MEMX_RMAP_A_KEY, tb, __MEMX_RMAP_KEY_A_NR - 1, key_policy);
	bool found;

	if (err)
		return err;
	if (!tb[MEMX_RMAP_KEY_A_ID])
		return missing(info);
	spin_lock_bh(&node->key_lock);
	found = rmp_keys_remove(&node->keys, nla_get_u32(tb[MEMX_RMAP_KEY_A_ID]));
	spin_unlock_bh(&node->key_lock);
	if (!found)
		NL_SET_ERR_MSG(info->extack, "there is no key with this id");
	return found ? 0 : -ENOENT;
}

static int key_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct rmp_node *node = rmp_node_of(sock_net(skb->sk));
	long i;

	for (i = cb->args[0]; i < RMP_KEYS_MAX; i++) {
		u32 id = READ_ONCE(node->keys.key[i].id);
		struct nlattr *n;
		void *hdr;

		if (!id)
			continue;
		hdr = dump_start(skb, cb, MEMX_RMAP_CMD_KEY_GET);
		if (!hdr)
			break;
		n = nla_nest_start(skb, MEMX_RMAP_A_KEY);
		if (dump_end(skb, hdr, n, !n || nla_put_u32(skb, MEMX_RMAP_KEY_A_ID, id) ||
			     (i && nla_put_flag(skb, MEMX_RMAP_KEY_A_SECONDARY))))
			break;
	}
	cb->args[0] = i;
	return skb->len;
}

static int peer_cmd(struct genl_info *info, bool add)
{
	struct rmp_node *node = rmp_node_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_RMAP_PEER_A_NR];
	char name[RMP_NAME_LEN] = { }, ifname[IFNAMSIZ];
	int err = nest(info, MEMX_RMAP_A_PEER, tb, __MEMX_RMAP_PEER_A_NR - 1, peer_policy);

	if (err)
		return err;
	if (!tb[MEMX_RMAP_PEER_A_NAME] ||
	    (add && (!tb[MEMX_RMAP_PEER_A_ADDR] || !tb[MEMX_RMAP_PEER_A_IFNAME])))
		return missing(info);
	nla_strscpy(name, tb[MEMX_RMAP_PEER_A_NAME], sizeof(name));
	if (!add)
		return rmp_peer_del(node, name, info->extack);
	if (!rmp_name_is_valid(name, sizeof(name))) {
		NL_SET_ERR_MSG(info->extack,
			       "a name has 1 to 31 letters, digits, dots, dashes and underscores");
		return -EINVAL;
	}
	nla_strscpy(ifname, tb[MEMX_RMAP_PEER_A_IFNAME], sizeof(ifname));
	mutex_lock(&node->lock);
	err = rmp_peer_add(node, name, nla_data(tb[MEMX_RMAP_PEER_A_ADDR]), ifname, info->extack);
	mutex_unlock(&node->lock);
	return err;
}

static int peer_add(struct sk_buff *skb, struct genl_info *info)
{
	return peer_cmd(info, true);
}

static int peer_del(struct sk_buff *skb, struct genl_info *info)
{
	return peer_cmd(info, false);
}

/*
 * Context: peer_lock; the session's state is looked up under the lock of the table, which is
 * inner.
 */
static int put_peer(struct sk_buff *skb, struct netlink_callback *cb, struct rmp_peer *p)
{
	void *hdr = dump_start(skb, cb, MEMX_RMAP_CMD_PEER_GET);
	struct nlattr *n;
	u32 rtt = 0;
	u8 state;
	bool bad;

	if (!hdr)
		return -EMSGSIZE;
	state = p->known ? rmp_sess_peer_state(p->node, p->id, &rtt) : 0;
	n = nla_nest_start(skb, MEMX_RMAP_A_PEER);
	bad = !n || nla_put_string(skb, MEMX_RMAP_PEER_A_NAME, p->name) ||
	      nla_put(skb, MEMX_RMAP_PEER_A_ADDR, ETH_ALEN, p->addr) ||
	      nla_put_string(skb, MEMX_RMAP_PEER_A_IFNAME, p->link ? p->link->name : "-") ||
	      (p->is_static && nla_put_flag(skb, MEMX_RMAP_PEER_A_STATIC)) ||
	      (p->suspect && nla_put_flag(skb, MEMX_RMAP_PEER_A_SUSPECT)) ||
	      nla_put_u8(skb, MEMX_RMAP_PEER_A_LOAD, p->load) ||
	      nla_put_u8(skb, MEMX_RMAP_PEER_A_SESSION, state) ||
	      (p->problem[0] && nla_put_string(skb, MEMX_RMAP_PEER_A_PROBLEM, p->problem));
	if (!bad && p->known)
		bad = nla_put(skb, MEMX_RMAP_PEER_A_ID, RMP_NODE_ID_LEN, p->id) ||
		      nla_put_u64_64bit(skb, MEMX_RMAP_PEER_A_CAPACITY,
					p->capacity_pages * RMP_PAGE_SIZE, MEMX_RMAP_PEER_A_PAD) ||
		      nla_put_u64_64bit(skb, MEMX_RMAP_PEER_A_FREE, p->free_pages * RMP_PAGE_SIZE,
					MEMX_RMAP_PEER_A_PAD) ||
		      nla_put_u64_64bit(skb, MEMX_RMAP_PEER_A_INCARNATION, p->heard.incarnation,
					MEMX_RMAP_PEER_A_PAD) ||
		      (rtt && nla_put_u32(skb, MEMX_RMAP_PEER_A_RTT_US, rtt)) ||
		      nla_put_u32(skb, MEMX_RMAP_PEER_A_SEEN_MS,
				  jiffies_to_msecs(jiffies - p->seen)) ||
		      nla_put_u32(skb, MEMX_RMAP_PEER_A_MTU, p->mtu);
	return dump_end(skb, hdr, n, bad);
}

static int peer_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct rmp_node *node = rmp_node_of(sock_net(skb->sk));
	struct rmp_peer *p;
	long i = 0;

	spin_lock_bh(&node->peer_lock);
	list_for_each_entry(p, &node->peers, list) {
		if (i++ < cb->args[0])
			continue;
		if (put_peer(skb, cb, p))
			break;
		cb->args[0] = i;
	}
	spin_unlock_bh(&node->peer_lock);
	return skb->len;
}

static int ping_reply(struct genl_info *info, const struct rmp_ping *ping)
{
	struct sk_buff *skb =
		genlmsg_new(nla_total_size(ping->done * sizeof(u32)) + 256, GFP_KERNEL);
	struct nlattr *n;
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &family, 0, MEMX_RMAP_CMD_PING);
	n = hdr ? nla_nest_start(skb, MEMX_RMAP_A_PING) : NULL;
	if (!n || nla_put(skb, MEMX_RMAP_PING_A_SAMPLES, ping->done * sizeof(u32), ping->ns) ||
	    nla_put_u32(skb, MEMX_RMAP_PING_A_SIZE, ping->size) ||
	    nla_put_u32(skb, MEMX_RMAP_PING_A_COUNT, ping->count) ||
	    nla_put_u32(skb, MEMX_RMAP_PING_A_LOST, ping->lost)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, n);
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int ping(struct sk_buff *skb, struct genl_info *info)
{
	struct rmp_node *node = rmp_node_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_RMAP_PING_A_NR];
	struct rmp_ping ping = { .size = RMP_PAGE_SIZE, .count = 10 };
	char name[RMP_NAME_LEN];
	struct rmp_peer *p;
	int err = nest(info, MEMX_RMAP_A_PING, tb, __MEMX_RMAP_PING_A_NR - 1, ping_policy);

	if (err)
		return err;
	if (!tb[MEMX_RMAP_PING_A_NAME])
		return missing(info);
	nla_strscpy(name, tb[MEMX_RMAP_PING_A_NAME], sizeof(name));
	if (tb[MEMX_RMAP_PING_A_SIZE])
		ping.size = nla_get_u32(tb[MEMX_RMAP_PING_A_SIZE]);
	if (tb[MEMX_RMAP_PING_A_COUNT])
		ping.count = nla_get_u32(tb[MEMX_RMAP_PING_A_COUNT]);
	if (ping.size > RMP_DATA_MAX) {
		NL_SET_ERR_MSG(info->extack, "a request carries at most 65536 bytes");
		return -EINVAL;
	}

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_name(node, name);
	err = !p ? -ENOENT : p->known ? 0 : -EHOSTUNREACH;
	if (!err)
		memcpy(ping.id, p->id, sizeof(ping.id));
	spin_unlock_bh(&node->peer_lock);
	if (err) {
		if (err == -ENOENT)
			NL_SET_ERR_MSG(info->extack, "there is no such server");
		else
			NL_SET_ERR_MSG(info->extack, "this server was never heard");
		return err;
	}
	err = rmp_ping(node, &ping);
	if (err == -ETIMEDOUT)
		NL_SET_ERR_MSG(info->extack, "no session came about: the server does not answer, "
					     "or has another cluster key");
	if (!err)
		err = ping_reply(info, &ping);
	kvfree(ping.ns);
	return err;
}

#define ADMIN(c, fn) { .cmd = MEMX_RMAP_CMD_##c, .flags = GENL_ADMIN_PERM, .doit = fn }
#define DUMP(c, fn) { .cmd = MEMX_RMAP_CMD_##c, .dumpit = fn }

static const struct genl_ops ops[] = {
	{ .cmd = MEMX_RMAP_CMD_NODE_GET, .doit = get_node },
	ADMIN(NODE_SET, set_node),
	ADMIN(LINK_ADD, link_add),
	ADMIN(LINK_DEL, link_del),
	DUMP(LINK_GET, link_dump),
	ADMIN(KEY_SET, key_set),
	ADMIN(KEY_DEL, key_del),
	DUMP(KEY_GET, key_dump),
	ADMIN(PEER_ADD, peer_add),
	ADMIN(PEER_DEL, peer_del),
	DUMP(PEER_GET, peer_dump),
	ADMIN(PING, ping),
};

static const struct genl_multicast_group groups[] = { { .name = MEMX_GENL_EVENTS } };

static struct genl_family family __ro_after_init = {
	.name = MEMX_RMAP_GENL,
	.version = MEMX_GENL_VERSION,
	.maxattr = __MEMX_RMAP_A_NR - 1,
	.policy = policy,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = MEMX_RMAP_CMD_EVENT + 1,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * rmp_event - tell whoever listens
 * @node:	node
 * @kind:	such as "peer-up"
 * @name:	what it is about
 * @fmt:	a sentence
 *
 * Context: any but hardirq. At most EVENTS_BURST in a second.
 */
void rmp_event(struct rmp_node *node, const char *kind, const char *name, const char *fmt, ...)
{
	struct sk_buff *skb;
	struct nlattr *n;
	char text[200];
	va_list args;
	void *hdr;

	if (!genl_has_listeners(&family, node->net, 0) || !__ratelimit(&event_limit))
		return;
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	skb = genlmsg_new(512, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &family, 0, MEMX_RMAP_CMD_EVENT);
	n = hdr ? nla_nest_start(skb, MEMX_RMAP_A_EVENT) : NULL;
	if (!n || nla_put_string(skb, MEMX_RMAP_EVENT_A_KIND, kind) ||
	    nla_put_string(skb, MEMX_RMAP_EVENT_A_NAME, name) ||
	    nla_put_string(skb, MEMX_RMAP_EVENT_A_TEXT, text)) {
		nlmsg_free(skb);
		return;
	}
	nla_nest_end(skb, n);
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&family, node->net, skb, 0, 0, GFP_ATOMIC);
}

int rmp_netlink_init(void)
{
	ratelimit_set_flags(&event_limit, RATELIMIT_MSG_ON_RELEASE);
	return genl_register_family(&family);
}

void rmp_netlink_exit(void)
{
	genl_unregister_family(&family);
}
