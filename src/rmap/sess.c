// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of an initiator's end: opened, connected again and again as the peer comes and goes,
 * closed.
 */
#include <linux/slab.h>

#include "memx_hrtimer.h"
#include "sess.h"

/* A third of nothing to the network, and the target knows that we live. */
#define PING_IDLE	(30 * HZ)
#define PONG_TRIES	5

static unsigned long retry_delay(unsigned int tries)
{
	return msecs_to_jiffies(min(50u << min(tries, 5u), 1000u));
}

/* Tell the owner once of each change. Context: @work only. */
static void tell(struct rmp_sess *s, bool up)
{
	if (s->told_up == up)
		return;
	s->told_up = up;
	rmp_peer_problem(s->end.node, s->end.peer_id, up ? NULL : "does not answer");
	if (s->ops->state)
		s->ops->state(s->priv, up, up ? "session is up" : "does not answer");
}

static void send_ping(struct rmp_sess *s)
{
	struct sk_buff_head q;

	__skb_queue_head_init(&q);
	spin_lock_bh(&s->end.lock);
	rmp_tx_control(&s->end, &q, RMP_T_PING, 0);
	spin_unlock_bh(&s->end.lock);
	rmp_tx_send(s->end.node, &q);
}

/*
 * The way to the peer: as discovery knows it, and every other time the one that the last handshake
 * went. Advertisements are hints; and the peer may be forgotten while it, or we, had no memory.
 */
static bool find_path(struct rmp_sess *s, struct rmp_path *path)
{
	bool heard = rmp_peer_path(s->end.node, s->end.peer_id, READ_ONCE(s->hint), path);
	struct rmp_path *old = &s->end.path;

	if (heard && !(s->hs_tries % 2))
		return true;
	spin_lock_bh(&s->end.lock);
	if (old->link && rcu_access_pointer(old->link->dev) &&
	    (path->link != old->link || !ether_addr_equal(path->addr, old->addr))) {
		rmp_path_put(path);
		*path = *old;
		path->mtu = min(READ_ONCE(old->link->mtu), old->mtu);
		rmp_link_get(path->link);
	}
	spin_unlock_bh(&s->end.lock);
	return path->link;
}

/* Jiffies until the keys are due to be renewed. */
static unsigned long rekey_in(const struct rmp_sess *s)
{
	u64 age = jiffies - s->keyed, due = (u64)READ_ONCE(s->end.node->rekey_s) * HZ;

	return due > age ? min_t(u64, due - age, MAX_JIFFY_OFFSET) : 0;
}

static void tell_mtu(struct rmp_sess *s, const struct rmp_path *path)
{
	struct rmp_peer_info peer;

	if (!rmp_peer_lookup(s->end.node, s->end.peer_id, &peer))
		rmp_event(
			s->end.node, "path-mtu", path->link->name,
			"the path to %.*s carries only %u of %u bytes: check the switches between",
			RMP_NAME_LEN, peer.name, s->end.mtu, path->mtu);
}

/* The session is up. Return: jiffies until there is something to do again. */
static unsigned long keep(struct rmp_sess *s, struct rmp_path *path)
{
	unsigned long delay = min_t(unsigned long, PING_IDLE, rekey_in(s) + 1);
	u64 now = rmp_now_us(), wide;

	/* A handshake that failed for a while does not end a session that goes on. */
	rmp_peer_problem(s->end.node, s->end.peer_id, NULL);
	send_ping(s);
	switch (path->link ? rmp_pmtu_next(&s->pmtu, now, path->mtu) : RMP_PMTU_WAIT) {
	case RMP_PMTU_TRY:
		rmp_hs_init_send(s, path, path->mtu, s->pmtu.tries);
		break;
	case RMP_PMTU_TELL:
		tell_mtu(s, path);
		break;
	case RMP_PMTU_WAIT:
		break;
	}
	wide = rmp_pmtu_wait_us(&s->pmtu, now);
	return wide < U32_MAX ? min(delay, usecs_to_jiffies(wide) + 1) : delay;
}

/* New keys are wanted, or the peer is. Return: the same. */
static unsigned long begin(struct rmp_sess *s, struct rmp_path *path)
{
	if (!path->link) {
		rmp_peer_problem(s->end.node, s->end.peer_id, "is not heard on any link");
		return HZ / 2;
	}
	if (s->hs_tries >= 3)
		rmp_peer_problem(s->end.node, s->end.peer_id,
				 "does not answer the handshake: it is down, or has another "
				 "cluster key or security");
	rmp_hs_init_send(s, path, rmp_pmtu_try(path->mtu, s->hs_tries), s->hs_tries);
	s->hs_tries++;
	return retry_delay(s->hs_tries);
}

/* Return: jiffies until there is something to do again. */
static unsigned long connect(struct rmp_sess *s)
{
	bool up = READ_ONCE(s->state) == RMP_SESS_UP;
	struct rmp_path path = { };
	unsigned long delay;
	bool content;

	tell(s, up);
	spin_lock_bh(&s->end.lock);
	rmp_rtt_limits(&s->ini.rtt, s->end.node->rto_min_us, s->end.node->rto_max_us);
	spin_unlock_bh(&s->end.lock);
	if (s->end.cur && !READ_ONCE(s->ponged) && s->pings < PONG_TRIES) {
		s->pings++;
		send_ping(s);
		return retry_delay(s->pings);
	}
	s->pings = 0;
	content = up && s->ponged && !READ_ONCE(s->hint) && rekey_in(s);
	if (find_path(s, &path) && path.mtu < s->end.mtu)
		content = false;
	delay = content ? keep(s, &path) : begin(s, &path);
	rmp_path_put(&path);
	return delay;
}

/**
 * rmp_sess_connect - keep a session connected
 * @work:	of the session
 *
 * Context: process; reclaim-safe but for the owner's callbacks, which must be so too.
 */
void rmp_sess_connect(struct work_struct *work)
{
	struct rmp_sess *s = container_of(to_delayed_work(work), struct rmp_sess, work);
	unsigned long delay;

	mutex_lock(&s->hs_lock);
	if (!READ_ONCE(s->end.dead)) {
		delay = connect(s);
		/* Unless somebody asked for us meanwhile: then at once. */
		if (!READ_ONCE(s->end.dead))
			queue_delayed_work(s->end.node->wq, &s->work, delay);
	}
	mutex_unlock(&s->hs_lock);
}

/**
 * rmp_sess_open - open a session to a peer
 * @node:	node
 * @peer_id:	the peer
 * @incarnation: of the peer for which requests are meant; 0 when any will do
 * @ops:	what to tell the owner
 * @priv:	for @ops
 *
 * The session connects by itself; requests may be submitted at once and wait.
 *
 * Context: process; may sleep.
 * Return: the session, or an ERR_PTR().
 */
struct rmp_sess *rmp_sess_open(struct rmp_node *node, const u8 *peer_id, u64 incarnation,
			       const struct rmp_sess_ops *ops, void *priv)
{
	struct rmp_sess *s = kvzalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	rmp_end_init(&s->end, node, true);
	memcpy(s->end.peer_id, peer_id, RMP_NODE_ID_LEN);
	s->end.incarnation = incarnation;
	s->end.id = atomic64_inc_return(&node->table->session_id);
	s->end.mtu = RMP_MTU_MIN;
	rmp_ini_init(&s->ini, RMP_MTU_MIN, node->rto_min_us, node->rto_max_us);
	INIT_LIST_HEAD(&s->waiting);
	hrtimer_setup(&s->timer, rmp_sess_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	mutex_init(&s->hs_lock);
	INIT_DELAYED_WORK(&s->work, rmp_sess_connect);
	s->ops = ops;
	s->priv = priv;
	err = rmp_reserve_init(&s->end.reserve, RMP_MTU_MIN, GFP_KERNEL);
	if (err) {
		kvfree(s);
		return ERR_PTR(err);
	}
	spin_lock_bh(&node->table->lock);
	list_add_tail(&s->end.list, &node->table->sessions);
	node->table->nsessions++;
	spin_unlock_bh(&node->table->lock);
	queue_delayed_work(node->wq, &s->work, 0);
	return s;
}
EXPORT_SYMBOL_GPL(rmp_sess_open);

/* Each key pair once: who answers a handshake meanwhile finds none under way. */
static void drop_keys(struct rmp_sess *s)
{
	mutex_lock(&s->hs_lock);
	rmp_keypair_drop(s->hs);
	s->hs = NULL;
	spin_lock_bh(&s->end.lock);
	rmp_end_drop_keys(&s->end);
	spin_unlock_bh(&s->end.lock);
	mutex_unlock(&s->hs_lock);
}

/**
 * rmp_sess_close - close a session
 * @s:		session
 *
 * Every request completes with -ESHUTDOWN before this returns. The caller submits none any more.
 *
 * 1. Nothing new: dead, under the lock. No frame is taken in, no request begins.
 * 2. The peer is told, once; a lost BYE costs it memory for five minutes.
 * 3. The work that connects is stopped, it cannot be queued again.
 * 4. Key pairs leave the table: no frame finds us. Those that have are through after an RCU grace
 *    period. A handshake that is being answered has been waited for (hs_lock); one that waits for
 *    that lock finds nothing under way, and is through when the work on answers was flushed.
 * 5. The timer is stopped; it cannot be armed again.
 * 6. What is left of requests is ended, and all is freed.
 *
 * Context: process; may sleep. Not from the session's callbacks, nor under a lock that they take.
 */
void rmp_sess_close(struct rmp_sess *s)
{
	struct rmp_node *node = s->end.node;
	struct sk_buff_head q;
	LIST_HEAD(lost);

	__skb_queue_head_init(&q);
	spin_lock_bh(&s->end.lock);
	rmp_tx_control(&s->end, &q, RMP_T_BYE, 0);
	s->end.dead = true;
	rmp_sess_restart(s, s->end.mtu, RMP_SLOTS_MAX, &lost);
	spin_unlock_bh(&s->end.lock);
	rmp_tx_send(node, &q);
	rmp_sess_fail(&lost, -ESHUTDOWN);

	cancel_delayed_work_sync(&s->work);
	spin_lock_bh(&node->table->lock);
	list_del(&s->end.list);
	node->table->nsessions--;
	spin_unlock_bh(&node->table->lock);
	drop_keys(s);
	synchronize_rcu();
	flush_work(&node->slow[RMP_SLOW_RESP].work);
	cancel_delayed_work_sync(&s->work);
	hrtimer_cancel(&s->timer);
	rmp_peer_problem(node, s->end.peer_id, NULL);	/* nobody misses the session any more */

	rmp_reserve_free(&s->end.reserve);
	rmp_reserve_free(&s->end.large);
	rmp_reserve_free(&s->hs_reserve);
	rmp_path_put(&s->end.path);
	rmp_path_put(&s->hs_path);
	rmp_wipe(&s->noise, sizeof(s->noise));
	kvfree(s);
}
EXPORT_SYMBOL_GPL(rmp_sess_close);

/**
 * rmp_sess_rtt_us - smoothed round-trip time
 * @s:		session
 *
 * Return: microseconds, 0 when nothing was measured yet.
 */
u32 rmp_sess_rtt_us(const struct rmp_sess *s)
{
	return READ_ONCE(s->ini.rtt.srtt8) / 8;
}
EXPORT_SYMBOL_GPL(rmp_sess_rtt_us);

bool rmp_sess_is_up(const struct rmp_sess *s)
{
	return READ_ONCE(s->state) == RMP_SESS_UP;
}
EXPORT_SYMBOL_GPL(rmp_sess_is_up);

int rmp_sess_node_init(struct rmp_node *node)
{
	struct rmp_sess_table *table = kvzalloc(sizeof(*table), GFP_KERNEL);

	if (!table)
		return -ENOMEM;
	spin_lock_init(&table->lock);
	INIT_LIST_HEAD(&table->sessions);
	INIT_LIST_HEAD(&table->targets);
	init_waitqueue_head(&table->idle);
	mutex_init(&node->service_lock);
	node->table = table;
	return 0;
}

/* Owners have closed their sessions, the service is gone, and no frame comes any more. */
void rmp_sess_node_exit(struct rmp_node *node)
{
	WARN_ON(!list_empty(&node->table->sessions));
	rmp_tsess_reap(node, true);
	rcu_barrier();			/* rcu_work of sessions is queued, */
	flush_workqueue(node->wq);	/* and done; */
	rcu_barrier();			/* so are the key pairs */
	kvfree(node->table);
}

/* Call @fn for each initiator's end, under the table's lock. */
static void for_each_sess(struct rmp_node *node, void (*fn)(struct rmp_sess *s, void *arg),
			  void *arg)
{
	struct rmp_sess *s;

	spin_lock_bh(&node->table->lock);
	list_for_each_entry(s, &node->table->sessions, end.list)
		fn(s, arg);
	spin_unlock_bh(&node->table->lock);
}

struct hint {
	const u8	*id;
	u64		incarnation;
};

static void hint_one(struct rmp_sess *s, void *arg)
{
	const struct hint *h = arg;

	if (memcmp(s->end.peer_id, h->id, RMP_NODE_ID_LEN))
		return;
	if (READ_ONCE(s->state) == RMP_SESS_UP &&
	    (s->end.incarnation == h->incarnation || READ_ONCE(s->hint)))
		return;
	if (READ_ONCE(s->state) == RMP_SESS_UP)
		WRITE_ONCE(s->hint, true);
	else if (s->hs_tries < 3)
		return;		/* it is being tried already */
	mod_delayed_work(s->end.node->wq, &s->work, 0);
}

/**
 * rmp_sess_hint - an advertisement of a peer was heard
 * @node:	node
 * @id:		peer
 * @incarnation: as it says; believed only after a handshake
 *
 * A session that is waiting tries at once; one that is up with another incarnation makes sure.
 */
void rmp_sess_hint(struct rmp_node *node, const u8 *id, u64 incarnation)
{
	struct hint h = { .id = id, .incarnation = incarnation };

	for_each_sess(node, hint_one, &h);
}

struct peer_state {
	const u8	*id;
	u32		rtt_us;
	u8		state;
};

static void state_one(struct rmp_sess *s, void *arg)
{
	struct peer_state *p = arg;

	if (memcmp(s->end.peer_id, p->id, RMP_NODE_ID_LEN))
		return;
	p->state = max_t(u8, p->state, rmp_sess_is_up(s) ? 2 : 1);
	if (rmp_sess_rtt_us(s))
		p->rtt_us = rmp_sess_rtt_us(s);
}

/**
 * rmp_sess_peer_state - how the sessions to a peer are
 * @node:	node
 * @id:		peer
 * @rtt_us:	to fill: smoothed round-trip time, 0 when not known
 *
 * Return: 0 no session, 1 connecting, 2 up.
 */
u8 rmp_sess_peer_state(struct rmp_node *node, const u8 *id, u32 *rtt_us)
{
	struct peer_state p = { .id = id };

	for_each_sess(node, state_one, &p);
	*rtt_us = p.rtt_us;
	return p.state;
}

u32 rmp_sess_count(struct rmp_node *node)
{
	return READ_ONCE(node->table->nsessions) + READ_ONCE(node->table->ntargets);
}

/* The work takes it over: the session's lock is outer to the table's. */
static void look_again_one(struct rmp_sess *s, void *arg)
{
	mod_delayed_work(s->end.node->wq, &s->work, 0);
}

void rmp_sess_look_again(struct rmp_node *node)
{
	for_each_sess(node, look_again_one, NULL);
}

static void link_gone_one(struct rmp_sess *s, void *arg)
{
	if (READ_ONCE(s->end.path.link) == arg)
		mod_delayed_work(s->end.node->wq, &s->work, 0);
}

/* The link's device is gone: its frames are dropped, sessions find another way when they notice. */
void rmp_sess_link_gone(struct rmp_node *node, struct rmp_link *link)
{
	for_each_sess(node, link_gone_one, link);
}

/**
 * rmp_service_register - serve requests on a node
 * @node:	node
 * @svc:	the service
 * @priv:	for its functions
 *
 * Context: process.
 * Return: 0, or -EBUSY when there is one already.
 */
int rmp_service_register(struct rmp_node *node, const struct rmp_service *svc, void *priv)
{
	int err = -EBUSY;

	mutex_lock(&node->service_lock);
	if (!rcu_access_pointer(node->service)) {
		node->service_priv = priv;
		rcu_assign_pointer(node->service, svc);
		err = 0;
	}
	mutex_unlock(&node->service_lock);
	return err;
}
EXPORT_SYMBOL_GPL(rmp_service_register);

/**
 * rmp_service_unregister - stop serving
 * @node:	node
 *
 * 1. No new request reaches the service (pointer, RCU).
 * 2. Those that it has are waited for: it must answer them all.
 *
 * Context: process; may sleep.
 */
void rmp_service_unregister(struct rmp_node *node)
{
	mutex_lock(&node->service_lock);
	RCU_INIT_POINTER(node->service, NULL);
	mutex_unlock(&node->service_lock);
	synchronize_rcu();
	wait_event(node->table->idle, !atomic_read(&node->table->executing));
}
EXPORT_SYMBOL_GPL(rmp_service_unregister);
