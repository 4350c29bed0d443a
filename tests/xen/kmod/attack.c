// SPDX-License-Identifier: GPL-2.0-only
/* What a guest can write into its ring. */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/page.h>

#include "evil.h"

#define ERROR		BLKIF_RSP_ERROR
#define NOTSUPP		BLKIF_RSP_EOPNOTSUPP
#define READ_OP		BLKIF_OP_READ
#define WRITE_OP	BLKIF_OP_WRITE

/* All is well with the disk. */
static bool works(struct evil *e, const char *after)
{
	static u32 n;

	n++;
	memset(e->page[0], n, PAGE_SIZE);
	evil_rw(e, WRITE_OP, 8 * 11, 1);
	if (!evil_expect(e, 0, after))
		return false;
	memset(e->page[0], 0, PAGE_SIZE);
	evil_rw(e, READ_OP, 8 * 11, 1);
	if (!evil_expect(e, 0, after))
		return false;
	if (memchr_inv(e->page[0], (u8)n, PAGE_SIZE))
		return evil_fail("%s: what was written is not read", after);
	return true;
}

bool attack_ops(struct evil *e)
{
	unsigned int op;

	for (op = 0; op < 256; op++) {
		evil_next(e)->operation = op;
		if (!evil_expect(e, op == BLKIF_OP_FLUSH_DISKCACHE ? 0 :
				 op == READ_OP || op == WRITE_OP || op == BLKIF_OP_DISCARD ||
				 op == BLKIF_OP_INDIRECT ? ERROR : NOTSUPP, "opcode"))
			return false;
	}
	return works(e, "after opcodes");
}

static bool with_segs(struct evil *e, unsigned int n, u8 first, u8 last, u64 sector)
{
	struct blkif_request *req = &e->sring->ring[e->prod & 31].req;
	unsigned int i;

	evil_rw(e, WRITE_OP, sector, n);
	for (i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
		req->u.rw.seg[i].first_sect = first;
		req->u.rw.seg[i].last_sect = last;
	}
	return evil_expect(e, ERROR, "segments");
}

bool attack_segs(struct evil *e)
{
	u64 sectors = xenbus_read_unsigned(e->xdev->otherend, "sectors", 0);
	unsigned int n;

	for (n = 12; n < 256; n++)
		if (!with_segs(e, n, 0, 7, 0))
			return false;
	return with_segs(e, 0, 0, 7, 0) && with_segs(e, 1, 5, 4, 0) && with_segs(e, 1, 0, 8, 0) &&
	       with_segs(e, 1, 0, 255, 0) && with_segs(e, 1, 255, 255, 0) &&
	       with_segs(e, 1, 0, 6, 0) && with_segs(e, 1, 0, 7, 1) &&
	       with_segs(e, 1, 0, 7, sectors) && with_segs(e, 2, 0, 7, sectors - 8) &&
	       with_segs(e, 1, 0, 7, ~0ULL) && with_segs(e, 1, 0, 7, ~7ULL) &&
	       with_segs(e, 11, 0, 7, 1ULL << 63) && works(e, "after segments");
}

static bool with_gref(struct evil *e, u8 op, grant_ref_t gref, unsigned int segs)
{
	struct blkif_request *req = &e->sring->ring[e->prod & 31].req;

	evil_rw(e, op, 0, segs);
	req->u.rw.seg[segs - 1].gref = gref;
	return evil_expect(e, ERROR, "grant");
}

/* Pages that are not granted, granted for reading only, or no longer. */
bool attack_grefs(struct evil *e)
{
	grant_ref_t ro, gone;
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	bool ok;

	ro = gnttab_grant_foreign_access(e->xdev->otherend_id, virt_to_gfn(page), 1);
	gone = gnttab_grant_foreign_access(e->xdev->otherend_id, virt_to_gfn(page), 0);
	gnttab_end_foreign_access(gone, NULL);
	ok = with_gref(e, READ_OP, ~0U, 1) && with_gref(e, WRITE_OP, ~0U, 11) &&
	     with_gref(e, WRITE_OP, 1 << 21, 1) && with_gref(e, READ_OP, 1 << 20, 5) &&
	     with_gref(e, READ_OP, ro, 3) && with_gref(e, WRITE_OP, gone, 2) &&
	     works(e, "after grants");
	gnttab_end_foreign_access(ro, virt_to_page(page));
	return ok;
}

static bool with_indirect(struct evil *e, u8 op, u16 n, grant_ref_t gref, int status)
{
	struct blkif_request *req = evil_next(e);

	req->operation = BLKIF_OP_INDIRECT;
	req->u.indirect.indirect_op = op;
	req->u.indirect.nr_segments = n;
	req->u.indirect.indirect_grefs[0] = gref;
	return evil_expect(e, status, "indirect");
}

bool attack_indirect(struct evil *e)
{
	struct blkif_request_segment *seg = e->page[0];
	unsigned int i, n;

	for (i = 0; i < 63; i++) {
		seg[i].gref = e->gref[i + 1];
		seg[i].first_sect = 0;
		seg[i].last_sect = 7;
	}
	if (!with_indirect(e, WRITE_OP, 63, e->gref[0], 0) ||
	    !with_indirect(e, READ_OP, 63, e->gref[0], 0))
		return false;
	for (n = 65; n; n = n * 2 & 0xffff)
		if (!with_indirect(e, READ_OP, n, e->gref[0], ERROR))
			return false;
	for (i = 2; i < 256; i++)
		if (!with_indirect(e, i, 8, e->gref[0], ERROR))
			return false;
	if (!with_indirect(e, READ_OP, 0, e->gref[0], ERROR) ||
	    !with_indirect(e, READ_OP, 0xffff, e->gref[0], ERROR) ||
	    !with_indirect(e, READ_OP, 8, ~0U, ERROR))
		return false;
	seg[62].last_sect = 200;
	if (!with_indirect(e, READ_OP, 63, e->gref[0], ERROR))
		return false;
	seg[62].last_sect = 7;
	seg[62].gref = ~0U;
	if (!with_indirect(e, READ_OP, 63, e->gref[0], ERROR))
		return false;
	/* Its own segments are what it reads into. */
	for (i = 0; i < 63; i++)
		seg[i].gref = e->gref[0];
	return with_indirect(e, READ_OP, 63, e->gref[0], 0) && works(e, "after indirect ones");
}

/* The same name for all: each has its response. And all at once, into one page. */
bool attack_ids(struct evil *e)
{
	unsigned int round, i;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < 32; i++) {
			evil_rw(e, i & 1 ? READ_OP : WRITE_OP, 8 * i, 11);
			e->sring->ring[(e->prod - 1) & 31].req.u.rw.id = 0xdeadbeefcafef00dULL;
		}
		evil_push(e);
		for (i = 0; i < 32; i++) {
			if (!evil_wait(e, 1, 10000))
				return false;
			if (e->last_id != 0xdeadbeefcafef00dULL || e->last)
				return evil_fail("a response has id %llx, status %d", e->last_id,
						 e->last);
		}
	}
	return works(e, "after ids");
}

static int scribble(void *arg)
{
	struct evil *e = arg;
	u32 x = 1;

	while (!kthread_should_stop()) {
		u8 *ring = (u8 *)e->sring->ring, *segs = e->page[0];

		x = x * 1664525 + 1013904223;
		ring[(x >> 8) % (32 * 112)] = x >> 24;
		segs[(x >> 4) % PAGE_SIZE] = x >> 20;
		if (!(x & 0xff00))
			cond_resched();
	}
	return 0;
}

/* Entries and segments change while they are read: whatever comes of it, one response for each. */
bool attack_rewrite(struct evil *e)
{
	struct task_struct *task = kthread_run(scribble, e, "scribble");
	unsigned int round, i;
	bool ok = true;

	for (round = 0; round < 200 && ok; round++) {
		for (i = 0; i < 32; i++) {
			struct blkif_request *req = &e->sring->ring[e->prod & 31].req;

			evil_rw(e, i & 1 ? READ_OP : WRITE_OP, 8 * i, 11);
			if (i % 3)
				continue;
			req->operation = BLKIF_OP_INDIRECT;
			req->u.indirect.indirect_op = READ_OP;
			req->u.indirect.nr_segments = 64;
			req->u.indirect.indirect_grefs[0] = e->gref[0];
		}
		evil_push(e);
		ok = evil_wait(e, 32, 20000);
	}
	kthread_stop(task);
	return ok && works(e, "after rewriting");
}

/* The backend serves such a ring no more; all is well with a new one. */
bool attack_prod(struct evil *e)
{
	static const u32 jump[] = { 33, 1000, 1U << 31, ~0U };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jump); i++) {
		evil_rw(e, READ_OP, 0, 1);
		virt_wmb();
		e->sring->req_prod = e->prod - 1 + jump[i];
		notify_remote_via_evtchn(e->port);
		msleep(200);
		if (e->sring->rsp_prod != e->cons)
			return evil_fail("a ring with %u requests is served", jump[i]);
		evil_disconnect(e);
		if (!evil_connect(e) || !works(e, "after a jump"))
			return false;
	}
	return true;
}

/* What is the backend's to write: it looks at its own. */
bool attack_indices(struct evil *e)
{
	unsigned int i, ms;
	u32 was;

	for (i = 0; i < 64; i++) {
		was = e->cons;
		e->sring->rsp_prod = get_random_u32();
		e->sring->req_event = get_random_u32();
		e->sring->rsp_event = get_random_u32();
		evil_rw(e, READ_OP, 0, 1);
		evil_push(e);
		for (ms = 0; READ_ONCE(e->sring->rsp_prod) != was + 1; ms++) {
			if (ms == 5000)
				return evil_fail("the backend believes its own index");
			msleep(1);
		}
		e->cons = was + 1;
	}
	e->sring->rsp_event = e->cons + 1;
	return works(e, "after indices");
}

bool attack_events(struct evil *e)
{
	unsigned int i;

	for (i = 0; i < 100000; i++)
		notify_remote_via_evtchn(e->port);
	return works(e, "after events");
}

/* It goes with requests under way, and again. */
bool attack_leave(struct evil *e)
{
	unsigned int round, i;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 32; i++)
			evil_rw(e, i & 1 ? READ_OP : WRITE_OP, 8 * 11 * i, 11);
		evil_push(e);
		evil_disconnect(e);
		if (xenbus_read_unsigned(e->xdev->otherend, "state", 0) != XenbusStateClosed)
			return evil_fail("the backend has not closed");
		if (!evil_connect(e))
			return false;
	}
	return works(e, "after leaving");
}

/* More pages than stay mapped, each granted anew. */
bool attack_many(struct evil *e)
{
	unsigned int round, i;

	evil_disconnect(e);
	evil_put(e, "feature-persistent", "1");
	if (!evil_connect(e))
		return false;
	for (round = 0; round < 60; round++) {
		for (i = 0; i < PAGES; i++) {
			if (!gnttab_try_end_foreign_access(e->gref[i]))
				;	/* the backend keeps it: as it may */
			e->gref[i] = gnttab_grant_foreign_access(e->xdev->otherend_id,
								 virt_to_gfn(e->page[i]), 0);
			if (e->gref[i] > INT_MAX)
				return evil_fail("no more grants after %u", round);
		}
		for (i = 0; i + 11 <= PAGES; i += 11)
			evil_rw(e, READ_OP, 8 * i, 11);
		evil_push(e);
		e->bad = 0;
		if (!evil_wait(e, PAGES / 11, 10000))
			return false;
		if (e->bad)
			return evil_fail("%u reads failed in round %u", e->bad, round);
	}
	return works(e, "after many pages");
}
