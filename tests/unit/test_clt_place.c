// SPDX-License-Identifier: GPL-2.0-only
/* Where a client puts new extents. */
#include "t.h"
#include "memx_clt_place.h"

static struct memx_clt_cand cand(u64 free_extents, u32 rtt_us)
{
	return (struct memx_clt_cand) {
		.free_pages = free_extents * MEMX_EXTENT_PAGES, .rtt_us = rtt_us,
		.load = RMP_LOAD_OK, .state = MEMX_CLT_CAND_UP,
	};
}

static int place(const struct memx_clt_cand *c, u32 n)
{
	return memx_clt_place(c, n, (u32)t_rand(), (u32)t_rand());
}

TEST(nobody_takes_it)
{
	struct memx_clt_cand c[4] = { cand(9, 20), cand(9, 20), cand(9, 20), cand(1, 20) };

	c[0].state = MEMX_CLT_CAND_NOT_NOW;
	c[1].load = RMP_LOAD_PRESSURED;
	c[2].load = RMP_LOAD_DRAINING;
	c[3].free_pages--;
	CHECK_EQ(place(c, 4), -1);
	CHECK_EQ(place(c, 0), -1);
	c[3].free_pages++;
	CHECK_EQ(place(c, 4), 3);
	c[3].load = RMP_LOAD_FULL;
	CHECK_EQ(place(c, 4), -1);
}

TEST(full_is_when_all_that_count_are_full)
{
	struct memx_clt_cand c[3] = { cand(9, 20), cand(9, 20), cand(9, 20) };
	u8 state;

	CHECK(!memx_clt_place_full(c, 0));
	c[0].load = RMP_LOAD_FULL;
	CHECK(memx_clt_place_full(c, 1));
	CHECK(!memx_clt_place_full(c, 3));
	c[1].free_pages = MEMX_EXTENT_PAGES - 1;
	c[2].state = MEMX_CLT_CAND_FULL;
	CHECK(memx_clt_place_full(c, 3));
	CHECK_EQ(place(c, 3), -1);
	for (state = MEMX_CLT_CAND_GONE; state <= MEMX_CLT_CAND_FULL; state++) {
		c[2].state = state;
		c[2].load = RMP_LOAD_PRESSURED;
		CHECK_EQ(memx_clt_place_full(c, 3),
			 state == MEMX_CLT_CAND_GONE || state == MEMX_CLT_CAND_FULL);
		c[2].load = RMP_LOAD_DRAINING;
		CHECK(memx_clt_place_full(c, 3));
		c[2].load = RMP_LOAD_NONE;
		CHECK(memx_clt_place_full(c, 3));
		/* Nobody is left who could be full. */
		CHECK(!memx_clt_place_full(c + 2, 1));
	}
}

/* What it said last, before it went away, or while it was busy, is no answer. */
TEST(a_full_server_that_is_away_may_have_space_when_it_comes_back)
{
	struct memx_clt_cand c[2] = { cand(0, 20), cand(0, 20) };

	c[0].load = c[1].load = RMP_LOAD_FULL;
	CHECK(memx_clt_place_full(c, 2));
	c[1].state = MEMX_CLT_CAND_AWAY;
	CHECK(!memx_clt_place_full(c, 2));
	c[1].state = MEMX_CLT_CAND_NOT_NOW;
	CHECK(!memx_clt_place_full(c, 2));
	c[1].state = MEMX_CLT_CAND_GONE;
	CHECK(memx_clt_place_full(c, 2));
	CHECK(!memx_clt_place_full(c + 1, 1));
}

TEST(of_two_the_better_one)
{
	struct memx_clt_cand c[2] = { cand(100, 20), cand(101, 20) };
	int i;

	for (i = 0; i < 100; i++)
		CHECK_EQ(place(c, 2), 1);
	c[1].rtt_us = 79;	/* not more than four times as far */
	CHECK_EQ(place(c, 2), 1);
	c[1].rtt_us = 84;
	for (i = 0; i < 100; i++)
		CHECK_EQ(place(c, 2), 0);
	c[0].rtt_us = 0;	/* not known: does not count */
	CHECK_EQ(place(c, 2), 1);
}

/* Every pair is drawn equally often: the worst is chosen never, the best in 2/n of the draws. */
TEST(two_different_candidates_are_drawn)
{
	struct memx_clt_cand c[8];
	u32 hits[8] = { }, i;

	for (i = 0; i < 8; i++)
		c[i] = cand(10 + i, 20);
	for (i = 0; i < 56000; i++)
		hits[place(c, 8)]++;
	CHECK_EQ(hits[0], 0);
	for (i = 1; i < 8; i++)		/* of 28 pairs, i are won by candidate i */
		CHECK(hits[i] > i * 1800 && hits[i] < i * 2200);
}

/* Clients that choose by figures that grow stale fill servers in step with their size. */
TEST(servers_fill_evenly)
{
	struct memx_clt_cand c[4] = { cand(1000, 20), cand(1000, 20), cand(1000, 20),
				      cand(1000, 20) };
	u32 i;

	for (i = 0; i < 3000; i++) {
		int at = place(c, 4);

		REQUIRE(at >= 0);
		c[at].free_pages -= MEMX_EXTENT_PAGES;
	}
	for (i = 0; i < 4; i++)
		CHECK(c[i].free_pages >= 240 * MEMX_EXTENT_PAGES &&
		      c[i].free_pages <= 260 * MEMX_EXTENT_PAGES);
}
