// SPDX-License-Identifier: GPL-2.0-only
/* Generic netlink family memx_server: see memx_netlink.h and memx_server.yaml. */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "srv.h"

static struct genl_family family;

/* Events may come from works until the stores are gone, but the family goes first. */
static DECLARE_RWSEM(family_sem);
static bool family_up;

static const struct nla_policy client_policy[__MEMX_SERVER_CLIENT_A_NR] = {
	[MEMX_SERVER_CLIENT_A_NODE] = NLA_POLICY_EXACT_LEN(RMP_NODE_ID_LEN),
};

static const struct nla_policy policy[__MEMX_SERVER_A_NR] = {
	[MEMX_SERVER_A_CAPACITY] = { .type = NLA_U64 },
	[MEMX_SERVER_A_FORCE] = { .type = NLA_FLAG },
	[MEMX_SERVER_A_CLIENT] = NLA_POLICY_NESTED(client_policy),
};

static int missing(struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "the request is incomplete");
	return -EINVAL;
}

static int start(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *bytes = info->attrs[MEMX_SERVER_A_CAPACITY];

	if (!bytes)
		return missing(info);
	return memx_srv_start(memx_srv_of(genl_info_net(info)), nla_get_u64(bytes), info->extack);
}

static int set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *bytes = info->attrs[MEMX_SERVER_A_CAPACITY];

	if (!bytes)
		return missing(info);
	return memx_srv_set_capacity(memx_srv_of(genl_info_net(info)), nla_get_u64(bytes),
				     info->extack);
}

static int stop(struct sk_buff *skb, struct genl_info *info)
{
	return memx_srv_stop(memx_srv_of(genl_info_net(info)),
			     nla_get_flag(info->attrs[MEMX_SERVER_A_FORCE]), info->extack);
}

static const struct memx_srv_key first_key;

/* What a run of extents holds. */
struct usage {
	u64 extents, pages, values;
};

static void add(struct usage *u, struct memx_srv_extent *ext)
{
	u->extents++;
	u->pages += READ_ONCE(ext->npages);
	u->values += READ_ONCE(ext->nvalues);
}

static void sum_stats(const struct memx_srv *store, struct memx_srv_stats *sum)
{
	int cpu;

	*sum = (struct memx_srv_stats) { };
	for_each_possible_cpu(cpu) {
		const struct memx_srv_stats *s = per_cpu_ptr(store->stats, cpu);

		sum->reads += READ_ONCE(s->reads);
		sum->writes += READ_ONCE(s->writes);
		sum->zeros += READ_ONCE(s->zeros);
		sum->busy += READ_ONCE(s->busy);
		sum->refused += READ_ONCE(s->refused);
	}
}

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, MEMX_SERVER_A_PAD);
}

static int fill(struct sk_buff *skb, struct memx_srv *store)
{
	struct memx_srv_extent *ext;
	struct memx_srv_stats sum;
	struct usage u = { };

	for (ext = memx_srv_find_from(store, &first_key); ext; ext = memx_srv_next(ext))
		add(&u, ext);
	sum_stats(store, &sum);
	if (put_u64(skb, MEMX_SERVER_A_CAPACITY, store->cap.extents << MEMX_EXTENT_SHIFT) ||
	    put_u64(skb, MEMX_SERVER_A_RESERVED, store->cap.reserved << MEMX_EXTENT_SHIFT) ||
	    put_u64(skb, MEMX_SERVER_A_STORED, u.pages << PAGE_SHIFT) ||
	    put_u64(skb, MEMX_SERVER_A_UNIFORM, u.values << PAGE_SHIFT) ||
	    put_u64(skb, MEMX_SERVER_A_EXTENTS, u.extents) ||
	    nla_put_u8(skb, MEMX_SERVER_A_LOAD, memx_srv_load(store)) ||
	    put_u64(skb, MEMX_SERVER_A_READS, sum.reads) ||
	    put_u64(skb, MEMX_SERVER_A_WRITES, sum.writes) ||
	    put_u64(skb, MEMX_SERVER_A_ZEROS, sum.zeros) ||
	    put_u64(skb, MEMX_SERVER_A_BUSY, sum.busy) ||
	    put_u64(skb, MEMX_SERVER_A_REFUSED, sum.refused) ||
	    put_u64(skb, MEMX_SERVER_A_POOL, (u64)READ_ONCE(store->pool.n) << PAGE_SHIFT))
		return -EMSGSIZE;
	return 0;
}

static int get(struct sk_buff *unused, struct genl_info *info)
{
	struct memx_srv *store = memx_srv_of(genl_info_net(info));
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	int err = -EMSGSIZE;
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &family, 0, MEMX_SERVER_CMD_GET);
	if (hdr) {
		mutex_lock(&store->lock);
		err = fill(skb, store);
		mutex_unlock(&store->lock);
	}
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int put_client(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct memx_srv_extent *of, const struct usage *u)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				NLM_F_MULTI, MEMX_SERVER_CMD_CLIENT_GET);
	struct nlattr *n;

	if (!hdr)
		return -EMSGSIZE;
	n = nla_nest_start(skb, MEMX_SERVER_A_CLIENT);
	if (!n || nla_put(skb, MEMX_SERVER_CLIENT_A_NODE, RMP_NODE_ID_LEN, of->key.owner) ||
	    nla_put(skb, MEMX_SERVER_CLIENT_A_VOLUME, MEMX_UUID_LEN, of->key.volume) ||
	    nla_put_string(skb, MEMX_SERVER_CLIENT_A_NAME, of->name) ||
	    nla_put_u64_64bit(skb, MEMX_SERVER_CLIENT_A_EXTENTS, u->extents,
			      MEMX_SERVER_CLIENT_A_PAD) ||
	    nla_put_u64_64bit(skb, MEMX_SERVER_CLIENT_A_STORED, u->pages << PAGE_SHIFT,
			      MEMX_SERVER_CLIENT_A_PAD) ||
	    nla_put_u64_64bit(skb, MEMX_SERVER_CLIENT_A_UNIFORM, u->values << PAGE_SHIFT,
			      MEMX_SERVER_CLIENT_A_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, n);
	genlmsg_end(skb, hdr);
	return 0;
}

/* Where a dump goes on: at the first extent from @key on. */
struct cursor {
	struct memx_srv_key	key;
	bool			done;
};

static int client_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct memx_srv *store = memx_srv_of(sock_net(skb->sk));
	struct cursor *at = (struct cursor *)cb->ctx;
	struct memx_srv_extent *ext, *first;

	BUILD_BUG_ON(sizeof(*at) > sizeof(cb->ctx));
	if (at->done)
		return 0;
	mutex_lock(&store->lock);
	ext = memx_srv_find_from(store, &at->key);
	while (ext) {
		struct usage u = { };

		for (first = ext; ext && memx_srv_same_volume(&ext->key, &first->key);
		     ext = memx_srv_next(ext))
			add(&u, ext);
		if (put_client(skb, cb, first, &u)) {
			at->key = first->key;
			break;
		}
		at->done = !ext;
	}
	mutex_unlock(&store->lock);
	return skb->len;
}

static bool is_of_owner(const struct memx_srv_extent *ext, const void *arg)
{
	return !memcmp(ext->key.owner, arg, RMP_NODE_ID_LEN);
}

static int release(struct sk_buff *skb, struct genl_info *info)
{
	struct memx_srv *store = memx_srv_of(genl_info_net(info));
	struct nlattr *tb[__MEMX_SERVER_CLIENT_A_NR];
	const u8 *id;
	u64 n;
	int err;

	if (!info->attrs[MEMX_SERVER_A_CLIENT])
		return missing(info);
	err = nla_parse_nested(tb, __MEMX_SERVER_CLIENT_A_NR - 1, info->attrs[MEMX_SERVER_A_CLIENT],
			       client_policy, info->extack);
	if (err)
		return err;
	if (!tb[MEMX_SERVER_CLIENT_A_NODE])
		return missing(info);
	id = nla_data(tb[MEMX_SERVER_CLIENT_A_NODE]);
	mutex_lock(&store->lock);
	n = memx_srv_detach(store, is_of_owner, id);
	mutex_unlock(&store->lock);
	if (!n) {
		NL_SET_ERR_MSG(info->extack, "this client has nothing here");
		return -ENOENT;
	}
	memx_srv_reap(store);
	memx_srv_event(store, "client-released",
		       "%llu extents of client %16phN were freed on request", n, id);
	return 0;
}

#define ADMIN(c, fn) { .cmd = MEMX_SERVER_CMD_##c, .flags = GENL_ADMIN_PERM, .doit = fn }

static const struct genl_ops ops[] = {
	ADMIN(START, start),
	ADMIN(STOP, stop),
	ADMIN(SET, set),
	ADMIN(RELEASE, release),
	{ .cmd = MEMX_SERVER_CMD_GET, .doit = get },
	{ .cmd = MEMX_SERVER_CMD_CLIENT_GET, .dumpit = client_dump },
};

static const struct genl_multicast_group groups[] = { { .name = MEMX_GENL_EVENTS } };

static struct genl_family family __ro_after_init = {
	.name = MEMX_SERVER_GENL,
	.version = MEMX_GENL_VERSION,
	.maxattr = __MEMX_SERVER_A_NR - 1,
	.policy = policy,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = MEMX_SERVER_CMD_EVENT + 1,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static void send_event(struct memx_srv *store, const char *kind, const char *text)
{
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&family, store->net, 0))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_NOIO | __GFP_NOWARN);
	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &family, 0, MEMX_SERVER_CMD_EVENT);
	if (!hdr || nla_put_string(skb, MEMX_SERVER_A_EVENT_KIND, kind) ||
	    nla_put_string(skb, MEMX_SERVER_A_EVENT_TEXT, text)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&family, store->net, skb, 0, 0, GFP_NOIO);
}

/**
 * memx_srv_event - tell the log, and who listens
 * @store:	store
 * @kind:	word for programs
 * @fmt:	sentence for people
 *
 * Context: process; no lock of the store held but admin.
 */
void memx_srv_event(struct memx_srv *store, const char *kind, const char *fmt, ...)
{
	char text[160];
	va_list args;

	if (!__ratelimit(&store->event_limit))
		return;
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_info("memx_server: %s\n", text);
	down_read(&family_sem);
	if (family_up)
		send_event(store, kind, text);
	up_read(&family_sem);
}

int memx_srv_netlink_init(void)
{
	int err = genl_register_family(&family);

	if (err)
		return err;
	down_write(&family_sem);
	family_up = true;
	up_write(&family_sem);
	return 0;
}

void memx_srv_netlink_exit(void)
{
	down_write(&family_sem);
	family_up = false;
	up_write(&family_sem);
	genl_unregister_family(&family);
}
