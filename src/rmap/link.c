// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: the network devices that a node speaks on, and how frames are taken from them.
 *
 * The core drops frames of an EtherType it does not know when they were allocated from the
 * emergency reserves (skb_pfmemalloc_protocol() in net/core/dev.c), which is when a machine that
 * swaps to us needs them most. The netfilter ingress hook runs before that check. On a bridge,
 * bond or VLAN the check sits on the lowest device, so we hook there too, and take only what is
 * addressed to the link.
 */
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "rmp_priv.h"

static bool ingress = true;
module_param(ingress, bool, 0444);
MODULE_PARM_DESC(ingress,
		 "Receive through the netfilter ingress hook (default), not dev_add_pack()");

#define LOWER_MAX	16

/**
 * struct rmp_hook - one place where frames of a link are taken
 * @ops:	the ingress hook
 * @pack:	the protocol handler, where there is no ingress hook
 * @by_pack:	that one is used
 * @link:	the link
 * @dev:	the device: the link's own, or one below it
 * @vlan_id:	tag that our frames have there, 0 without one
 * @lower:	below: broadcasts are left for the link's own device
 */
struct rmp_hook {
	struct nf_hook_ops	ops;
	struct packet_type	pack;
	struct rmp_link		*link;
	struct net_device	*dev;
	u16			vlan_id;
	bool			lower;
	bool			by_pack;
};

struct rmp_link_hooks {
	struct rmp_hook	*hook[1 + LOWER_MAX];
	unsigned int	n;
	bool		ingress;
};

/* Return: true when the frame was taken. */
static bool take(struct rmp_hook *h, struct sk_buff *skb)
{
	struct rmp_link *link = h->link;
	const struct ethhdr *eth = eth_hdr(skb);

	if (h->vlan_id != (skb_vlan_tag_present(skb) ? skb_vlan_tag_get_id(skb) : 0))
		return false;
	if (ether_addr_equal(eth->h_dest, link->addr)) {
		skb = skb_share_check(skb, GFP_ATOMIC | __GFP_NOWARN);
		if (skb)
			rmp_rx(link, skb);
		return true;
	}
	if (!h->lower && is_broadcast_ether_addr(eth->h_dest))
		rmp_rx_shared(link, skb);
	return false;
}

static unsigned int hook_fn(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct rmp_hook *h = priv;

	if (skb->protocol != h->link->ethertype || !take(h, skb))
		return NF_ACCEPT;
	return NF_STOLEN;
}

static int pack_fn(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt,
		   struct net_device *orig)
{
	struct rmp_hook *h = container_of(pt, struct rmp_hook, pack);

	if (skb->pkt_type == PACKET_OTHERHOST || !take(h, skb))
		consume_skb(skb);
	return NET_RX_SUCCESS;
}

static void hook_del(struct rmp_hook *h)
{
	if (h->by_pack)
		__dev_remove_pack(&h->pack);
#ifdef CONFIG_NETFILTER_INGRESS
	else
		nf_unregister_net_hook(h->link->node->net, &h->ops);
#endif
}

static int hook_add(struct rmp_link *link, struct net_device *dev, u16 vlan_id, bool lower)
{
	struct rmp_link_hooks *hooks = link->hooks;
	struct rmp_hook *h;
	int err = -EOPNOTSUPP;

	if (hooks->n == ARRAY_SIZE(hooks->hook))
		return -E2BIG;
	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	h->link = link;
	h->dev = dev;
	h->vlan_id = vlan_id;
	h->lower = lower;
#ifdef CONFIG_NETFILTER_INGRESS
	if (ingress) {
		h->ops = (struct nf_hook_ops) {
			.hook = hook_fn, .dev = dev, .priv = h, .pf = NFPROTO_NETDEV,
			.hooknum = NF_NETDEV_INGRESS, .priority = INT_MIN + 1,
		};
		err = nf_register_net_hook(link->node->net, &h->ops);
	}
#endif
	if (err && !lower) {
		/*
		 * What is below delivers to the link's device anyway: only the emergency frames
		 * are lost.
		 */
		h->by_pack = true;
		h->pack = (struct packet_type){ .type = link->ethertype,
						.dev = dev,
						.func = pack_fn };
		dev_add_pack(&h->pack);
		hooks->ingress = false;
		err = 0;
	}
	if (err) {
		kfree(h);
		return err;
	}
	hooks->hook[hooks->n++] = h;
	return 0;
}

/* Context: RTNL. Frames in hand are through when this returns. */
static void hooks_del(struct rmp_link *link)
{
	struct rmp_link_hooks *hooks = link->hooks;
	unsigned int i;

	for (i = 0; i < hooks->n; i++)
		hook_del(hooks->hook[i]);
	synchronize_net();
	for (i = 0; i < hooks->n; i++)
		kfree(hooks->hook[i]);
	hooks->n = 0;
}

struct lower_walk {
	struct rmp_link	*link;
	u16		vlan_id;
};

static int hook_lower(struct net_device *lower, struct netdev_nested_priv *priv)
{
	struct lower_walk *w = priv->data;
	struct list_head *iter;
	struct net_device *below;

	netdev_for_each_lower_dev(lower, below, iter)
		return 0;		/* not a lowest device: the walk goes on to those */
	if (net_eq(dev_net(lower), w->link->node->net))
		hook_add(w->link, lower, w->vlan_id, true);
	return 0;
}

/* Context: RTNL. */
static int hooks_add(struct rmp_link *link, struct net_device *dev)
{
	struct lower_walk w = { .link = link };
	struct netdev_nested_priv priv = { .data = &w };
	int err;

	link->hooks->ingress = true;
	err = hook_add(link, dev, 0, false);
	if (err)
		return err;
	if (is_vlan_dev(dev))
		w.vlan_id = vlan_dev_vlan_id(dev);
	netdev_walk_all_lower_dev(dev, hook_lower, &priv);
	return 0;
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
	if (!node->id_set && !node->nlinks)
		rmp_node_id_from(node, dev->dev_addr);
	err = hooks_add(link, dev);
	if (err) {
		NL_SET_ERR_MSG(ack, "cannot receive from this device");
		hooks_del(link);
		rmp_link_put(link);
		return err;
	}
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

bool rmp_link_ingress(const struct rmp_link *link)
{
	return link->hooks->ingress;
}

/* Devices were put above or below each other: hook where our frames come in now. */
static void rehook(struct rmp_node *node)
{
	struct rmp_link *link;

	list_for_each_entry(link, &node->links, list) {
		struct net_device *dev = rtnl_dereference(link->dev);

		hooks_del(link);
		if (hooks_add(link, dev))
			rmp_event(node, "link-error", link->name,
				  "cannot receive from this device any more");
	}
}

/* A device below a link goes: its hook must not stay. */
static void unhook_lower(struct rmp_link *link, const struct net_device *dev)
{
	struct rmp_link_hooks *hooks = link->hooks;
	unsigned int i;

	for (i = hooks->n; i-- > 0;) {
		struct rmp_hook *h = hooks->hook[i];

		if (!h->lower || h->dev != dev)
			continue;
		hook_del(h);
		hooks->hook[i] = hooks->hook[--hooks->n];
		synchronize_net();
		kfree(h);
	}
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
	if (event == NETDEV_CHANGEUPPER && node->nlinks)
		rehook(node);
	list_for_each_entry_safe(link, next, &node->links, list) {
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
