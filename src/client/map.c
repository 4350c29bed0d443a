// SPDX-License-Identifier: GPL-2.0-only
/*
 * The extents of a volume: which server has each, and what is known of its blocks.
 *
 *	NONE ---- first write ---> OPENING ---- a server took it ---> OPEN
 *	  ^                          |                                 |
 *	  +--- no server wants it ---+ +------- its server is gone ----+
 *	  +----------------------------+
 *
 * Blocks are marked as written in OPEN only, so in the other two every block reads as zeros, or was
 * lost.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "clt.h"

/* A volume that is too large is refused: nothing is killed for it. */
#define GFP_MAP		(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static struct memx_clt_extent *chunk_new(u64 first)
{
	struct memx_clt_extent *ext = kvcalloc(MEMX_CLT_CHUNK, sizeof(*ext), GFP_MAP);
	unsigned int i;

	for (i = 0; ext && i < MEMX_CLT_CHUNK; i++) {
		spin_lock_init(&ext[i].lock);
		INIT_LIST_HEAD(&ext[i].parked);
		INIT_LIST_HEAD(&ext[i].opening);
		ext[i].index = first + i;
	}
	return ext;
}

static u64 nchunks(u64 n)
{
	return DIV_ROUND_UP_ULL(n, MEMX_CLT_CHUNK);
}

static u64 nextents(u64 bytes)
{
	return DIV_ROUND_UP_ULL(bytes, MEMX_EXTENT_BYTES);
}

/**
 * memx_clt_map_bytes - memory that a map needs
 * @old:	map whose extents it takes over, or NULL
 * @bytes:	size of the volume, not smaller than that of @old
 *
 * Return: bytes, besides those of @old.
 */
u64 memx_clt_map_bytes(const struct memx_clt_map *old, u64 bytes)
{
	u64 n = nchunks(nextents(bytes)), kept = old ? nchunks(old->n) : 0;

	return n * sizeof(struct memx_clt_extent *) +
	       (n - kept) * MEMX_CLT_CHUNK * sizeof(struct memx_clt_extent);
}

/**
 * memx_clt_map_new - make a map
 * @old:	map whose extents it takes over, or NULL
 * @bytes:	size of the volume, not smaller than that of @old
 *
 * Context: process; may sleep.
 * Return: the map, or an ERR_PTR(): without memory -ENOMEM, and -EINTR when the process is being
 * killed. @old is as it was.
 */
struct memx_clt_map *memx_clt_map_new(const struct memx_clt_map *old, u64 bytes)
{
	u64 n = nextents(bytes), c = 0;
	u64 kept = old ? nchunks(old->n) : 0;
	struct memx_clt_map *map = kvzalloc(struct_size(map, chunk, nchunks(n)), GFP_MAP);

	if (!map)
		return ERR_PTR(-ENOMEM);
	map->n = n;
	for (; c < kept; c++)
		map->chunk[c] = old->chunk[c];
	for (; c < nchunks(n); c++) {
		bool killed = fatal_signal_pending(current);

		map->chunk[c] = killed ? NULL : chunk_new(c * MEMX_CLT_CHUNK);
		if (!map->chunk[c]) {
			memx_clt_map_free(map, kept * MEMX_CLT_CHUNK);
			return ERR_PTR(killed ? -EINTR : -ENOMEM);
		}
		cond_resched();
	}
	return map;
}

/**
 * memx_clt_map_free - free a map
 * @map:	map, or NULL
 * @from:	its extents from this one on are freed too; a multiple of MEMX_CLT_CHUNK, or map->n
 */
void memx_clt_map_free(struct memx_clt_map *map, u64 from)
{
	u64 c;

	for (c = nchunks(from); map && c < nchunks(map->n); c++)
		kvfree(map->chunk[c]);
	kvfree(map);
}

static void park(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	struct memx_clt_extent *ext = io->ext;

	lockdep_assert_held(&ext->lock);
	io->srv = NULL;
	list_add_tail(&io->list, &ext->parked);
	if (ext->state == MEMX_CLT_OPENING)
		return;
	ext->state = MEMX_CLT_OPENING;
	ext->open_since = jiffies;
	memx_clt_open_later(vol, ext);
}

/* How much of an extent is written, and lost. */
struct figures {
	u32 written, lost;
};

static struct figures figures(const struct memx_clt_extent *ext)
{
	return (struct figures) { .written = ext->blocks.nwritten, .lost = ext->blocks.nlost };
}

/* The volume's figures follow those of an extent, which were @before, and which @srv has. */
static void account(struct memx_clt_vol *vol, const struct memx_clt_extent *ext,
		    const struct memx_clt_srv *srv, struct figures before)
{
	s64 written = (s64)ext->blocks.nwritten - before.written;
	s64 lost = (s64)ext->blocks.nlost - before.lost;

	lockdep_assert_held(&ext->lock);
	if (written)
		atomic64_add(written, &vol->share[srv->n].written);
	if (unlikely(lost))
		atomic64_add(lost, &vol->lost);
}

/*
 * The block layer merges requests of several callers into one, and each of them shall see an error
 * for what is lost of its own only. So where some of the blocks are lost, this part of the request
 * ends with those that are like the first one.
 */
static enum memx_clt_go begin_read(struct memx_clt_extent *ext, struct memx_clt_io *io)
{
	enum memx_clt_read what = memx_clt_blocks_read(&ext->blocks, io->page, io->count);

	if (unlikely(what == MEMX_CLT_LOST)) {
		bool lost;
		u32 run = memx_clt_blocks_run(&ext->blocks, io->page, io->count, &lost);

		io->left += io->count - run;
		io->count = run;
		if (lost)
			return MEMX_CLT_FAIL;
		what = memx_clt_blocks_read(&ext->blocks, io->page, io->count);
	}
	return what == MEMX_CLT_FETCH ? MEMX_CLT_SEND : MEMX_CLT_FILL;
}

static void begin_write(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	struct memx_clt_extent *ext = io->ext;
	struct figures before = figures(ext);

	memx_clt_blocks_write(&ext->blocks, io->page, io->count);
	account(vol, ext, ext->srv, before);
	ext->nwrites++;
	atomic_inc(&ext->writing);
}

static enum memx_clt_go begin(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	struct memx_clt_extent *ext = io->ext;
	struct figures before;
	enum memx_clt_go go;

	lockdep_assert_held(&ext->lock);
	if (unlikely(READ_ONCE(vol->dead)))
		return MEMX_CLT_FAIL;
	switch (io->op) {
	case MEMX_OP_READ:
		go = begin_read(ext, io);
		if (go != MEMX_CLT_SEND)
			return go;
		break;
	case MEMX_OP_WRITE:
		if (unlikely(ext->state != MEMX_CLT_OPEN)) {
			park(vol, io);
			return MEMX_CLT_PARKED;
		}
		begin_write(vol, io);
		break;
	default:
		if (ext->state != MEMX_CLT_OPEN) {
			before = figures(ext);
			memx_clt_blocks_restore(&ext->blocks, io->page, io->count);
			account(vol, ext, NULL, before);
			return MEMX_CLT_DONE;
		}
		io->nwrites = ext->nwrites;
		io->alone = !atomic_read(&ext->writing);
	}
	io->srv = ext->srv;
	io->generation = ext->generation;
	io->head.req.handle = cpu_to_be64(ext->handle);
	io->head.req.generation = cpu_to_be32(ext->generation);
	return MEMX_CLT_SEND;
}

/**
 * memx_clt_begin - what a request has to do now
 * @vol:	volume
 * @io:		request; @io->srv and the head are filled in for MEMX_CLT_SEND
 *
 * Context: any but hardirq. Reclaim-safe.
 * Return: enum memx_clt_go.
 */
enum memx_clt_go memx_clt_begin(struct memx_clt_vol *vol, struct memx_clt_io *io)
{
	enum memx_clt_go go;

	spin_lock_bh(&io->ext->lock);
	go = begin(vol, io);
	spin_unlock_bh(&io->ext->lock);
	return go;
}

/**
 * memx_clt_write_end - a write that had begun is through
 * @io:		request
 *
 * Context: any but hardirq.
 */
void memx_clt_write_end(struct memx_clt_io *io)
{
	atomic_dec(&io->ext->writing);
}

/**
 * memx_clt_written - a write has succeeded: its blocks are not lost any more
 * @io:		request
 *
 * Context: any but hardirq. Without a lost block in the extent this takes no lock: a server that is
 * lost meanwhile takes all with it that was marked as written.
 */
void memx_clt_written(struct memx_clt_io *io)
{
	struct memx_clt_extent *ext = io->ext;
	struct figures before;

	if (likely(!READ_ONCE(ext->blocks.nlost)))
		return;
	spin_lock_bh(&ext->lock);
	before = figures(ext);
	if (ext->generation == io->generation) {
		memx_clt_blocks_restore(&ext->blocks, io->page, io->count);
		account(memx_clt_io_vol(io), ext, ext->srv, before);
	}
	spin_unlock_bh(&ext->lock);
}

/**
 * memx_clt_zeroed - a discard has succeeded: its blocks are zeros, and nothing that can be lost
 * @io:		request
 *
 * They are taken for not written only when that is certain. When the discard began no write of the
 * extent was under way, and none has begun since: both are changed under the lock, before a write
 * is sent. So what the server executed in this time were discards. Otherwise a write of these
 * blocks may have been executed after the discard: they stay marked as written, and the server is
 * asked.
 *
 * Context: any but hardirq.
 */
void memx_clt_zeroed(struct memx_clt_io *io)
{
	struct memx_clt_extent *ext = io->ext;
	struct figures before;

	spin_lock_bh(&ext->lock);
	before = figures(ext);
	if (ext->generation == io->generation) {
		if (io->alone && ext->nwrites == io->nwrites)
			memx_clt_blocks_zero(&ext->blocks, io->page, io->count);
		else
			memx_clt_blocks_restore(&ext->blocks, io->page, io->count);
		account(memx_clt_io_vol(io), ext, ext->srv, before);
	}
	spin_unlock_bh(&ext->lock);
}

/**
 * memx_clt_open_try - a server is about to be asked for an extent
 * @ext:	extent that is being opened
 *
 * Return: the generation of this copy. One that another server opened in vain can never be taken
 * for it.
 */
u32 memx_clt_open_try(struct memx_clt_extent *ext)
{
	u32 generation;

	spin_lock_bh(&ext->lock);
	WARN_ON_ONCE(ext->state != MEMX_CLT_OPENING);
	WRITE_ONCE(ext->generation, ext->generation + 1);
	generation = ext->generation;
	spin_unlock_bh(&ext->lock);
	return generation;
}

/**
 * memx_clt_opened - a server took the extent: what waited for it goes on
 * @ext:	extent
 * @srv:	server; the extent is counted there
 * @handle:	the server's name for it
 *
 * Context: any but hardirq, no lock held. Reclaim-safe.
 */
void memx_clt_opened(struct memx_clt_extent *ext, struct memx_clt_srv *srv, u64 handle)
{
	struct memx_clt_io *io, *next;
	LIST_HEAD(parked);

	spin_lock_bh(&ext->lock);
	WARN_ON_ONCE(ext->state != MEMX_CLT_OPENING);
	ext->state = MEMX_CLT_OPEN;
	ext->srv = srv;
	ext->handle = handle;
	list_splice_init(&ext->parked, &parked);
	spin_unlock_bh(&ext->lock);
	list_for_each_entry_safe(io, next, &parked, list)
		memx_clt_io_go(io);
}

/**
 * memx_clt_open_failed - no server takes the extent: what waited for it fails
 * @ext:	extent
 * @status:	with this
 * @droppable:	only what is droppable
 *
 * Context: any but hardirq, no lock held. Reclaim-safe.
 * Return: true when nothing waits any more: the extent is not being opened.
 */
bool memx_clt_open_failed(struct memx_clt_extent *ext, blk_status_t status, bool droppable)
{
	struct memx_clt_io *io, *next;
	LIST_HEAD(failed);
	bool none;

	spin_lock_bh(&ext->lock);
	WARN_ON_ONCE(ext->state != MEMX_CLT_OPENING);
	list_for_each_entry_safe(io, next, &ext->parked, list)
		if (!droppable || io->droppable)
			list_move_tail(&io->list, &failed);
	none = list_empty(&ext->parked);
	if (none)
		ext->state = MEMX_CLT_NONE;
	spin_unlock_bh(&ext->lock);
	list_for_each_entry_safe(io, next, &failed, list)
		memx_clt_io_end(io, status);
	return none;
}

/**
 * memx_clt_lost - a server has the extent no more
 * @vol:	volume
 * @ext:	extent
 * @srv:	server
 * @generation:	of the copy that is gone, when the extent is still that copy
 *
 * Context: any but hardirq. Reclaim-safe.
 * Return: blocks that were lost by it.
 */
u32 memx_clt_lost(struct memx_clt_vol *vol, struct memx_clt_extent *ext,
		  const struct memx_clt_srv *srv, u32 generation)
{
	struct figures before;
	u32 n = 0;

	spin_lock_bh(&ext->lock);
	before = figures(ext);
	if (ext->state == MEMX_CLT_OPEN && ext->srv == srv && ext->generation == generation) {
		n = memx_clt_blocks_lose(&ext->blocks);
		account(vol, ext, srv, before);
		atomic64_dec(&vol->share[srv->n].extents);
		ext->state = MEMX_CLT_NONE;
		ext->srv = NULL;
		WRITE_ONCE(ext->generation, ext->generation + 1);
	}
	spin_unlock_bh(&ext->lock);
	return n;
}

/**
 * memx_clt_lost_all - a server came back without what it held
 * @srv:	server
 *
 * Context: process. Reclaim-safe.
 */
void memx_clt_lost_all(struct memx_clt_srv *srv)
{
	struct memx_clt *clt = srv->clt;
	struct memx_clt_vol *vol;

	mutex_lock(&clt->lock);
	list_for_each_entry(vol, &clt->vols, list) {
		struct memx_clt_map *map;
		u64 i, blocks = 0;

		map = rcu_dereference_protected(vol->map, lockdep_is_held(&clt->lock));
		for (i = 0; i < map->n; i++) {
			struct memx_clt_extent *ext = memx_clt_extent(map, i);

			if (READ_ONCE(ext->srv) == srv)
				blocks += memx_clt_lost(vol, ext, srv,
							READ_ONCE(ext->generation));
			if (!(i % 1024))
				cond_resched();
		}
		if (blocks)
			memx_clt_event(clt, "data-lost", vol->name,
				       "%s: %llu KiB were lost: server %s came back without them",
				       vol->name, blocks * (RMP_PAGE_SIZE / 1024), srv->name);
	}
	mutex_unlock(&clt->lock);
}
