// SPDX-License-Identifier: GPL-2.0-only
/* Round trips of the transport: echo requests over a session of their own. */
#include <linux/completion.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ping.h"

#define WAIT		HZ
#define WAIT_SESSION	(5 * HZ)

struct echo {
	struct rmp_req		rq;
	struct rmp_echo		head;
	struct bio_vec		bv[RMP_PAGES_MAX];
	struct completion	done;
	ktime_t			end;
};

static void echo_done(struct rmp_req *rq)
{
	struct echo *e = container_of(rq, struct echo, rq);

	e->end = ktime_get();
	complete(&e->done);
}

static const struct rmp_sess_ops no_ops;

/* Return: nanoseconds, or -ETIMEDOUT. */
static s64 one(struct rmp_sess *s, struct echo *e, u32 size, unsigned long wait)
{
	ktime_t begin = ktime_get();

	reinit_completion(&e->done);
	e->head.reply_len = cpu_to_be32(size);
	e->rq.recv_len = size;
	rmp_submit(s, &e->rq);
	if (!wait_for_completion_timeout(&e->done, wait)) {
		rmp_cancel(s, &e->rq);
		wait_for_completion(&e->done);
	}
	return e->rq.err ? -ETIMEDOUT : ktime_to_ns(ktime_sub(e->end, begin));
}

static int run(struct rmp_sess *s, struct echo *e, struct rmp_ping *ping)
{
	u32 i;

	if (one(s, e, 0, WAIT_SESSION) < 0)
		return -ETIMEDOUT;
	for (i = 0; i < ping->count && !fatal_signal_pending(current); i++) {
		s64 ns = one(s, e, ping->size, WAIT);

		if (ns < 0)
			ping->lost++;
		else
			ping->ns[ping->done++] = min_t(s64, ns, U32_MAX);
	}
	return 0;
}

/**
 * rmp_ping - measure round trips
 * @node:	node
 * @ping:	what to measure; filled
 *
 * Context: process; waits.
 * Return: 0, -ETIMEDOUT when no session came about, -ENOMEM.
 */
int rmp_ping(struct rmp_node *node, struct rmp_ping *ping)
{
	struct echo *e = kzalloc(sizeof(*e), GFP_KERNEL);
	struct rmp_sess *s;
	unsigned int i;
	int err = -ENOMEM;

	ping->ns = kvcalloc(ping->count, sizeof(*ping->ns), GFP_KERNEL);
	if (!e || !ping->ns)
		goto free;
	init_completion(&e->done);
	e->rq.done = echo_done;
	e->rq.head = &e->head;
	e->rq.head_len = sizeof(e->head);
	e->rq.echo = true;
	e->rq.whole = true;
	e->rq.bv = e->bv;
	for (i = 0; i < DIV_ROUND_UP(ping->size, RMP_PAGE_SIZE); i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			goto free_pages;
		e->bv[i] = (struct bio_vec) { .bv_page = page, .bv_len = RMP_PAGE_SIZE };
		e->rq.nr_bv++;
	}
	s = rmp_sess_open(node, ping->id, 0, &no_ops, NULL);
	err = PTR_ERR_OR_ZERO(s);
	if (err)
		goto free_pages;
	err = run(s, e, ping);
	rmp_sess_close(s);

free_pages:
	while (e->rq.nr_bv)
		__free_page(e->bv[--e->rq.nr_bv].bv_page);
free:
	kfree(e);
	return err;
}
