// SPDX-License-Identifier: GPL-2.0-only
/* Indices of a blkif ring. */
#include "memx_xbk_ring.h"

/**
 * memx_xbk_ring_entries - room in a ring
 * @abi:	kind of guest
 * @pages:	that it consists of, 1 to 16
 *
 * Return: entries, a power of two.
 */
u32 memx_xbk_ring_entries(const struct memx_xbk_abi *abi, u32 pages)
{
	u32 room = (pages * MEMX_XBK_RING_PAGE - MEMX_XBK_RING_HEADER) / abi->entry;

	return 1U << (fls64(room) - 1);
}

/**
 * memx_xbk_ring_pending - requests that wait in a ring
 * @prod:	as the guest says; @rsp_prod was read after it
 * @cons:	how far we have consumed
 * @rsp_prod:	how far we have answered: not beyond @cons
 * @entries:	of the ring
 * @pending:	how many requests
 *
 * Return: false when the guest says what cannot be: the ring is not to be served any more. Else
 * no more than @entries requests are unanswered, with those that wait.
 */
bool memx_xbk_ring_pending(u32 prod, u32 cons, u32 rsp_prod, u32 entries, u32 *pending)
{
	*pending = prod - cons;
	return prod - rsp_prod <= entries && *pending <= entries;
}
