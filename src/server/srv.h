/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page store of a node.
 *
 * Locks, outermost first: store->admin (process), RMAP's service_lock (held around peer_up(), and
 * taken by registering), store->lock (process), extent->lock (softirqs off). Leaves, softirqs off:
 * pool->lock, control_lock.
 */
#ifndef _MEMX_SRV_H
#define _MEMX_SRV_H

#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/ratelimit.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/netns/generic.h>

#include "memx_netlink.h"
#include "memx_srv_cap.h"
#include "memx_srv_parse.h"
#include "memx_srv_pressure.h"
#include "rmp.h"

/* A page of the wire is a page of the store: they change hands, they are not copied. */
static_assert(PAGE_SIZE == RMP_PAGE_SIZE, "memx_server needs a kernel with pages of 4 KiB");

/* Per CPU, since the namespace began. */
struct memx_srv_stats {
	u64 reads, writes, zeros, busy, refused;
};

#define memx_srv_count(store, what, n)	this_cpu_add((store)->stats->what, n)

/**
 * struct memx_srv_pool - pages ready for writes
 * @lock:	@page, @n
 * @page:	the pages, @n of them; room for MEMX_SRV_POOL_PAGES; NULL while the store is stopped
 * @frugal:	the donor is short: take nothing from the system. Only writes that give as many
 *		pages back as they take go on, so that those that are here last
 * @wq:		where @work runs
 * @work:	fills it; the only place that makes the system look for memory
 */
struct memx_srv_pool {
	spinlock_t		lock;
	struct page		**page;
	unsigned int		n;
	bool			frugal;
	struct workqueue_struct	*wq;
	struct work_struct	work;
};

/**
 * struct memx_srv_key - names an extent; the order of store->by_key
 * @owner:	node that opened it
 * @volume:	UUID
 * @index:	number in the volume
 */
struct memx_srv_key {
	u8	owner[RMP_NODE_ID_LEN];
	u8	volume[MEMX_UUID_LEN];
	u64	index;
};

#define MEMX_SRV_CHUNK	512	/* slots in a page of words */
#define MEMX_SRV_CHUNKS	(MEMX_EXTENT_PAGES / MEMX_SRV_CHUNK)

/**
 * struct memx_srv_extent - an extent
 * @key:	what it is; constant, as are @handle, @incarnation, @name and @generation
 * @handle:	its name on the wire
 * @incarnation: of the owner
 * @name:	of the volume
 * @generation:	of this copy
 * @lock:	all below, up to @is_page; taken in softirq
 * @dead:	out of the store: its slots are gone
 * @epoch:	owner epoch; only rises
 * @npages:	slots that hold a page
 * @nvalues:	slots that hold a value but 0
 * @word:	slots: a struct page pointer, or the 64-bit value that the page is filled
 *		with; 0 when it was never written
 * @is_page:	which of the two
 * @node:	in store->by_key (store->lock)
 * @list:	in store->dead_list or of who frees it (store->lock)
 * @rcu:	readers of store->by_handle may still look at @lock and @dead
 */
struct memx_srv_extent {
	struct memx_srv_key	key;
	u64			handle;
	u64			incarnation;
	u32			generation;
	char			name[RMP_NAME_LEN];

	spinlock_t		lock;
	bool			dead;
	u32			epoch;
	u32			npages;
	u32			nvalues;
	u64			*word[MEMX_SRV_CHUNKS];
	DECLARE_BITMAP(is_page, MEMX_EXTENT_PAGES);

	struct rb_node		node;
	union {
		struct list_head	list;
		struct rcu_head		rcu;
	};
};

static inline u64 *memx_srv_word(struct memx_srv_extent *ext, unsigned int slot)
{
	return &ext->word[slot / MEMX_SRV_CHUNK][slot % MEMX_SRV_CHUNK];
}

static inline struct page *memx_srv_page(u64 word)
{
	return (struct page *)(unsigned long)word;
}

enum memx_srv_state {
	MEMX_SRV_STOPPED,
	MEMX_SRV_SERVING,
	MEMX_SRV_STOPPING,	/* opens nothing any more */
};

/**
 * struct memx_srv - page store of a network namespace
 * @net:	the namespace
 * @node:	its RMAP node
 * @stats:	counters
 * @wq:		control requests, filling the pool, freeing, watching
 * @admin:	starting and stopping, one after the other
 * @lock:	all down to @dead_list
 * @state:	of the life; written by memx_srv_start() and stop()
 * @cap:	capacity
 * @pressure:	the donor's own needs
 * @start_id:	upper half of handles: another with each start
 * @next_handle: lower half of the next; never used twice in a start
 * @by_key:	extents, by struct memx_srv_key
 * @by_handle:	extents, by the lower half of the handle; read under RCU
 * @nextents:	extents that exist, dead ones too; while there are any, the module is held
 * @dead_list:	extents taken out that @reap_work is to free
 * @control_lock: @control
 * @control:	requests that wait for @control_work; bounded by the slots of all sessions
 * @event_limit: what a client can cause does not flood
 */
struct memx_srv {
	struct net		*net;
	struct rmp_node		*node;
	struct memx_srv_stats __percpu *stats;
	struct workqueue_struct	*wq;
	struct memx_srv_pool	pool;

	struct mutex		admin;
	struct mutex		lock;
	enum memx_srv_state	state;
	struct memx_srv_cap	cap;
	struct memx_srv_pressure pressure;
	u32			start_id;
	u32			next_handle;
	struct rb_root		by_key;
	struct xarray		by_handle;
	u64			nextents;
	struct list_head	dead_list;

	spinlock_t		control_lock;
	struct list_head	control;
	struct work_struct	control_work;
	struct work_struct	reap_work;
	struct delayed_work	watch_work;
	struct ratelimit_state	event_limit;
};

struct netlink_ext_ack;

extern unsigned int memx_srv_net_id;

static inline struct memx_srv *memx_srv_of(struct net *net)
{
	return net_generic(net, memx_srv_net_id);
}

static inline u64 memx_srv_total_bytes(void)
{
	return (u64)totalram_pages() << PAGE_SHIFT;
}

/* store.c */
int memx_srv_init(struct memx_srv *store, struct net *net);
void memx_srv_exit(struct memx_srv *store);
int memx_srv_start(struct memx_srv *store, u64 bytes, struct netlink_ext_ack *ack);
int memx_srv_stop(struct memx_srv *store, bool force, struct netlink_ext_ack *ack);
int memx_srv_set_capacity(struct memx_srv *store, u64 bytes, struct netlink_ext_ack *ack);
enum rmp_load memx_srv_load(const struct memx_srv *store);
void memx_srv_announce(struct memx_srv *store);

/* watch.c */
void memx_srv_watch(struct work_struct *work);

/* index.c: finding extents */
struct memx_srv_extent *memx_srv_find(struct memx_srv *store, const struct memx_srv_key *key);
struct memx_srv_extent *memx_srv_find_from(struct memx_srv *store, const struct memx_srv_key *key);
struct memx_srv_extent *memx_srv_next(struct memx_srv_extent *ext);
struct memx_srv_extent *memx_srv_by_handle(struct memx_srv *store, u64 handle);
int memx_srv_index_add(struct memx_srv *store, struct memx_srv_extent *ext);
void memx_srv_index_del(struct memx_srv *store, struct memx_srv_extent *ext);
bool memx_srv_same_volume(const struct memx_srv_key *a, const struct memx_srv_key *b);

/* extent.c: their lives */
u8 memx_srv_open(struct memx_srv *store, const struct rmp_treq *rq,
		 const struct memx_srv_control *c, struct memx_extent_rep *rep);
typedef bool (*memx_srv_match_fn)(const struct memx_srv_extent *ext, const void *arg);
u64 memx_srv_detach(struct memx_srv *store, memx_srv_match_fn match, const void *arg);
u64 memx_srv_detach_volume(struct memx_srv *store, const struct memx_srv_key *from);
void memx_srv_detach_one(struct memx_srv *store, struct memx_srv_extent *ext);
void memx_srv_reap(struct memx_srv *store);
void memx_srv_reap_work(struct work_struct *work);

/* data.c, control.c */
void memx_srv_data(struct memx_srv *store, struct rmp_treq *rq);
void memx_srv_control(struct memx_srv *store, struct rmp_treq *rq);
void memx_srv_control_work(struct work_struct *work);

static inline struct memx_srv_head memx_srv_head(const struct rmp_treq *rq)
{
	return (struct memx_srv_head) {
		.bytes = rq->head,
		.len = rq->head_len,
		.data_len = rq->data_len,
		.present = rq->present,
	};
}

/* pool.c */
#define MEMX_SRV_POOL_PAGES	2048	/* 8 MiB: twice what a client with all slots full sends */
void memx_srv_pool_init(struct memx_srv_pool *pool, struct workqueue_struct *wq);
int memx_srv_pool_open(struct memx_srv_pool *pool);
void memx_srv_pool_close(struct memx_srv_pool *pool);
void memx_srv_pool_frugal(struct memx_srv_pool *pool, bool frugal);
struct page *memx_srv_pool_get(struct memx_srv_pool *pool);
void memx_srv_pool_put(struct memx_srv_pool *pool, struct page **page, unsigned int n);

/* netlink.c */
int memx_srv_netlink_init(void);
void memx_srv_netlink_exit(void);
__printf(3, 4) void memx_srv_event(struct memx_srv *store, const char *kind, const char *fmt, ...);

#endif
