// SPDX-License-Identifier: GPL-2.0-only
/*
 * The initiator's slots: docs/PROTOCOL.md, sections 9 and 10, and a storm of replies, losses and
 * cancellations against an initiator that keeps lists.
 */
#include "rmp_ini.h"
#include "t.h"

#define NOW	1000000ull	/* when most requests begin */

/*
 * One page read at MTU 1500: a head goes out, 3 fragments of 1368, 1368 and 1360 bytes come back.
 */
static const struct rmp_ini_req read_page = {
	.msg = { .head_len = 24 }, .recv_max = 4096, .head_max = 128,
};
static const struct rmp_ini_req write_page = {
	.msg = { .head_len = 24, .data_len = 4096, .present = 1 },
};
static const struct rmp_msg page = { .data_len = 4096, .present = 1 };

static struct rmp_ini fresh(void)
{
	struct rmp_ini ini;

	rmp_ini_init(&ini, 1500, RMP_RTO_MIN_US, RMP_RTO_MAX_US);
	return ini;
}

static struct rmp_frame frag_of(const struct rmp_msg *m, unsigned int slot, u32 seq,
				unsigned int frag)
{
	struct rmp_frame f = {
		.type = RMP_T_REP, .slot = slot, .frag = frag, .seq = seq, .msg = *m,
		.slots = 64, .ts_echo = (u32)NOW,
	};
	struct rmp_layout l;
	struct rmp_piece p;
	struct rmp_geo g;

	rmp_geo_init(&g, 1500);
	if (rmp_layout_init(&l, &g, m) && frag < l.nfrags) {
		rmp_layout_piece(&l, &g, frag, &p);
		f.len = p.len;
	}
	return f;
}

/* Take a frame in as ini.c does. */
static enum rmp_rx take(struct rmp_ini *ini, u64 now, const struct rmp_frame *f,
			struct rmp_act *act)
{
	struct rmp_ini before = *ini;
	struct rmp_layout l;
	struct rmp_piece p;
	enum rmp_rx rx;

	*act = (struct rmp_act) { 0 };
	rx = rmp_ini_check(ini, f, &l, &p);
	CHECK_MEM(&before, ini, sizeof(before));	/* asking changes nothing */
	if (rx == RMP_RX_PLACE && rmp_ini_placed(ini, f, &l))
		rmp_ini_settle(ini, now, f, act);
	return rx;
}

static enum rmp_rx take_page(struct rmp_ini *ini, unsigned int slot, u32 seq, unsigned int frag,
			     struct rmp_act *act)
{
	struct rmp_frame f = frag_of(&page, slot, seq, frag);

	return take(ini, NOW + 100, &f, act);
}

TEST(slots_are_taken_from_the_lowest)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	int i;

	CHECK(rmp_ini_idle(&ini));
	for (i = 0; i < 10; i++) {
		CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), i);
		CHECK_EQ(ini.slot[i].seq, 1);
		CHECK_EQ(ini.slot[i].cost, 4);
	}
	CHECK_EQ(ini.cong.in_flight, 40);
	for (i = 0; i < 3; i++)
		take_page(&ini, 4, 1, i, &act);
	CHECK(act.done && act.slot == 4);
	CHECK_EQ(ini.cong.in_flight, 36);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), 4);
	CHECK_EQ(ini.slot[4].seq, 2);
}

TEST(window_and_grant_bound_what_begins)
{
	struct rmp_ini ini = fresh();
	int i;

	for (i = 0; i < 32; i++)
		CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), i);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), -EAGAIN);	/* 32 x 4 = 128 frames */
	ini = fresh();
	ini.granted = 2;
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), 0);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), 1);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), -EAGAIN);
	ini.granted = 0;
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), -EAGAIN);
}

TEST(all_slots)
{
	struct rmp_ini ini = fresh();
	int i;

	ini.cong.cwnd = 4096;
	for (i = 0; i < 64; i++)
		CHECK_EQ(rmp_ini_start(&ini, NOW, &write_page), i);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &write_page), -EAGAIN);
	CHECK_EQ(ini.free, 0);
}

TEST(requests_that_cannot_exist)
{
	struct rmp_ini ini = fresh(), before = ini;
	struct rmp_ini_req rq = write_page;

	rq.msg.present = 2;
	CHECK_EQ(rmp_ini_start(&ini, NOW, &rq), -EINVAL);
	CHECK_MEM(&ini, &before, sizeof(ini));
}

TEST(reply_frames)
{
	static const struct {
		unsigned int mtu, bytes, frames;
	} want[] = {
		{ 1500, 0, 1 },	 { 1500, 1, 3 },     { 1500, 4096, 3 }, { 1500, 4097, 6 },
		{ 4224, 0, 1 },	 { 4224, 65536, 16 }, { 9000, 4096, 1 }, { 9000, 8192, 1 },
		{ 9000, 8193, 2 }, { 9000, 65536, 8 }, { 1500, 65536, 48 },
	};
	struct rmp_ini ini;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		rmp_ini_init(&ini, want[i].mtu, 1, 2);
		CHECK_EQ(rmp_ini_reply_frames(&ini, want[i].bytes), want[i].frames);
	}
}

TEST(reply_in_order)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;

	rmp_ini_start(&ini, NOW, &read_page);
	CHECK_EQ(ini.slot[0].deadline_us, NOW + 50000);
	CHECK_EQ(take_page(&ini, 0, 1, 0, &act), RMP_RX_PLACE);
	CHECK(!act.done && !act.nack);
	CHECK_EQ(ini.slot[0].deadline_us, NOW + 50000);
	CHECK_EQ(take_page(&ini, 0, 1, 1, &act), RMP_RX_PLACE);
	CHECK_EQ(take_page(&ini, 0, 1, 1, &act), RMP_RX_DUPLICATE);
	CHECK_EQ(take_page(&ini, 0, 1, 2, &act), RMP_RX_PLACE);
	CHECK(act.done && act.slot == 0 && !act.nack && !act.send && !act.cut);
	CHECK_EQ(rmp_rtt_us(&ini.rtt), 100);
	CHECK(rmp_ini_idle(&ini));
	CHECK_EQ(take_page(&ini, 0, 1, 2, &act), RMP_RX_STALE);
	CHECK_EQ(rmp_ini_deadline(&ini), 0);
}

TEST(slow_reply_is_no_sample)
{
	struct rmp_frame f = frag_of(&(struct rmp_msg) { 0 }, 0, 1, 0);
	struct rmp_ini ini = fresh();
	struct rmp_act act;

	rmp_ini_start(&ini, NOW, &write_page);
	f.flags = RMP_F_SLOW;
	CHECK_EQ(take(&ini, NOW + 700000, &f, &act), RMP_RX_PLACE);
	CHECK(act.done);
	CHECK_EQ(rmp_rtt_us(&ini.rtt), 0);
	CHECK_EQ(ini.cong.min_us[0], U32_MAX);
}

/* The clock of the wire has 32 bits and goes round each 71 minutes. */
TEST(sample_over_the_end_of_the_clock)
{
	struct rmp_frame f = frag_of(&(struct rmp_msg) { 0 }, 0, 1, 0);
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	u64 now = (7ull << 32) + 60;

	rmp_ini_start(&ini, now - 100, &write_page);
	f.ts_echo = (u32)(now - 100);
	take(&ini, now, &f, &act);
	CHECK_EQ(rmp_rtt_us(&ini.rtt), 100);
}

TEST(grant_follows_the_replies)
{
	struct rmp_frame f = frag_of(&(struct rmp_msg) { 0 }, 0, 1, 0);
	struct rmp_ini ini = fresh();
	struct rmp_act act;

	rmp_ini_start(&ini, NOW, &write_page);
	rmp_ini_start(&ini, NOW, &write_page);
	f.slots = 1;
	take(&ini, NOW + 100, &f, &act);
	CHECK_EQ(ini.granted, 1);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &write_page), 0);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &write_page), -EAGAIN);
	f.slots = 0;	/* says nothing */
	f.slot = 1;
	take(&ini, NOW + 100, &f, &act);
	CHECK_EQ(ini.granted, 1);
}

TEST(replies_that_nobody_asked_for)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	struct rmp_frame f;

	CHECK_EQ(take_page(&ini, 0, 0, 0, &act), RMP_RX_STALE);	/* a free slot */
	CHECK_EQ(take_page(&ini, 0, 1, 0, &act), RMP_RX_STALE);
	rmp_ini_start(&ini, NOW, &read_page);
	CHECK_EQ(take_page(&ini, 0, 0, 0, &act), RMP_RX_STALE);
	CHECK_EQ(take_page(&ini, 0, 2, 0, &act), RMP_RX_STALE);
	CHECK_EQ(take_page(&ini, 1, 1, 0, &act), RMP_RX_STALE);
	f = frag_of(&(struct rmp_msg) { .data_len = 4097, .present = 1 }, 0, 1, 0);
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_MALFORMED);	/* more than there is room for */
	f = frag_of(&(struct rmp_msg) { .head_len = 129 }, 0, 1, 0);
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_MALFORMED);
	f = frag_of(&(struct rmp_msg) { .data_len = 4096, .present = 3 }, 0, 1, 0);
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_MALFORMED);
	f = frag_of(&page, 0, 1, 0);
	f.len++;
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_MALFORMED);
	f = frag_of(&page, 0, 1, 3);
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_MALFORMED);
	CHECK_EQ(take_page(&ini, 0, 1, 0, &act), RMP_RX_PLACE);
	f = frag_of(&(struct rmp_msg) { .data_len = 4096, .present = 1, .head_len = 8 }, 0, 1, 1);
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_MALFORMED);	/* another shape than the first */
}

TEST(gap_in_a_reply_is_asked_for_once)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;

	rmp_ini_start(&ini, NOW, &read_page);
	take_page(&ini, 0, 1, 2, &act);
	CHECK_EQ(act.nack, 3);
	CHECK(act.cut && !act.done);
	CHECK_EQ(ini.cong.cwnd, 84);
	CHECK_EQ(rmp_ini_deadline(&ini), NOW + 50100);
	take_page(&ini, 0, 1, 1, &act);
	CHECK_EQ(act.nack, 0);
	/* something has come since: the timer is set anew */
	CHECK(!rmp_ini_timeout(&ini, NOW + 50100, &act));
	CHECK_EQ(rmp_ini_deadline(&ini), NOW + 100100);
	/* a new round: all that is missing */
	CHECK(rmp_ini_timeout(&ini, NOW + 100100, &act));
	CHECK_EQ(act.nack, 1);
	CHECK_EQ(act.send, 0);
	take_page(&ini, 0, 1, 0, &act);
	CHECK(act.done);
}

TEST(gaps_of_one_round_add_up)
{
	struct rmp_ini_req rq = { .msg = { .head_len = 24 }, .recv_max = 3 * 4096 };
	struct rmp_msg m = { .data_len = 3 * 4096, .present = 7 };
	static const struct {
		unsigned int frag;
		u64 nack;
	} step[] = { { 2, 0x3 }, { 5, 0x18 }, { 1, 0 }, { 7, 0x40 }, { 8, 0 }, { 6, 0 } };
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	unsigned int i;

	rmp_ini_start(&ini, NOW, &rq);
	for (i = 0; i < ARRAY_SIZE(step); i++) {
		struct rmp_frame f = frag_of(&m, 0, 1, step[i].frag);

		CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_PLACE);
		CHECK_EQ(act.nack, step[i].nack);
	}
}

TEST(timer_sends_the_last_fragment_with_probe)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	u64 now = NOW, wait = 50000;
	int i;

	rmp_ini_start(&ini, NOW, &write_page);
	for (i = 0; i < 300; i++) {
		CHECK_EQ(rmp_ini_deadline(&ini), now + wait);
		CHECK(!rmp_ini_timeout(&ini, now + wait - 1, &act));
		now += wait;
		CHECK(rmp_ini_timeout(&ini, now, &act));
		CHECK(act.probe && act.send == 4 && !act.nack && !act.done);
		/* the answer may be late the first time; later each is a round trip away */
		CHECK(act.cut == (i > 0));
		CHECK(!rmp_ini_timeout(&ini, now, &act));
		wait = min(wait * 2, 500000ull);
		CHECK_EQ(ini.slot[0].tries, min(i + 1, 255));
	}
}

TEST(timer_takes_one_slot_after_the_other)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	int i;

	for (i = 0; i < 4; i++)
		rmp_ini_start(&ini, NOW + 10 * i, &write_page);
	CHECK_EQ(rmp_ini_deadline(&ini), NOW + 50000);
	for (i = 0; i < 3; i++) {
		CHECK(rmp_ini_timeout(&ini, NOW + 50020, &act));
		CHECK_EQ(act.slot, i);
	}
	CHECK(!rmp_ini_timeout(&ini, NOW + 50020, &act));
	CHECK_EQ(rmp_ini_deadline(&ini), NOW + 50030);
}

TEST(nack_of_a_request)
{
	struct rmp_frame f = { .type = RMP_T_NACK, .slot = 0, .seq = 1 };
	struct rmp_ini ini = fresh();
	struct rmp_act act;

	CHECK(!rmp_ini_nack(&ini, NOW, &f, 1, &act));
	rmp_ini_start(&ini, NOW, &write_page);
	CHECK(rmp_ini_nack(&ini, NOW + 200, &f, 5, &act));
	CHECK(act.send == 5 && act.cut && !act.probe);
	CHECK_EQ(ini.slot[0].deadline_us, NOW + 50200);
	CHECK(rmp_ini_nack(&ini, NOW + 200, &f, ~0ULL, &act));
	CHECK(act.send == 7 && !act.cut);
	/* none: it is being executed; that is no loss */
	CHECK(rmp_ini_nack(&ini, NOW + 90000, &f, 0, &act));
	CHECK(!act.send && !act.cut && !act.done);
	CHECK_EQ(ini.slot[0].deadline_us, NOW + 140000);
	/* it sets the timer anew, for all that came before it */
	ini.slot[0].heard = true;
	CHECK(rmp_ini_nack(&ini, NOW + 100000, &f, 0, &act));
	CHECK(!rmp_ini_timeout(&ini, NOW + 149999, &act));
	CHECK(rmp_ini_timeout(&ini, NOW + 150000, &act));
	f.seq = 2;
	CHECK(!rmp_ini_nack(&ini, NOW, &f, 1, &act));
	f.seq = 0;
	CHECK(!rmp_ini_nack(&ini, NOW, &f, 1, &act));
}

TEST(void_slot_is_freed_by_any_reply)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;

	rmp_ini_start(&ini, NOW, &read_page);
	take_page(&ini, 0, 1, 0, &act);
	rmp_ini_void(&ini, NOW + 10, 0);
	CHECK_EQ(rmp_ini_deadline(&ini), NOW + 10);	/* at once */
	CHECK(rmp_ini_timeout(&ini, NOW + 10, &act));
	CHECK(act.send == 1 && act.probe && act.slot == 0);
	CHECK_EQ(ini.slot[0].req.nfrags, 1);
	CHECK_EQ(ini.slot[0].req.msg.head_len, 8);
	CHECK_EQ(ini.slot[0].seq, 1);
	CHECK(!rmp_ini_idle(&ini));
	CHECK_EQ(take_page(&ini, 0, 2, 1, &act), RMP_RX_STALE);
	CHECK_EQ(take_page(&ini, 0, 1, 1, &act), RMP_RX_PLACE);	/* of what was given up */
	CHECK(!act.done);
	CHECK(rmp_ini_idle(&ini));
	CHECK_EQ(ini.cong.in_flight, 0);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), 0);
	CHECK_EQ(ini.slot[0].seq, 2);
}

/* An answer to what a write has left in its slot. */
static const struct rmp_msg written = { .head_len = 8 };

TEST(what_is_ordered_passes_nothing_ordered_that_was_given_up)
{
	struct rmp_ini ini = fresh();
	struct rmp_ini_req ordered = write_page;
	struct rmp_frame f = frag_of(&written, 0, 1, 0);
	struct rmp_act act;

	ordered.ordered = true;
	rmp_ini_start(&ini, NOW, &ordered);
	rmp_ini_start(&ini, NOW, &ordered);
	rmp_ini_start(&ini, NOW, &write_page);
	rmp_ini_void(&ini, NOW, 2);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &ordered), 3);
	rmp_ini_void(&ini, NOW, 0);
	rmp_ini_void(&ini, NOW, 1);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &ordered), -EAGAIN);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &write_page), 4);
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_PLACE);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &ordered), -EAGAIN);
	f.slot = 1;
	CHECK_EQ(take(&ini, NOW, &f, &act), RMP_RX_PLACE);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &ordered), 0);
}

TEST(after_a_restart_nothing_is_waited_for)
{
	struct rmp_ini_req ordered = write_page;
	struct rmp_ini ini = fresh();

	ordered.ordered = true;
	rmp_ini_start(&ini, NOW, &ordered);
	rmp_ini_void(&ini, NOW, 0);
	rmp_ini_restart(&ini, 1500, 64);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &ordered), 0);
}

TEST(void_slot_places_nothing)
{
	struct rmp_ini ini = fresh();
	struct rmp_frame f = frag_of(&page, 0, 1, 0);
	struct rmp_layout l;
	struct rmp_piece p;

	rmp_ini_start(&ini, NOW, &read_page);
	rmp_ini_void(&ini, NOW, 0);
	memset(&p, 0xee, sizeof(p));
	CHECK_EQ(rmp_ini_check(&ini, &f, &l, &p), RMP_RX_PLACE);
	CHECK(!p.head_len && !p.nruns && !p.len);
}

TEST(resume_probes_at_once)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	int i;

	for (i = 0; i < 3; i++)
		rmp_ini_start(&ini, NOW, &write_page);
	for (i = 0; i < 30; i++)
		rmp_ini_timeout(&ini, NOW + (1ull << 32) * i, &act);
	rmp_ini_resume(&ini, NOW + 5, 64);
	CHECK_EQ(rmp_ini_deadline(&ini), NOW + 5);
	for (i = 0; i < 3; i++) {
		CHECK(rmp_ini_timeout(&ini, NOW + 5, &act));
		CHECK(act.slot == i && act.send == 4 && act.probe);
		CHECK_EQ(ini.slot[i].tries, 1);
		CHECK_EQ(ini.slot[i].seq, 1);
	}
}

TEST(restart_forgets_all_but_the_round_trip)
{
	struct rmp_ini ini = fresh();
	struct rmp_act act;
	int i;

	rmp_ini_start(&ini, NOW, &read_page);
	for (i = 0; i < 3; i++)
		take_page(&ini, 0, 1, i, &act);
	for (i = 0; i < 5; i++)
		rmp_ini_start(&ini, NOW, &read_page);
	rmp_ini_restart(&ini, 9000, 7);
	CHECK(rmp_ini_idle(&ini));
	CHECK_EQ(ini.granted, 7);
	CHECK_EQ(ini.cong.in_flight, 0);
	CHECK_EQ(ini.geo.pages, 2);
	CHECK_EQ(rmp_rtt_us(&ini.rtt), 100);
	CHECK_EQ(rmp_ini_start(&ini, NOW, &read_page), 0);
	CHECK_EQ(ini.slot[0].seq, 1);
	CHECK_EQ(ini.slot[0].cost, 2);
}

/* The slow truth of one slot. */
struct oracle {
	bool busy, given_up, began;
	u32 seq;
	struct rmp_msg rep;
	bool have[RMP_FRAGS_MAX], asked[RMP_FRAGS_MAX];
};

static unsigned int frags_of(const struct rmp_msg *m)
{
	struct rmp_layout l;
	struct rmp_geo g;

	rmp_geo_init(&g, 1500);
	rmp_layout_init(&l, &g, m);
	return l.nfrags;
}

static bool same(const struct rmp_msg *a, const struct rmp_msg *b)
{
	return a->head_len == b->head_len && a->data_len == b->data_len &&
	       a->present == b->present;
}

static enum rmp_rx oracle_check(const struct oracle *o, const struct rmp_frame *f)
{
	if (!o->busy || f->seq != o->seq)
		return RMP_RX_STALE;
	if (o->given_up)
		return RMP_RX_PLACE;
	if (f->msg.data_len > 4096 || (o->began && !same(&o->rep, &f->msg)))
		return RMP_RX_MALFORMED;
	return o->began && o->have[f->frag] ? RMP_RX_DUPLICATE : RMP_RX_PLACE;
}

static void oracle_take(struct oracle *o, const struct rmp_frame *f, const struct rmp_act *act)
{
	unsigned int i, have = 0;
	u64 gap = 0;

	if (o->given_up) {
		o->busy = false;
		CHECK(!act->done && !act->nack);
		return;
	}
	if (!o->began)
		o->rep = f->msg;
	o->began = true;
	o->have[f->frag] = true;
	for (i = 0; i < frags_of(&o->rep); i++)
		have += o->have[i];
	CHECK_EQ(act->done, have == frags_of(&o->rep));
	o->busy = !act->done;
	for (i = 0; o->busy && i < f->frag; i++) {
		if (o->have[i] || o->asked[i])
			continue;
		o->asked[i] = true;
		gap |= 1ULL << i;
	}
	CHECK_EQ(act->nack, gap);
}

static void oracle_start(struct oracle *o)
{
	*o = (struct oracle) { .busy = true, .seq = o->seq + 1 };
}

static void time_passes(struct rmp_ini *ini, struct oracle *o, u64 now)
{
	struct rmp_act act;

	while (rmp_ini_timeout(ini, now, &act)) {
		struct oracle *s = &o[act.slot];
		unsigned int i;
		u64 missing = 0;

		CHECK(s->busy);
		memset(s->asked, 0, sizeof(s->asked));
		for (i = 0; s->began && i < frags_of(&s->rep); i++) {
			s->asked[i] = !s->have[i];
			missing |= (u64)!s->have[i] << i;
		}
		CHECK_EQ(act.nack, missing);
		CHECK_EQ(act.send, s->began ? 0 : 1);
		CHECK_EQ(act.probe, !s->began);
	}
}

static void storm(void)
{
	struct oracle o[RMP_SLOTS_MAX] = { 0 };
	struct rmp_ini ini = fresh();
	unsigned int i, n, under_way = 0;
	u64 now = NOW;

	for (i = 0; i < 4000 && !t_failures; i++) {
		struct rmp_msg m = t_below(9) ? page : (struct rmp_msg) {
			.data_len = 4096 * (1 + !t_below(2)), .head_len = 8
		};
		struct rmp_layout l;
		struct rmp_frame f;
		struct rmp_act act;
		int slot;

		now += t_below(3000);
		if (!t_below(4) && (slot = rmp_ini_start(&ini, now, &read_page)) >= 0) {
			CHECK(!o[slot].busy);
			oracle_start(&o[slot]);
		}
		n = t_below(t_below(2) ? 4 : RMP_SLOTS_MAX);
		if (o[n].busy && !o[n].given_up && !t_below(20)) {
			rmp_ini_void(&ini, now, n);
			o[n].given_up = true;
			o[n].began = false;
		}
		f = frag_of(&m, n, o[n].seq - !t_below(5), t_below(frags_of(&m)));
		CHECK_EQ(rmp_ini_check(&ini, &f, &l, &(struct rmp_piece){ 0 }),
			 oracle_check(&o[n], &f));
		if (take(&ini, now, &f, &act) == RMP_RX_PLACE)
			oracle_take(&o[n], &f, &act);
		time_passes(&ini, o, now);
		for (n = under_way = 0; n < RMP_SLOTS_MAX; n++) {
			CHECK_EQ(o[n].busy, !(ini.free >> n & 1));
			under_way += o[n].busy * 4;
		}
		CHECK_EQ(ini.cong.in_flight, under_way);
	}
}

TEST(random_replies_against_lists)
{
	unsigned int round;

	for (round = 0; round < 30 && !t_failures; round++)
		storm();
}
