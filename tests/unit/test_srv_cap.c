// SPDX-License-Identifier: GPL-2.0-only
/* The server's account of donated and promised extents. */
#include "t.h"
#include "memx_srv_cap.h"

#define MIB	(1ULL << 20)

TEST(most_of_a_machine)
{
	CHECK_EQ(memx_srv_cap_most(0), 0);
	CHECK_EQ(memx_srv_cap_most(16 * MIB), 0);
	CHECK_EQ(memx_srv_cap_most(256 * MIB), 224 * MIB);		/* 32 MiB are kept */
	CHECK_EQ(memx_srv_cap_most(1024 * MIB), 960 * MIB);		/* a sixteenth */
	CHECK_EQ(memx_srv_cap_most(1027 * MIB), 960 * MIB);		/* whole extents */
	CHECK_EQ(memx_srv_cap_most(1024 * 1024 * MIB), 1020 * 1024 * MIB);	/* 4 GiB */
}

TEST(promises_end_at_the_capacity)
{
	struct memx_srv_cap cap = { };

	CHECK(memx_srv_cap_full(&cap));
	CHECK(!memx_srv_cap_reserve(&cap));
	CHECK(memx_srv_cap_set(&cap, 11 * MIB));
	CHECK_EQ(cap.extents, 2);
	CHECK(memx_srv_cap_reserve(&cap));
	CHECK(memx_srv_cap_reserve(&cap));
	CHECK(memx_srv_cap_full(&cap));
	CHECK(!memx_srv_cap_reserve(&cap));
	CHECK_EQ(cap.reserved, 2);
	memx_srv_cap_release(&cap, 1);
	CHECK(memx_srv_cap_reserve(&cap));
}

TEST(down_to_what_is_promised)
{
	struct memx_srv_cap cap = { .extents = 10, .reserved = 3 };

	CHECK(!memx_srv_cap_set(&cap, 11 * MIB));
	CHECK_EQ(cap.extents, 10);
	CHECK(memx_srv_cap_set(&cap, 12 * MIB));
	CHECK_EQ(cap.extents, 3);
	CHECK(memx_srv_cap_full(&cap));
	CHECK(memx_srv_cap_set(&cap, 1024 * MIB));
	CHECK(!memx_srv_cap_full(&cap));
}

TEST(more_is_never_given_back_than_was_promised)
{
	struct memx_srv_cap cap = { .extents = 10, .reserved = 3 };

	memx_srv_cap_release(&cap, 5);
	CHECK_EQ(cap.reserved, 0);
}
