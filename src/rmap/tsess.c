// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a target's end: made by a handshake, confirmed by a PING, ended by BYE, by a successor,
 * or by silence.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "sess.h"

/* Half-open and confirmed sessions that a node keeps at most. */
#define TSESS_MAX	256
/* A handshake that is not confirmed this long is forgotten; */
#define HALF_OPEN	(10 * HZ)
/* a session that is silent this long too. The initiator sends a PING every 30 s. */
#define SILENT		(300 * HZ)

/*
 * Room for another one: the oldest that nobody has confirmed goes. Recorded INITs can make as many
 * half-open sessions as there may be, but confirm none of them.
 */
static bool kill_half_open(struct rmp_node *node)
{
	struct rmp_sess_table *table = node->table;
	struct rmp_tsess *ts, *oldest = NULL;

	spin_lock_bh(&table->lock);
	list_for_each_entry(ts, &table->targets, end.list) {
		if (!READ_ONCE(ts->confirmed)) {	/* new ones come to the end */
			oldest = ts;
			rmp_end_get(&ts->end);
			break;
		}
	}
	spin_unlock_bh(&table->lock);
	if (!oldest)
		return false;
	rmp_tsess_kill(oldest);
	rmp_end_put(&oldest->end);
	return true;
}

/**
 * rmp_tsess_new - a target's end, not in the table yet
 * @node:	node
 * @mtu:	of the path
 * @slots:	slots
 *
 * Context: process; may sleep.
 * Return: the session, with one reference, or NULL.
 */
struct rmp_tsess *rmp_tsess_new(struct rmp_node *node, u16 mtu, u8 slots)
{
	struct rmp_tsess *ts;
	unsigned int i;

	if (READ_ONCE(node->table->ntargets) >= TSESS_MAX && !kill_half_open(node))
		return NULL;
	ts = kvzalloc(sizeof(*ts), RMP_GFP_RECONNECT);
	if (!ts)
		return NULL;
	rmp_end_init(&ts->end, node, false);
	INIT_WORK(&ts->confirm_work, rmp_tsess_confirm);
	ts->end.mtu = mtu;
	ts->born = jiffies;
	rmp_tgt_init(&ts->tgt, mtu, slots);
	ts->slot = kvcalloc(slots, sizeof(*ts->slot), RMP_GFP_RECONNECT);
	if (!ts->slot)
		goto free_ts;
	for (i = 0; i < slots; i++) {
		ts->slot[i].ts = ts;
		ts->slot[i].n = i;
	}
	if (rmp_reserve_init(&ts->end.reserve, mtu, RMP_GFP_RECONNECT))
		goto free_slots;
	return ts;

free_slots:
	kvfree(ts->slot);
free_ts:
	kvfree(ts);
	return NULL;
}

static void free_work(struct work_struct *work)
{
	struct rmp_tsess *ts = container_of(to_rcu_work(work), struct rmp_tsess, free_work);
	unsigned int i, n;

	for (i = 0; i < ts->tgt.nslots; i++) {
		struct rmp_treq *rq = &ts->slot[i].rq;

		for (n = 0; n < RMP_PAGES_MAX; n++) {
			if (rq->page[n])
				put_page(rq->page[n]);
			if (rq->rep_page[n])
				put_page(rq->rep_page[n]);
		}
	}
	rmp_reserve_free(&ts->end.reserve);
	if (ts->end.path.link)
		rmp_link_put(ts->end.path.link);
	kvfree(ts->slot);
	kvfree(ts);
}

/**
 * rmp_tsess_free - the last reference is gone
 * @ts:		session
 *
 * Context: any. Frames may still have it in hand (RCU), and its pages and frames are freed in
 * process context.
 */
void rmp_tsess_free(struct rmp_tsess *ts)
{
	INIT_RCU_WORK(&ts->free_work, free_work);
	queue_rcu_work(ts->end.node->wq, &ts->free_work);
}

/**
 * rmp_tsess_kill - end a session
 * @ts:		session
 *
 * 1. No frame is taken in or sent any more (dead, under its lock).
 * 2. No frame finds it (key pairs, table).
 * 3. The table's reference goes; requests that the service has not answered hold one each.
 *
 * Context: any but hardirq; no session lock is held.
 */
void rmp_tsess_kill(struct rmp_tsess *ts)
{
	struct rmp_sess_table *table = ts->end.node->table;
	bool was;

	spin_lock_bh(&ts->end.lock);
	was = ts->end.dead;
	ts->end.dead = true;
	if (!was)
		rmp_end_drop_keys(&ts->end);
	spin_unlock_bh(&ts->end.lock);
	if (was)
		return;
	spin_lock_bh(&table->lock);
	list_del(&ts->end.list);
	table->ntargets--;
	spin_unlock_bh(&table->lock);
	rmp_end_put(&ts->end);
}

static bool superseded(const struct rmp_tsess *old, const struct rmp_tsess *by)
{
	return old != by && !memcmp(old->end.peer_id, by->end.peer_id, RMP_NODE_ID_LEN) &&
	       (old->end.incarnation != by->end.incarnation || old->end.id == by->end.id);
}

static bool forgotten(const struct rmp_tsess *ts)
{
	if (!ts->confirmed)
		return time_after(jiffies, ts->born + HALF_OPEN);
	return time_after(jiffies, READ_ONCE(ts->end.heard) + SILENT);
}

static bool is_any(const struct rmp_tsess *ts)
{
	return true;
}

/* End all sessions that @match says; @by may be NULL. */
static void kill_if(struct rmp_node *node, bool (*match)(const struct rmp_tsess *ts),
		    const struct rmp_tsess *by)
{
	struct rmp_sess_table *table = node->table;
	struct rmp_tsess *ts, *victim;

	do {
		victim = NULL;
		spin_lock_bh(&table->lock);
		list_for_each_entry(ts, &table->targets, end.list) {
			if (by ? superseded(ts, by) : match(ts)) {
				victim = ts;
				rmp_end_get(&victim->end);
				break;
			}
		}
		spin_unlock_bh(&table->lock);
		if (victim) {
			rmp_tsess_kill(victim);
			rmp_end_put(&victim->end);
		}
	} while (victim);
}

/**
 * rmp_tsess_supersede - end the sessions that this one takes the place of
 * @ts:		session that its initiator has just proved to be its own
 *
 * Context: process.
 */
void rmp_tsess_supersede(struct rmp_tsess *ts)
{
	kill_if(ts->end.node, NULL, ts);
}

/**
 * rmp_tsess_reap - end sessions that nobody wants
 * @node:	node
 * @all:	the node goes: end all of them
 *
 * Context: process.
 */
void rmp_tsess_reap(struct rmp_node *node, bool all)
{
	kill_if(node, all ? is_any : forgotten, NULL);
}
