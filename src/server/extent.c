// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of an extent: opened against the donated capacity, taken out of the store, freed with all
 * its pages.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "srv.h"

/* Do not squeeze the donor for an extent: the client comes again, or tries elsewhere. */
#define GFP_EXTENT	(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN)

static void words_free(struct memx_srv_extent *ext)
{
	unsigned int i;

	for (i = 0; i < MEMX_SRV_CHUNKS; i++)
		kfree(ext->word[i]);
}

static struct memx_srv_extent *alloc(void)
{
	struct memx_srv_extent *ext = kzalloc(sizeof(*ext), GFP_EXTENT);
	unsigned int i;

	if (!ext)
		return NULL;
	spin_lock_init(&ext->lock);
	for (i = 0; i < MEMX_SRV_CHUNKS; i++) {
		ext->word[i] = kcalloc(MEMX_SRV_CHUNK, sizeof(u64), GFP_EXTENT);
		if (!ext->word[i]) {
			words_free(ext);
			kfree(ext);
			return NULL;
		}
	}
	return ext;
}

/* What is reserved is promised: the module stays as long as there are extents. */
static bool hold(struct memx_srv *store)
{
	lockdep_assert_held(&store->lock);
	if (!store->nextents && !try_module_get(THIS_MODULE))
		return false;
	store->nextents++;
	return true;
}

static void unhold(struct memx_srv *store, u64 n)
{
	lockdep_assert_held(&store->lock);
	store->nextents -= n;
	if (n && !store->nextents)
		module_put(THIS_MODULE);
}

/* Return: enum rmp_status. */
static u8 insert(struct memx_srv *store, struct memx_srv_extent *ext)
{
	int err;

	if (store->state != MEMX_SRV_SERVING || store->pressure.need != MEMX_SRV_CALM)
		return RMP_REFUSED;
	if (!memx_srv_cap_reserve(&store->cap))
		return RMP_NOSPC;
	if (!hold(store)) {
		memx_srv_cap_release(&store->cap, 1);
		return RMP_REFUSED;
	}
	err = memx_srv_index_add(store, ext);
	if (!err)
		return RMP_OK;
	memx_srv_cap_release(&store->cap, 1);
	unhold(store, 1);
	return err == -ENOSPC ? RMP_NOSPC : RMP_BUSY;
}

static u8 open_new(struct memx_srv *store, const struct memx_srv_key *key, u64 incarnation,
		   const struct memx_srv_control *c, struct memx_extent_rep *rep)
{
	struct memx_srv_extent *ext = alloc();
	u8 status;

	if (!ext)
		return RMP_BUSY;
	ext->key = *key;
	ext->incarnation = incarnation;
	ext->generation = c->generation;
	ext->epoch = c->epoch;
	memcpy(ext->name, c->name, sizeof(ext->name));
	status = insert(store, ext);
	if (status != RMP_OK) {
		words_free(ext);
		kfree(ext);
		return status;
	}
	rep->handle = cpu_to_be64(ext->handle);
	memx_srv_announce(store);
	return RMP_OK;
}

/*
 * The extent is there. Return: enum rmp_status; RMP_STALE: it is of an earlier generation, and must
 * go first.
 */
static u8 open_again(struct memx_srv_extent *ext, const struct memx_srv_control *c,
		     struct memx_extent_rep *rep)
{
	u8 status = RMP_OK;

	spin_lock_bh(&ext->lock);
	if (c->epoch < ext->epoch)
		status = RMP_FENCED;
	else if (c->generation < ext->generation)
		status = RMP_INVAL;
	else if (c->generation > ext->generation)
		status = RMP_STALE;
	else
		ext->epoch = c->epoch;
	rep->handle = cpu_to_be64(ext->handle);
	rep->written = cpu_to_be32(ext->npages + ext->nvalues);
	spin_unlock_bh(&ext->lock);
	return status;
}

/**
 * memx_srv_open - execute EXTENT_OPEN
 * @store:	store
 * @rq:		the request
 * @c:		the same, checked
 * @rep:	to fill, zero so far
 *
 * Context: process; only the work of control requests, so nobody else opens meanwhile.
 * Return: enum rmp_status.
 */
u8 memx_srv_open(struct memx_srv *store, const struct rmp_treq *rq,
		 const struct memx_srv_control *c, struct memx_extent_rep *rep)
{
	struct memx_srv_key key = { .index = c->index };
	struct memx_srv_extent *ext;
	u8 status;

	memcpy(key.owner, rq->peer_id, sizeof(key.owner));
	memcpy(key.volume, c->volume, sizeof(key.volume));
	mutex_lock(&store->lock);
	ext = memx_srv_find(store, &key);
	status = ext ? open_again(ext, c, rep) : RMP_STALE;
	if (ext && status == RMP_STALE) {
		memx_srv_detach_one(store, ext);
		mutex_unlock(&store->lock);
		memx_srv_reap(store);
		mutex_lock(&store->lock);
	}
	if (status == RMP_STALE) {
		*rep = (struct memx_extent_rep) { };
		status = open_new(store, &key, rq->peer_incarnation, c, rep);
	}
	mutex_unlock(&store->lock);
	return status;
}

/**
 * memx_srv_detach_one - take an extent out of the store
 * @store:	store; its lock is held
 * @ext:	extent; memx_srv_reap() is to follow
 *
 * 1. Nobody finds it any more (handle, key).
 * 2. Who has found it by its handle sees that it is dead, and takes nothing from it.
 */
void memx_srv_detach_one(struct memx_srv *store, struct memx_srv_extent *ext)
{
	memx_srv_index_del(store, ext);
	spin_lock_bh(&ext->lock);
	ext->dead = true;
	spin_unlock_bh(&ext->lock);
	list_add_tail(&ext->list, &store->dead_list);
}

/**
 * memx_srv_detach - take extents out of the store
 * @store:	store; its lock is held
 * @match:	which
 * @arg:	for @match
 *
 * Return: how many; memx_srv_reap() is to follow.
 */
u64 memx_srv_detach(struct memx_srv *store, memx_srv_match_fn match, const void *arg)
{
	static const struct memx_srv_key first;
	struct memx_srv_extent *ext, *next;
	u64 n = 0;

	for (ext = memx_srv_find_from(store, &first); ext; ext = next) {
		next = memx_srv_next(ext);
		if (match(ext, arg)) {
			memx_srv_detach_one(store, ext);
			n++;
		}
	}
	return n;
}

/* The same, for the extents of a volume from a key on. */
u64 memx_srv_detach_volume(struct memx_srv *store, const struct memx_srv_key *from)
{
	struct memx_srv_extent *ext, *next;
	u64 n = 0;

	for (ext = memx_srv_find_from(store, from); ext && memx_srv_same_volume(&ext->key, from);
	     ext = next) {
		next = memx_srv_next(ext);
		memx_srv_detach_one(store, ext);
		n++;
	}
	return n;
}

static void destroy(struct memx_srv_extent *ext)
{
	unsigned int i;

	for_each_set_bit(i, ext->is_page, MEMX_EXTENT_PAGES)
		put_page(memx_srv_page(*memx_srv_word(ext, i)));
	words_free(ext);
	kfree_rcu(ext, rcu);
}

/**
 * memx_srv_reap - free what was taken out of the store
 * @store:	store; its lock is not held
 *
 * 1. Pages: a reply that refers to one holds a reference of its own.
 * 2. The words are only looked at under the extent's lock, by who has seen that it is not dead.
 * 3. The extent itself stays for an RCU grace period: who has found it still takes its lock.
 * 4. Only then are the capacity and the module given back.
 *
 * Context: process; may sleep, and takes its time.
 */
void memx_srv_reap(struct memx_srv *store)
{
	struct memx_srv_extent *ext, *next;
	LIST_HEAD(todo);
	u64 n = 0;

	mutex_lock(&store->lock);
	list_splice_init(&store->dead_list, &todo);
	mutex_unlock(&store->lock);
	list_for_each_entry_safe(ext, next, &todo, list) {
		destroy(ext);
		cond_resched();
		n++;
	}
	if (!n)
		return;
	mutex_lock(&store->lock);
	memx_srv_cap_release(&store->cap, n);
	memx_srv_announce(store);
	unhold(store, n);
	mutex_unlock(&store->lock);
}

void memx_srv_reap_work(struct work_struct *work)
{
	memx_srv_reap(container_of(work, struct memx_srv, reap_work));
}
