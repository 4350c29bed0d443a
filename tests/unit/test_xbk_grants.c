// SPDX-License-Identifier: GPL-2.0-only
/* Table of persistent grants, against a plain list. */
#include "t.h"
#include "memx_xbk_grants.h"

static struct memx_xbk_grants g;

static void check_all(void)
{
	u32 i;

	for (i = 0; i < g.n; i++)
		CHECK_EQ(memx_xbk_grants_find(&g, g.gref[i]), i);
}

TEST(empty)
{
	memset(&g, 0, sizeof(g));
	CHECK_EQ(memx_xbk_grants_find(&g, 0), -1);
	CHECK_EQ(memx_xbk_grants_find(&g, ~0U), -1);
}

TEST(grants_of_a_guest)
{
	u32 i;

	/* As Linux gives them out: one after the other. All of them find a place. */
	memset(&g, 0, sizeof(g));
	for (i = 0; i < MEMX_XBK_GRANTS_MAX; i++)
		CHECK_EQ(memx_xbk_grants_add(&g, 8 + i), i);
	CHECK_EQ(g.n, MEMX_XBK_GRANTS_MAX);
	CHECK_EQ(memx_xbk_grants_add(&g, 7), -1);
	check_all();
	CHECK_EQ(memx_xbk_grants_find(&g, 7), -1);
}

TEST(twice)
{
	memset(&g, 0, sizeof(g));
	CHECK_EQ(memx_xbk_grants_add(&g, 77), 0);
	CHECK_EQ(memx_xbk_grants_add(&g, 77), -1);
	CHECK_EQ(g.n, 1);
	CHECK_EQ(memx_xbk_grants_find(&g, 77), 0);
}

TEST(storm)
{
	u32 i, k, in = 0;

	for (k = 0; k < 50; k++) {
		memset(&g, 0, sizeof(g));
		for (i = 0; i < 3000; i++) {
			u32 gref = t_below(2) ? t_below(2000) : t_rand();
			bool there = memx_xbk_grants_find(&g, gref) >= 0;
			u32 n = g.n;
			int at = memx_xbk_grants_add(&g, gref);

			if (there || n == MEMX_XBK_GRANTS_MAX)
				CHECK_EQ(at, -1);
			if (at >= 0)
				CHECK(at == (int)n && g.n == n + 1);
			else
				CHECK_EQ(g.n, n);
		}
		in += g.n;
		check_all();
	}
	CHECK(in > 50 * 900);
}

TEST(a_guest_that_picks_what_collides)
{
	u32 gref, in = 0;

	/* All with the hash of 0: the table stays small, and says so. */
	memset(&g, 0, sizeof(g));
	for (gref = 0; gref < 1U << 22; gref++)
		if (gref * 0x9e3779b1U >> 20 == 0)
			in += memx_xbk_grants_add(&g, gref) >= 0;
	CHECK_EQ(in, MEMX_XBK_GRANT_PROBES);
	check_all();
}
