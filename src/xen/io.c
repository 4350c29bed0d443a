// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests under way: to the volume's block device, and back to the guest. Each ends in respond(),
 * once.
 */
#include <xen/events.h>

#include "xbk.h"

/* Most sectors of a part of a discard: bios count bytes in 32 bits. */
#define DISCARD_PART	(1U << (30 - SECTOR_SHIFT))

/* What @io->parts requests of the volume can do: the thread does not wait for more. */
static u32 discard_part(const struct memx_xbk_io *io)
{
	u64 most = (u64)io->parts * bdev_max_discard_sectors(io->ring->conn->bdev) ?: DISCARD_PART;

	return min3(io->req.nr_sectors, most, (u64)DISCARD_PART);
}

/* The header of a ring: the guest writes req_prod and rsp_event. */
struct header {
	u32 req_prod, req_event, rsp_prod, rsp_event;
};

static void count(struct memx_xbk_stats *stats, const struct memx_xbk_io *io)
{
	if (unlikely(io->status)) {
		if (io->refused)
			stats->refused++;
		else
			stats->errors++;
		return;
	}
	switch (io->req.what) {
	case MEMX_XBK_READ:
		stats->reads++;
		stats->read_bytes += io->bytes;
		break;
	case MEMX_XBK_WRITE:
		stats->writes++;
		stats->write_bytes += io->bytes;
		break;
	case MEMX_XBK_FLUSH:
		stats->flushes++;
		break;
	case MEMX_XBK_DISCARD:
		stats->discards++;
		stats->discard_bytes += io->bytes;
		break;
	}
}

/* Context: ring->lock is held. */
static void push_response(struct memx_xbk_ring *ring, const struct memx_xbk_io *io)
{
	const struct memx_xbk_abi *abi = ring->conn->abi;
	u32 old = ring->rsp_prod, new = old + 1;
	struct header *header = ring->shared;

	memx_xbk_response(ring->shared + memx_xbk_ring_offset(abi, old, ring->entries), abi,
			  io->req.id, io->req.op, io->status);
	WRITE_ONCE(ring->rsp_prod, new);
	virt_wmb();		/* the response before its index */
	WRITE_ONCE(header->rsp_prod, new);
	virt_mb();		/* the index before we look whether the guest sleeps */
	if (memx_xbk_ring_notify(old, new, READ_ONCE(header->rsp_event)) && !ring->ended)
		notify_remote_via_irq(ring->irq);
}

static void respond(struct memx_xbk_io *io)
{
	struct memx_xbk_ring *ring = io->ring;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&ring->lock, flags);
	for (i = 0; i < io->unmap.count; i++)
		ring->page[ring->nr_free++] = io->unmap_page[i];
	count(&ring->stats, io);
	ring->parts -= io->parts;
	push_response(ring, io);
	list_add(&io->list, &ring->idle);
	ring->busy--;
	if (unlikely(ring->stalled)) {
		ring->stalled = false;
		WRITE_ONCE(ring->kick, true);
		wake_up(&ring->wait);
	}
	if (unlikely(ring->ended) && !ring->busy)
		wake_up(&ring->wait);	/* under the lock: it goes as soon as we let go of that */
	spin_unlock_irqrestore(&ring->lock, flags);
}

static void unmapped(int result, struct gntab_unmap_queue_data *data)
{
	struct memx_xbk_io *io = container_of(data, struct memx_xbk_io, unmap);

	if (WARN_ON_ONCE(result))
		io->unmap.count = 0;	/* the pages are lost: the hypervisor may still know them */
	respond(io);
}

/**
 * memx_xbk_end - a request has ended
 * @io:		request
 * @status:	enum memx_xbk_status
 *
 * The guest is told once its pages are no longer referred to.
 *
 * Context: any.
 */
void memx_xbk_end(struct memx_xbk_io *io, int status)
{
	io->status = status;
	if (!io->unmap.count) {
		respond(io);
		return;
	}
	io->unmap.unmap_ops = io->unmap_op;
	io->unmap.kunmap_ops = NULL;
	io->unmap.pages = io->unmap_page;
	io->unmap.done = unmapped;
	gnttab_unmap_refs_async(&io->unmap);
}

/* Return: true when the thread goes on with the next part. */
static bool next_part(struct memx_xbk_io *io)
{
	struct memx_xbk_ring *ring = io->ring;
	unsigned long flags;
	bool again;

	if (!io->req.nr_sectors)
		return false;
	spin_lock_irqsave(&ring->lock, flags);
	again = !ring->ended;
	if (again) {
		list_add_tail(&io->list, &ring->again);
		WRITE_ONCE(ring->kick, true);
		wake_up(&ring->wait);
	}
	spin_unlock_irqrestore(&ring->lock, flags);
	return again;
}

static void bio_done(struct bio *bio)
{
	struct memx_xbk_io *io = container_of(bio, struct memx_xbk_io, bio);
	blk_status_t status = bio->bi_status;

	bio_uninit(bio);
	if (likely(!status)) {
		if (io->req.what == MEMX_XBK_DISCARD && next_part(io))
			return;
		memx_xbk_end(io, MEMX_XBK_OKAY);
		return;
	}
	memx_xbk_end(io, status == BLK_STS_NOTSUPP ? MEMX_XBK_UNSUPPORTED : MEMX_XBK_ERROR);
}

static const blk_opf_t opf[] = {
	[MEMX_XBK_READ] = REQ_OP_READ,
	[MEMX_XBK_WRITE] = REQ_OP_WRITE | REQ_SYNC | REQ_IDLE,
	[MEMX_XBK_FLUSH] = REQ_OP_WRITE | REQ_PREFLUSH,
	[MEMX_XBK_DISCARD] = REQ_OP_DISCARD,
};

/**
 * memx_xbk_begin - prepare the bio of a request; a discard's is of its next part
 * @io:		request
 */
void memx_xbk_begin(struct memx_xbk_io *io)
{
	struct memx_xbk_req *req = &io->req;
	struct bio *bio = &io->bio;

	bio_init(bio, io->ring->conn->bdev, io->bvec, ARRAY_SIZE(io->bvec),
		 opf[req->what] | (req->flush ? REQ_PREFLUSH : 0));
	bio->bi_end_io = bio_done;
	if (req->what != MEMX_XBK_FLUSH)
		bio->bi_iter.bi_sector = req->sector;
	if (req->what == MEMX_XBK_DISCARD) {
		u32 part = discard_part(io);

		bio->bi_iter.bi_size = part << SECTOR_SHIFT;
		req->sector += part;
		req->nr_sectors -= part;
	}
}

/**
 * memx_xbk_submit - send a request to the volume
 * @io:		request, with its pages
 *
 * Context: the ring's thread.
 */
void memx_xbk_submit(struct memx_xbk_io *io)
{
	submit_bio(&io->bio);
}
