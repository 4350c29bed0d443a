// SPDX-License-Identifier: GPL-2.0-only
/* A queue of a guest: a ring in the guest's memory, and the thread that serves it. */
#include <linux/kthread.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/interface/io/blkif.h>

#include "xbk.h"

#define CHECK_S	5	/* how often the volume's size is looked at */

/* The layouts of the pure parts are those of this kernel's own headers. */
static_assert(sizeof(struct blkif_request) == 112);
static_assert(offsetof(struct blkif_request, u.rw.id) == 8);
static_assert(offsetof(struct blkif_request, u.rw.sector_number) == 16);
static_assert(offsetof(struct blkif_request, u.rw.seg) == 24);
static_assert(offsetof(struct blkif_request, u.discard.nr_sectors) == 24);
static_assert(offsetof(struct blkif_request, u.indirect.nr_segments) == 2);
static_assert(offsetof(struct blkif_request, u.indirect.indirect_grefs) == 28);
static_assert(sizeof(struct blkif_request_segment) == MEMX_XBK_SEG_BYTES);
static_assert(sizeof(struct blkif_response) == 16);
static_assert(offsetof(struct blkif_response, status) == 10);
static_assert(offsetof(struct blkif_sring, ring) == MEMX_XBK_RING_HEADER);

static struct blkif_sring *header(struct memx_xbk_ring *ring)
{
	return ring->shared;
}

static struct memx_xbk_io *io_get(struct memx_xbk_ring *ring)
{
	struct memx_xbk_io *io;

	spin_lock_irq(&ring->lock);
	io = list_first_entry(&ring->idle, struct memx_xbk_io, list);
	list_del(&io->list);
	ring->busy++;
	spin_unlock_irq(&ring->lock);
	io->unmap.count = 0;
	io->refused = false;
	io->parts = 0;
	return io;
}

/* How many requests the block layer makes of one, at most. */
static u32 parts_of(const struct memx_xbk_io *io)
{
	struct request_queue *q = bdev_get_queue(io->ring->conn->bdev);
	u32 most = io->req.what == MEMX_XBK_DISCARD ?
		   bdev_max_discard_sectors(io->ring->conn->bdev) : queue_max_sectors(q);

	return 1 + max_t(u32, div_u64(io->req.nr_sectors, most ?: 1),
			 io->req.nr_seg / queue_max_segments(q));
}

/*
 * The thread never waits for a request of the volume to be free, which it could not do idly:
 * servers may be away for long, and that is no hung task. Return: false when it is woken once
 * there are some.
 */
static bool take_room(struct memx_xbk_io *io)
{
	struct memx_xbk_ring *ring = io->ring;
	u32 parts;
	bool room;

	if (io->parts)
		return true;
	parts = min(parts_of(io), ring->max_parts);
	spin_lock_irq(&ring->lock);
	room = ring->parts + parts <= ring->max_parts;
	if (room) {
		io->parts = parts;
		ring->parts += parts;
	} else {
		ring->stalled = true;
		ring->stats.stalls++;
	}
	spin_unlock_irq(&ring->lock);
	return room;
}

/* Map and send. Return: false when it has to wait for pages, or for room in the volume. */
static bool go(struct memx_xbk_io *io)
{
	int err = 0;

	if (!take_room(io))
		return false;
	memx_xbk_begin(io);
	if (io->req.nr_seg)
		err = memx_xbk_map(io);
	if (likely(!err)) {
		memx_xbk_submit(io);
		return true;
	}
	bio_uninit(&io->bio);
	if (err == -EAGAIN)
		return false;
	io->refused = err == -EFAULT;
	memx_xbk_end(io, MEMX_XBK_ERROR);
	return true;
}

/* Take the next entry out of the ring, as a private copy, and check it. */
static int take(struct memx_xbk_ring *ring, struct memx_xbk_req *req)
{
	struct memx_xbk_conn *conn = ring->conn;
	struct memx_xbk_disk disk = conn->disk;
	u8 *entry = ring->scratch->entry;
	int status;

	disk.sectors = bdev_nr_sectors(conn->bdev);
	memcpy(entry, ring->shared + memx_xbk_ring_offset(conn->abi, ring->cons++, ring->entries),
	       conn->abi->entry);
	barrier();		/* the copy is looked at, not the ring */
	status = memx_xbk_parse(req, entry, conn->abi, &disk);
	if (status || !req->indirect)
		return status;
	ring->stats.indirect++;
	if (memx_xbk_fetch_segs(ring, req))
		return MEMX_XBK_ERROR;
	return memx_xbk_parse_segs(req, ring->segs, &disk);
}

/* Return: false when the request has to wait. */
static bool take_and_go(struct memx_xbk_ring *ring)
{
	struct memx_xbk_io *io = io_get(ring);
	int status = take(ring, &io->req);

	io->bytes = io->req.nr_sectors << SECTOR_SHIFT;
	if (unlikely(status)) {
		io->refused = true;
		memx_xbk_end(io, status);
		return true;
	}
	if (likely(go(io)))
		return true;
	ring->held = io;
	return false;
}

/* Discards with a part left, and the request that waited. */
static bool resume(struct memx_xbk_ring *ring)
{
	struct memx_xbk_io *io, *next;
	LIST_HEAD(again);

	if (likely(!ring->held && list_empty_careful(&ring->again)))
		return true;
	spin_lock_irq(&ring->lock);
	list_splice_init(&ring->again, &again);
	spin_unlock_irq(&ring->lock);
	list_for_each_entry_safe(io, next, &again, list)
		go(io);
	if (!ring->held)
		return true;
	if (!go(ring->held))
		return false;
	ring->held = NULL;
	return true;
}

/* Requests that wait; 0 also for a ring that makes no sense, which is served no more. */
static u32 pending(struct memx_xbk_ring *ring)
{
	u32 prod = READ_ONCE(header(ring)->req_prod), n;

	virt_rmb();		/* the index before the entries, and before how far we answered */
	if (likely(memx_xbk_ring_pending(prod, ring->cons, READ_ONCE(ring->rsp_prod),
					 ring->entries, &n)))
		return n;
	ring->broken = true;
	memx_xbk_complain(ring->conn->dev, "queue %u has %u requests at once: it is served no more",
			  ring->index, n);
	return 0;
}

/* Return: false when it cannot go on now. */
static bool serve_some(struct memx_xbk_ring *ring, u32 n)
{
	struct blk_plug plug;
	bool more = true, batch = n > 1;

	if (batch)
		blk_start_plug(&plug);
	while (n-- && more)
		more = !READ_ONCE(ring->stop) && take_and_go(ring);
	if (batch)
		blk_finish_plug(&plug);
	cond_resched();
	return more;
}

/* A volume that has grown: the guest is told, at the latest CHECK_S after it. */
static void check_size(struct memx_xbk_conn *conn)
{
	u64 sectors = bdev_nr_sectors(conn->bdev);

	if (unlikely(sectors != READ_ONCE(conn->sectors)) && sectors)
		memx_xbk_dev_kick(conn->dev);
}

/*
 * An event is acknowledged when the ring is empty: until then the guest cannot send another. One
 * of a broken ring never is.
 */
static void serve(struct memx_xbk_ring *ring)
{
	u32 n;

	if (xchg(&ring->event, false))
		ring->eoi = true;
	do {
		check_size(ring->conn);
		if (!resume(ring))
			return;
		n = pending(ring);
		if (unlikely(ring->broken))
			return;
		ring->served |= n;
		if (!serve_some(ring, n))
			return;
		WRITE_ONCE(header(ring)->req_event, ring->cons + 1);
		virt_mb();	/* the guest sees what we wait for, or we see its request */
	} while (READ_ONCE(header(ring)->req_prod) != ring->cons);
	if (ring->eoi) {
		xen_irq_lateeoi(ring->irq, ring->served ? 0 : XEN_EOI_FLAG_SPURIOUS);
		ring->eoi = false;
		ring->served = false;
	}
}

static int run(void *arg)
{
	struct memx_xbk_ring *ring = arg;

	while (!READ_ONCE(ring->stop)) {
		wait_event_idle_timeout(ring->wait, READ_ONCE(ring->kick) || READ_ONCE(ring->stop),
					CHECK_S * HZ);
		xchg(&ring->kick, false);
		if (!ring->broken)
			serve(ring);
	}
	WRITE_ONCE(ring->gone, true);
	wake_up(&ring->wait);
	wait_event_idle(ring->wait, kthread_should_stop());
	return 0;
}

static irqreturn_t on_event(int irq, void *arg)
{
	struct memx_xbk_ring *ring = arg;

	WRITE_ONCE(ring->event, true);
	smp_wmb();		/* seen by who sees the kick */
	WRITE_ONCE(ring->kick, true);
	wake_up(&ring->wait);
	return IRQ_HANDLED;
}

static int alloc_ios(struct memx_xbk_ring *ring)
{
	u32 i;

	ring->io = kvcalloc(ring->entries, sizeof(*ring->io), GFP_KERNEL);
	if (!ring->io)
		return -ENOMEM;
	for (i = 0; i < ring->entries; i++) {
		ring->io[i].ring = ring;
		list_add_tail(&ring->io[i].list, &ring->idle);
	}
	return 0;
}

static void free_memory(struct memx_xbk_ring *ring)
{
	if (ring->shared)
		xenbus_unmap_ring_vfree(ring->conn->xdev, ring->shared);
	memx_xbk_pages_free(ring);
	kvfree(ring->io);
}

static int map_shared(struct memx_xbk_ring *ring, grant_ref_t *gref)
{
	struct memx_xbk_conn *conn = ring->conn;
	u32 prod;
	int err = xenbus_map_ring_valloc(conn->xdev, gref, conn->ring_pages, &ring->shared);

	if (err) {
		ring->shared = NULL;
		return err;
	}
	/* A guest that comes back may go on where it was: all was answered. */
	prod = READ_ONCE(header(ring)->rsp_prod);
	ring->cons = prod;
	ring->rsp_prod = prod;
	return 0;
}

/**
 * memx_xbk_ring_open - begin with a queue
 * @ring:	queue; conn and index are set, the rest is zero
 * @gref:	grants of the ring's pages: conn->ring_pages of them
 * @port:	event channel of the guest
 *
 * Context: process.
 * Return: 0 or an error, then nothing is left.
 */
int memx_xbk_ring_open(struct memx_xbk_ring *ring, grant_ref_t *gref, evtchn_port_t port)
{
	struct memx_xbk_conn *conn = ring->conn;
	int err;

	spin_lock_init(&ring->lock);
	init_waitqueue_head(&ring->wait);
	INIT_LIST_HEAD(&ring->idle);
	INIT_LIST_HEAD(&ring->again);
	ring->entries = memx_xbk_ring_entries(conn->abi, conn->ring_pages);
	/* Some are left for others that read the volume. */
	ring->max_parts = max_t(u32, 1, bdev_get_queue(conn->bdev)->nr_requests * 7 / 8 /
					conn->nr_rings);
	err = alloc_ios(ring);
	if (!err)
		err = memx_xbk_pages_init(ring);
	if (!err)
		err = map_shared(ring, gref);
	if (err)
		goto free;
	ring->thread = kthread_create(run, ring, "memx_xen/%s-%u", conn->dev->label,
				      ring->index);
	if (IS_ERR(ring->thread)) {
		err = PTR_ERR(ring->thread);
		goto free;
	}
	err = bind_interdomain_evtchn_to_irqhandler_lateeoi(conn->xdev, port, on_event, 0,
							    "memx_xen", ring);
	if (err < 0)
		goto stop;
	ring->irq = err;
	return 0;

stop:
	kthread_stop(ring->thread);
free:
	free_memory(ring);
	return err;
}

void memx_xbk_ring_start(struct memx_xbk_ring *ring)
{
	WRITE_ONCE(ring->kick, true);
	ring->started = true;
	wake_up_process(ring->thread);
}

/* kthread_stop() does not wait idly, so it has nothing to wait for. */
static void stop_thread(struct memx_xbk_ring *ring)
{
	WRITE_ONCE(ring->stop, true);
	wake_up(&ring->wait);
	if (ring->started)
		wait_event_idle(ring->wait, READ_ONCE(ring->gone));
	kthread_stop(ring->thread);
}

/* Requests that the thread will not go on with. */
static void fail_left(struct memx_xbk_ring *ring)
{
	struct memx_xbk_io *io, *next;
	LIST_HEAD(left);

	spin_lock_irq(&ring->lock);
	ring->ended = true;
	list_splice_init(&ring->again, &left);
	spin_unlock_irq(&ring->lock);
	list_for_each_entry_safe(io, next, &left, list)
		memx_xbk_end(io, MEMX_XBK_ERROR);
	if (ring->held)
		memx_xbk_end(ring->held, MEMX_XBK_ERROR);
}

/* Nothing is under way, and who ended the last of it has let go of the ring. */
bool memx_xbk_ring_idle(struct memx_xbk_ring *ring)
{
	bool idle;

	spin_lock_irq(&ring->lock);
	idle = !ring->busy;
	spin_unlock_irq(&ring->lock);
	return idle;
}

/**
 * memx_xbk_ring_close - end with a queue
 * @ring:	queue, open
 *
 * 1. The thread goes: nothing new is taken from the ring.
 * 2. What it left fails, and nobody sends events any more.
 * 3. The event channel goes.
 * 4. Requests end: with the volume, or when it is destroyed, or when its loss timeout is over;
 *    then frames let go of their pages.
 * 5. Persistent grants go, in the same way.
 * 6. Nothing refers to the guest's memory: the ring goes.
 *
 * Context: process; waits as long as the volume does, idly: that is no hung task.
 */
void memx_xbk_ring_close(struct memx_xbk_ring *ring)
{
	stop_thread(ring);
	fail_left(ring);
	unbind_from_irqhandler(ring->irq, ring);
	wait_event_idle(ring->wait, memx_xbk_ring_idle(ring));
	memx_xbk_unmap_kept(ring);
	free_memory(ring);
}
