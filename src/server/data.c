// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data requests, executed in softirq. A write puts new pages in the place of old ones; it never
 * changes a page, so a reply can refer to a stored page while the page is being replaced.
 */
#include "srv.h"

/* Empty a slot. Return: the page that was there, to be freed after the lock is gone, or NULL. */
static struct page *empty(struct memx_srv_extent *ext, unsigned int n)
{
	u64 *word = memx_srv_word(ext, n);
	struct page *old = NULL;

	lockdep_assert_held(&ext->lock);
	if (test_bit(n, ext->is_page)) {
		old = memx_srv_page(*word);
		__clear_bit(n, ext->is_page);
		ext->npages--;
	} else if (*word) {
		ext->nvalues--;
	}
	*word = 0;
	return old;
}

static void put_in(struct memx_srv_extent *ext, unsigned int n, struct page *page)
{
	*memx_srv_word(ext, n) = (unsigned long)page;
	__set_bit(n, ext->is_page);
	ext->npages++;
}

static void put_value(struct memx_srv_extent *ext, unsigned int n, u64 value)
{
	*memx_srv_word(ext, n) = value;
	if (value)
		ext->nvalues++;
}

static void do_read(struct memx_srv_extent *ext, const struct memx_srv_data *d, struct rmp_treq *rq)
{
	__be64 *values = (__be64 *)rq->rep_head;
	unsigned int i;

	for (i = 0; i < d->count; i++) {
		u64 word = *memx_srv_word(ext, d->page + i);

		if (test_bit(d->page + i, ext->is_page)) {
			get_page(memx_srv_page(word));
			rq->rep_page[i] = memx_srv_page(word);
			rq->rep_present |= BIT(i);
		} else {
			*values++ = cpu_to_be64(word);
		}
	}
	rq->rep_len = d->count * RMP_PAGE_SIZE;
	rq->rep_head_len = (u8 *)values - rq->rep_head;
}

/* The request's pages for those that were there. */
static void do_write(struct memx_srv_extent *ext, const struct memx_srv_data *d,
		     struct rmp_treq *rq)
{
	const __be64 *value = d->values;
	unsigned int i;

	for (i = 0; i < d->count; i++) {
		struct page *old = empty(ext, d->page + i);

		if (rq->present & BIT(i))
			put_in(ext, d->page + i, rq->page[i]);
		else
			put_value(ext, d->page + i, be64_to_cpu(*value++));
		rq->page[i] = old;
	}
}

#define ZERO_BATCH	64

/* Up to ZERO_BATCH slots from @from on, below @end. Return: how far. */
static unsigned int do_zero(struct memx_srv_extent *ext, unsigned int from, unsigned int end,
			    struct page **old)
{
	unsigned int n;

	end = min(end, from + ZERO_BATCH);
	for (n = from; n < end; n++)
		old[n - from] = empty(ext, n);
	return end;
}

/* May this request touch the extent? Return: enum rmp_status. */
static u8 admit(struct memx_srv_extent *ext, const struct memx_srv_data *d,
		const struct rmp_treq *rq)
{
	lockdep_assert_held(&ext->lock);
	if (ext->dead || memcmp(ext->key.owner, rq->peer_id, RMP_NODE_ID_LEN) ||
	    ext->incarnation != rq->peer_incarnation || ext->generation != d->generation)
		return RMP_STALE;
	if (d->epoch < ext->epoch)
		return RMP_FENCED;
	ext->epoch = d->epoch;
	return RMP_OK;
}

static void zero(struct memx_srv *store, struct memx_srv_extent *ext, const struct memx_srv_data *d,
		 struct rmp_treq *rq)
{
	unsigned int from, next = d->page, end = d->page + d->count;
	struct page *old[ZERO_BATCH];

	/*
	 * Admitted anew each time: between two batches a new owner may have come, or the extent may
	 * have gone.
	 */
	do {
		from = next;
		spin_lock(&ext->lock);
		rq->status = admit(ext, d, rq);
		if (rq->status == RMP_OK)
			next = do_zero(ext, from, end, old);
		spin_unlock(&ext->lock);
		memx_srv_pool_put(&store->pool, old, next - from);
	} while (rq->status == RMP_OK && next < end);
	memx_srv_count(store, zeros, next - d->page);
}

/* Would a write leave fewer pages for others? */
static bool takes_pages(struct memx_srv_extent *ext, const struct memx_srv_data *d,
			const struct rmp_treq *rq)
{
	unsigned int i;
	int n = 0;

	lockdep_assert_held(&ext->lock);
	for (i = 0; i < d->count; i++)
		n += !!(rq->present & BIT(i)) - !!test_bit(d->page + i, ext->is_page);
	return n > 0;
}

static void read_or_write(struct memx_srv *store, struct memx_srv_extent *ext,
			  const struct memx_srv_data *d, struct rmp_treq *rq)
{
	spin_lock(&ext->lock);
	rq->status = admit(ext, d, rq);
	if (likely(rq->status == RMP_OK)) {
		if (d->op == MEMX_OP_READ)
			do_read(ext, d, rq);
		else if (unlikely(READ_ONCE(store->pool.frugal)) && takes_pages(ext, d, rq))
			rq->status = RMP_BUSY;
		else
			do_write(ext, d, rq);
	}
	spin_unlock(&ext->lock);
	if (unlikely(rq->status != RMP_OK)) {
		if (rq->status == RMP_BUSY)
			memx_srv_count(store, busy, 1);
		return;
	}
	if (d->op == MEMX_OP_READ)
		memx_srv_count(store, reads, d->count);
	else
		memx_srv_count(store, writes, d->count);
}

/**
 * memx_srv_data - execute a data request and answer it
 * @store:	store
 * @rq:		request
 *
 * Context: softirq, RCU read side. Reclaim-safe: allocates nothing, waits for nothing.
 */
void memx_srv_data(struct memx_srv *store, struct rmp_treq *rq)
{
	struct memx_srv_head head = memx_srv_head(rq);
	struct memx_srv_extent *ext;
	struct memx_srv_data d;

	if (unlikely(!memx_srv_parse_data(&d, &head))) {
		rq->status = RMP_INVAL;
		goto reply;
	}
	ext = memx_srv_by_handle(store, d.handle);
	if (unlikely(!ext))
		rq->status = RMP_STALE;
	else if (d.op == MEMX_OP_ZERO)
		zero(store, ext, &d, rq);
	else
		read_or_write(store, ext, &d, rq);
reply:
	/* Pages that a write has replaced, or those of one that was refused. */
	if (rq->data_len)
		memx_srv_pool_put(&store->pool, rq->page,
				  DIV_ROUND_UP(rq->data_len, RMP_PAGE_SIZE));
	rmp_reply(rq);
}
