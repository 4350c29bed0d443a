// SPDX-License-Identifier: GPL-2.0-only
/* Control requests, executed in process context, one after the other. */
#include "srv.h"

#define GFP_LIST	(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN | __GFP_ZERO)

static void extent_open(struct memx_srv *store, struct rmp_treq *rq,
			const struct memx_srv_control *c)
{
	struct memx_extent_rep *rep = (struct memx_extent_rep *)rq->rep_head;

	*rep = (struct memx_extent_rep) { };
	rq->status = memx_srv_open(store, rq, c, rep);
	if (rq->status == RMP_OK)
		rq->rep_head_len = sizeof(*rep);
	else if (rq->status == RMP_BUSY)
		memx_srv_count(store, busy, 1);
	else if (rq->status == RMP_NOSPC || rq->status == RMP_REFUSED)
		memx_srv_count(store, refused, 1);
}

/* A lower owner epoch may not free what a new owner has taken over. Return: enum rmp_status. */
static u8 may_close(struct memx_srv_extent *ext, const struct memx_srv_control *c)
{
	u8 status;

	spin_lock_bh(&ext->lock);
	status = c->epoch < ext->epoch ? RMP_FENCED : RMP_OK;
	spin_unlock_bh(&ext->lock);
	return status;
}

static void extent_close(struct memx_srv *store, struct rmp_treq *rq,
			 const struct memx_srv_control *c)
{
	struct memx_srv_extent *ext;

	mutex_lock(&store->lock);
	ext = memx_srv_by_handle(store, c->handle);
	if (!ext || memcmp(ext->key.owner, rq->peer_id, RMP_NODE_ID_LEN) ||
	    ext->generation != c->generation)
		rq->status = RMP_STALE;
	else
		rq->status = may_close(ext, c);
	if (rq->status == RMP_OK)
		memx_srv_detach_one(store, ext);
	mutex_unlock(&store->lock);
	memx_srv_reap(store);
}

static struct memx_srv_key volume_key(const struct rmp_treq *rq, const struct memx_srv_control *c)
{
	struct memx_srv_key key = { .index = c->index };

	memcpy(key.owner, rq->peer_id, sizeof(key.owner));
	memcpy(key.volume, c->volume, sizeof(key.volume));
	return key;
}

/* All or nothing: when one extent is fenced, the volume has a new owner. */
static void volume_release(struct memx_srv *store, struct rmp_treq *rq,
			   const struct memx_srv_control *c)
{
	struct memx_volume_rep *rep = (struct memx_volume_rep *)rq->rep_head;
	struct memx_srv_key key = volume_key(rq, c);
	struct memx_srv_extent *ext;
	u64 n = 0;

	mutex_lock(&store->lock);
	for (ext = memx_srv_find_from(store, &key); ext && memx_srv_same_volume(&ext->key, &key);
	     ext = memx_srv_next(ext)) {
		rq->status = may_close(ext, c);
		if (rq->status != RMP_OK)
			break;
	}
	if (rq->status == RMP_OK)
		n = memx_srv_detach_volume(store, &key);
	mutex_unlock(&store->lock);
	memx_srv_reap(store);
	if (rq->status != RMP_OK)
		return;
	*rep = (struct memx_volume_rep) { .count = cpu_to_be32(n) };
	rq->rep_head_len = sizeof(*rep);
}

#define PER_PAGE	(RMP_PAGE_SIZE / sizeof(struct memx_extent_entry))

static struct memx_extent_entry entry_of(struct memx_srv_extent *ext)
{
	struct memx_extent_entry e = {
		.index = cpu_to_be64(ext->key.index),
		.handle = cpu_to_be64(ext->handle),
		.generation = cpu_to_be32(ext->generation),
	};

	spin_lock_bh(&ext->lock);
	e.epoch = cpu_to_be32(ext->epoch);
	e.written = cpu_to_be32(ext->npages + ext->nvalues);
	spin_unlock_bh(&ext->lock);
	return e;
}

/*
 * As many as fit in a reply, or in the memory that there is: the client asks again from where this
 * ends.
 */
static void extent_list(struct memx_srv *store, struct rmp_treq *rq,
			const struct memx_srv_control *c)
{
	struct memx_volume_rep *rep = (struct memx_volume_rep *)rq->rep_head;
	struct memx_srv_key key = volume_key(rq, c);
	struct memx_srv_extent *ext;
	unsigned int n = 0;

	mutex_lock(&store->lock);
	ext = memx_srv_find_from(store, &key);
	for (; ext && memx_srv_same_volume(&ext->key, &key); ext = memx_srv_next(ext), n++) {
		unsigned int page = n / PER_PAGE;
		struct memx_extent_entry *e;

		if (n % PER_PAGE == 0) {
			if (page == RMP_PAGES_MAX)
				break;
			rq->rep_page[page] = alloc_page(GFP_LIST);
			if (!rq->rep_page[page])
				break;
			rq->rep_present |= BIT(page);
		}
		e = page_address(rq->rep_page[page]);
		e[n % PER_PAGE] = entry_of(ext);
	}
	rep->more = cpu_to_be32(ext && memx_srv_same_volume(&ext->key, &key));
	mutex_unlock(&store->lock);
	if (rep->more && !n) {
		rq->status = RMP_BUSY;
		memx_srv_count(store, busy, 1);
		return;
	}
	rep->count = cpu_to_be32(n);
	rq->rep_head_len = sizeof(*rep);
	rq->rep_len = n * sizeof(struct memx_extent_entry);
}

static void execute(struct memx_srv *store, struct rmp_treq *rq)
{
	struct memx_srv_head head = memx_srv_head(rq);
	struct memx_srv_control c;

	rq->slow = true;
	if (!memx_srv_parse_control(&c, &head))
		rq->status = RMP_INVAL;
	else if (c.op == MEMX_OP_EXTENT_OPEN)
		extent_open(store, rq, &c);
	else if (c.op == MEMX_OP_EXTENT_CLOSE)
		extent_close(store, rq, &c);
	else if (c.op == MEMX_OP_VOLUME_RELEASE)
		volume_release(store, rq, &c);
	else
		extent_list(store, rq, &c);
	rmp_reply(rq);
}

void memx_srv_control_work(struct work_struct *work)
{
	struct memx_srv *store = container_of(work, struct memx_srv, control_work);
	struct rmp_treq *rq, *next;
	LIST_HEAD(todo);

	spin_lock_bh(&store->control_lock);
	list_splice_init(&store->control, &todo);
	spin_unlock_bh(&store->control_lock);
	list_for_each_entry_safe(rq, next, &todo, list) {
		list_del_init(&rq->list);
		execute(store, rq);
	}
}

/**
 * memx_srv_control - have a control request executed
 * @store:	store
 * @rq:		request
 *
 * Context: softirq.
 */
void memx_srv_control(struct memx_srv *store, struct rmp_treq *rq)
{
	spin_lock(&store->control_lock);
	list_add_tail(&rq->list, &store->control);
	spin_unlock(&store->control_lock);
	queue_work(store->wq, &store->control_work);
}
