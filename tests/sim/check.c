// SPDX-License-Identifier: GPL-2.0-only
/* What must hold of requests and pages. */
#include "vol.h"

struct req *req_by_id(struct load *l, u64 id)
{
	return id && id <= l->nrq ? l->rq[id - 1] : NULL;
}

static u64 word(u64 version, u32 page, u32 i)
{
	return (version << 20 | page) * 0x9e3779b97f4a7c15ull + i * 0xbf58476d1ce4e5b9ull;
}

/* The first word is the version itself. */
void fill_page(u8 *p, u64 version, u32 page)
{
	u64 *w = (u64 *)p;
	u32 i;

	for (i = 1; i < RMP_PAGE_SIZE / 8; i++)
		w[i] = word(version, page, i);
	w[0] = version;
}

static bool page_is(const u8 *p, u64 version, u32 page)
{
	const u64 *w = (const u64 *)p;
	u64 differ = w[0] ^ version;
	u32 i;

	for (i = 1; i < RMP_PAGE_SIZE / 8; i++)
		differ |= w[i] ^ word(version, page, i);
	return !differ;
}

u64 value_of(u64 version, u32 page)
{
	return word(version, page, 0) | 1;
}

void begin_write(struct req *rq)
{
	u32 i;

	rq->locked = true;
	for (i = 0; i < rq->count; i++) {
		struct vpage *p = &rq->vol->page[rq->page + i];

		p->writer = rq->id;
		p->writing = rq->op == MEMX_OP_ZERO ? 0 : rq->id;
	}
}

void end_write(struct req *rq, bool executed)
{
	struct vol *v = rq->vol;
	u32 i;

	rq->locked = false;
	for (i = 0; i < rq->count; i++) {
		struct vpage *p = &v->page[rq->page + i];

		p->writer = 0;
		if (!executed)
			continue;
		p->old[p->nold % OLD_MAX].version = p->now;
		p->old[p->nold++ % OLD_MAX].until_ns = v->w->now_ns;
		p->now = p->writing;
	}
}

/* May a read that began at @since_ns see @version? */
static bool may_see(const struct vpage *p, u64 version, u64 since_ns)
{
	u32 i;

	if (version == p->now || (p->writer && version == p->writing))
		return true;
	for (i = 0; i < min(p->nold, OLD_MAX); i++)
		if (p->old[i].version == version && p->old[i].until_ns >= since_ns)
			return true;
	return p->nold && p->nold >= OLD_MAX &&
	       p->old[p->nold % OLD_MAX].until_ns >= since_ns;	/* too much has been forgotten */
}

static bool travelled(struct load *l, u64 version, u32 page)
{
	const struct req *rq = req_by_id(l, version);

	return rq && rq->op == MEMX_OP_WRITE && page >= rq->page &&
	       page < rq->page + rq->count && rq->present & BIT(page - rq->page);
}

static void check_page(struct req *rq, u32 i)
{
	const struct vpage *p = &rq->vol->page[rq->page + i];
	const u8 *bytes = rq->data + i * RMP_PAGE_SIZE;
	u32 page = rq->page + i;
	u64 version;

	memcpy(&version, bytes, sizeof(version));
	if (!may_see(p, version, rq->began_ns))
		fail(rq->vol->w, "request %llu read version %llu of page %u, not %llu",
		     (unsigned long long)rq->id, (unsigned long long)version, page,
		     (unsigned long long)p->now);
	if (!travelled(rq->vol->w->load, version, page) || !page_is(bytes, version, page))
		fail(rq->vol->w, "request %llu read a page %u that nobody wrote, version %llu",
		     (unsigned long long)rq->id, page, (unsigned long long)version);
}

static void check_value(struct req *rq, u32 i, u64 value)
{
	const struct vpage *p = &rq->vol->page[rq->page + i];
	struct load *l = rq->vol->w->load;
	u32 page = rq->page + i, n;
	u64 version[OLD_MAX + 2] = { p->now, p->writer ? p->writing : p->now };

	for (n = 0; n < OLD_MAX; n++)
		version[2 + n] = n < p->nold ? p->old[n].version : p->now;
	for (n = 0; n < ARRAY_SIZE(version); n++)
		if (may_see(p, version[n], rq->began_ns) &&
		    value == (version[n] ? value_of(version[n], page) : 0) &&
		    (!version[n] || !travelled(l, version[n], page)))
			return;
	fail(rq->vol->w, "request %llu read value %llx of page %u, whose version is %llu",
	     (unsigned long long)rq->id, (unsigned long long)value, page,
	     (unsigned long long)p->now);
}

void check_read(struct req *rq)
{
	const __be64 *value = (const __be64 *)rq->rep_head;
	u32 i;

	if (rq->rep_len != rq->count * RMP_PAGE_SIZE ||
	    rq->rep_head_len != 8 * (rq->count - hweight16(rq->rep_present)))
		fail(rq->vol->w, "request %llu was answered with another length",
		     (unsigned long long)rq->id);
	for (i = 0; i < rq->count; i++) {
		if (rq->rep_present & BIT(i))
			check_page(rq, i);
		else
			check_value(rq, i, be64_to_cpu(*value++));
	}
}

void check_echo(struct req *rq)
{
	u32 i;

	if (rq->rep_len != rq->recv_len)
		fail(rq->vol->w, "echo %llu has another length", (unsigned long long)rq->id);
	for (i = 0; i < rq->rep_len; i++)
		if (rq->data[i])
			fail(rq->vol->w, "echo %llu is not of zeros", (unsigned long long)rq->id);
}

/* A request completes: for the first time, and not before it was executed. */
void check_completed(struct req *rq)
{
	struct world *w = rq->vol->w;

	note(w, "done request %llu op %llu err %lld status %llu", rq->id, rq->op, rq->err,
	     rq->status);
	if (rq->completed)
		fail(w, "request %llu completed twice", (unsigned long long)rq->id);
	rq->completed = true;
	w->stats.completed++;
	if (rq->err)
		return;
	if (rq->vol_epoch != rq->vol->epoch)
		fail(w, "request %llu was answered by a new incarnation",
		     (unsigned long long)rq->id);
	if (rq->status != RMP_OK && rq->status != RMP_BUSY)
		fail(w, "request %llu was answered with status %u", (unsigned long long)rq->id,
		     rq->status);
	if (rq->op != OP_ECHO && (rq->ran_in == rq->ran_before) != (rq->status == RMP_BUSY))
		fail(w, "request %llu, status %u: executed in session %llu, before in %llu",
		     (unsigned long long)rq->id, rq->status, (unsigned long long)rq->ran_in,
		     (unsigned long long)rq->ran_before);
}

/* A session that another has taken the place of executes nothing. */
static void check_superseded(struct node *n, const struct tsess *ts)
{
	const struct tsess *by;

	for (by = n->targets; by; by = by->next)
		if (by != ts && by->confirmed && by->number > ts->number &&
		    by->end.peer == ts->end.peer &&
		    (by->end.incarnation != ts->end.incarnation || by->end.id == ts->end.id))
			fail(n->w, "session %llu executes, but session %llu has taken its place",
			     (unsigned long long)ts->number, (unsigned long long)by->number);
}

void check_timeouts(struct world *w)
{
	/* Each request doubles its timeout eight times, to half a second; every slot may wait. */
	u64 slots = RMP_SLOTS_MAX * w->nnodes * SESS_MAX;
	u64 most = 10 * w->stats.requests + 100 + slots * 2 * (w->now_ns / NS_PER_S + 1);

	if (w->stats.timeouts > most)
		fail(w, "%llu timeouts of %llu requests", (unsigned long long)w->stats.timeouts,
		     (unsigned long long)w->stats.requests);
}

bool load_runs(struct node *n, u64 id, struct tsess *ts, const void *object)
{
	struct req *rq = req_by_id(n->w->load, id);
	struct world *w = n->w;

	note(w, "run request %llu in session %llu of node %llu", id, ts->number, n->index);
	if (!rq || !rq->starts)
		fail(w, "request %llu runs, but never began", (unsigned long long)id);
	check_superseded(n, ts);
	if (rq->ran_in == ts->number)
		fail(w, "request %llu runs twice", (unsigned long long)id);
	if (rq->ran_in > ts->number)
		fail(w, "request %llu runs in an older session than before",
		     (unsigned long long)id);
	if (!rq->vol->retired && rq->completed &&
	    !(rq->given_up && (rq->locked || rq->op == MEMX_OP_READ)))
		fail(w, "request %llu runs after it has completed", (unsigned long long)id);
	if (!rq->vol->retired && (!object || rq->vol_epoch != rq->vol->epoch))
		fail(w, "request %llu reaches a node that does not hold its pages",
		     (unsigned long long)id);
	rq->ran_in = ts->number;
	return object;
}
