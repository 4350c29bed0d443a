// SPDX-License-Identifier: GPL-2.0-only
/* Memory of a guest: pages to map it into, grants that stay mapped, copies of segments. */
#include <linux/slab.h>
#include <asm/xen/page.h>

#include "xbk.h"

static unsigned long address(struct page *page)
{
	return (unsigned long)pfn_to_kaddr(page_to_pfn(page));
}

/* Context: the thread, or before it runs. Return: false when there are none to be had. */
static bool grow(struct memx_xbk_ring *ring)
{
	struct page *page[MEMX_XBK_GROW_PAGES];
	unsigned int i;

	if (ring->nr_pages + MEMX_XBK_GROW_PAGES > ring->max_pages ||
	    time_before(jiffies, ring->no_grow_until))
		return false;
	if (gnttab_alloc_pages(MEMX_XBK_GROW_PAGES, page)) {
		ring->no_grow_until = jiffies + HZ;	/* that may have said so in the log */
		return false;
	}
	spin_lock_irq(&ring->lock);
	for (i = 0; i < MEMX_XBK_GROW_PAGES; i++)
		ring->page[ring->nr_free++] = page[i];
	ring->nr_pages += MEMX_XBK_GROW_PAGES;
	spin_unlock_irq(&ring->lock);
	return true;
}

/**
 * memx_xbk_pages_init - memory to map a guest's into
 * @ring:	queue; its entries are known
 *
 * There is room for one request of any size from the start, which persistent grants do not take:
 * so one request at a time gets through whatever the state of our memory is.
 *
 * Return: 0 or an error; memx_xbk_pages_free() cleans up.
 */
int memx_xbk_pages_init(struct memx_xbk_ring *ring)
{
	static_assert(MEMX_XBK_GROW_PAGES >= MEMX_XBK_SEGS_MAX);

	ring->no_grow_until = jiffies;
	ring->max_pages = MEMX_XBK_LOOSE_PAGES +
			  (ring->conn->persistent ? MEMX_XBK_GRANTS_MAX : 0);
	ring->page = kvcalloc(ring->max_pages, sizeof(*ring->page), GFP_KERNEL);
	ring->grants = kvzalloc(sizeof(*ring->grants), GFP_KERNEL);
	ring->kept = kvcalloc(MEMX_XBK_GRANTS_MAX, sizeof(*ring->kept), GFP_KERNEL);
	ring->scratch = kzalloc(sizeof(*ring->scratch), GFP_KERNEL);
	ring->segs = (void *)__get_free_page(GFP_KERNEL);
	if (!ring->page || !ring->grants || !ring->kept || !ring->scratch || !ring->segs ||
	    !grow(ring))
		return -ENOMEM;
	return 0;
}

/**
 * memx_xbk_pages_free - the opposite
 * @ring:	queue; nothing of the guest is mapped any more
 */
void memx_xbk_pages_free(struct memx_xbk_ring *ring)
{
	if (ring->nr_free)
		gnttab_free_pages(ring->nr_free, ring->page);
	free_page((unsigned long)ring->segs);
	kfree(ring->scratch);
	kvfree(ring->kept);
	kvfree(ring->grants);
	kvfree(ring->page);
}

/* So many more grants may stay mapped, and one request of any size has pages beside them. */
static bool has_room(const struct memx_xbk_ring *ring, unsigned int grants)
{
	return ring->nr_pages - ring->grants->n >= MEMX_XBK_SEGS_MAX + grants;
}

/*
 * Take @n pages, all or none. Return: 0, -EAGAIN when the thread is woken once there are some, or
 * an error.
 */
static int take_pages(struct memx_xbk_ring *ring, unsigned int n)
{
	int err = 0;

	if (unlikely(READ_ONCE(ring->nr_free) < n ||
		     (ring->conn->persistent && !has_room(ring, n))))
		grow(ring);
	spin_lock_irq(&ring->lock);
	if (likely(ring->nr_free >= n)) {
		ring->nr_free -= n;
		memcpy(ring->scratch->page, ring->page + ring->nr_free, n * sizeof(*ring->page));
	} else if (ring->busy > 1) {
		ring->stalled = true;
		ring->stats.stalls++;
		err = -EAGAIN;
	} else {
		err = -ENOMEM;
	}
	spin_unlock_irq(&ring->lock);
	return err;
}

static void give_page(struct memx_xbk_ring *ring, struct page *page)
{
	spin_lock_irq(&ring->lock);
	ring->page[ring->nr_free++] = page;
	spin_unlock_irq(&ring->lock);
}

/* A grant was mapped: for good where it may be, else until the request ends. */
static void mapped(struct memx_xbk_io *io, u32 gref, struct page *page, grant_handle_t handle)
{
	struct memx_xbk_ring *ring = io->ring;
	unsigned int n;
	int at = -1;

	if (ring->conn->persistent && has_room(ring, 1))
		at = memx_xbk_grants_add(ring->grants, gref);
	if (at >= 0) {
		ring->kept[at] = (struct memx_xbk_kept) { .page = page, .handle = handle };
		return;
	}
	n = io->unmap.count++;
	gnttab_set_unmap_op(&io->unmap_op[n], address(page), GNTMAP_host_map, handle);
	io->unmap_page[n] = page;
}

/* Map what is not mapped yet: @n segments, those with scratch->kept < 0. */
static int map_fresh(struct memx_xbk_io *io, unsigned int n)
{
	struct memx_xbk_ring *ring = io->ring;
	struct memx_xbk_scratch *s = ring->scratch;
	u32 flags = GNTMAP_host_map;
	unsigned int i, k = 0;
	int err = take_pages(ring, n);

	if (err)
		return err;
	/* One that stays mapped is read into later. */
	if (io->req.what == MEMX_XBK_WRITE && !ring->conn->persistent)
		flags |= GNTMAP_readonly;
	for (i = 0; i < io->req.nr_seg; i++) {
		if (s->kept[i] >= 0)
			continue;
		gnttab_set_map_op(&s->map[k], address(s->page[k]), flags, io->req.seg[i].gref,
				  ring->conn->domid);
		s->map[k].status = GNTST_general_error;	/* if the hypervisor does not look at it */
		k++;
	}
	err = gnttab_map_refs(s->map, NULL, s->page, n);
	ring->stats.mapped += n;
	for (i = 0, k = 0; i < io->req.nr_seg; i++) {
		if (s->kept[i] >= 0)
			continue;
		if (s->map[k].status == GNTST_okay) {
			mapped(io, io->req.seg[i].gref, s->page[k], s->map[k].handle);
		} else {
			give_page(ring, s->page[k]);
			err = -EFAULT;
		}
		k++;
	}
	return err;
}

/**
 * memx_xbk_map - get at the pages of a request, and put them into its bio
 * @io:		request; the bio is initialised
 *
 * Context: the ring's thread.
 * Return: 0; -EAGAIN: try again when the thread is woken, nothing is mapped. Another error: the
 * request fails; what was mapped is unmapped by memx_xbk_end().
 */
int memx_xbk_map(struct memx_xbk_io *io)
{
	struct memx_xbk_ring *ring = io->ring;
	struct memx_xbk_scratch *s = ring->scratch;
	unsigned int i, k = 0, n = 0;
	int err;

	for (i = 0; i < io->req.nr_seg; i++) {
		s->kept[i] = ring->conn->persistent ?
			     memx_xbk_grants_find(ring->grants, io->req.seg[i].gref) : -1;
		n += s->kept[i] < 0;
	}
	err = n ? map_fresh(io, n) : 0;
	if (unlikely(err))
		return err;
	for (i = 0; i < io->req.nr_seg; i++) {
		const struct memx_xbk_seg *seg = &io->req.seg[i];
		struct page *page = s->kept[i] >= 0 ? ring->kept[s->kept[i]].page : s->page[k++];

		/* There are bvecs enough, and what bio_add_page() looks at is no matter here. */
		__bio_add_page(&io->bio, page, seg->nr << SECTOR_SHIFT, seg->first << SECTOR_SHIFT);
	}
	return 0;
}

/**
 * memx_xbk_fetch_segs - copy the segments of an indirect request to ring->segs
 * @ring:	queue
 * @req:	request
 *
 * Context: the ring's thread.
 * Return: 0 or an error.
 */
int memx_xbk_fetch_segs(struct memx_xbk_ring *ring, const struct memx_xbk_req *req)
{
	struct gnttab_copy op = {
		.source.u.ref = req->gref,
		.source.domid = ring->conn->domid,
		.dest.u.gmfn = virt_to_gfn(ring->segs),
		.dest.domid = DOMID_SELF,
		.len = req->nr_seg * MEMX_XBK_SEG_BYTES,
		.flags = GNTCOPY_source_gref,
	};

	static_assert(MEMX_XBK_SEGS_MAX * MEMX_XBK_SEG_BYTES <= XEN_PAGE_SIZE);
	gnttab_batch_copy(&op, 1);
	return op.status == GNTST_okay ? 0 : -EFAULT;
}

static void kept_unmapped(int result, struct gntab_unmap_queue_data *data)
{
	struct memx_xbk_ring *ring = container_of(data, struct memx_xbk_io, unmap)->ring;
	unsigned long flags;

	spin_lock_irqsave(&ring->lock, flags);
	ring->io->status = result;
	ring->busy--;
	wake_up(&ring->wait);	/* under the lock: it goes as soon as we let go of that */
	spin_unlock_irqrestore(&ring->lock, flags);
}

static void unmap_some(struct memx_xbk_ring *ring, unsigned int from, unsigned int n)
{
	struct memx_xbk_io *io = ring->io;	/* idle: its arrays are free to use */
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct memx_xbk_kept *kept = &ring->kept[from + i];

		gnttab_set_unmap_op(&io->unmap_op[i], address(kept->page), GNTMAP_host_map,
				    kept->handle);
		io->unmap_page[i] = kept->page;
	}
	io->unmap = (struct gntab_unmap_queue_data) {
		.unmap_ops = io->unmap_op, .pages = io->unmap_page, .count = n,
		.done = kept_unmapped,
	};
	ring->busy++;	/* nobody else is left */
	gnttab_unmap_refs_async(&io->unmap);
	wait_event_idle(ring->wait, memx_xbk_ring_idle(ring));
	if (WARN_ON_ONCE(io->status))
		return;		/* the pages are lost: the hypervisor may still know them */
	for (i = 0; i < n; i++)
		give_page(ring, io->unmap_page[i]);
}

/**
 * memx_xbk_unmap_kept - give persistent grants back
 * @ring:	queue; no request is under way, and the thread is gone
 *
 * Context: process; waits until no frame refers to the pages.
 */
void memx_xbk_unmap_kept(struct memx_xbk_ring *ring)
{
	unsigned int at, n;

	for (at = 0; at < ring->grants->n; at += n) {
		n = min_t(unsigned int, ring->grants->n - at, MEMX_XBK_SEGS_MAX);
		unmap_some(ring, at, n);
	}
	ring->grants->n = 0;
}
