// SPDX-License-Identifier: GPL-2.0-only
#include "store.h"
#include "load.h"
#include "memx_srv_parse.h"

struct extent {
	struct extent	*next;
	u64		handle;
	unsigned int	peer;
	u64		incarnation;	/* of the peer that opened it */
	u8		volume[MEMX_UUID_LEN];
	struct page	*page[VOL_PAGES];
	u64		value[VOL_PAGES];	/* where there is no page */
};

struct store {
	struct extent	*extents;
	struct treq	*first, **last;	/* wait for process context */
	struct timer	work;
};

static void control(struct node *n, struct treq *rq);

static void do_work(void *arg)
{
	struct node *n = arg;
	struct store *st = n->store;
	struct treq *rq = st->first;

	if (!rq)
		return;
	st->first = rq->next;
	if (!st->first)
		st->last = &st->first;
	else
		timer_arm(n->w, &st->work, below(n->w, 500 * NS_PER_US));
	control(n, rq);
}

struct store *store_new(struct node *n)
{
	struct store *st = calloc(1, sizeof(*st));

	st->last = &st->first;
	node_timer(n, &st->work, do_work, n);
	return st;
}

static void extent_free(struct world *w, struct extent *e)
{
	unsigned int i;

	for (i = 0; i < VOL_PAGES; i++)
		page_put(w, e->page[i]);
	free(e);
}

void store_free(struct node *n)
{
	struct store *st = n->store;

	while (st->extents) {
		struct extent *e = st->extents;

		st->extents = e->next;
		extent_free(n->w, e);
	}
	while (st->first) {	/* requests hold their sessions */
		struct treq *rq = st->first;

		st->first = rq->next;
		tsess_put(rq->ts);
	}
	timer_stop(n->w, &st->work);
	free(st);
	n->store = NULL;
}

u64 store_pages(const struct node *n)
{
	struct extent *e;
	unsigned int i;
	u64 sum = 0;

	for (e = n->store->extents; e; e = e->next)
		for (i = 0; i < VOL_PAGES; i++)
			sum += !!e->page[i];
	return sum;
}

struct page *store_page_get(struct node *n)
{
	return chance(n->w, load_nomem(n->w)) ? NULL : page_new(n->w);
}

static struct extent *find(struct node *n, const struct treq *rq, u64 handle)
{
	struct extent *e;

	for (e = n->store->extents; e; e = e->next)
		if (e->handle == handle && e->peer == rq->peer &&
		    e->incarnation == rq->peer_incarnation)
			return e;
	return NULL;
}

static void read_pages(struct extent *e, struct treq *rq, const struct memx_srv_data *d)
{
	__be64 *value = (__be64 *)rq->rep_head;
	unsigned int i;

	rq->rep_len = d->count * RMP_PAGE_SIZE;
	for (i = 0; i < d->count; i++) {
		struct page *p = e->page[d->page + i];

		if (p) {
			p->refs++;
			rq->rep_page[i] = p;
			rq->rep_present |= BIT(i);
		} else {
			*value++ = cpu_to_be64(e->value[d->page + i]);
		}
	}
	rq->rep_head_len = (u8 *)value - rq->rep_head;
}

static void write_pages(struct world *w, struct extent *e, struct treq *rq,
			const struct memx_srv_data *d)
{
	const __be64 *value = d->values;
	unsigned int i;

	for (i = 0; i < d->count; i++) {
		struct page *p = NULL;

		e->value[d->page + i] = 0;
		if (d->op == MEMX_OP_WRITE && rq->present & BIT(i)) {
			p = rq->page[i];
			rq->page[i] = NULL;
		} else if (d->op == MEMX_OP_WRITE) {
			e->value[d->page + i] = be64_to_cpu(*value++);
		}
		page_put(w, e->page[d->page + i]);
		e->page[d->page + i] = p;
	}
}

static u8 data_request(struct node *n, struct treq *rq, const struct memx_srv_data *d)
{
	u64 id = (u64)d->generation << 32 | d->epoch;
	struct extent *e = find(n, rq, d->handle);

	if (!load_runs(n, id, rq->ts, e))
		return RMP_STALE;
	if (d->page + d->count > VOL_PAGES)
		return RMP_INVAL;
	if (d->op == MEMX_OP_READ)
		read_pages(e, rq, d);
	else
		write_pages(n->w, e, rq, d);
	return RMP_OK;
}

static struct extent *open_extent(struct node *n, struct treq *rq, const u8 *volume)
{
	struct extent *e;

	for (e = n->store->extents; e; e = e->next)
		if (!memcmp(e->volume, volume, MEMX_UUID_LEN) && e->peer == rq->peer &&
		    e->incarnation == rq->peer_incarnation)
			return e;
	e = calloc(1, sizeof(*e));
	e->handle = rnd(n->w);
	e->peer = rq->peer;
	e->incarnation = rq->peer_incarnation;
	memcpy(e->volume, volume, MEMX_UUID_LEN);
	e->next = n->store->extents;
	n->store->extents = e;
	return e;
}

static void control(struct node *n, struct treq *rq)
{
	struct memx_srv_head h = {
		.bytes = rq->head, .len = rq->head_len, .data_len = rq->data_len,
		.present = rq->present,
	};
	struct memx_extent_rep rep = { 0 };
	struct memx_srv_control c;

	rq->slow = true;
	if (!memx_srv_parse_control(&c, &h) || c.op != MEMX_OP_EXTENT_OPEN) {
		rq->status = RMP_INVAL;
	} else if (load_runs(n, (u64)c.generation << 32 | c.epoch, rq->ts, n->store)) {
		rep.handle = cpu_to_be64(open_extent(n, rq, c.volume)->handle);
		memcpy(rq->rep_head, &rep, sizeof(rep));
		rq->rep_head_len = sizeof(rep);
	} else {
		rq->status = RMP_STALE;
	}
	treq_reply(rq);
}

void store_request(struct node *n, struct treq *rq)
{
	struct memx_srv_head h = {
		.bytes = rq->head, .len = rq->head_len, .data_len = rq->data_len,
		.present = rq->present,
	};
	struct store *st = n->store;
	struct memx_srv_data d;

	n->w->stats.executed++;
	if (rq->head_len && rq->head[0] >= MEMX_OP_CONTROL) {
		rq->next = NULL;
		*st->last = rq;
		st->last = &rq->next;
		if (!timer_armed(&st->work))
			timer_arm(n->w, &st->work, below(n->w, 2 * NS_PER_MS));
		return;
	}
	rq->status = memx_srv_parse_data(&d, &h) ? data_request(n, rq, &d) : RMP_INVAL;
	treq_reply(rq);
}

/* What it had taken from the peer's earlier sessions is finished; what they opened is freed. */
void store_peer_up(struct node *n, unsigned int peer, u64 incarnation)
{
	struct extent **at = &n->store->extents;

	while (n->store->first)
		do_work(n);
	timer_stop(n->w, &n->store->work);
	while (*at) {
		struct extent *e = *at;

		if (e->peer == peer && e->incarnation != incarnation) {
			*at = e->next;
			extent_free(n->w, e);
		} else {
			at = &e->next;
		}
	}
}

void store_again(struct node *n, struct treq *rq)
{
	struct memx_srv_head h = {
		.bytes = rq->head, .len = rq->head_len, .data_len = rq->data_len,
		.present = rq->present,
	};
	struct memx_srv_data d;

	if (rq->status == RMP_OK && rq->head_len > sizeof(struct rmp_echo) &&
	    memx_srv_parse_data(&d, &h) && d.op != MEMX_OP_READ)
		load_runs(n, (u64)d.generation << 32 | d.epoch, rq->ts, find(n, rq, d.handle));
}

void store_early(struct node *n, struct treq *rq)
{
	struct memx_srv_head h = {
		.bytes = rq->head, .len = rq->head_len, .data_len = rq->data_len,
		.present = rq->present,
	};
	struct memx_srv_data d;
	struct extent *e;
	unsigned int i;

	if (!(rq->ts->tgt.slot[rq->n].got & 1) || !memx_srv_parse_data(&d, &h) ||
	    d.op != MEMX_OP_WRITE || d.page + d.count > VOL_PAGES)
		return;
	e = find(n, rq, d.handle);
	for (i = 0; e && i < d.count; i++) {
		if (!rq->page[i] || e->page[d.page + i] == rq->page[i])
			continue;
		page_put(n->w, e->page[d.page + i]);
		e->page[d.page + i] = rq->page[i];
		rq->page[i]->refs++;
	}
}
