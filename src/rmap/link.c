// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: the network devices that a node speaks on, and how frames are taken from them.
 *
 * The core drops frames of an EtherType it does not know when they were allocated from the
 * emergency reserves (skb_pfmemalloc_protocol() in net/core/dev.c), which is when a machine that
 * swaps to us needs them most. The netfilter ingress hook runs before that check. On a bridge,
 * bond or VLAN the check sits on the lowest device, so we hook there too, and take only what is
 * addressed to the link.
 *
 * A protocol handler on the link's device takes what comes past the hook: all, in a kernel with
 * none, and what a tc filter has redirected (ifb: skb_skip_tc_classify() leaves out nf_ingress() as
 * well).
 */
#include <linux/if_arp.h>
#include <linux/if_macvlan.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/bonding.h>

#include "rmp_priv.h"

static bool ingress = true;
module_param(ingress, bool, 0444);
MODULE_PARM_DESC(ingress,
		 "Receive through the netfilter ingress hook (default), not dev_add_pack()");

#define LOWER_MAX	64
#define NEST_MAX	8	/* as deep as the core lets devices be stacked: MAX_NEST_DEV */

/**
 * struct rmp_hook - one place where frames of a link are taken
 * @ops:	the ingress hook
 * @link:	the link
 * @dev:	the device: the link's own, or one below it
 * @vlan_proto:	tag that our frames have there: its EtherType, 0 without one
 * @vlan_id:	and its number
 * @lower:	below: broadcasts are left for the link's own device
 * @bridged:	with a bridge between
 * @slave:	of a bond
 * @wanted:	found again while hooks are brought up to date
 */
struct rmp_hook {
	struct nf_hook_ops	ops;
	struct rmp_link		*link;
	struct net_device	*dev;
	__be16			vlan_proto;
	u16			vlan_id;
	bool			lower;
	bool			bridged;
	bool			slave;
	bool			wanted;
};

/**
 * struct rmp_link_hooks - how a link receives
 * @pack:	protocol handler of the link's device
 * @link:	the link
 * @hook:	hooks, @n of them
 * @n:		how many
 * @ingress:	its device has a hook, and all below it
 * @bypassed:	frames have come past it
 */
struct rmp_link_hooks {
	struct packet_type	pack;
	struct rmp_link		*link;
	struct rmp_hook		*hook[1 + LOWER_MAX];
	unsigned int		n;
	bool			ingress;
	bool			bypassed;
};

/* The broadcast that a hook of this CPU has read: the protocol handler gets it next. */
static DEFINE_PER_CPU(const struct sk_buff *, broadcast_read);

static __always_inline void take(struct rmp_link *link, struct sk_buff *skb)
{
	skb = skb_share_check(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (skb)
		rmp_rx(link, skb);
}

/*
 * May a frame be taken below the link's device, so that the devices between do not see it? A
 * bridge has rules, and learns where a peer is: it gets all but emergency frames, which would never
 * arrive. What a bond would not take from a slave, we do not either: switches flood.
 */
static bool take_below(const struct rmp_hook *h, const struct sk_buff *skb)
{
	const struct net_device *own = rcu_dereference(h->link->dev);

	if (!own || !(READ_ONCE(own->flags) & IFF_UP))
		return false;
	if (h->slave) {
		struct slave *slave = bond_slave_get_rcu(h->dev);

		if (slave && bond_is_slave_inactive(slave))
			return false;
	}
	return !h->bridged || skb_pfmemalloc(skb);
}

static bool has_our_tag(const struct rmp_hook *h, const struct sk_buff *skb)
{
	if (!skb_vlan_tag_present(skb))
		return !h->vlan_proto;
	return skb->vlan_proto == h->vlan_proto && skb_vlan_tag_get_id(skb) == h->vlan_id;
}

static unsigned int hook_fn(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct rmp_hook *h = priv;
	const struct ethhdr *eth = eth_hdr(skb);

	if (skb->protocol != h->link->ethertype)
		return NF_ACCEPT;
	if (!has_our_tag(h, skb))
		return NF_ACCEPT;
	if (ether_addr_equal(eth->h_dest, h->link->addr)) {
		if (h->lower && !take_below(h, skb))
			return NF_ACCEPT;
		take(h->link, skb);
		return NF_STOLEN;
	}
	if (!h->lower && is_broadcast_ether_addr(eth->h_dest)) {
		rmp_rx_shared(h->link, skb);
		this_cpu_write(broadcast_read, skb);
	}
	return NF_ACCEPT;
}

static void bypassed(struct rmp_link_hooks *hooks)
{
	if (!hooks->ingress || READ_ONCE(hooks->bypassed))
		return;
	WRITE_ONCE(hooks->bypassed, true);
	pr_warn("memx_rmap: %s: frames come past the ingress hook; a tc filter redirects them. "
		"They are lost while memory is short\n", hooks->link->name);
	rmp_event(hooks->link->node, "link-error", hooks->link->name,
		  "frames come past the ingress hook; a tc filter redirects them");
}

static int pack_fn(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		   struct net_device *orig)
{
	struct rmp_link_hooks *hooks = container_of(pt, struct rmp_link_hooks, pack);
	const u8 *to = eth_hdr(skb)->h_dest;
	bool read = this_cpu_read(broadcast_read) == skb;

	this_cpu_write(broadcast_read, NULL);
	if (skb->pkt_type != PACKET_OTHERHOST && !skb_vlan_tag_present(skb)) {
		if (ether_addr_equal(to, hooks->link->addr)) {
			bypassed(hooks);
			take(hooks->link, skb);
			return NET_RX_SUCCESS;
		}
		if (is_broadcast_ether_addr(to) && !read)
			rmp_rx_shared(hooks->link, skb);
	}
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

#ifdef CONFIG_NETFILTER_INGRESS
static int hook_register(struct rmp_hook *h)
{
	if (!ingress)
		return -EOPNOTSUPP;
	h->ops = (struct nf_hook_ops) {
		.hook = hook_fn, .dev = h->dev, .priv = h, .pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS, .priority = INT_MIN + 1,
	};
	return nf_register_net_hook(h->link->node->net, &h->ops);
}

static void hook_unregister(struct rmp_hook *h)
{
	nf_unregister_net_hook(h->link->node->net, &h->ops);
}
#else
static int hook_register(struct rmp_hook *h)
{
	return -EOPNOTSUPP;
}

static void hook_unregister(struct rmp_hook *h)
{
}
#endif

static bool is_same(const struct rmp_hook *a, const struct rmp_hook *b)
{
	return a->dev == b->dev && a->vlan_proto == b->vlan_proto && a->vlan_id == b->vlan_id &&
	       a->lower == b->lower && a->bridged == b->bridged;
}

/* Want a hook like @like. Return: it is there now. */
static bool hook_want(struct rmp_link *link, const struct rmp_hook *like)
{
	struct rmp_link_hooks *hooks = link->hooks;
	struct rmp_hook *h;
	unsigned int i;

	for (i = 0; i < hooks->n; i++)
		if (is_same(hooks->hook[i], like)) {
			hooks->hook[i]->wanted = true;
			return true;
		}
	if (hooks->n == ARRAY_SIZE(hooks->hook))
		return false;
	h = kmemdup(like, sizeof(*like), GFP_KERNEL);
	if (!h)
		return false;
	h->link = link;
	h->slave = netif_is_bond_slave(h->dev);
	h->wanted = true;
	if (hook_register(h)) {
		kfree(h);
		return false;
	}
	hooks->hook[hooks->n++] = h;
	return true;
}

/* Take those away that are not wanted. Frames in hand are through when this returns. */
static void hooks_drop(struct rmp_link_hooks *hooks)
{
	struct rmp_hook *gone[ARRAY_SIZE(hooks->hook)];
	unsigned int i, n = 0;

	for (i = hooks->n; i-- > 0;) {
		if (hooks->hook[i]->wanted)
			continue;
		gone[n++] = hooks->hook[i];
		hook_unregister(hooks->hook[i]);
		hooks->hook[i] = hooks->hook[--hooks->n];
	}
	if (!n)
		return;
	synchronize_net();
	while (n)
		kfree(gone[--n]);
}

/*
 * Do frames come up from the devices below as they came in there? A tunnel or MACsec does something
 * to them, and what it would refuse must not come in beneath it.
 */
static bool is_transparent(const struct net_device *dev)
{
	return is_vlan_dev(dev) || netif_is_bridge_master(dev) || netif_is_lag_master(dev) ||
	       netif_is_macvlan(dev);
}

/*
 * Hook the lowest devices below @at->dev, where frames for it have the tag that @at says. Return:
 * all of them are hooked. Where a frame changes on its way up there is nothing to hook.
 */
static bool want_below(struct rmp_link *link, struct rmp_hook at, unsigned int depth)
{
	struct net_device *dev = at.dev;
	struct list_head *iter;
	bool lowest = true, all = true, through;

	through = depth < NEST_MAX && is_transparent(dev) && !(is_vlan_dev(dev) && at.vlan_proto);
	if (is_vlan_dev(dev) && through) {
		at.vlan_proto = vlan_dev_vlan_proto(dev);
		at.vlan_id = vlan_dev_vlan_id(dev);
	}
	at.bridged |= netif_is_bridge_master(dev);
	at.lower = true;
	netdev_for_each_lower_dev(dev, at.dev, iter) {
		lowest = false;
		all &= through && want_below(link, at, depth + 1);
	}
	if (!lowest || !depth)
		return all;
	at.dev = dev;
	return net_eq(dev_net(dev), link->node->net) && hook_want(link, &at);
}

/*
 * Hook where frames of the link come in now; elsewhere no more. What stays hooked loses no frame.
 *
 * Context: RTNL.
 */
static void hooks_update(struct rmp_link *link, struct net_device *dev)
{
	struct rmp_link_hooks *hooks = link->hooks;
	struct rmp_hook own = { .dev = dev };
	unsigned int i;

	for (i = 0; i < hooks->n; i++)
		hooks->hook[i]->wanted = false;
	hooks->ingress = hook_want(link, &own) && want_below(link, own, 0);
	hooks_drop(hooks);
}

/* Context: RTNL. */
static void hooks_add(struct rmp_link *link, struct net_device *dev)
{
	struct rmp_link_hooks *hooks = link->hooks;

	hooks->link = link;
	hooks_update(link, dev);
	hooks->pack = (struct packet_type) {
		.type = link->ethertype, .dev = dev, .func = pack_fn,
	};
	dev_add_pack(&hooks->pack);
}

/* Context: RTNL. Frames in hand are through when this returns. */
static void hooks_del(struct rmp_link *link)
{
	struct rmp_link_hooks *hooks = link->hooks;
	unsigned int i;

	dev_remove_pack(&hooks->pack);
	for (i = 0; i < hooks->n; i++)
		hooks->hook[i]->wanted = false;
	hooks_drop(hooks);
}

static void link_release(struct kref *ref)
{
	struct rmp_link *link = container_of(ref, struct rmp_link, ref);

	kfree(link->hooks);
	kfree_rcu(link, rcu);
}

void rmp_link_put(struct rmp_link *link)
{
	kref_put(&link->ref, link_release);
}

static void follow_dev(struct rmp_link *link, const struct net_device *dev)
{
	ether_addr_copy(link->addr, dev->dev_addr);
	WRITE_ONCE(link->mtu, clamp_t(u32, dev->mtu, RMP_MTU_MIN, link->mtu_max));
	if (dev->mtu < RMP_MTU_MIN)
		pr_warn("memx_rmap: %s: its MTU of %u is too small for MemX, which needs %u\n",
			dev->name, dev->mtu, RMP_MTU_MIN);
}

static int check_dev(const struct net_device *dev, u16 ethertype, struct netlink_ext_ack *ack)
{
	if (dev->type != ARPHRD_ETHER || dev->addr_len != ETH_ALEN || dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(ack, "not an Ethernet device");
		return -EINVAL;
	}
	if (dev->mtu < RMP_MTU_MIN) {
		NL_SET_ERR_MSG(ack, "its MTU is below 1500: raise it with 'ip link set mtu'");
		return -EINVAL;
	}
	if (ethertype < ETH_P_802_3_MIN || ethertype == ETH_P_IP || ethertype == ETH_P_ARP ||
	    ethertype == ETH_P_IPV6 || ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD ||
	    ethertype == ETH_P_PAE) {
		NL_SET_ERR_MSG(ack,
			       "this EtherType belongs to another protocol; the default is 0x88b5");
		return -EINVAL;
	}
	return 0;
}

static struct rmp_link *find(struct rmp_node *node, const char *ifname)
{
	struct rmp_link *link;

	list_for_each_entry(link, &node->links, list)
		if (!strcmp(link->name, ifname))
			return link;
	return NULL;
}

static struct rmp_link *link_new(struct rmp_node *node, struct net_device *dev, u16 ethertype,
				 u16 mtu_max)
{
	struct rmp_link *link = kzalloc(sizeof(*link), GFP_KERNEL);

	if (!link)
		return NULL;
	link->hooks = kzalloc(sizeof(*link->hooks), GFP_KERNEL);
	if (!link->hooks) {
		kfree(link);
		return NULL;
	}
	kref_init(&link->ref);
	link->node = node;
	link->ethertype = htons(ethertype);
	link->mtu_max = mtu_max ?: RMP_MTU_MAX;
	link->ifindex = dev->ifindex;
	strscpy(link->name, dev->name, sizeof(link->name));
	follow_dev(link, dev);
	rcu_assign_pointer(link->dev, dev);
	return link;
}

/**
 * rmp_link_add - speak on a device
 * @node:	node
 * @ifname:	the device
 * @ethertype:	host order
 * @mtu_max:	use no larger frames; 0: as the device
 * @ack:	for the refusal
 *
 * Context: process; RTNL and node->lock are held.
 * Return: 0 or an error, with a sentence in @ack.
 */
int rmp_link_add(struct rmp_node *node, const char *ifname, u16 ethertype, u16 mtu_max,
		 struct netlink_ext_ack *ack)
{
	struct net_device *dev = __dev_get_by_name(node->net, ifname);
	struct rmp_link *link;
	int err;

	ASSERT_RTNL();
	if (!dev) {
		NL_SET_ERR_MSG(ack, "there is no such network device");
		return -ENODEV;
	}
	if (find(node, ifname)) {
		NL_SET_ERR_MSG(ack, "is a link already");
		return -EEXIST;
	}
	if (node->nlinks == RMP_LINKS_MAX) {
		NL_SET_ERR_MSG(ack, "a node can have 16 links");
		return -E2BIG;
	}
	err = check_dev(dev, ethertype, ack);
	if (err)
		return err;
	if (node->security == RMP_SEC_NOISE && !READ_ONCE(node->keys.key[0].id)) {
		NL_SET_ERR_MSG(ack, "no cluster key is loaded: 'memx-admin key generate' makes "
				    "one, or ask for security none by name");
		return -ENOKEY;
	}
	link = link_new(node, dev, ethertype, mtu_max);
	if (!link)
		return -ENOMEM;
	if (!node->id_set) {
		rmp_node_id_from(node, dev->dev_addr);
		node->id_set = true;	/* for good: who knows us would take us for another node */
	}
	hooks_add(link, dev);
	dev_hold(dev);
	list_add_tail_rcu(&link->list, &node->links);
	node->nlinks++;
	rmp_event(node, "link-added", ifname, "MTU %u", link->mtu);
	rmp_disc_kick(node);
	return 0;
}

/*
 * Funeral: 1. no frame comes (hooks), 2. none goes (dev, RCU), 3. the device is free, 4. who has
 * a reference lets go.
 */
static void link_del(struct rmp_node *node, struct rmp_link *link)
{
	struct net_device *dev = rtnl_dereference(link->dev);

	hooks_del(link);
	RCU_INIT_POINTER(link->dev, NULL);
	list_del_rcu(&link->list);
	node->nlinks--;
	synchronize_net();
	dev_put(dev);
	rmp_event(node, "link-removed", link->name, "no frames are sent or taken there any more");
	rmp_sess_link_gone(node, link);
	rmp_disc_link_gone(node, link);
	rmp_link_put(link);
}

/**
 * rmp_link_del - speak on a device no more
 * @node:	node
 * @ifname:	name of the device
 * @ack:	for the reason of a refusal
 *
 * Context: process; RTNL and node->lock are held.
 * Return: 0 or an error, with a sentence in @ack.
 */
int rmp_link_del(struct rmp_node *node, const char *ifname, struct netlink_ext_ack *ack)
{
	struct rmp_link *link = find(node, ifname);

	if (!link) {
		NL_SET_ERR_MSG(ack, "is not a link");
		return -ENOENT;
	}
	link_del(node, link);
	return 0;
}

void rmp_link_del_all(struct rmp_node *node)
{
	struct rmp_link *link, *next;

	rtnl_lock();
	mutex_lock(&node->lock);
	list_for_each_entry_safe(link, next, &node->links, list)
		link_del(node, link);
	mutex_unlock(&node->lock);
	rtnl_unlock();
}

/**
 * rmp_link_ingress - do all frames come by the ingress hook?
 * @link:	link
 *
 * Return: false when some are lost while memory is short.
 */
bool rmp_link_ingress(const struct rmp_link *link)
{
	return link->hooks->ingress && !READ_ONCE(link->hooks->bypassed);
}

/* A device goes, which may be below a link: its hook must not stay. */
static void unhook_lower(struct rmp_link *link, const struct net_device *dev)
{
	struct rmp_link_hooks *hooks = link->hooks;
	unsigned int i;

	for (i = 0; i < hooks->n; i++)
		hooks->hook[i]->wanted = !hooks->hook[i]->lower || hooks->hook[i]->dev != dev;
	hooks_drop(hooks);
}

static void own_event(struct rmp_node *node, struct rmp_link *link, struct net_device *dev,
		      unsigned long event)
{
	switch (event) {
	case NETDEV_UNREGISTER:
		link_del(node, link);
		break;
	case NETDEV_CHANGEMTU:
	case NETDEV_CHANGEADDR:
		follow_dev(link, dev);
		rmp_sess_look_again(node);
		rmp_disc_kick(node);
		break;
	case NETDEV_CHANGENAME:
		strscpy(link->name, dev->name, sizeof(link->name));
		break;
	case NETDEV_UP:
	case NETDEV_CHANGE:
		rmp_event(node, netif_carrier_ok(dev) ? "link-up" : "link-down", link->name,
			  "carrier %s", netif_carrier_ok(dev) ? "on" : "off");
		if (netif_carrier_ok(dev))
			rmp_disc_kick(node);
		break;
	}
}

static int notify(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct rmp_node *node = rmp_node_of(dev_net(dev));
	struct rmp_link *link, *next;

	if (!node || !node->wq)
		return NOTIFY_DONE;
	mutex_lock(&node->lock);
	list_for_each_entry_safe(link, next, &node->links, list) {
		/* Devices were put above or below each other. */
		if (event == NETDEV_CHANGEUPPER)
			hooks_update(link, rtnl_dereference(link->dev));
		if (event == NETDEV_UNREGISTER)
			unhook_lower(link, dev);
		if (rcu_access_pointer(link->dev) == dev)
			own_event(node, link, dev, event);
	}
	mutex_unlock(&node->lock);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = notify };

int rmp_link_module_init(void)
{
	return register_netdevice_notifier(&notifier);
}

void rmp_link_module_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}
