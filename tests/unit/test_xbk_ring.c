// SPDX-License-Identifier: GPL-2.0-only
/* Indices of a blkif ring: room, what a guest may say, when it is told. */
#include "t.h"
#include "memx_xbk_ring.h"

TEST(room_in_a_ring)
{
	static const u32 entries[] = { 32, 64, 128, 256, 512 };
	unsigned int order;

	/* As the macros of Xen's ring.h compute it for both kinds. */
	for (order = 0; order <= MEMX_XBK_RING_ORDER_MAX; order++) {
		CHECK_EQ(memx_xbk_ring_entries(&memx_xbk_abi_64, 1U << order), entries[order]);
		CHECK_EQ(memx_xbk_ring_entries(&memx_xbk_abi_x86_32, 1U << order), entries[order]);
	}
	CHECK_EQ(memx_xbk_ring_entries(&memx_xbk_abi_64, 3), 64);
}

TEST(entries_lie_within_the_pages)
{
	const struct memx_xbk_abi *abi[] = { &memx_xbk_abi_64, &memx_xbk_abi_x86_32 };
	u32 pages, i, k;

	for (k = 0; k < 2; k++) {
		for (pages = 1; pages <= 16; pages++) {
			u32 n = memx_xbk_ring_entries(abi[k], pages);

			for (i = 0; i < 2 * n; i++)
				CHECK(memx_xbk_ring_offset(abi[k], i, n) + abi[k]->entry <=
				      pages * MEMX_XBK_RING_PAGE);
			CHECK_EQ(memx_xbk_ring_offset(abi[k], 0, n), 64);
			CHECK_EQ(memx_xbk_ring_offset(abi[k], -1U, n), 64 + (n - 1) * abi[k]->entry);
		}
	}
}

TEST(what_a_guest_may_say)
{
	static const u32 starts[] = { 0, 1000, -1U, -16U, 0x80000000U };
	unsigned int s;
	u32 n, busy, more;

	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		for (busy = 0; busy <= 32; busy++) {
			u32 cons = starts[s] + busy, rsp = starts[s];

			for (more = 0; more <= 64; more++) {
				bool right = more + busy <= 32;

				CHECK_EQ(memx_xbk_ring_pending(cons + more, cons, rsp, 32, &n), right);
				if (right)
					CHECK_EQ(n, more);
			}
			/* Backwards. */
			for (more = 1; more <= 64; more++)
				CHECK(!memx_xbk_ring_pending(cons - more, cons, rsp, 32, &n));
			CHECK(!memx_xbk_ring_pending(cons + 0x80000000U, cons, rsp, 32, &n));
		}
	}
}

/* One after the other: is the event among those that are new? */
static bool passes(u32 old, u32 new, u32 event)
{
	for (; old != new; old++)
		if (old + 1 == event)
			return true;
	return false;
}

TEST(when_a_guest_is_told)
{
	u32 old, n, e;

	for (old = -20U; old != 20; old++)
		for (n = 0; n <= 32; n++)
			for (e = 0; e < 80; e++)
				CHECK_EQ(memx_xbk_ring_notify(old, old + n, old - 40 + e),
					 passes(old, old + n, old - 40 + e));
}
