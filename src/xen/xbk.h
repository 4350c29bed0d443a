/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks of guests.
 *
 * Requests go through the volume's block device, not past it into the client. The block layer
 * gives what a guest's disk needs and the client would have to do again: the volume counts as in
 * use, so it is not destroyed by accident; it can be destroyed by force, or grow, under a guest;
 * requests are cut at the client's limits, wait for tags, and are accounted for. Bios lie in
 * preallocated memory, so a page costs a bio, a request and no allocation of ours.
 *
 * Data is not copied. Frames without encryption refer to the guest's pages, and may lie in the
 * queue of a network device after a write was answered: a granted page stays mapped, and the guest
 * has no response, until nobody but us refers to it (gnttab_unmap_refs_async() looks at the page
 * count). A persistent grant stays mapped in any case; a frame of it that is sent late carries a
 * checksum of what the page held, so it is dropped once the guest has put other data there, and
 * it is a duplicate which the server knows if not.
 *
 * Locks, outermost first: dev->lock (process), ring->lock (interrupts off). The thread of
 * xenstore watches is shared by all guests: nothing there or under dev->lock waits for requests,
 * nor for a lock of the block layer. That is done by conn->end_work and dev->put_work, and by
 * dev->work, which lets go of the lock to open and to close the volume.
 */
#ifndef _MEMX_XBK_H
#define _MEMX_XBK_H

#include <linux/bio.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "memx_bdev.h"
#include "memx_xbk_grants.h"
#include "memx_xbk_ring.h"
#include "memx_xbk_state.h"

#define MEMX_XBK_QUEUES_MAX	16
#define MEMX_XBK_NAME_LEN	32
#define MEMX_XBK_RING_PAGES_MAX	(1U << MEMX_XBK_RING_ORDER_MAX)
#define MEMX_XBK_GROW_PAGES	64	/* pages that are allocated together */
#define MEMX_XBK_LOOSE_PAGES	1024	/* most pages of a ring that are no persistent grants */

/* What a guest has done. Of a ring; summed up for its disk. */
struct memx_xbk_stats {
	u64	reads, writes, flushes, discards;
	u64	read_bytes, write_bytes, discard_bytes;
	u64	errors;		/* that failed at the volume */
	u64	refused;	/* that broke a rule, or were not supported */
	u64	indirect;	/* that had their segments in a page of their own */
	u64	mapped;		/* grants that were mapped */
	u64	stalls;		/* times that a request waited for pages to map into */
};

#define MEMX_XBK_NSTATS	(sizeof(struct memx_xbk_stats) / sizeof(u64))

struct memx_xbk_ring;

/**
 * struct memx_xbk_io - a request that is under way
 * @bio:	what is submitted; of a discard one part after the other
 * @list:	in ring->idle or ring->again
 * @ring:	constant
 * @status:	enum memx_xbk_status
 * @refused:	it failed because of what the guest said
 * @bytes:	for statistics
 * @req:	the request; a discard's range is what is left of it
 * @unmap:	mapped for this request alone: @unmap_op and @unmap_page, @unmap.count of them
 * @bvec:	of @bio
 */
struct memx_xbk_io {
	struct bio			bio;
	struct list_head		list;
	struct memx_xbk_ring		*ring;
	int				status;
	bool				refused;
	u32				parts;
	u64				bytes;
	struct memx_xbk_req		req;
	struct gntab_unmap_queue_data	unmap;
	struct gnttab_unmap_grant_ref	unmap_op[MEMX_XBK_SEGS_MAX];
	struct page			*unmap_page[MEMX_XBK_SEGS_MAX];
	struct bio_vec			bvec[MEMX_XBK_SEGS_MAX];
};

/* A grant that stays mapped. */
struct memx_xbk_kept {
	struct page	*page;
	grant_handle_t	handle;
};

/* What the thread needs to map the pages of one request. */
struct memx_xbk_scratch {
	struct page			*page[MEMX_XBK_SEGS_MAX];
	int				kept[MEMX_XBK_SEGS_MAX];
	struct gnttab_map_grant_ref	map[MEMX_XBK_SEGS_MAX];
	u8				entry[MEMX_XBK_ENTRY_MAX];
	struct memx_xbk_req		req;
};

struct memx_xbk_conn;

/**
 * struct memx_xbk_ring - a queue of a guest
 * @conn:	its connection; constant, as are @index, @shared, @entries, @irq and @thread
 * @shared:	ring pages; the guest writes there at any time
 *
 * Of the thread alone:
 * @cons:	requests consumed
 * @eoi:	an event has not been acknowledged
 * @served:	requests have come since the last one was
 * @broken:	the guest has said what cannot be; nothing is served any more
 * @held:	waits for pages to map into, or for room in the volume
 * @grants:	persistent grants, mapped as @kept says
 * @segs:	a page to copy indirect segments to
 * @no_grow_until: jiffies; there was no memory for more pages
 *
 * @started:	the thread has been woken; @stop: it is to stop; @gone: it touches nothing more
 * @wait:	the thread waits here, and then who ends the ring
 * @kick:	there is something for the thread to do
 * @event:	the guest has sent an event
 *
 * Under @lock:
 * @rsp_prod:	responses written; also read without the lock
 * @idle:	requests that are not in use
 * @again:	discards with a part left
 * @busy:	how many are in use
 * @parts:	requests of the volume that those may be, at most @max_parts
 * @stalled:	the thread waits for pages, or for @parts
 * @ended:	the thread is gone
 * @page:	pages to map into, @nr_free of them
 * @nr_pages:	allocated, mapped or not; grows only
 * @stats:	@stats are also read without the lock
 */
struct memx_xbk_ring {
	struct memx_xbk_conn	*conn;
	void			*shared;
	u32			entries;
	unsigned int		index;
	unsigned int		irq;
	u32			max_parts;
	struct task_struct	*thread;
	bool			started;
	bool			stop;
	bool			gone;

	u32			cons;
	bool			eoi;
	bool			served;
	bool			broken;
	struct memx_xbk_io	*held;
	struct memx_xbk_grants	*grants;
	struct memx_xbk_kept	*kept;
	struct memx_xbk_scratch	*scratch;
	void			*segs;
	unsigned long		no_grow_until;

	wait_queue_head_t	wait;
	bool			kick;
	bool			event;

	spinlock_t		lock ____cacheline_aligned_in_smp;
	u32			rsp_prod;
	u32			busy;
	u32			parts;
	bool			stalled;
	bool			ended;
	struct list_head	idle;
	struct list_head	again;
	struct page		**page;
	u32			nr_free;
	u32			nr_pages;
	u32			max_pages;
	struct memx_xbk_stats	stats;
	struct memx_xbk_io	*io;
};

struct memx_xbk_dev;

/**
 * struct memx_xbk_conn - a guest that is connected
 * @dev:	its disk; a reference
 * @xdev:	a reference: it outlives the driver's hold on it
 * @bdev:	dev->disk.bdev, open as long as this lives
 * @domid:	guest
 * @abi:	kind of guest
 * @persistent:	grants stay mapped
 * @disk:	what requests are checked against, but for the size
 * @sectors:	size that the guest was told; dev->work writes it
 * @ring:	@nr_rings queues
 * @end_work:	ends it
 */
struct memx_xbk_conn {
	struct memx_xbk_dev		*dev;
	struct xenbus_device		*xdev;
	struct block_device		*bdev;
	domid_t				domid;
	const struct memx_xbk_abi	*abi;
	bool				persistent;
	struct memx_xbk_disk		disk;
	u64				sectors;
	unsigned int			ring_pages;
	unsigned int			nr_rings;
	struct work_struct		end_work;
	struct memx_xbk_ring		ring[];
};

/**
 * struct memx_xbk_dev - a virtual disk of a guest
 * @ref:	held by the driver while it is bound, and by the connection
 * @front:	state of the guest's end. Written without the lock, by the thread of xenstore
 *		watches, as is @anew: it has said Initialised, and we have not looked where its
 *		queues are
 * @refused:	what it said last could not be; written without the lock
 * @work:	takes the steps that states ask for; does nothing once @xdev is NULL
 * @put_work:	lets go of the driver's reference
 * @watch:	of the node that the script writes
 * @log:	what a guest can cause does not flood
 * @volume:	name; constant, as are @label, @vdev and @domid
 * @label:	for us: guest and disk
 * @vdev:	what the guest calls it
 * @lock:	all below
 * @xdev:	NULL when the driver is no longer bound
 * @back:	our state
 * @not_before:	when a guest may try again that said what cannot be
 * @refusals:	how often it did, of late
 * @disk:	the volume's block device: of @work alone, with or without the lock
 * @no_disk:	it could not be opened, which was said
 * @conn:	the connection; @ending: it is on its way out
 * @past:	statistics of connections that have ended
 */
struct memx_xbk_dev {
	struct kref		ref;
	unsigned int		front;
	bool			anew;
	bool			refused;
	struct delayed_work	work;
	struct work_struct	put_work;
	struct xenbus_watch	watch;
	struct ratelimit_state	log;
	domid_t			domid;
	char			volume[MEMX_XBK_NAME_LEN];
	char			label[24];
	char			vdev[12];

	struct mutex		lock;
	struct xenbus_device	*xdev;
	unsigned int		back;
	unsigned long		not_before;
	unsigned int		refusals;
	struct memx_bdev	disk;
	bool			read_only;
	bool			no_disk;
	bool			ending;
	struct memx_xbk_conn	*conn;
	struct memx_xbk_stats	past;
};

/* Steps of disks, and what waits for a volume. */
extern struct workqueue_struct *memx_xbk_wq, *memx_xbk_end_wq;
/* main.c: parameters of the module */
unsigned int memx_xbk_max_queues(void);
unsigned int memx_xbk_max_ring_order(void);
bool memx_xbk_persistent(void);

/* claim.c: which disks are ours */
int memx_xbk_claim_init(void);
void memx_xbk_claim_exit(void);

/* dev.c: life of a disk */
int memx_xbk_dev_add(struct xenbus_device *xdev);
void memx_xbk_dev_front(struct memx_xbk_dev *dev, unsigned int state);
void memx_xbk_dev_gone(struct memx_xbk_dev *dev);
void memx_xbk_dev_kick(struct memx_xbk_dev *dev);
__printf(2, 3) void memx_xbk_complain(struct memx_xbk_dev *dev, const char *fmt, ...);
void memx_xbk_dev_put(struct memx_xbk_dev *dev);
void memx_xbk_dev_ended(struct memx_xbk_dev *dev, const struct memx_xbk_stats *stats);

/* node.c: what is said in xenstore */
void memx_xbk_node_offer(struct xenbus_device *xdev);
void memx_xbk_node_describe(struct memx_xbk_conn *conn);
void memx_xbk_node_resize(struct memx_xbk_conn *conn);
bool memx_xbk_node_device(struct xenbus_device *xdev, dev_t *devt);
bool memx_xbk_node_text(const char *dir, const char *node, char *to, size_t size);

/* conn.c: life of a connection */
struct memx_xbk_conn *memx_xbk_connect(struct memx_xbk_dev *dev);
void memx_xbk_disconnect(struct memx_xbk_conn *conn);

/* ring.c: life of a queue, and its thread */
int memx_xbk_ring_open(struct memx_xbk_ring *ring, grant_ref_t *gref, evtchn_port_t port);
void memx_xbk_ring_start(struct memx_xbk_ring *ring);
void memx_xbk_ring_close(struct memx_xbk_ring *ring);
bool memx_xbk_ring_idle(struct memx_xbk_ring *ring);

/* io.c: requests under way */
void memx_xbk_submit(struct memx_xbk_io *io);
void memx_xbk_begin(struct memx_xbk_io *io);
void memx_xbk_end(struct memx_xbk_io *io, int status);

/* grant.c: memory of a guest */
int memx_xbk_pages_init(struct memx_xbk_ring *ring);
void memx_xbk_pages_free(struct memx_xbk_ring *ring);
int memx_xbk_map(struct memx_xbk_io *io);
int memx_xbk_fetch_segs(struct memx_xbk_ring *ring, const struct memx_xbk_req *req);
void memx_xbk_unmap_kept(struct memx_xbk_ring *ring);

/* stats.c */
extern const struct attribute_group *memx_xbk_groups[];
void memx_xbk_stats_add(struct memx_xbk_stats *to, const struct memx_xbk_stats *from);
void memx_xbk_stats_conn(struct memx_xbk_stats *to, const struct memx_xbk_conn *conn);

#endif
