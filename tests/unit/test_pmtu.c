// SPDX-License-Identifier: GPL-2.0-only
/* Which MTU a handshake is tried with, and when a larger one is tried again. */
#include "t.h"
#include "rmp_pmtu.h"

#define S	1000000ull

TEST(most_tries_with_the_paths_own)
{
	static const u16 want[] = { 9000, 9000, 9000, 4224, 1500, 9000, 9000, 9000, 4224, 1500 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++)
		CHECK_EQ(rmp_pmtu_try(9000, i), want[i]);
	for (i = 0; i < 10; i++)
		CHECK(rmp_pmtu_try(2000, i) <= 2000);
	CHECK_EQ(rmp_pmtu_try(2000, 3), 2000);
	CHECK_EQ(rmp_pmtu_try(1500, 4), 1500);
}

/* With two keys that take turns, each MTU is tried with both. */
TEST(every_mtu_meets_both_keys)
{
	unsigned int i, even = 0, odd = 0;

	for (i = 0; i < 10; i++)
		*(i % 2 ? &odd : &even) |= rmp_pmtu_try(9000, i);
	CHECK_EQ(even, 9000 | 4224 | 1500);
	CHECK_EQ(odd, even);
}

TEST(all_that_was_promised_is_enough)
{
	struct rmp_pmtu p = { 0 };

	rmp_pmtu_found(&p, 5 * S, 9000, 9000);
	CHECK_EQ(rmp_pmtu_next(&p, 1000 * S, 9000), RMP_PMTU_WAIT);
	CHECK_EQ(rmp_pmtu_wait_us(&p, 1000 * S), U64_MAX);
}

TEST(less_is_doubted_at_once_then_told_then_seldom)
{
	struct rmp_pmtu p = { 0 };
	u64 now = 100 * S, wait_s;
	unsigned int i;

	rmp_pmtu_found(&p, now, 9000, 1500);
	CHECK_EQ(rmp_pmtu_next(&p, now, 9000), RMP_PMTU_WAIT);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(rmp_pmtu_wait_us(&p, now), S);
		now += S;
		CHECK_EQ(rmp_pmtu_next(&p, now, 9000), RMP_PMTU_TRY);
		CHECK_EQ(rmp_pmtu_next(&p, now, 9000), RMP_PMTU_WAIT);
	}
	now += S;
	CHECK_EQ(rmp_pmtu_next(&p, now, 9000), RMP_PMTU_TELL);
	for (i = 0; i < 100; i++) {
		wait_s = rmp_pmtu_wait_us(&p, now) / S;
		CHECK_EQ(wait_s, min(10ull << min(i, 8u), 600ull));
		now += wait_s * S;
		CHECK_EQ(rmp_pmtu_next(&p, now, 9000), RMP_PMTU_TRY);
	}
}

/* Keys are renewed each hour, perhaps each second: that is no reason to begin anew. */
TEST(the_same_again_does_not_begin_anew)
{
	struct rmp_pmtu p = { 0 };
	u64 now = S;
	unsigned int i;

	rmp_pmtu_found(&p, now, 9000, 1500);
	for (i = 0; i < 4; i++)
		rmp_pmtu_next(&p, now += S, 9000);
	rmp_pmtu_found(&p, now += S, 9000, 1500);
	CHECK_EQ(rmp_pmtu_wait_us(&p, now), 9 * S);
	rmp_pmtu_found(&p, now, 9000, 4224);
	CHECK_EQ(rmp_pmtu_wait_us(&p, now), S);
}

TEST(an_end_that_promises_more_is_tried_at_once)
{
	struct rmp_pmtu p = { 0 };

	rmp_pmtu_found(&p, S, 1500, 1500);
	CHECK_EQ(rmp_pmtu_next(&p, 2 * S, 9000), RMP_PMTU_TRY);
	CHECK_EQ(rmp_pmtu_next(&p, 2 * S, 1500), RMP_PMTU_WAIT);
	CHECK_EQ(rmp_pmtu_wait_us(&p, 2 * S), U64_MAX);
}
