// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages ready for writes: requests arrive in softirq, where the system cannot be asked to make
 * room. The pool is refilled in process context, and from pages that writes replace; when there is
 * none, clients are told "busy" and come again.
 */
#include <linux/slab.h>

#include "srv.h"

#define BATCH		64
#define LOW_PAGES	(MEMX_SRV_POOL_PAGES / 2)	/* below it the work is queued */

/*
 * The donor comes first. NOIO: clean page cache may go for a client's page, but nothing is swapped
 * or written out for it; two machines that swap to each other would otherwise wait for each other.
 */
#define GFP_FILL	(GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC)
#define GFP_SOFTIRQ	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

static bool wants(const struct memx_srv_pool *pool)
{
	return !READ_ONCE(pool->frugal) && READ_ONCE(pool->n) < MEMX_SRV_POOL_PAGES;
}

static void fill(struct work_struct *work)
{
	struct memx_srv_pool *pool = container_of(work, struct memx_srv_pool, work);
	struct page *got[BATCH];
	unsigned int n;

	do {
		for (n = 0; n < BATCH && wants(pool); n++) {
			got[n] = alloc_page(GFP_FILL);
			if (!got[n])
				break;
		}
		memx_srv_pool_put(pool, got, n);
		cond_resched();
	} while (n == BATCH);
}

void memx_srv_pool_init(struct memx_srv_pool *pool, struct workqueue_struct *wq)
{
	spin_lock_init(&pool->lock);
	INIT_WORK(&pool->work, fill);
	pool->wq = wq;
}

/**
 * memx_srv_pool_open - begin to give pages
 * @pool:	pool
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int memx_srv_pool_open(struct memx_srv_pool *pool)
{
	struct page **page = kvmalloc_array(MEMX_SRV_POOL_PAGES, sizeof(*page), GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	pool->frugal = false;
	spin_lock_bh(&pool->lock);
	pool->page = page;
	spin_unlock_bh(&pool->lock);
	queue_work(pool->wq, &pool->work);
	return 0;
}

/**
 * memx_srv_pool_close - give all back to the system
 * @pool:	pool
 *
 * 1. Nobody asks for pages any more: the service is not registered.
 * 2. Nobody brings any (work).
 *
 * Context: process.
 */
void memx_srv_pool_close(struct memx_srv_pool *pool)
{
	struct page **page = pool->page;

	cancel_work_sync(&pool->work);
	spin_lock_bh(&pool->lock);
	pool->page = NULL;
	spin_unlock_bh(&pool->lock);
	while (pool->n)
		__free_page(page[--pool->n]);
	kvfree(page);
}

/**
 * memx_srv_pool_frugal - may pages be taken from the system?
 * @pool:	pool
 * @frugal:	no
 */
void memx_srv_pool_frugal(struct memx_srv_pool *pool, bool frugal)
{
	WRITE_ONCE(pool->frugal, frugal);
	if (!frugal)
		queue_work(pool->wq, &pool->work);
}

/**
 * memx_srv_pool_get - a page for incoming data
 * @pool:	pool, open
 *
 * Context: softirq.
 * Return: the page, or NULL.
 */
struct page *memx_srv_pool_get(struct memx_srv_pool *pool)
{
	struct page *page = NULL;
	unsigned int left;

	spin_lock(&pool->lock);
	if (pool->n)
		page = pool->page[--pool->n];
	left = pool->n;
	spin_unlock(&pool->lock);
	if (likely(left >= LOW_PAGES) || READ_ONCE(pool->frugal))
		return page;
	queue_work(pool->wq, &pool->work);
	return page ?: alloc_page(GFP_SOFTIRQ);
}

/* Pages that are ours alone. What there is no room for goes to the system. */
static void keep(struct memx_srv_pool *pool, struct page **page, unsigned int n)
{
	unsigned int i = 0;

	spin_lock_bh(&pool->lock);
	if (pool->page)
		for (; i < n && pool->n < MEMX_SRV_POOL_PAGES; i++)
			pool->page[pool->n++] = page[i];
	spin_unlock_bh(&pool->lock);
	for (; i < n; i++)
		put_page(page[i]);
	memset(page, 0, n * sizeof(*page));
}

/**
 * memx_srv_pool_put - take pages back
 * @pool:	pool
 * @page:	pages, a reference of each, or NULL; all NULL afterwards
 * @n:		how many
 *
 * A page that somebody else refers to (a reply on its way) goes to the system when the last one
 * lets go.
 *
 * Context: any but hardirq.
 */
void memx_srv_pool_put(struct memx_srv_pool *pool, struct page **page, unsigned int n)
{
	unsigned int i, ours = 0;

	for (i = 0; i < n; i++) {
		struct page *p = page[i];

		page[i] = NULL;
		if (p && page_count(p) == 1)
			page[ours++] = p;
		else if (p)
			put_page(p);
	}
	if (ours)
		keep(pool, page, ours);
}
