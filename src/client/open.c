// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding a server for an extent. Everything is allocated with the volume: an extent is opened when
 * a page is written to free memory.
 */
#include <linux/random.h>

#include "clt.h"

#define RETRY_MS	200
#define BUSY_MS		10
/* When servers answer, but every one of them is full, this long until writes fail. */
#define FULL_MS		2000

static void kick(struct memx_clt_vol *vol, unsigned int ms)
{
	if (ms)
		queue_delayed_work(vol->clt->wq, &vol->open_work, msecs_to_jiffies(ms));
	else
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
	kick(vol, 0);
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
	kick(vol, 0);
}

static void set_again(struct memx_clt_open *op, unsigned int ms)
{
	spin_lock_bh(&op->vol->open_lock);
	op->again = true;
	spin_unlock_bh(&op->vol->open_lock);
	kick(op->vol, ms);
}

static void release(struct memx_clt_open *op)
{
	bool more;

	spin_lock_bh(&op->vol->open_lock);
	op->busy = false;
	more = !list_empty(&op->vol->to_open);
	spin_unlock_bh(&op->vol->open_lock);
	if (more)
		kick(op->vol, 0);
}

/* Context: softirq, or process; no lock held. */
static void done(struct rmp_req *rq)
{
	struct memx_clt_open *op = container_of(rq, struct memx_clt_open, rq);
	struct memx_clt_extent *ext = op->ext;
	struct memx_clt_srv *srv = op->srv;
	u64 handle;

	if (rq->err) {
		set_again(op, 0);
		return;
	}
	if (rq->status == RMP_OK && rq->rep_head_len == sizeof(op->rep)) {
		handle = be64_to_cpu(op->rep.handle);
		release(op);
		memx_clt_opened(ext, srv, handle);
		return;
	}
	if (rq->status != RMP_BUSY)
		set_bit(srv->n, op->refused);
	set_again(op, rq->status == RMP_BUSY ? BUSY_MS : 0);
}

/* Return: a server for the extent, or NULL; @answers: is there one that answers at all? */
static struct memx_clt_srv *choose(struct memx_clt_open *op, bool *answers)
{
	struct memx_clt_vol *vol = op->vol;
	struct memx_clt *clt = vol->clt;
	unsigned int i, n = smp_load_acquire(&clt->nsrv);
	int chosen;

	*answers = false;
	for (i = 0; i < n; i++) {
		struct memx_clt_srv *srv = clt->srv[i];
		struct memx_clt_cand *c = &vol->cand[i];
		struct rmp_peer_info info;

		*c = (struct memx_clt_cand) { };
		if (!READ_ONCE(srv->up))
			continue;
		*answers = true;
		if (test_bit(i, op->refused) || rmp_peer_lookup(clt->node, srv->id, &info))
			continue;
		c->usable = true;
		c->free_pages = info.free_pages;
		c->load = info.load;
		c->rtt_us = rmp_sess_rtt_us(srv->sess);
	}
	chosen = memx_clt_place(vol->cand, n, get_random_u32(), get_random_u32());
	return chosen < 0 ? NULL : clt->srv[chosen];
}

static void ask(struct memx_clt_open *op, struct memx_clt_srv *srv)
{
	struct memx_clt_vol *vol = op->vol;

	op->srv = srv;
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

static bool is_too_late(const struct memx_clt_open *op, bool answers)
{
	const struct memx_clt_vol *vol = op->vol;
	unsigned long wait = answers ? msecs_to_jiffies(FULL_MS) : READ_ONCE(vol->loss_timeout);

	return wait && time_after(jiffies, op->ext->open_since + wait);
}

/* Return: false when the extent has to wait for a server. */
static bool go(struct memx_clt_open *op)
{
	struct memx_clt_vol *vol = op->vol;
	struct memx_clt_extent *ext = op->ext;
	struct memx_clt_srv *srv;
	bool answers;

	if (READ_ONCE(vol->dead)) {
		release(op);
		memx_clt_open_failed(ext, BLK_STS_IOERR);
		return true;
	}
	srv = choose(op, &answers);
	if (srv) {
		ask(op, srv);
		return true;
	}
	if (is_too_late(op, answers)) {
		release(op);
		memx_clt_event(vol->clt, "no-space", vol->name, "%s: %s", vol->name,
			       answers ? "every server is full" : "no server answers");
		memx_clt_open_failed(ext, BLK_STS_NOSPC);
		return true;
	}
	spin_lock_bh(&vol->open_lock);
	list_add(&ext->opening, &vol->to_open);
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
	if (op && list_empty(&vol->to_open))
		op = NULL;
	if (op) {
		op->ext = list_first_entry(&vol->to_open, struct memx_clt_extent, opening);
		list_del_init(&op->ext->opening);
		op->busy = true;
		bitmap_zero(op->refused, MEMX_CLT_SERVERS_MAX);
	}
out:
	spin_unlock_bh(&vol->open_lock);
	return op;
}

/* Context: process. Reclaim-safe. */
static void open_work(struct work_struct *work)
{
	struct memx_clt_vol *vol = container_of(to_delayed_work(work), struct memx_clt_vol,
						open_work);
	struct memx_clt_open *op;

	while ((op = next_open(vol)))
		if (!go(op)) {
			kick(vol, RETRY_MS);
			return;
		}
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
		kick(vol, 0);
}

void memx_clt_open_init(struct memx_clt_vol *vol)
{
	unsigned int i;

	spin_lock_init(&vol->open_lock);
	INIT_LIST_HEAD(&vol->to_open);
	INIT_DELAYED_WORK(&vol->open_work, open_work);
	for (i = 0; i < MEMX_CLT_OPENS; i++)
		vol->open[i].vol = vol;
}
