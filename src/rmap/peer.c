// SPDX-License-Identifier: GPL-2.0-only
/* What others ask of the table of peers, and the peers that are added by hand. */
#include <linux/slab.h>

#include "peer.h"

/* Context: peer_lock. */
struct rmp_peer *rmp_peer_by_id(struct rmp_node *node, const u8 *id)
{
	struct rmp_peer *p;

	lockdep_assert_held(&node->peer_lock);
	list_for_each_entry(p, &node->peers, list)
		if (p->known && !memcmp(p->id, id, RMP_NODE_ID_LEN))
			return p;
	return NULL;
}

/* Context: peer_lock. */
struct rmp_peer *rmp_peer_by_name(struct rmp_node *node, const char *name)
{
	struct rmp_peer *p;

	lockdep_assert_held(&node->peer_lock);
	list_for_each_entry(p, &node->peers, list)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static void info(struct rmp_peer_info *out, const struct rmp_peer *p)
{
	*out = (struct rmp_peer_info){
		.incarnation = p->heard.incarnation,
		.capacity_pages = p->capacity_pages,
		.free_pages = p->free_pages,
		.seen_ms = p->known ? jiffies_to_msecs(jiffies - p->seen) : U32_MAX,
		.load = p->load,
		.suspect = p->suspect,
	};
	memcpy(out->id, p->id, sizeof(out->id));
	memcpy(out->name, p->name, sizeof(out->name));
}

/**
 * rmp_peers - the servers that this node knows
 * @node:	node
 * @out:	to fill
 * @max:	entries of @out
 *
 * Context: any but hardirq. Reclaim-safe.
 * Return: entries filled.
 */
int rmp_peers(struct rmp_node *node, struct rmp_peer_info *out, int max)
{
	struct rmp_peer *p;
	int i, n = 0;

	spin_lock_bh(&node->peer_lock);
	list_for_each_entry(p, &node->peers, list)
		if (p->known && n < max)
			info(&out[n++], p);
	spin_unlock_bh(&node->peer_lock);
	for (i = 0; i < n; i++)
		rmp_sess_peer_state(node, out[i].id, &out[i].rtt_us);
	return n;
}
EXPORT_SYMBOL_GPL(rmp_peers);

/**
 * rmp_peer_lookup - one server
 * @node:	node
 * @id:		which
 * @out:	to fill
 *
 * Context: any but hardirq. Reclaim-safe.
 * Return: 0, or -ENOENT.
 */
int rmp_peer_lookup(struct rmp_node *node, const u8 *id, struct rmp_peer_info *out)
{
	struct rmp_peer *p;

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_id(node, id);
	if (p)
		info(out, p);
	spin_unlock_bh(&node->peer_lock);
	if (!p)
		return -ENOENT;
	rmp_sess_peer_state(node, id, &out->rtt_us);
	return 0;
}
EXPORT_SYMBOL_GPL(rmp_peer_lookup);

static void copy_path(struct rmp_path *path, struct rmp_link *link, const u8 *addr, u16 mtu)
{
	path->link = link;
	rmp_link_get(link);
	ether_addr_copy(path->addr, addr);
	path->mtu = min(READ_ONCE(link->mtu), mtu);
}

/**
 * rmp_peer_path - the way to a peer
 * @node:	node
 * @id:		peer
 * @other:	where another incarnation of it was heard, if one was
 * @path:	to fill; holds a reference of its link
 *
 * Return: false when none is known.
 */
bool rmp_peer_path(struct rmp_node *node, const u8 *id, bool other, struct rmp_path *path)
{
	struct rmp_peer *p;

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_id(node, id);
	if (p && other && p->other.link)
		copy_path(path, p->other.link, p->other.addr, p->other.mtu);
	else if (p && p->link)
		copy_path(path, p->link, p->addr, p->mtu);
	spin_unlock_bh(&node->peer_lock);
	return path->link;
}

/* Its frames come from there. Context: peer_lock. */
void rmp_peer_at(struct rmp_peer *p, struct rmp_link *link, const u8 *addr)
{
	bool home = p->is_static && !strcmp(p->home, link->name);

	ether_addr_copy(p->addr, home ? p->home_addr : addr);
	if (p->link == link)
		return;
	if (p->link)
		rmp_link_put(p->link);
	rmp_link_get(link);
	p->link = link;
}

/**
 * rmp_peer_confirmed - a handshake has proved who is there, and where
 * @node:	node
 * @id:		peer
 * @incarnation: as the handshake says
 * @link:	over which it went
 * @addr:	to which address
 */
void rmp_peer_confirmed(struct rmp_node *node, const u8 *id, u64 incarnation,
			struct rmp_link *link, const u8 *addr)
{
	char name[RMP_NAME_LEN];
	bool restarted = false;
	struct rmp_peer *p;
	u64 counter;

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_id(node, id);
	if (p) {
		restarted = p->heard.incarnation != incarnation;
		if (restarted)
			rmp_peer_at(p, link, addr);
		counter = p->other_incarnation == incarnation ? p->other_counter : 0;
		rmp_advert_confirm(&p->heard, incarnation, counter);
		rmp_path_put(&p->other);
		strscpy(name, p->name, sizeof(name));
	}
	spin_unlock_bh(&node->peer_lock);
	if (restarted)
		rmp_event(node, "peer-restarted", name, "a handshake says so, on %s", link->name);
}

/**
 * rmp_peer_problem - why there is no session with a peer
 * @node:	node
 * @id:		peer
 * @why:	a sentence; NULL: all is well
 *
 * The administrator is told once of each change.
 */
void rmp_peer_problem(struct rmp_node *node, const u8 *id, const char *why)
{
	char name[RMP_NAME_LEN];
	struct rmp_peer *p;
	bool changed = false;

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_id(node, id);
	if (p) {
		changed = strcmp(p->problem, why ?: "");
		strscpy(p->problem, why ?: "", sizeof(p->problem));
		strscpy(name, p->name, sizeof(name));
	}
	spin_unlock_bh(&node->peer_lock);
	if (changed)
		rmp_event(node, why ? "session-down" : "session-up", name, "%s",
			  why ?: "session is up");
}

/**
 * rmp_peer_add - a server that broadcasts do not reach
 * @node:	node; node->lock is held
 * @name:	its name here
 * @addr:	its address
 * @ifname:	the link it is on
 * @ack:	for the refusal
 *
 * Return: 0 or an error, with a sentence in @ack.
 */
int rmp_peer_add(struct rmp_node *node, const char *name, const u8 *addr, const char *ifname,
		 struct netlink_ext_ack *ack)
{
	struct rmp_link *link, *on = NULL;
	struct rmp_peer *p;
	int err = 0;

	list_for_each_entry(link, &node->links, list)
		if (!strcmp(link->name, ifname))
			on = link;
	if (!on) {
		NL_SET_ERR_MSG(ack, "there is no such link: add it with 'memx-admin link add'");
		return -ENOENT;
	}
	if (!is_valid_ether_addr(addr)) {
		NL_SET_ERR_MSG(ack, "the address is not that of one machine");
		return -EINVAL;
	}
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	kref_init(&p->ref);
	p->node = node;
	p->is_static = true;
	p->suspect = true;
	p->load = RMP_LOAD_NONE;
	strscpy(p->name, name, sizeof(p->name));
	ether_addr_copy(p->addr, addr);
	ether_addr_copy(p->home_addr, addr);
	strscpy(p->home, ifname, sizeof(p->home));

	spin_lock_bh(&node->peer_lock);
	if (rmp_peer_by_name(node, name)) {
		NL_SET_ERR_MSG(ack, "there is a server of this name already");
		err = -EEXIST;
	} else if (node->npeers >= RMP_PEERS_MAX) {
		NL_SET_ERR_MSG(ack, "a node can know 256 servers");
		err = -E2BIG;
	} else {
		rmp_link_get(on);
		p->link = on;
		list_add_tail(&p->list, &node->peers);
		node->npeers++;
	}
	spin_unlock_bh(&node->peer_lock);
	if (err)
		kfree(p);
	else
		rmp_disc_kick(node);
	return err;
}

/**
 * rmp_peer_del - forget a server
 * @node:	node
 * @name:	its name
 * @ack:	for the reason of a refusal
 *
 * Return: 0, -ENOENT, or -EBUSY while a session with it is open; with a sentence in @ack.
 */
int rmp_peer_del(struct rmp_node *node, const char *name, struct netlink_ext_ack *ack)
{
	u8 id[RMP_NODE_ID_LEN];
	struct rmp_peer *p;
	bool known;
	u32 rtt;

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_name(node, name);
	known = p && p->known;
	if (p)
		memcpy(id, p->id, sizeof(id));
	spin_unlock_bh(&node->peer_lock);
	if (known && rmp_sess_peer_state(node, id, &rtt)) {
		NL_SET_ERR_MSG(ack, "volumes have pages there: destroy them first");
		return -EBUSY;
	}
	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_name(node, name);
	if (p)
		rmp_peer_unlink(node, p);
	spin_unlock_bh(&node->peer_lock);
	if (!p) {
		NL_SET_ERR_MSG(ack, "there is no such server");
		return -ENOENT;
	}
	return 0;
}
