// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding a server for an extent. Everything is allocated with the volume: an extent is opened when
 * a page is written to free memory.
 */
#include <linux/random.h>

#include "clt.h"

/* What no server takes is tried again after this. */
#define RETRY_MS	200
/* When every server is full for this long, writes fail. */
#define FULL_MS		2000

static void kick(struct memx_clt_vol *vol)
{
	mod_delayed_work(vol->clt->wq, &vol->open_work, 0);
}

/**
 * memx_clt_open_kick - look for servers now
 * @vol:	volume
 *
 * Context: any.
 */
void memx_clt_open_kick(struct memx_clt_vol *vol)
{
	spin_lock_bh(&vol->open_lock);
	vol->not_before = jiffies;
	spin_unlock_bh(&vol->open_lock);
	kick(vol);
}

/**
 * memx_clt_open_later - an extent needs a server
 * @vol:	volume
 * @ext:	extent; its lock is held
 */
void memx_clt_open_later(struct memx_clt_vol *vol, struct memx_clt_extent *ext)
{
	lockdep_assert_held(&ext->lock);
	spin_lock(&vol->open_lock);
	list_add_tail(&ext->opening, &vol->to_open);
	spin_unlock(&vol->open_lock);
	kick(vol);
}

static void set_again(struct memx_clt_open *op)
{
	spin_lock_bh(&op->vol->open_lock);
	WRITE_ONCE(op->srv, NULL);
	op->again = true;
	spin_unlock_bh(&op->vol->open_lock);
	kick(op->vol);
}

static void release(struct memx_clt_open *op)
{
	bool more;

	spin_lock_bh(&op->vol->open_lock);
	WRITE_ONCE(op->srv, NULL);
	op->busy = false;
	more = !list_empty(&op->vol->to_open);
	spin_unlock_bh(&op->vol->open_lock);
	if (more)
		kick(op->vol);
}

/* Context: softirq, or process; no lock held. */
static void done(struct rmp_req *rq)
{
	struct memx_clt_open *op = container_of(rq, struct memx_clt_open, rq);
	struct memx_clt_extent *ext = op->ext;
	struct memx_clt_srv *srv = op->srv;
	struct memx_clt_vol *vol = op->vol;
	u64 handle;

	if (!rq->err && rq->status == RMP_OK && rq->rep_head_len == sizeof(op->rep)) {
		handle = be64_to_cpu(op->rep.handle);
		WRITE_ONCE(vol->full, false);
		atomic64_inc(&vol->share[srv->n].extents);
		release(op);
		memx_clt_opened(ext, srv, handle);
		return;
	}
	/* Not a second time in this attempt; but one that went away and came back may be. */
	if (!rq->err || rq->err == -EPROTO)
		set_bit(srv->n, !rq->err && rq->status == RMP_NOSPC ? op->full : op->not_now);
	set_again(op);
}

static u8 state(const struct memx_clt_open *op, const struct memx_clt_srv *srv, bool heard)
{
	if (!READ_ONCE(srv->up)) {
		/* One that never came up may be nobody. */
		if (memx_clt_srv_expired(srv, READ_ONCE(op->vol->loss_timeout)) ||
		    (!READ_ONCE(srv->was_up) && !heard))
			return MEMX_CLT_CAND_GONE;
		return MEMX_CLT_CAND_AWAY;
	}
	if (test_bit(srv->n, op->full))
		return MEMX_CLT_CAND_FULL;
	return !heard || test_bit(srv->n, op->not_now) ? MEMX_CLT_CAND_NOT_NOW
						       : MEMX_CLT_CAND_UP;
}

/*
 * Return: a server for the extent, or NULL. vol->cand[] is what is known of all @n.
 * Context: RCU, for as long as the server is used.
 */
static struct memx_clt_srv *choose(struct memx_clt_open *op, unsigned int *n)
{
	struct memx_clt_vol *vol = op->vol;
	struct memx_clt *clt = vol->clt;
	unsigned int i;
	int chosen;

	*n = smp_load_acquire(&clt->nsrv);
	for (i = 0; i < *n; i++) {
		struct memx_clt_srv *srv = rcu_dereference(clt->srv[i]);
		struct rmp_peer_info info = { };
		bool heard;

		vol->cand[i] = (struct memx_clt_cand) { .state = MEMX_CLT_CAND_GONE };
		if (!srv || READ_ONCE(srv->going))
			continue;
		heard = !rmp_peer_lookup(clt->node, srv->id, &info);
		vol->cand[i] = (struct memx_clt_cand) {
			.free_pages = info.free_pages,
			.load = info.load,
			.rtt_us = rmp_sess_rtt_us(srv->sess),
			.state = state(op, srv, heard),
		};
	}
	chosen = memx_clt_place(vol->cand, *n, get_random_u32(), get_random_u32());
	return chosen < 0 ? NULL : rcu_dereference(clt->srv[chosen]);
}

static void ask(struct memx_clt_open *op, struct memx_clt_srv *srv)
{
	struct memx_clt_vol *vol = op->vol;

	WRITE_ONCE(op->srv, srv);
	set_bit(srv->n, vol->asked);
	op->head = (struct memx_extent_req) {
		.op = MEMX_OP_EXTENT_OPEN,
		.generation = cpu_to_be32(memx_clt_open_try(op->ext)),
		.epoch = cpu_to_be32(vol->epoch),
		.index = cpu_to_be64(op->ext->index),
	};
	memcpy(op->head.volume, vol->uuid, MEMX_UUID_LEN);
	memcpy(op->head.name, vol->name, sizeof(op->head.name));
	op->rq.done = done;
	op->rq.head = &op->head;
	op->rq.head_len = sizeof(op->head);
	op->rq.rep_head = &op->rep;
	op->rq.rep_head_max = sizeof(op->rep);
	rmp_submit(srv->sess, &op->rq);
}

/*
 * Return: are all servers full, and were so for FULL_MS? One that has not been looked at for that
 * long was not seen to be full.
 */
static bool is_full(struct memx_clt_vol *vol, unsigned int n)
{
	unsigned long most = msecs_to_jiffies(FULL_MS), now = jiffies;

	if (!memx_clt_place_full(vol->cand, n)) {
		WRITE_ONCE(vol->full, false);
		return false;
	}
	if (!READ_ONCE(vol->full) || time_after(now, vol->full_seen + most))
		vol->full_since = now;
	vol->full_seen = now;
	WRITE_ONCE(vol->full, true);
	return time_after(now, vol->full_since + most);
}

/* Have all servers been away for as long as what is droppable waits? */
static bool are_away(struct memx_clt_vol *vol, unsigned int n)
{
	unsigned long wait = memx_clt_wait(vol, true);
	bool away = true;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; away && i < n; i++) {
		struct memx_clt_srv *srv = rcu_dereference(vol->clt->srv[i]);

		away = !srv || memx_clt_srv_expired(srv, wait);
	}
	rcu_read_unlock();
	return away;
}

static bool is_too_late(const struct memx_clt_open *op, bool droppable)
{
	unsigned long wait = memx_clt_wait(op->vol, droppable);

	return wait && time_after(jiffies, op->ext->open_since + wait);
}

/*
 * No server takes it. What is droppable need not wait again for servers that it has waited for.
 * Return: false when the extent has to wait for one.
 */
static bool give_up(struct memx_clt_open *op, unsigned int n)
{
	struct memx_clt_vol *vol = op->vol;
	bool full = is_full(vol, n);

	if (full || is_too_late(op, false)) {
		memx_clt_event(vol->clt, "no-space", vol->name, "%s: %s", vol->name,
			       full ? "every server is full" :
				      "no server that has space came back or was ready in time");
		memx_clt_open_failed(op->ext, BLK_STS_NOSPC, false);
	} else if (!(are_away(vol, n) || is_too_late(op, true)) ||
		   !memx_clt_open_failed(op->ext, BLK_STS_NOSPC, true)) {
		return false;
	}
	release(op);
	return true;
}

/* Return: false when the extent has to wait for a server. */
static bool go(struct memx_clt_open *op)
{
	struct memx_clt_vol *vol = op->vol;
	struct memx_clt_extent *ext = op->ext;
	struct memx_clt_srv *srv;
	unsigned int n;

	if (READ_ONCE(vol->dead)) {
		memx_clt_open_failed(ext, BLK_STS_IOERR, false);
		release(op);
		return true;
	}
	rcu_read_lock();
	srv = choose(op, &n);
	if (srv)
		ask(op, srv);
	rcu_read_unlock();
	if (srv)
		return true;
	if (give_up(op, n))
		return true;
	spin_lock_bh(&vol->open_lock);
	list_add_tail(&ext->opening, &vol->to_open);
	vol->not_before = jiffies + msecs_to_jiffies(RETRY_MS);
	op->busy = false;
	spin_unlock_bh(&vol->open_lock);
	return false;
}

/* Return: a struct whose extent has to be tried again, or a free one with the next extent; NULL. */
static struct memx_clt_open *next_open(struct memx_clt_vol *vol)
{
	struct memx_clt_open *op, *idle = NULL;

	spin_lock_bh(&vol->open_lock);
	for (op = vol->open; op < vol->open + MEMX_CLT_OPENS; op++) {
		if (op->busy && op->again) {
			op->again = false;
			goto out;
		}
		if (!op->busy)
			idle = op;
	}
	op = idle;
	if (op && (list_empty(&vol->to_open) || time_before(jiffies, vol->not_before)))
		op = NULL;
	if (op) {
		op->ext = list_first_entry(&vol->to_open, struct memx_clt_extent, opening);
		list_del_init(&op->ext->opening);
		op->busy = true;
		bitmap_zero(op->not_now, MEMX_CLT_SERVERS_MAX);
		bitmap_zero(op->full, MEMX_CLT_SERVERS_MAX);
	}
out:
	spin_unlock_bh(&vol->open_lock);
	return op;
}

/* However often we are kicked meanwhile: what has to wait is not tried again before. */
static void rest(struct memx_clt_vol *vol)
{
	long left;

	spin_lock_bh(&vol->open_lock);
	left = list_empty(&vol->to_open) ? 0 : (long)(vol->not_before - jiffies);
	spin_unlock_bh(&vol->open_lock);
	if (left > 0)
		queue_delayed_work(vol->clt->wq, &vol->open_work, left);
}

/* Context: process. Reclaim-safe. */
static void open_work(struct work_struct *work)
{
	struct memx_clt_vol *vol = container_of(to_delayed_work(work), struct memx_clt_vol,
						open_work);
	struct memx_clt_open *op;

	while ((op = next_open(vol)) && go(op))
		;
	rest(vol);
}

/**
 * memx_clt_opens_at - is a server asked to take an extent?
 * @vol:	volume
 * @srv:	server
 *
 * Context: any but hardirq. An extent that it took is counted when this says no.
 */
bool memx_clt_opens_at(struct memx_clt_vol *vol, const struct memx_clt_srv *srv)
{
	struct memx_clt_open *op;
	bool asked = false;

	spin_lock_bh(&vol->open_lock);
	for (op = vol->open; op < vol->open + MEMX_CLT_OPENS; op++)
		asked = asked || op->srv == srv;
	spin_unlock_bh(&vol->open_lock);
	return asked;
}

/**
 * memx_clt_open_expire - ask other servers in place of those that do not answer any more
 * @vol:	volume
 *
 * Context: process. Reclaim-safe.
 */
void memx_clt_open_expire(struct memx_clt_vol *vol)
{
	struct memx_clt_open *op;

	for (op = vol->open; op < vol->open + MEMX_CLT_OPENS; op++) {
		struct memx_clt_srv *srv = READ_ONCE(op->srv);

		if (srv && (!READ_ONCE(srv->up) || READ_ONCE(vol->dead)))
			rmp_cancel(srv->sess, &op->rq);
	}
	if (READ_ONCE(vol->dead))
		memx_clt_open_kick(vol);
}

void memx_clt_open_init(struct memx_clt_vol *vol)
{
	unsigned int i;

	spin_lock_init(&vol->open_lock);
	INIT_LIST_HEAD(&vol->to_open);
	vol->not_before = jiffies;
	INIT_DELAYED_WORK(&vol->open_work, open_work);
	for (i = 0; i < MEMX_CLT_OPENS; i++)
		vol->open[i].vol = vol;
}
