// SPDX-License-Identifier: GPL-2.0-only
/* When the donor is short of memory, and when it is so no longer. */
#include "t.h"
#include "memx_srv_pressure.h"

#define MIB	(1ULL << 20)
#define TOTAL	(2000 * MIB)	/* low mark 100 MiB, floor 50 MiB */

static bool look(struct memx_srv_pressure *p, u64 now_ms, u64 available_mib)
{
	return memx_srv_pressure(p, now_ms, available_mib * MIB, TOTAL);
}

TEST(low_mark)
{
	CHECK_EQ(memx_srv_low_bytes(TOTAL), 100 * MIB);
	CHECK_EQ(memx_srv_low_bytes(128 * MIB), 16 * MIB);
	CHECK_EQ(memx_srv_low_bytes(1024 * 1024 * MIB), 2048 * MIB);
}

TEST(up_at_once)
{
	struct memx_srv_pressure p = { };

	CHECK(!look(&p, 0, 100));
	CHECK_EQ(p.need, MEMX_SRV_CALM);
	CHECK(look(&p, 250, 99));
	CHECK_EQ(p.need, MEMX_SRV_PRESSURED);
	CHECK(look(&p, 500, 49));
	CHECK_EQ(p.need, MEMX_SRV_SHORT);
	p = (struct memx_srv_pressure) { };
	CHECK(look(&p, 0, 0));
	CHECK_EQ(p.need, MEMX_SRV_SHORT);
}

TEST(down_only_well_above_the_mark)
{
	struct memx_srv_pressure p = { .need = MEMX_SRV_SHORT };

	CHECK(!look(&p, 0, 74));
	CHECK(look(&p, 1, 75));
	CHECK_EQ(p.need, MEMX_SRV_PRESSURED);
	CHECK(!look(&p, 2, 149));
	CHECK(!look(&p, 100000, 149));
	CHECK_EQ(p.need, MEMX_SRV_PRESSURED);
}

TEST(down_only_after_a_while)
{
	struct memx_srv_pressure p = { .need = MEMX_SRV_PRESSURED };

	CHECK(!look(&p, 1000, 150));
	CHECK(!look(&p, 1000 + MEMX_SRV_CALM_MS - 1, 150));
	CHECK(look(&p, 1000 + MEMX_SRV_CALM_MS, 150));
	CHECK_EQ(p.need, MEMX_SRV_CALM);
}

TEST(a_relapse_starts_the_wait_anew)
{
	struct memx_srv_pressure p = { .need = MEMX_SRV_PRESSURED };

	CHECK(!look(&p, 0, 500));
	CHECK(!look(&p, MEMX_SRV_CALM_MS - 1, 120));
	CHECK(!look(&p, MEMX_SRV_CALM_MS, 500));
	CHECK(!look(&p, 2 * MEMX_SRV_CALM_MS - 1, 500));
	CHECK(look(&p, 2 * MEMX_SRV_CALM_MS, 500));
}

TEST(from_short_to_calm_by_way_of_pressured)
{
	struct memx_srv_pressure p = { .need = MEMX_SRV_SHORT };

	CHECK(look(&p, 0, 1000));
	CHECK_EQ(p.need, MEMX_SRV_PRESSURED);
	CHECK(look(&p, MEMX_SRV_CALM_MS, 1000));
	CHECK_EQ(p.need, MEMX_SRV_CALM);
	CHECK(!look(&p, MEMX_SRV_CALM_MS + 250, 1000));
}

TEST(noise_around_the_mark_does_not_flap)
{
	struct memx_srv_pressure p = { };
	unsigned int i, changes = 0;

	for (i = 0; i < 10000; i++)
		changes += look(&p, i * 250, 80 + t_below(60));
	CHECK_EQ(changes, 1);
}
