// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a block request: to its extent, to the server that has it, and back. It ends in
 * memx_clt_io_end(), once. It goes in parts, one for each extent; so does a read of which some
 * blocks are lost.
 */
#include <linux/highmem.h>

#include "clt.h"

#define BUSY_MAX_MS	50

static void send(struct memx_clt_vol *vol, struct memx_clt_io *io);

/**
 * memx_clt_io_end - a request has ended
 * @io:		request
 * @status:	how
 *
 * Context: any but hardirq. Reclaim-safe.
 */
void memx_clt_io_end(struct memx_clt_io *io, blk_status_t status)
{
	if (unlikely(status))
		this_cpu_inc(memx_clt_io_vol(io)->stats->errors);
	blk_mq_end_request(blk_mq_rq_from_pdu(io), status);
}

/* Fill @len bytes from @from on of the request's pages with a 64-bit value. */
static void fill(struct memx_clt_io *io, u32 from, u32 len, u64 value)
{
	__le64 word = cpu_to_le64(value);
	u32 pos = 0, i;

	for (i = 0; i < io->rq.nr_bv && pos < from + len; pos += io->bv[i++].bv_len) {
		struct bio_vec *bv = &io->bv[i];
		u32 a = max(pos, from), b = min(pos + bv->bv_len, from + len);
		void *p;

		if (a >= b)
			continue;
		/* Offsets and lengths are multiples of 512: queue_dma_alignment(). */
		p = kmap_local_page(bv->bv_page);
		memset64(p + bv->bv_offset + (a - pos), (__force u64)word, (b - a) / 8);
		kunmap_local(p);
	}
}

/* The pages of a read that did not travel. Return: false when the answer makes no sense. */
static bool fill_absent(struct memx_clt_io *io)
{
	u32 absent = ~io->rq.rep_present & (BIT(io->count) - 1);
	const __be64 *value = io->rep_head;

	if (io->rq.rep_len != io->count * RMP_PAGE_SIZE || io->rq.rep_present >> io->count ||
	    io->rq.rep_head_len != hweight32(absent) * sizeof(*value))
		return false;
	for (; absent; absent &= absent - 1)
		fill(io, __ffs(absent) * RMP_PAGE_SIZE, RMP_PAGE_SIZE, be64_to_cpu(*value++));
	return true;
}

/* Is the page one 64-bit value over and over? */
static bool is_uniform(struct page *page, u64 *value)
{
	const u64 *word = kmap_local_page(page);
	unsigned int i;

	for (i = 1; i < PAGE_SIZE / sizeof(*word); i++)
		if (word[i] != word[0])
			break;
	*value = le64_to_cpu((__force __le64)word[0]);
	kunmap_local(word);
	return i == PAGE_SIZE / sizeof(*word);
}

/* Which pages of a write have to travel, and the values of the others. */
static void find_uniform(struct memx_clt_io *io)
{
	__be64 *value = io->head.value;
	unsigned int i;
	u64 v;

	io->rq.present = BIT(io->count) - 1;
	for (i = 0; io->rq.whole && i < io->count; i++) {
		if (likely(!is_uniform(io->bv[i].bv_page, &v)))
			continue;
		io->rq.present &= ~BIT(i);
		*value++ = cpu_to_be64(v);
	}
	io->rq.head_len = (u8 *)value - (u8 *)&io->head;
}

/* Return: false when the block layer has broken our limits. */
static bool map_pages(struct memx_clt_io *io, struct request *req)
{
	struct req_iterator iter;
	struct bio_vec bv;
	unsigned int n = 0;

	io->rq.whole = true;
	rq_for_each_segment(bv, req, iter) {
		if (WARN_ON_ONCE(n == RMP_SEGS_MAX))
			return false;
		if (bv.bv_offset || bv.bv_len != PAGE_SIZE)
			io->rq.whole = false;
		io->bv[n++] = bv;
	}
	io->rq.bv = io->bv;
	io->rq.nr_bv = n;
	return true;
}

/*
 * Take the extent and the pages from page @pos of the volume on; what is beyond the extent is
 * left. Return: false when the block layer has broken our limits.
 */
static bool take_part(struct memx_clt_vol *vol, struct memx_clt_io *io, u64 pos)
{
	rcu_read_lock();
	io->ext = memx_clt_extent(rcu_dereference(vol->map), pos / MEMX_EXTENT_PAGES);
	rcu_read_unlock();
	io->tries = 0;
	io->page = pos % MEMX_EXTENT_PAGES;
	io->count = min_t(u32, io->left, MEMX_EXTENT_PAGES - io->page);
	io->left -= io->count;
	io->rq.head_len = sizeof(io->head.req);
	io->rq.present = 0;
	if (io->op == MEMX_OP_ZERO) {
		io->rq.nr_bv = 0;
		return true;
	}
	if (!map_pages(io, blk_mq_rq_from_pdu(io)))
		return false;
	if (io->op == MEMX_OP_WRITE)
		find_uniform(io);
	return true;
}

/*
 * A part has ended. Those of a read end each with an error of its own: a bio that lies in several
 * of them fails when one does. Return: true when it goes on with the next one.
 */
static bool part_end(struct memx_clt_vol *vol, struct memx_clt_io *io, blk_status_t status)
{
	u64 next;

	if (likely(!io->left) || (status && io->op != MEMX_OP_READ)) {
		memx_clt_io_end(io, status);
		return false;
	}
	if (io->op != MEMX_OP_ZERO) {
		if (status)
			this_cpu_inc(vol->stats->errors);
		blk_update_request(blk_mq_rq_from_pdu(io), status, io->count * RMP_PAGE_SIZE);
	}
	next = io->ext->index * MEMX_EXTENT_PAGES + io->page + io->count;
	if (unlikely(!take_part(vol, io, next))) {
		memx_clt_io_end(io, BLK_STS_IOERR);
		return false;
	}
	return true;
}

static void part_done(struct memx_clt_vol *vol, struct memx_clt_io *io, blk_status_t status)
{
	if (unlikely(part_end(vol, io, status)))
		memx_clt_io_go(io);
}

/* Return: has the server been busy for longer than the request waits? */
static bool is_too_busy(const struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	unsigned long wait = memx_clt_wait(vol, io->droppable);

	if (!io->tries)
		io->busy_since = jiffies;
	return wait && time_after(jiffies, io->busy_since + wait);
}

static void retry(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	unsigned int ms = min(1U << min_t(u8, io->tries, 6), (unsigned int)BUSY_MAX_MS);

	if (is_too_busy(vol, io)) {
		pr_err_ratelimited("memx_client: %s: server %s is busy for too long\n", vol->name,
				   io->srv->name);
		part_done(vol, io, BLK_STS_IOERR);
		return;
	}
	io->tries += io->tries < U8_MAX;
	WRITE_ONCE(io->srv, NULL);
	spin_lock_bh(&vol->retry_lock);
	list_add_tail(&io->list, &vol->retry);
	spin_unlock_bh(&vol->retry_lock);
	queue_delayed_work(vol->clt->wq, &vol->retry_work, msecs_to_jiffies(ms));
}

/**
 * memx_clt_retry_work - ask servers again that were busy
 * @work:	of the volume
 *
 * Context: process. Reclaim-safe.
 */
void memx_clt_retry_work(struct work_struct *work)
{
	struct memx_clt_vol *vol = container_of(to_delayed_work(work), struct memx_clt_vol,
						retry_work);
	struct memx_clt_io *io, *next;
	LIST_HEAD(list);

	spin_lock_bh(&vol->retry_lock);
	list_splice_init(&vol->retry, &list);
	spin_unlock_bh(&vol->retry_lock);
	list_for_each_entry_safe(io, next, &list, list)
		memx_clt_io_go(io);
}

static void succeeded(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	if (io->op == MEMX_OP_READ) {
		this_cpu_add(vol->stats->pages_in, io->count);
		if (unlikely(!fill_absent(io))) {
			part_done(vol, io, BLK_STS_IOERR);
			return;
		}
	} else if (unlikely(READ_ONCE(io->ext->generation) != io->generation)) {
		part_done(vol, io, BLK_STS_IOERR);	/* and lost again at once */
		return;
	} else if (io->op == MEMX_OP_WRITE) {
		memx_clt_written(io);
		this_cpu_add(vol->stats->pages_out, io->count);
	} else {
		memx_clt_zeroed(io);
	}
	part_done(vol, io, BLK_STS_OK);
}

/* What the server had is lost. Of what is read, the map tells what that is. */
static void lost(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	if (io->op == MEMX_OP_READ)
		memx_clt_io_go(io);
	else
		part_done(vol, io, BLK_STS_IOERR);
}

/* The server says that it does not have the extent. */
static void gone(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	u32 blocks = memx_clt_lost(vol, io->ext, io->srv, io->generation);

	if (blocks)
		memx_clt_event(vol->clt, "data-lost", vol->name,
			       "%s: %u KiB were lost: server %s has freed them", vol->name,
			       blocks * (RMP_PAGE_SIZE / 1024), io->srv->name);
	lost(vol, io);
}

static void failed(struct memx_clt_vol *vol, struct memx_clt_io *io, int err)
{
	if (err == -ESTALE)
		lost(vol, io);
	else
		part_done(vol, io, BLK_STS_IOERR);
}

/* Context: softirq, or process; no lock held. */
static void done(struct rmp_req *rq)
{
	struct memx_clt_io *io = container_of(rq, struct memx_clt_io, rq);
	struct memx_clt_vol *vol = memx_clt_io_vol(io);

	/* One that was cancelled may still be executed, but before what begins now: @ordered. */
	if (io->op == MEMX_OP_WRITE)
		memx_clt_write_end(io);
	if (unlikely(rq->err)) {
		failed(vol, io, rq->err);
		return;
	}
	switch (rq->status) {
	case RMP_OK:
		succeeded(vol, io);
		break;
	case RMP_BUSY:
		retry(vol, io);
		break;
	case RMP_STALE:
	case RMP_NOSERVICE:
		gone(vol, io);
		break;
	default:
		pr_err_ratelimited("memx_client: %s: server %s refuses a request (status %u)\n",
				   vol->name, io->srv->name, rq->status);
		part_done(vol, io, BLK_STS_IOERR);
	}
}

static void send(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	struct memx_data_req *head = &io->head.req;
	struct rmp_req *rq = &io->rq;
	u32 bytes = io->count * RMP_PAGE_SIZE;

	head->op = io->op;
	head->zero = 0;
	head->page = cpu_to_be16(io->page);
	head->count = cpu_to_be16(io->count);
	head->hole = 0;
	head->epoch = cpu_to_be32(vol->epoch);
	rq->done = done;
	rq->ordered = io->op != MEMX_OP_READ;
	rq->head = &io->head;
	rq->rep_head = io->rep_head;
	rq->send_len = io->op == MEMX_OP_WRITE ? bytes : 0;
	rq->recv_len = io->op == MEMX_OP_READ ? bytes : 0;
	rq->rep_head_max = io->op == MEMX_OP_READ ? io->count * sizeof(io->rep_head[0]) : 0;
	rmp_submit(io->srv->sess, rq);
}

/* Return: true when it goes on with the next part. */
static bool go_part(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	switch (memx_clt_begin(vol, io)) {
	case MEMX_CLT_SEND:
		if (likely(!memx_clt_srv_expired(io->srv, memx_clt_wait(vol, io->droppable)))) {
			send(vol, io);
			return false;
		}
		if (io->op == MEMX_OP_WRITE)
			memx_clt_write_end(io);
		return part_end(vol, io, BLK_STS_IOERR);
	case MEMX_CLT_PARKED:
		return false;
	case MEMX_CLT_FILL:
		fill(io, 0, io->count * RMP_PAGE_SIZE, 0);
		fallthrough;
	case MEMX_CLT_DONE:
		return part_end(vol, io, BLK_STS_OK);
	default:
		return part_end(vol, io, BLK_STS_IOERR);
	}
}

/**
 * memx_clt_io_go - go on with a request that has an extent
 * @io:		request
 *
 * Context: any but hardirq, no lock held. Reclaim-safe.
 */
void memx_clt_io_go(struct memx_clt_io *io)
{
	struct memx_clt_vol *vol = memx_clt_io_vol(io);

	while (go_part(vol, io))
		;
}

/**
 * memx_clt_queue_rq - the block layer's way in
 * @hctx:	unused
 * @bd:		request
 *
 * Context: any but hardirq. Reclaim-safe: allocates nothing, waits for nothing.
 * Return: BLK_STS_OK when the request was taken; it ends with memx_clt_io_end().
 */
blk_status_t memx_clt_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct request *req = bd->rq;
	struct memx_clt_io *io = blk_mq_rq_to_pdu(req);
	struct memx_clt_vol *vol = req->q->queuedata;

	switch (req_op(req)) {
	case REQ_OP_READ:
		io->op = MEMX_OP_READ;
		break;
	case REQ_OP_WRITE:
		io->op = MEMX_OP_WRITE;
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		io->op = MEMX_OP_ZERO;
		break;
	default:
		return BLK_STS_NOTSUPP;
	}
	io->srv = NULL;
	io->droppable = req_op(req) == REQ_OP_DISCARD ||
			(io->op == MEMX_OP_WRITE && req->cmd_flags & REQ_SWAP);
	io->left = blk_rq_bytes(req) / RMP_PAGE_SIZE;
	blk_mq_start_request(req);
	if (WARN_ON_ONCE(io->op != MEMX_OP_ZERO && io->left > RMP_PAGES_MAX) ||
	    !take_part(vol, io, blk_rq_pos(req) / MEMX_CLT_BLOCK_SECTORS))
		return BLK_STS_IOERR;
	memx_clt_io_go(io);
	return BLK_STS_OK;
}

static bool expire_one(struct request *req, void *arg)
{
	struct memx_clt_io *io = blk_mq_rq_to_pdu(req);
	struct memx_clt_vol *vol = arg;
	struct memx_clt_srv *srv = READ_ONCE(io->srv);

	/* It may end meanwhile, even begin anew elsewhere: rmp_cancel() looks again. */
	if (srv && (READ_ONCE(vol->dead) ||
		    memx_clt_srv_expired(srv, memx_clt_wait(vol, READ_ONCE(io->droppable)))))
		rmp_cancel(srv->sess, &io->rq);
	return true;
}

/**
 * memx_clt_expire - end what has waited too long, or all when the volume is dead
 * @vol:	volume
 *
 * Context: process. Reclaim-safe.
 */
void memx_clt_expire(struct memx_clt_vol *vol)
{
	blk_mq_tagset_busy_iter(&vol->set, expire_one, vol);
}

static bool count_waiting(struct request *req, void *arg)
{
	struct memx_clt_io *io = blk_mq_rq_to_pdu(req);
	struct memx_clt_srv *srv = READ_ONCE(io->srv);
	u32 *n = arg;

	*n += !srv || !READ_ONCE(srv->up);
	return true;
}

/**
 * memx_clt_waiting - requests that wait for a server
 * @vol:	volume
 *
 * Return: how many at this moment.
 */
u32 memx_clt_waiting(struct memx_clt_vol *vol)
{
	u32 n = 0;

	blk_mq_tagset_busy_iter(&vol->set, count_waiting, &n);
	return n;
}

struct sent {
	const struct memx_clt_srv *srv;
	bool any;
};

static bool look_for_sent(struct request *req, void *arg)
{
	struct memx_clt_io *io = blk_mq_rq_to_pdu(req);
	struct sent *sent = arg;

	sent->any = sent->any || READ_ONCE(io->srv) == sent->srv;
	return true;
}

/**
 * memx_clt_is_sent - is a request under way to a server?
 * @vol:	volume
 * @srv:	server
 */
bool memx_clt_is_sent(struct memx_clt_vol *vol, const struct memx_clt_srv *srv)
{
	struct sent sent = { .srv = srv };

	blk_mq_tagset_busy_iter(&vol->set, look_for_sent, &sent);
	return sent.any;
}
