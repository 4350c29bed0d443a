// SPDX-License-Identifier: GPL-2.0-only
/*
 * Discovery: servers advertise, clients solicit, and every node keeps a table of the peers it has
 * heard. All of it is soft state and a hint; sessions prove who is who.
 */
#include <linux/slab.h>

#include "rmp_crypto.h"
#include "rmp_disc.h"
#include "peer.h"

/* After a start or a change the wire is asked this often, */
#define FAST_ROUNDS	5
/* and this quickly. */
#define FAST_MS		100
/* Of a peer whose session is up, another incarnation is asked for no more often than this. */
#define OTHER_AGAIN	(10 * HZ)

static void seal(struct rmp_advert *a, const struct rmp_key *key)
{
	u8 mac[RMP_HASH_LEN] = { };
	u32 len = offsetof(struct rmp_advert, mac);
	__be32 crc;

	if (key) {
		rmp_hmac_sha256(key->advert, sizeof(key->advert), (u8 *)a, len, mac);
	} else {
		crc = cpu_to_be32(rmp_crc32c(0, a, len));
		memcpy(mac, &crc, sizeof(crc));
	}
	memcpy(a->mac, mac, RMP_MAC_LEN);
}

static void send(struct rmp_node *node, struct rmp_link *link, const u8 *dst, u8 type,
		 const struct rmp_key *key)
{
	struct rmp_advert a = {
		.type = type,
		.version = RMP_VERSION,
		.len = cpu_to_be16(sizeof(a)),
		.key_id = cpu_to_be32(key ? key->id : 0),
		.incarnation = cpu_to_be64(node->incarnation),
		.counter = cpu_to_be64(atomic64_inc_return(&node->counter)),
		.mtu = cpu_to_be16(READ_ONCE(link->mtu)),
		.security = key ? RMP_SEC_NOISE : RMP_SEC_NONE,
	};

	memcpy(a.node_id, node->id, RMP_NODE_ID_LEN);
	memcpy(a.name, node->name, RMP_NAME_LEN);
	if (type == RMP_T_ADVERT) {
		a.capacity = cpu_to_be64(node->capacity_pages);
		a.free = cpu_to_be64(node->free_pages);
		a.interval_ms = cpu_to_be32(node->interval_ms);
		a.load = node->load;
	}
	seal(&a, key);
	rmp_tx_plain(link, dst, &a, sizeof(a));
}

/* The links of a node, with references: they may come and go while we send. Return: how many. */
static unsigned int get_links(struct rmp_node *node, struct rmp_link **links)
{
	struct rmp_link *link;
	unsigned int n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &node->links, list)
		if (n < RMP_LINKS_MAX && kref_get_unless_zero(&link->ref))
			links[n++] = link;
	rcu_read_unlock();
	return n;
}

/* The key to send with. Return: false when there is one to be used, but none is loaded. */
static bool get_key(struct rmp_node *node, struct rmp_key *key, const struct rmp_key **use)
{
	const struct rmp_key *k;
	bool ok = true;

	*use = NULL;
	if (READ_ONCE(node->security) == RMP_SEC_NONE)
		return true;
	spin_lock_bh(&node->key_lock);
	k = rmp_keys_try(&node->keys, 0);
	if (k)
		*key = *k;
	else
		ok = false;
	spin_unlock_bh(&node->key_lock);
	*use = key;
	return ok;
}

static void broadcast(struct rmp_node *node, u8 type, const struct rmp_key *key)
{
	struct rmp_link *links[RMP_LINKS_MAX];
	unsigned int i, n = get_links(node, links);
	u8 all[ETH_ALEN];

	eth_broadcast_addr(all);
	for (i = 0; i < n; i++) {
		send(node, links[i], all, type, key);
		rmp_link_put(links[i]);
	}
}

static void peer_release(struct kref *ref)
{
	kfree(container_of(ref, struct rmp_peer, ref));
}

/* Context: peer_lock. */
void rmp_peer_unlink(struct rmp_node *node, struct rmp_peer *p)
{
	list_del(&p->list);
	node->npeers--;
	if (p->link)
		rmp_link_put(p->link);
	p->link = NULL;
	rmp_path_put(&p->other);
	kref_put(&p->ref, peer_release);
}

static u32 silent_ms(const struct rmp_peer *p)
{
	return min_t(u64, jiffies_to_msecs(jiffies - p->seen), U32_MAX / 2);
}

/* Age the table. Return: true when a server is known that is not suspect. */
static bool age_peers(struct rmp_node *node)
{
	struct rmp_peer *p, *next;
	bool fresh = false;
	char name[RMP_NAME_LEN];

again:
	spin_lock_bh(&node->peer_lock);
	list_for_each_entry_safe(p, next, &node->peers, list) {
		enum rmp_age age =
			p->known ? rmp_peer_age(silent_ms(p), p->interval_ms) : RMP_AGE_SUSPECT;
		bool tell = age != RMP_AGE_FRESH && !p->suspect;

		fresh |= age == RMP_AGE_FRESH && p->load != RMP_LOAD_NONE;
		p->suspect = age != RMP_AGE_FRESH;
		strscpy(name, p->name, sizeof(name));
		if (age == RMP_AGE_FORGOTTEN && !p->is_static)
			rmp_peer_unlink(node, p);
		if (tell) {
			spin_unlock_bh(&node->peer_lock);
			rmp_event(node, "peer-suspect", name, "not heard for %u intervals",
				  RMP_SUSPECT_INTERVALS);
			goto again;
		}
	}
	spin_unlock_bh(&node->peer_lock);
	return fresh;
}

/* The link of this name, with a reference. */
static struct rmp_link *get_link(struct rmp_node *node, const char *name)
{
	struct rmp_link *link, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(link, &node->links, list)
		if (!found && !strcmp(link->name, name) && kref_get_unless_zero(&link->ref))
			found = link;
	rcu_read_unlock();
	return found;
}

/* Where the @n-th peer was that was added by hand; @path->link is NULL when that is gone. */
static bool nth_static(struct rmp_node *node, unsigned int n, struct rmp_path *path)
{
	struct rmp_peer *p;
	bool found = false;

	spin_lock_bh(&node->peer_lock);
	list_for_each_entry(p, &node->peers, list) {
		if (!p->is_static || n--)
			continue;
		found = true;
		path->link = get_link(node, p->home);
		ether_addr_copy(path->addr, p->home_addr);
		break;
	}
	spin_unlock_bh(&node->peer_lock);
	return found;
}

/* Ask the peers that were added by hand: broadcasts may not reach them. */
static void solicit_static(struct rmp_node *node, const struct rmp_key *key)
{
	struct rmp_path path;
	unsigned int n;

	for (n = 0; nth_static(node, n, &path); n++) {
		if (path.link)
			send(node, path.link, path.addr, RMP_T_SOLICIT, key);
		rmp_path_put(&path);
	}
}

static void disc_work(struct work_struct *work)
{
	struct rmp_node *node = container_of(to_delayed_work(work), struct rmp_node, disc_work);
	u32 delay = READ_ONCE(node->interval_ms);
	const struct rmp_key *use;
	struct rmp_key key;
	bool fresh;

	fresh = age_peers(node);
	rmp_tsess_reap(node, false);
	if (get_key(node, &key, &use)) {
		if (node->load != RMP_LOAD_NONE)
			broadcast(node, RMP_T_ADVERT, use);
		if (!fresh || node->fast_rounds)
			broadcast(node, RMP_T_SOLICIT, use);
		solicit_static(node, use);
	}
	memzero_explicit(&key, sizeof(key));
	if (node->fast_rounds) {
		node->fast_rounds--;
		delay = min_t(u32, delay, FAST_MS);
	}
	queue_delayed_work(node->wq, &node->disc_work, msecs_to_jiffies(delay));
}

void rmp_disc_kick(struct rmp_node *node)
{
	node->fast_rounds = FAST_ROUNDS;
	mod_delayed_work(node->wq, &node->disc_work, 0);
}

static bool authentic(struct rmp_node *node, const struct rmp_advert *a, struct rmp_link *link,
		      const u8 *src)
{
	const struct rmp_key *k;
	struct rmp_advert sealed = *a;
	struct rmp_key key;
	bool found = true;

	if (a->security != READ_ONCE(node->security)) {
		found = false;
	} else if (a->security == RMP_SEC_NOISE) {
		spin_lock_bh(&node->key_lock);
		k = rmp_keys_find(&node->keys, be32_to_cpu(a->key_id));
		if (k)
			key = *k;
		found = k;
		spin_unlock_bh(&node->key_lock);
	}
	if (!found) {
		rmp_count(node, RX_FOREIGN);
		rmp_event(node, "foreign", link->name, "%pM (%.31s) uses %s", src, a->name,
			  a->security != node->security ? "another kind of security"
							: "another cluster key");
		return false;
	}
	seal(&sealed, a->security == RMP_SEC_NOISE ? &key : NULL);
	memzero_explicit(&key, sizeof(key));
	if (!rmp_differs(sealed.mac, a->mac, RMP_MAC_LEN))
		return true;
	if (a->security == RMP_SEC_NOISE)
		rmp_count(node, RX_BADTAG);
	else
		rmp_count(node, RX_BADCRC);
	return false;
}

/* Context: peer_lock. */
static struct rmp_peer *by_addr(struct rmp_node *node, const struct rmp_link *link, const u8 *addr)
{
	struct rmp_peer *p;

	list_for_each_entry(p, &node->peers, list)
		if (p->is_static && !strcmp(p->home, link->name) &&
		    ether_addr_equal(p->home_addr, addr))
			return p;
	return NULL;
}

/* Room in a full table: the one that was silent longest and is suspect. Context: peer_lock. */
static bool make_room(struct rmp_node *node)
{
	struct rmp_peer *p, *oldest = NULL;

	if (node->npeers < RMP_PEERS_MAX)
		return true;
	list_for_each_entry(p, &node->peers, list)
		if (p->suspect && !p->is_static && (!oldest || time_before(p->seen, oldest->seen)))
			oldest = p;
	if (oldest)
		rmp_peer_unlink(node, oldest);
	return oldest;
}

/* Context: peer_lock. */
static struct rmp_peer *peer_new(struct rmp_node *node)
{
	struct rmp_peer *p;

	if (!make_room(node))
		return NULL;
	p = kzalloc(sizeof(*p), GFP_ATOMIC | __GFP_NOWARN | __GFP_NOMEMALLOC);
	if (!p)
		return NULL;
	kref_init(&p->ref);
	p->node = node;
	p->load = RMP_LOAD_NONE;
	p->suspect = true;
	list_add_tail(&p->list, &node->peers);
	node->npeers++;
	return p;
}

/*
 * Take in what an authentic advertisement says. Return: what to tell the administrator, or NULL.
 * Context: peer_lock.
 */
static const char *take(struct rmp_peer *p, struct rmp_link *link, const u8 *src,
			const struct rmp_advert *a)
{
	const char *news = !p->known || p->suspect ? "peer-up" :
			   p->heard.incarnation != be64_to_cpu(a->incarnation) ? "peer-restarted" :
			   p->load != a->load ? "peer-changed" : NULL;

	p->known = true;
	p->suspect = false;
	memcpy(p->id, a->node_id, RMP_NODE_ID_LEN);
	if (!p->is_static)
		memcpy(p->name, a->name, RMP_NAME_LEN);
	rmp_advert_take(&p->heard, a);
	p->capacity_pages = be64_to_cpu(a->capacity);
	p->free_pages = be64_to_cpu(a->free);
	p->interval_ms = be32_to_cpu(a->interval_ms);
	p->mtu = be16_to_cpu(a->mtu);
	p->load = a->load;
	p->security = a->security;
	p->seen = jiffies;
	rmp_peer_at(p, link, src);
	return news;
}

/*
 * Another incarnation than the one that a session is up with: not to be believed, but worth to be
 * asked for. Return: false when one was lately. Context: peer_lock.
 */
static bool other_heard(struct rmp_peer *p, struct rmp_link *link, const u8 *src,
			const struct rmp_advert *a)
{
	if (p->other_at && time_before(jiffies, p->other_at + OTHER_AGAIN))
		return false;
	p->other_at = jiffies | 1;
	p->other_incarnation = be64_to_cpu(a->incarnation);
	p->other_counter = be64_to_cpu(a->counter);
	rmp_link_get(link);
	rmp_path_put(&p->other);
	p->other.link = link;
	ether_addr_copy(p->other.addr, src);
	p->other.mtu = be16_to_cpu(a->mtu);
	return true;
}

/* Heard over a second link: the first one stays its way, or the one where it was added. */
static bool by_second_link(const struct rmp_peer *p, const struct rmp_link *link,
			   const struct rmp_advert *a)
{
	return p->known && !p->suspect && p->link && p->link != link &&
	       !(p->is_static && !strcmp(p->home, link->name)) &&
	       p->heard.incarnation == be64_to_cpu(a->incarnation);
}

static void advert_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src,
		      const struct rmp_advert *a)
{
	static const char *const loads[RMP_LOAD_NR] = { "ok", "pressured", "draining", "full",
							"stopped" };
	enum rmp_advert_use use = RMP_ADVERT_TAKE;
	const char *news = NULL;
	bool other_mtu = false;
	struct rmp_peer *p;
	u32 rtt;

	spin_lock_bh(&node->peer_lock);
	p = rmp_peer_by_id(node, a->node_id);
	if (p)
		use = rmp_advert_judge(&p->heard,
				       rmp_sess_peer_state(node, a->node_id, &rtt) == 2, a);
	else
		p = by_addr(node, link, src);
	if (use == RMP_ADVERT_REPLAY || (use == RMP_ADVERT_HINT && !other_heard(p, link, src, a))) {
		spin_unlock_bh(&node->peer_lock);
		if (use == RMP_ADVERT_REPLAY)
			rmp_count(node, RX_REPLAYED);
		return;
	}
	if (!p && a->load != RMP_LOAD_NONE)
		p = peer_new(node);
	if (p && use == RMP_ADVERT_TAKE && by_second_link(p, link, a)) {
		rmp_advert_take(&p->heard, a);
	} else if (p && use == RMP_ADVERT_TAKE) {
		other_mtu = p->mtu != be16_to_cpu(a->mtu);
		news = take(p, link, src, a);
	}
	spin_unlock_bh(&node->peer_lock);
	if (!p)
		return;
	if (news)
		rmp_event(node, news, (const char *)a->name, "%s, on %s", loads[a->load],
			  link->name);
	if (other_mtu)
		rmp_sess_look_again(node);
	rmp_sess_hint(node, a->node_id, be64_to_cpu(a->incarnation));
}

static void solicit_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src)
{
	const struct rmp_key *use;
	struct rmp_key key;

	if (node->load == RMP_LOAD_NONE)
		return;
	/* Answers are cheap, but not for nothing: as many in an interval as there may be peers. */
	if (time_after(jiffies, node->answers_since + msecs_to_jiffies(node->interval_ms))) {
		node->answers_since = jiffies;
		node->answers = 0;
	}
	if (node->answers++ >= RMP_PEERS_MAX) {
		rmp_count(node, RX_OVERLOAD);
		return;
	}
	if (get_key(node, &key, &use))
		send(node, link, src, RMP_T_ADVERT, use);
	memzero_explicit(&key, sizeof(key));
}

/**
 * rmp_disc_rx - an ADVERT or SOLICIT frame
 * @node:	node
 * @link:	over which link it came
 * @src:	from which address
 * @frame:	the frame
 * @len:	its bytes, padding included
 *
 * Context: process (node->slow).
 */
void rmp_disc_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src, const void *frame,
		 u32 len)
{
	const struct rmp_advert *a = frame;

	if (!rmp_advert_is_valid(a, len) || !is_valid_ether_addr(src)) {
		rmp_count(node, RX_MALFORMED);
		return;
	}
	if (!memcmp(a->node_id, node->id, RMP_NODE_ID_LEN))
		return;		/* our own, from another link */
	if (!authentic(node, a, link, src))
		return;
	if (a->type == RMP_T_ADVERT)
		advert_rx(node, link, src, a);
	else
		solicit_rx(node, link, src);
}

/**
 * rmp_service_announce - tell the peers what this node has to give
 * @node:	node
 * @load:	state of the service; RMP_LOAD_NONE: it stops
 * @capacity_pages: donated
 * @free_pages:	not promised yet
 *
 * A change of @load is advertised at once, the figures with the next advertisement.
 *
 * Context: process.
 */
void rmp_service_announce(struct rmp_node *node, enum rmp_load load, u64 capacity_pages,
			  u64 free_pages)
{
	const struct rmp_key *use;
	struct rmp_key key;
	bool changed = node->load != load;

	node->capacity_pages = capacity_pages;
	node->free_pages = free_pages;
	WRITE_ONCE(node->load, load);
	if (!changed)
		return;
	if (load == RMP_LOAD_NONE && get_key(node, &key, &use)) {
		broadcast(node, RMP_T_ADVERT, use);
		memzero_explicit(&key, sizeof(key));
	}
	mod_delayed_work(node->wq, &node->disc_work, 0);
}
EXPORT_SYMBOL_GPL(rmp_service_announce);

void rmp_disc_link_gone(struct rmp_node *node, struct rmp_link *link)
{
	struct rmp_peer *p;

	spin_lock_bh(&node->peer_lock);
	list_for_each_entry(p, &node->peers, list) {
		if (p->other.link == link)
			rmp_path_put(&p->other);
		if (p->link != link)
			continue;
		p->link = NULL;
		p->suspect = true;
		rmp_link_put(link);
	}
	spin_unlock_bh(&node->peer_lock);
}

void rmp_disc_init(struct rmp_node *node)
{
	spin_lock_init(&node->peer_lock);
	INIT_LIST_HEAD(&node->peers);
	node->load = RMP_LOAD_NONE;
	INIT_DELAYED_WORK(&node->disc_work, disc_work);
	queue_delayed_work(node->wq, &node->disc_work, msecs_to_jiffies(node->interval_ms));
}

void rmp_disc_exit(struct rmp_node *node)
{
	struct rmp_peer *p, *next;

	cancel_delayed_work_sync(&node->disc_work);
	spin_lock_bh(&node->peer_lock);
	list_for_each_entry_safe(p, next, &node->peers, list)
		rmp_peer_unlink(node, p);
	spin_unlock_bh(&node->peer_lock);
}
