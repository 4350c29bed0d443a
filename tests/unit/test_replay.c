// SPDX-License-Identifier: GPL-2.0-only
/* The replay window against a list of all that was accepted. */
#include "rmp_replay.h"
#include "t.h"

#define STEPS 3000

/* The slow truth: every counter accepted so far, and the highest. */
struct oracle {
	u64 seen[STEPS], highest;
	unsigned int n;
};

static bool oracle_fresh(const struct oracle *o, u64 counter)
{
	unsigned int i;

	if (counter == U64_MAX)
		return false;
	if (o->n && counter < o->highest && o->highest - counter >= RMP_REPLAY_WINDOW)
		return false;
	for (i = 0; i < o->n; i++)
		if (o->seen[i] == counter)
			return false;
	return true;
}

static void oracle_mark(struct oracle *o, u64 counter)
{
	if (!o->n || counter > o->highest)
		o->highest = counter;
	o->seen[o->n++] = counter;
}

/* A counter as a network would bring it: mostly near the highest, sometimes far off, sometimes one
 * that was there. */
static u64 next_counter(const struct oracle *o, unsigned int spread)
{
	u64 c = o->highest;

	switch (t_below(8)) {
	case 0:
		return o->n ? o->seen[t_below(o->n)] : 0;
	case 1:
		return c + t_below(3 * RMP_REPLAY_WINDOW);
	case 2:
		return c - min(t_below(2 * RMP_REPLAY_WINDOW), c);
	case 3: /* at the edge of the window */
		return c - min(RMP_REPLAY_WINDOW - 2 + t_below(4), c);
	case 4: /* at the edge of the words */
		return c + t_below(5) * 64;
	default:
		return c - min((u64)spread / 2, c) + t_below(spread);
	}
}

static void run(u64 start, unsigned int spread)
{
	static struct oracle o;
	struct rmp_replay r = {0};
	unsigned int i;

	memset(&o, 0, sizeof(o));
	for (i = 0; i < STEPS; i++) {
		u64 c = i ? next_counter(&o, spread) : start;
		bool fresh = rmp_replay_fresh(&r, c);

		if (fresh != oracle_fresh(&o, c)) {
			T_FAIL("step %u: counter %" PRIu64 ", highest %" PRIu64 ": fresh is %d", i,
			       c, o.highest, fresh);
			return;
		}
		if (fresh && t_below(10)) { /* else: its tag was wrong */
			rmp_replay_mark(&r, c);
			oracle_mark(&o, c);
		}
	}
}

TEST(replay_random_against_list)
{
	static const unsigned int spreads[] = {4, 64, 200, 3000};
	unsigned int i, round;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < ARRAY_SIZE(spreads); i++) {
			run(0, spreads[i]);
			run(t_rand(), spreads[i]);
			run(U64_MAX - t_below(20000), spreads[i]);
		}
	}
}

TEST(replay_in_order)
{
	struct rmp_replay r = {0};
	u64 c;

	for (c = 0; c < 20000; c++) {
		CHECK(rmp_replay_fresh(&r, c));
		rmp_replay_mark(&r, c);
		CHECK(!rmp_replay_fresh(&r, c));
	}
	CHECK_EQ(r.top, 20000);
	CHECK(RMP_REPLAY_WINDOW >= 2048);
}

/* All of a window in reverse order is accepted, once; what is older is not. */
TEST(replay_in_reverse)
{
	const u64 base = 100000;
	struct rmp_replay r = {0};
	u64 c;

	for (c = base; c > base - RMP_REPLAY_WINDOW; c--) {
		CHECK(rmp_replay_fresh(&r, c));
		rmp_replay_mark(&r, c);
	}
	CHECK(!rmp_replay_fresh(&r, base - RMP_REPLAY_WINDOW));
	for (c = base; c > base - RMP_REPLAY_WINDOW - 10; c--)
		CHECK(!rmp_replay_fresh(&r, c));
	CHECK(rmp_replay_fresh(&r, base + 1));
}

/* A leap over the whole ring leaves no old bit behind. */
TEST(replay_leap_forgets)
{
	struct rmp_replay r = {0};
	u64 c, far = 10 * 64 * RMP_REPLAY_WORDS;

	for (c = 0; c < 64 * RMP_REPLAY_WORDS; c++)
		rmp_replay_mark(&r, c);
	rmp_replay_mark(&r, far);
	for (c = far - RMP_REPLAY_WINDOW + 1; c < far; c++)
		CHECK(rmp_replay_fresh(&r, c));
	CHECK(!rmp_replay_fresh(&r, far));
}

/* The last counter of all is never accepted: its successor would be the first again. */
TEST(replay_end_of_counters)
{
	struct rmp_replay r = {0};

	CHECK(!rmp_replay_fresh(&r, U64_MAX));
	CHECK(rmp_replay_fresh(&r, U64_MAX - 1));
	rmp_replay_mark(&r, U64_MAX - 1);
	CHECK(!rmp_replay_fresh(&r, U64_MAX));
	CHECK(!rmp_replay_fresh(&r, U64_MAX - 1));
	CHECK(!rmp_replay_fresh(&r, 0));
	CHECK(rmp_replay_fresh(&r, U64_MAX - 2));
}

/* A frame whose tag proves wrong must not move the window: asking changes nothing. */
TEST(replay_asking_changes_nothing)
{
	struct rmp_replay r = {0}, before;
	unsigned int i;

	for (i = 0; i < 500; i++)
		rmp_replay_mark(&r, t_below(4) + 3 * i);
	before = r;
	for (i = 0; i < 1000; i++)
		rmp_replay_fresh(&r, t_rand() >> t_below(64));
	CHECK_MEM(&r, &before, sizeof(r));
}
