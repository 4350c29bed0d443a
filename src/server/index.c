// SPDX-License-Identifier: GPL-2.0-only
/*
 * How extents are found: by their handle in softirq, in the order of owner, volume and number in
 * process context.
 */
#include "srv.h"

static int compare(const struct memx_srv_key *a, const struct memx_srv_key *b)
{
	int d = memcmp(a->owner, b->owner, sizeof(a->owner));

	if (!d)
		d = memcmp(a->volume, b->volume, sizeof(a->volume));
	if (d)
		return d;
	return a->index < b->index ? -1 : a->index > b->index;
}

bool memx_srv_same_volume(const struct memx_srv_key *a, const struct memx_srv_key *b)
{
	return !memcmp(a->owner, b->owner, sizeof(a->owner)) &&
	       !memcmp(a->volume, b->volume, sizeof(a->volume));
}

static struct memx_srv_extent *extent_of(struct rb_node *n)
{
	return rb_entry_safe(n, struct memx_srv_extent, node);
}

/**
 * memx_srv_find_from - the first extent from a key on
 * @store:	store; its lock is held
 * @key:	from here, in the order of owner, volume, index
 *
 * Return: the extent, or NULL.
 */
struct memx_srv_extent *memx_srv_find_from(struct memx_srv *store, const struct memx_srv_key *key)
{
	struct rb_node *n = store->by_key.rb_node;
	struct memx_srv_extent *best = NULL;

	lockdep_assert_held(&store->lock);
	while (n) {
		struct memx_srv_extent *ext = extent_of(n);

		if (compare(&ext->key, key) >= 0) {
			best = ext;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

struct memx_srv_extent *memx_srv_find(struct memx_srv *store, const struct memx_srv_key *key)
{
	struct memx_srv_extent *ext = memx_srv_find_from(store, key);

	return ext && !compare(&ext->key, key) ? ext : NULL;
}

/* The next in the order of keys, or NULL. */
struct memx_srv_extent *memx_srv_next(struct memx_srv_extent *ext)
{
	return extent_of(rb_next(&ext->node));
}

/**
 * memx_srv_by_handle - extent by its handle
 * @store:	store
 * @handle:	from the wire
 *
 * Context: RCU read side, or store->lock.
 * Return: the extent, or NULL.
 */
struct memx_srv_extent *memx_srv_by_handle(struct memx_srv *store, u64 handle)
{
	struct memx_srv_extent *ext = xa_load(&store->by_handle, (u32)handle);

	return ext && ext->handle == handle ? ext : NULL;
}

/**
 * memx_srv_index_add - give an extent its handle, make it known
 * @store:	store; its lock is held
 * @ext:	extent; no other has its key
 *
 * Return: 0, -ENOMEM, or -ENOSPC when this start of the store has used up its handles.
 */
int memx_srv_index_add(struct memx_srv *store, struct memx_srv_extent *ext)
{
	struct rb_node **link = &store->by_key.rb_node, *parent = NULL;
	int err;

	lockdep_assert_held(&store->lock);
	if (store->next_handle == U32_MAX)
		return -ENOSPC;
	ext->handle = (u64)store->start_id << 32 | store->next_handle;
	err = xa_err(xa_store(&store->by_handle, store->next_handle, ext,
			      GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN));
	if (err)
		return err;
	store->next_handle++;
	while (*link) {
		parent = *link;
		link = compare(&ext->key, &extent_of(parent)->key) < 0 ? &parent->rb_left
								       : &parent->rb_right;
	}
	rb_link_node(&ext->node, parent, link);
	rb_insert_color(&ext->node, &store->by_key);
	return 0;
}

void memx_srv_index_del(struct memx_srv *store, struct memx_srv_extent *ext)
{
	lockdep_assert_held(&store->lock);
	xa_erase(&store->by_handle, (u32)ext->handle);
	rb_erase(&ext->node, &store->by_key);
}
