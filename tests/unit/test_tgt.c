// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target's slots: the table of docs/PROTOCOL.md, section 9, line by line, and a storm of frames
 * against a target that keeps everything it ever saw.
 */
#include "rmp_tgt.h"
#include "t.h"

#define SLOTS 4

/* A write of one page at MTU 1500: 3 fragments of 24 + 1368, 1368 and 1360 bytes. */
static const struct rmp_msg write_page = { .data_len = 4096, .present = 1, .head_len = 24 };
static const struct rmp_msg head_only = { .head_len = 8 };

static struct rmp_tgt fresh(void)
{
	struct rmp_tgt t;

	rmp_tgt_init(&t, 1500, SLOTS);
	return t;
}

/* A fragment as an initiator would send it. */
static struct rmp_frame frag_of(const struct rmp_msg *m, unsigned int slot, u32 seq,
				unsigned int frag)
{
	struct rmp_frame f = {
		.type = RMP_T_REQ, .slot = slot, .frag = frag, .seq = seq, .msg = *m,
		.ts = 1000 + seq,
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

/* Take a frame in as tgt.c does. */
static enum rmp_rx take(struct rmp_tgt *t, const struct rmp_frame *f, struct rmp_act *act)
{
	struct rmp_tgt before = *t;
	struct rmp_layout l;
	struct rmp_piece p;
	enum rmp_rx rx;

	*act = (struct rmp_act) { 0 };
	rx = rmp_tgt_check(t, f, &l, &p);
	CHECK_MEM(&before, t, sizeof(before));	/* asking changes nothing */
	if (rx <= RMP_RX_AGAIN)
		rmp_tgt_placed(t, f, rx, &l, act);
	return rx;
}

static enum rmp_rx take_frag(struct rmp_tgt *t, unsigned int slot, u32 seq, unsigned int frag,
			     struct rmp_act *act)
{
	struct rmp_frame f = frag_of(&write_page, slot, seq, frag);

	return take(t, &f, act);
}

static enum rmp_rx probe_frag(struct rmp_tgt *t, unsigned int slot, u32 seq, unsigned int frag,
			      struct rmp_act *act)
{
	struct rmp_frame f = frag_of(&write_page, slot, seq, frag);

	f.flags = RMP_F_PROBE;
	return take(t, &f, act);
}

/* Bring a slot to: request @seq executed and answered. */
static void run_request(struct rmp_tgt *t, unsigned int slot, u32 seq)
{
	struct rmp_act act;
	unsigned int i;

	for (i = 0; i < 3; i++)
		CHECK_EQ(take_frag(t, slot, seq, i, &act), i ? RMP_RX_PLACE : RMP_RX_NEW);
	CHECK(act.done);
	CHECK(rmp_tgt_reply(t, slot, &head_only, RMP_OK, false, &act));
	CHECK_EQ(act.send, 1);
}

TEST(request_in_order)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	CHECK_EQ(take_frag(&t, 2, 1, 0, &act), RMP_RX_NEW);
	CHECK(!act.done && !act.nack && !act.send && act.slot == 2);
	CHECK_EQ(take_frag(&t, 2, 1, 1, &act), RMP_RX_PLACE);
	CHECK(!act.done && !act.nack && !act.send);
	CHECK_EQ(take_frag(&t, 2, 1, 2, &act), RMP_RX_PLACE);
	CHECK(act.done && !act.nack && !act.send && act.slot == 2);
	CHECK_EQ(t.slot[2].state, RMP_TGT_EXECUTING);
}

TEST(first_number_of_a_slot_is_one)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	CHECK_EQ(take_frag(&t, 0, 0, 0, &act), RMP_RX_STALE);
	CHECK_EQ(take_frag(&t, 0, 2, 0, &act), RMP_RX_STALE);
	CHECK_EQ(take_frag(&t, 0, U32_MAX, 0, &act), RMP_RX_STALE);
	CHECK_EQ(take_frag(&t, 0, 1, 0, &act), RMP_RX_NEW);
}

TEST(slots_that_do_not_exist)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;
	unsigned int i;

	for (i = SLOTS; i < RMP_SLOTS_MAX; i++)
		CHECK_EQ(take_frag(&t, i, 1, 0, &act), RMP_RX_MALFORMED);
	CHECK_EQ(take_frag(&t, SLOTS - 1, 1, 0, &act), RMP_RX_NEW);
}

TEST(executed_once)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;
	unsigned int i;

	for (i = 0; i < 3; i++)
		take_frag(&t, 0, 1, i, &act);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(take_frag(&t, 0, 1, i, &act), RMP_RX_DUPLICATE);
		/* asked again, it says that it lives, and nothing else */
		CHECK_EQ(probe_frag(&t, 0, 1, i, &act), RMP_RX_AGAIN);
		CHECK(act.alive && !act.done && !act.nack && !act.send);
	}
	CHECK_EQ(take_frag(&t, 0, 2, 0, &act), RMP_RX_STALE);	/* not before the answer */
	rmp_tgt_reply(&t, 0, &head_only, RMP_OK, false, &act);
	for (i = 0; i < 3; i++)
		CHECK_EQ(take_frag(&t, 0, 1, i, &act), RMP_RX_DUPLICATE);
	CHECK_EQ(take_frag(&t, 0, 2, 0, &act), RMP_RX_NEW);
	CHECK_EQ(take_frag(&t, 0, 1, 0, &act), RMP_RX_STALE);
}

/*
 * The timer sends the last fragment with PROBE: the answer goes out again, and is not made again.
 */
TEST(answered_again)
{
	struct rmp_msg page = { .data_len = 4096, .present = 1 };
	struct rmp_tgt t = fresh();
	struct rmp_frame f;
	struct rmp_act act;

	run_request(&t, 0, 1);
	CHECK_EQ(probe_frag(&t, 0, 1, 2, &act), RMP_RX_AGAIN);
	CHECK_EQ(act.send, 1);
	CHECK(!act.done && !act.nack);
	run_request(&t, 0, 2);
	CHECK(rmp_tgt_reply(&t, 0, &page, RMP_OK, true, &act));
	CHECK_EQ(act.send, 7);
	CHECK(t.slot[0].slow);
	f = frag_of(&write_page, 0, 2, 2);
	f.flags = RMP_F_PROBE;
	f.ts = 4711;
	CHECK_EQ(take(&t, &f, &act), RMP_RX_AGAIN);
	CHECK_EQ(act.send, 7);
	CHECK_EQ(t.slot[0].ts, 4711);	/* echoed, so that the round trip is measured right */
}

TEST(gap_is_asked_for_once)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	CHECK_EQ(take_frag(&t, 0, 1, 2, &act), RMP_RX_NEW);
	CHECK_EQ(act.nack, 3);
	CHECK_EQ(take_frag(&t, 0, 1, 1, &act), RMP_RX_PLACE);
	CHECK_EQ(act.nack, 0);
	CHECK_EQ(probe_frag(&t, 0, 1, 2, &act), RMP_RX_AGAIN);	/* a new round */
	CHECK_EQ(act.nack, 1);
	CHECK(!act.done && !act.send);
	CHECK_EQ(take_frag(&t, 0, 1, 0, &act), RMP_RX_PLACE);
	CHECK(act.done);
}

TEST(probe_that_comes_first)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	CHECK_EQ(probe_frag(&t, 0, 1, 2, &act), RMP_RX_NEW);
	CHECK_EQ(act.nack, 3);
	CHECK_EQ(probe_frag(&t, 0, 1, 1, &act), RMP_RX_PLACE);
	CHECK_EQ(act.nack, 1);
}

/* A void slot: the empty echo takes the place of what has come of the request under this number. */
TEST(void_slot_takes_the_number)
{
	struct rmp_frame echo = frag_of(&head_only, 0, 1, 0);
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	echo.flags = RMP_F_ECHO | RMP_F_PROBE;
	take_frag(&t, 0, 1, 0, &act);
	take_frag(&t, 0, 1, 1, &act);
	CHECK_EQ(take(&t, &echo, &act), RMP_RX_NEW);
	CHECK(act.done);
	CHECK_EQ(take_frag(&t, 0, 1, 2, &act), RMP_RX_DUPLICATE);
	rmp_tgt_reply(&t, 0, &(struct rmp_msg) { 0 }, RMP_OK, false, &act);
	CHECK_EQ(take_frag(&t, 0, 1, 2, &act), RMP_RX_DUPLICATE);
	CHECK_EQ(take(&t, &echo, &act), RMP_RX_AGAIN);
	CHECK_EQ(act.send, 1);
	/* executed before: the answer is repeated, whatever the echo says */
	run_request(&t, 0, 2);
	echo.seq = 2;
	CHECK_EQ(take(&t, &echo, &act), RMP_RX_AGAIN);
	CHECK(!act.done && act.send == 1);
}

TEST(fragments_that_cannot_be)
{
	struct rmp_frame f = frag_of(&write_page, 0, 1, 0);
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	f.len++;
	CHECK_EQ(take(&t, &f, &act), RMP_RX_MALFORMED);
	f.len -= 2;
	CHECK_EQ(take(&t, &f, &act), RMP_RX_MALFORMED);
	f = frag_of(&write_page, 0, 1, 3);
	CHECK_EQ(take(&t, &f, &act), RMP_RX_MALFORMED);
	f = frag_of(&write_page, 0, 1, 0);
	f.msg.data_len = 65537;
	CHECK_EQ(take(&t, &f, &act), RMP_RX_MALFORMED);
	CHECK_EQ(t.slot[0].state, RMP_TGT_IDLE);
	take_frag(&t, 0, 1, 0, &act);
	f = frag_of(&write_page, 0, 1, 1);
	f.len--;
	CHECK_EQ(take(&t, &f, &act), RMP_RX_MALFORMED);
	f = frag_of(&write_page, 0, 1, 3);
	CHECK_EQ(take(&t, &f, &act), RMP_RX_MALFORMED);
}

TEST(nack_of_a_reply)
{
	struct rmp_msg page = { .data_len = 4096, .present = 1 };
	struct rmp_frame f = { .type = RMP_T_NACK, .slot = 1, .seq = 1, .ts = 99 };
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	CHECK(!rmp_tgt_nack(&t, &f, 1, &act));	/* nothing is there */
	take_frag(&t, 1, 1, 0, &act);
	CHECK(!rmp_tgt_nack(&t, &f, 1, &act));	/* no answer is there */
	take_frag(&t, 1, 1, 1, &act);
	take_frag(&t, 1, 1, 2, &act);
	rmp_tgt_reply(&t, 1, &page, RMP_OK, false, &act);
	CHECK(rmp_tgt_nack(&t, &f, 5, &act));
	CHECK_EQ(act.send, 5);
	CHECK_EQ(act.slot, 1);
	CHECK_EQ(t.slot[1].ts, 99);
	CHECK(rmp_tgt_nack(&t, &f, ~0ULL, &act));
	CHECK_EQ(act.send, 7);
	f.seq = 2;
	CHECK(!rmp_tgt_nack(&t, &f, 1, &act));
	f.seq = 0;
	CHECK(!rmp_tgt_nack(&t, &f, 1, &act));
	f.slot = SLOTS;
	f.seq = 0;
	CHECK(!rmp_tgt_nack(&t, &f, 1, &act));
}

TEST(reply_that_cannot_exist)
{
	struct rmp_msg bad = { .data_len = RMP_DATA_MAX + 1 };
	struct rmp_tgt t = fresh(), before;
	struct rmp_act act;
	unsigned int i;

	for (i = 0; i < 3; i++)
		take_frag(&t, 0, 1, i, &act);
	before = t;
	CHECK(!rmp_tgt_reply(&t, 0, &bad, RMP_OK, false, &act));
	CHECK_EQ(t.slot[0].state, before.slot[0].state);
	CHECK(rmp_tgt_reply(&t, 0, &head_only, RMP_INVAL, false, &act));
	CHECK_EQ(t.slot[0].status, RMP_INVAL);
}

/* Numbers go round: 2^32 - 1, then 0. */
TEST(numbers_wrap)
{
	struct rmp_tgt t = fresh();
	struct rmp_act act;

	run_request(&t, 0, 1);
	t.slot[0].seq = U32_MAX - 1;
	run_request(&t, 0, U32_MAX);
	CHECK_EQ(take_frag(&t, 0, 1, 0, &act), RMP_RX_STALE);
	run_request(&t, 0, 0);
	CHECK_EQ(take_frag(&t, 0, U32_MAX, 0, &act), RMP_RX_STALE);
	run_request(&t, 0, 1);
}

/* The slow truth of one slot: every fragment that came, and what became of each number. */
struct oracle {
	u32 last;
	bool began, executed, answered;
	struct rmp_msg msg;
	bool have[RMP_FRAGS_MAX], asked[RMP_FRAGS_MAX];
	unsigned int executions[64];
};

static unsigned int frags_of(const struct rmp_msg *m)
{
	struct rmp_layout l;
	struct rmp_geo g;

	rmp_geo_init(&g, 1500);
	rmp_layout_init(&l, &g, m);
	return l.nfrags;
}

static enum rmp_rx oracle_check(const struct oracle *o, const struct rmp_frame *f)
{
	bool probe = f->flags & RMP_F_PROBE;

	if (o->began && f->seq == o->last) {
		if (o->executed)
			return probe ? RMP_RX_AGAIN : RMP_RX_DUPLICATE;
		if (o->msg.head_len != f->msg.head_len || o->msg.data_len != f->msg.data_len ||
		    o->msg.present != f->msg.present)
			return RMP_RX_NEW;
		if (o->have[f->frag])
			return probe ? RMP_RX_AGAIN : RMP_RX_DUPLICATE;
		return RMP_RX_PLACE;
	}
	return f->seq == o->last + 1 && (!o->began || o->answered) ? RMP_RX_NEW : RMP_RX_STALE;
}

/* What is to be asked for after fragment @f is in place. */
static u64 oracle_nack(struct oracle *o, const struct rmp_frame *f)
{
	unsigned int i, end = f->flags & RMP_F_PROBE ? frags_of(&o->msg) : f->frag;
	u64 mask = 0;

	if (f->flags & RMP_F_PROBE)
		memset(o->asked, 0, sizeof(o->asked));
	for (i = 0; i < end; i++) {
		if (!o->have[i] && !o->asked[i]) {
			o->asked[i] = true;
			mask |= 1ULL << i;
		}
	}
	return mask;
}

static void oracle_take(struct oracle *o, const struct rmp_frame *f, enum rmp_rx rx,
			const struct rmp_act *act)
{
	unsigned int i, have = 0;

	if (rx == RMP_RX_NEW) {
		o->last = f->seq;
		o->began = true;
		o->executed = o->answered = false;
		o->msg = f->msg;
		memset(o->have, 0, sizeof(o->have));
		memset(o->asked, 0, sizeof(o->asked));
	}
	if (o->answered) {
		CHECK(!act->done && !act->nack && act->send == 1 && !act->alive);
		return;
	}
	CHECK_EQ(act->alive, o->executed);
	if (o->executed) {
		CHECK(!act->done && !act->nack && !act->send);
		return;
	}
	o->have[f->frag] = true;
	for (i = 0; i < frags_of(&o->msg); i++)
		have += o->have[i];
	CHECK_EQ(act->send, 0);
	CHECK_EQ(act->done, have == frags_of(&o->msg));
	if (!act->done) {
		CHECK_EQ(act->nack, oracle_nack(o, f));
		return;
	}
	o->executed = true;
	CHECK_EQ(++o->executions[o->last], 1);
}

static struct rmp_msg random_msg(u32 seq)
{
	/* What a number stands for is fixed, but for the void echo. */
	if (seq % 4 == 0 || !t_below(12))
		return head_only;
	return (struct rmp_msg){
		.data_len = 4096 * (1 + seq % 3),
		.present = seq % 5 ? (1u << (1 + seq % 3)) - 1 : 1,
		.head_len = 24,
	};
}

static void storm(void)
{
	struct oracle o[SLOTS] = { 0 };
	struct rmp_tgt t = fresh();
	unsigned int i;

	for (i = 0; i < 3000 && !t_failures; i++) {
		unsigned int slot = t_below(SLOTS);
		u32 seq = o[slot].last + (t_below(10) ? t_below(2) : t_below(4) - 2);
		struct rmp_msg m;
		struct rmp_frame f;
		struct rmp_act act;
		enum rmp_rx rx;

		if (o[slot].executed && !o[slot].answered && t_below(2)) {
			CHECK(rmp_tgt_reply(&t, slot, &head_only, RMP_OK, false, &act));
			o[slot].answered = true;
		}
		if (seq >= 60)
			continue;
		m = random_msg(seq);
		f = frag_of(&m, slot, seq, t_below(frags_of(&m)));
		f.flags = t_below(8) ? 0 : RMP_F_PROBE;
		rx = oracle_check(&o[slot], &f);
		CHECK_EQ(take(&t, &f, &act), rx);
		if (rx <= RMP_RX_AGAIN)
			oracle_take(&o[slot], &f, rx, &act);
	}
}

TEST(random_frames_against_a_long_memory)
{
	unsigned int round;

	for (round = 0; round < 100 && !t_failures; round++)
		storm();
}
