/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Volumes of a node.
 *
 * Locks, outermost first: clt->admin (process), RMAP's hs_lock (held when it calls state() and
 * lost(), from the work that connects), clt->lock (process), extent->lock, volume->open_lock
 * (softirqs off); volume->retry_lock is a leaf. RMAP holds no lock when it calls done(), and none
 * of ours but admin and lock is held when we call RMAP.
 *
 * clt->lock is on the way of pages that are written to free memory: nobody allocates, or waits for
 * the network, while holding it. clt->admin is not: it serialises administrators.
 */
#ifndef _MEMX_CLT_H
#define _MEMX_CLT_H

#include <linux/bvec.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/netns/generic.h>

#include "memx_clt_blocks.h"
#include "memx_clt_place.h"
#include "memx_disk.h"
#include "memx_netlink.h"
#include "memx_wire.h"
#include "rmp.h"

#define MEMX_CLT_BLOCK_SECTORS	(RMP_PAGE_SIZE >> SECTOR_SHIFT)
#define MEMX_CLT_SERVERS_MAX	256	/* as many as RMAP knows peers */
#define MEMX_CLT_OPENS		8	/* extents of a volume that are being opened at one time */
#define MEMX_CLT_LOSS_TIMEOUT_S	600
#define MEMX_CLT_SIZE_MAX	(1ULL << 50)

struct memx_clt;

/**
 * struct memx_clt_srv - a server to which there is a session
 * @sess:	the session; constant, as are @clt, @id, @name and @n
 * @n:		its number: clt->srv[n]
 * @up:		it answers
 * @was_up:	it has answered
 * @going:	is being forgotten: no extent is placed there
 * @down_since:	jiffies of the last time when it stopped answering
 *
 * Lives as long as the node has volumes; one that is long gone and has nothing makes room for
 * another one when the table is full (forget_one()). Who finds it in clt->srv[] may look at it
 * under RCU, clt->lock or clt->admin; who finds it at an extent or a request that is under way, any
 * time: it does not go before those. @up, @was_up and @down_since are written by the session's work
 * only.
 */
struct memx_clt_srv {
	struct memx_clt		*clt;
	struct rmp_sess		*sess;
	u8			id[RMP_NODE_ID_LEN];
	char			name[RMP_NAME_LEN];
	unsigned int		n;
	bool			up;
	bool			was_up;
	bool			going;
	unsigned long		down_since;
};

enum memx_clt_state {
	MEMX_CLT_NONE,		/* no server has it: no block of it is written */
	MEMX_CLT_OPENING,	/* a server is being asked to take it */
	MEMX_CLT_OPEN,
};

/**
 * struct memx_clt_extent - an extent as its client sees it
 * @lock:	all below
 * @state:	changed by map.c only
 * @generation:	of the copy at @srv; rises with each copy that is tried. Read without the lock to
 *		see whether the copy has changed
 * @handle:	the server's name for it
 * @srv:	where it is open; NULL when it is not
 * @blocks:	which hold something
 * @writing:	writes that a server may be executing; falls without the lock
 * @nwrites:	writes that have begun
 * @parked:	requests that wait for it to be opened
 * @opening:	in volume->to_open; under open_lock
 * @open_since:	jiffies since when it was tried to open it
 * @index:	its number; constant
 */
struct memx_clt_extent {
	spinlock_t		lock;
	u8			state;
	u32			generation;
	u64			handle;
	struct memx_clt_srv	*srv;
	struct memx_clt_blocks	blocks;
	atomic_t		writing;
	u32			nwrites;
	struct list_head	parked;
	struct list_head	opening;
	unsigned long		open_since;
	u64			index;
};

/* Extents that are allocated together: as many as fill 32 KiB, without a rest worth the name. */
#define MEMX_CLT_CHUNK		(32768 / sizeof(struct memx_clt_extent))

/**
 * struct memx_clt_map - extents of a volume
 * @n:		how many
 * @chunk:	MEMX_CLT_CHUNK extents each
 *
 * All of it is allocated when the volume is made or grows: about 350 bytes for 4 MiB, since a page
 * that is written to free memory cannot wait for memory.
 */
struct memx_clt_map {
	u64			n;
	struct memx_clt_extent	*chunk[];
};

/**
 * struct memx_clt_io - a block request, with what RMAP needs for it
 * @rq:		request to the server
 * @srv:	where it was sent; NULL while it waits for its extent, or to be sent again
 * @ext:	its extent, with the @generation that was seen when it was sent
 * @list:	in extent->parked or volume->retry
 * @page:	first page within the extent, of the part under way
 * @count:	pages of the part under way
 * @left:	pages that follow this part
 * @nwrites:	discard: extent->nwrites when it began
 * @droppable:	nothing is lost when it fails: swap-out, whose page the kernel keeps, and discards
 * @alone:	discard: no write of the extent was under way then
 * @tries:	times that the server was busy, in this part; at most 255
 * @busy_since:	jiffies of the first of them
 * @head:	of the request, values follow
 * @rep_head:	of the reply
 * @bv:		the pages
 */
struct memx_clt_io {
	struct rmp_req		rq;
	struct memx_clt_srv	*srv;
	struct memx_clt_extent	*ext;
	struct list_head	list;
	u32			generation;
	u32			left;
	u32			nwrites;
	u16			page;
	u16			count;
	u8			op;
	u8			tries;
	bool			droppable;
	bool			alone;
	unsigned long		busy_since;
	struct {
		struct memx_data_req req;
		__be64		value[RMP_PAGES_MAX];
	} __packed __aligned(8) head;
	__be64			rep_head[RMP_PAGES_MAX];
	struct bio_vec		bv[RMP_SEGS_MAX];
};

struct memx_clt_vol;

/**
 * struct memx_clt_open - asks a server to take an extent
 * @rq:		request
 * @vol:	volume; constant
 * @busy:	this struct is in use; under open_lock
 * @again:	another server has to be found; under open_lock
 * @not_now:	servers that do not want it now
 * @full:	servers that have no space for it
 * @srv:	the one that is asked
 */
struct memx_clt_open {
	struct rmp_req		rq;
	struct memx_clt_vol	*vol;
	struct memx_clt_extent	*ext;
	struct memx_clt_srv	*srv;
	bool			busy;
	bool			again;
	DECLARE_BITMAP(not_now, MEMX_CLT_SERVERS_MAX);
	DECLARE_BITMAP(full, MEMX_CLT_SERVERS_MAX);
	struct memx_extent_req	head;
	struct memx_extent_rep	rep;
};

/* What a server has of a volume. Blocks and extents, changed under the lock of the extent. */
struct memx_clt_share {
	atomic64_t extents, written;
};

/* Per CPU, since the volume was made. @errors: requests, or parts of them, that ended with one. */
struct memx_clt_stats {
	u64 pages_in, pages_out, errors;
};

/**
 * struct memx_clt_vol - a volume
 *
 * One that is listed is complete, disk included: ticks, sessions and netlink find it there. It is
 * listed before others can see its disk, so that no write goes past them.
 *
 * @list:	in clt->vols; clt->lock
 * @epoch:	owner epoch
 * @loss_timeout: jiffies that requests wait for a server that does not answer; 0: for ever. See
 *		memx_clt_wait()
 * @dead:	requests fail from now on
 * @closed:	nobody may open the disk any more; disk->open_mutex
 * @map:	extents; RCU, replaced under clt->lock
 * @share:	what each server has of it, by its number
 * @lost:	blocks
 * @open_lock:	@to_open, @not_before, @open[].busy
 * @to_open:	extents that look for a server
 * @not_before:	jiffies from when on those are tried again
 * @open_work:	finds servers for them
 * @cand:	room for @open_work
 * @full:	all servers were full when @open_work looked last. It writes this, and who opens an
 *		extent sets it to false
 * @full_since:	jiffies since when; @open_work only
 * @full_seen:	jiffies when it looked last; @open_work only
 * @asked:	servers that may have extents of it
 * @retry_lock:	@retry
 * @retry:	requests that a server was too busy for
 */
struct memx_clt_vol {
	struct memx_clt		*clt;
	struct list_head	list;
	char			name[RMP_NAME_LEN];
	u8			uuid[MEMX_UUID_LEN];
	u64			bytes;
	u32			epoch;
	unsigned long		loss_timeout;
	bool			dead;
	bool			closed;
	int			minor;
	struct gendisk		*disk;
	struct blk_mq_tag_set	set;
	struct memx_clt_stats __percpu *stats;
	struct memx_clt_map __rcu *map;
	struct memx_clt_share	share[MEMX_CLT_SERVERS_MAX];
	atomic64_t		lost;

	spinlock_t		open_lock;
	struct list_head	to_open;
	unsigned long		not_before;
	struct memx_clt_open	open[MEMX_CLT_OPENS];
	struct delayed_work	open_work;
	struct memx_clt_cand	cand[MEMX_CLT_SERVERS_MAX];
	bool			full;
	unsigned long		full_since;
	unsigned long		full_seen;
	DECLARE_BITMAP(asked, MEMX_CLT_SERVERS_MAX);

	spinlock_t		retry_lock;
	struct list_head	retry;
	struct delayed_work	retry_work;
};

/**
 * struct memx_clt - client of a network namespace
 * @node:	its RMAP node
 * @admin:	makes and destroys, one after the other
 * @lock:	@vols
 * @srv:	servers; those with a number of @nsrv and above were never there (release, acquire).
 *		Written by @find_work; a server goes under admin and lock
 * @peers:	room for @find_work
 * @wq:		works on the way of pages that are written: it has a rescuer
 * @find_work:	opens sessions to servers that were heard; allocates, so not on @wq
 * @tick_work:	ends requests that have waited too long
 * @event_limit: what a peer can cause does not flood
 */
struct memx_clt {
	struct net		*net;
	struct rmp_node		*node;
	struct mutex		admin;
	struct mutex		lock;
	struct list_head	vols;
	struct memx_clt_srv __rcu *srv[MEMX_CLT_SERVERS_MAX];
	unsigned int		nsrv;
	struct rmp_peer_info	*peers;
	struct workqueue_struct	*wq;
	struct delayed_work	find_work;
	struct delayed_work	tick_work;
	struct ratelimit_state	event_limit;
};

extern unsigned int memx_clt_net_id;

static inline struct memx_clt *memx_clt_of(struct net *net)
{
	return net_generic(net, memx_clt_net_id);
}

/* For those who keep it from going, see struct memx_clt_srv, and find_work, which lets it go. */
static inline struct memx_clt_srv *memx_clt_srv(const struct memx_clt *clt, unsigned int n)
{
	return rcu_dereference_protected(clt->srv[n], true);
}

struct netlink_ext_ack;

/* volume.c */
struct memx_clt_vol *memx_clt_find(struct memx_clt *clt, const char *name);
int memx_clt_create(struct memx_clt *clt, const char *name, u64 bytes, u32 loss_timeout_s,
		    struct netlink_ext_ack *ack);
int memx_clt_resize(struct memx_clt *clt, const char *name, u64 bytes, struct netlink_ext_ack *ack);
int memx_clt_set_timeout(struct memx_clt *clt, const char *name, u32 seconds,
			 struct netlink_ext_ack *ack);
int memx_clt_destroy(struct memx_clt *clt, const char *name, bool force,
		     struct netlink_ext_ack *ack);
void memx_clt_destroy_all(struct memx_clt *clt);

/* disk.c */
int memx_clt_disk_new(struct memx_clt_vol *vol);
int memx_clt_disk_add(struct memx_clt_vol *vol);
bool memx_clt_disk_close(struct memx_clt_vol *vol, bool force);
void memx_clt_disk_del(struct memx_clt_vol *vol);
void memx_clt_disk_free(struct memx_clt_vol *vol);

/* io.c */
blk_status_t memx_clt_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd);
void memx_clt_io_go(struct memx_clt_io *io);
void memx_clt_io_end(struct memx_clt_io *io, blk_status_t status);
void memx_clt_retry_work(struct work_struct *work);
void memx_clt_expire(struct memx_clt_vol *vol);
u32 memx_clt_waiting(struct memx_clt_vol *vol);
bool memx_clt_is_sent(struct memx_clt_vol *vol, const struct memx_clt_srv *srv);

static inline struct memx_clt_vol *memx_clt_io_vol(struct memx_clt_io *io)
{
	return blk_mq_rq_from_pdu(io)->q->queuedata;
}

/* map.c: extents, the only place that changes their state */
u64 memx_clt_map_bytes(const struct memx_clt_map *old, u64 bytes);
struct memx_clt_map *memx_clt_map_new(const struct memx_clt_map *old, u64 bytes);
void memx_clt_map_free(struct memx_clt_map *map, u64 from);
static inline struct memx_clt_extent *memx_clt_extent(const struct memx_clt_map *map, u64 index)
{
	return &map->chunk[index / MEMX_CLT_CHUNK][index % MEMX_CLT_CHUNK];
}
enum memx_clt_go {
	MEMX_CLT_SEND,		/* to io->srv */
	MEMX_CLT_PARKED,	/* goes on when the extent is open */
	MEMX_CLT_FILL,		/* a read of zeros */
	MEMX_CLT_DONE,		/* there is nothing to do */
	MEMX_CLT_FAIL,		/* an I/O error */
};

enum memx_clt_go memx_clt_begin(struct memx_clt_vol *vol, struct memx_clt_io *io);
void memx_clt_write_end(struct memx_clt_io *io);
void memx_clt_written(struct memx_clt_io *io);
void memx_clt_zeroed(struct memx_clt_io *io);
u32 memx_clt_open_try(struct memx_clt_extent *ext);
void memx_clt_opened(struct memx_clt_extent *ext, struct memx_clt_srv *srv, u64 handle);
bool memx_clt_open_failed(struct memx_clt_extent *ext, blk_status_t status, bool droppable);
u32 memx_clt_lost(struct memx_clt_vol *vol, struct memx_clt_extent *ext,
		  const struct memx_clt_srv *srv, u32 generation);
void memx_clt_lost_all(struct memx_clt_srv *srv);

/*
 * Swap-out waits no longer than this, and the discards that may come before it: all that allocates
 * memory may be waiting for them. As long as Linux gives a disk for a command (SD_TIMEOUT).
 */
#define MEMX_CLT_DROP	(30 * HZ)

/**
 * memx_clt_wait - how long a request waits for a server that does not answer
 * @vol:	volume
 * @droppable:	nothing is lost when it fails
 *
 * Return: jiffies; 0: for ever.
 */
static inline unsigned long memx_clt_wait(const struct memx_clt_vol *vol, bool droppable)
{
	unsigned long wait = READ_ONCE(vol->loss_timeout);

	if (droppable && (!wait || wait > MEMX_CLT_DROP))
		return MEMX_CLT_DROP;
	return wait;
}

/* open.c */
void memx_clt_open_init(struct memx_clt_vol *vol);
void memx_clt_open_later(struct memx_clt_vol *vol, struct memx_clt_extent *ext);
void memx_clt_open_kick(struct memx_clt_vol *vol);
bool memx_clt_opens_at(struct memx_clt_vol *vol, const struct memx_clt_srv *srv);
void memx_clt_open_expire(struct memx_clt_vol *vol);

/* server.c */
int memx_clt_servers_begin(struct memx_clt *clt);
void memx_clt_servers_end(struct memx_clt *clt);
void memx_clt_find_work(struct work_struct *work);
bool memx_clt_srv_expired(const struct memx_clt_srv *srv, unsigned long wait);
u64 memx_clt_release(struct memx_clt_vol *vol);

/* netlink.c */
int memx_clt_netlink_init(void);
void memx_clt_netlink_exit(void);
__printf(4, 5) void memx_clt_event(struct memx_clt *clt, const char *kind, const char *name,
				   const char *fmt, ...);

#endif
