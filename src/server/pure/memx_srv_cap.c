// SPDX-License-Identifier: GPL-2.0-only
#include "memx_srv_cap.h"
#include "memx_wire.h"

/*
 * A sixteenth of the machine, within these bounds, is never donated: the kernel, and the tools that
 * end the donation.
 */
#define REST_LEAST	(32ULL << 20)
#define REST_MOST	(4ULL << 30)

/**
 * memx_srv_cap_most - most that a machine can donate
 * @total_bytes: its memory
 *
 * Return: bytes, of whole extents.
 */
u64 memx_srv_cap_most(u64 total_bytes)
{
	u64 rest = clamp(total_bytes / 16, REST_LEAST, REST_MOST);

	return (total_bytes - min(total_bytes, rest)) >> MEMX_EXTENT_SHIFT << MEMX_EXTENT_SHIFT;
}

/**
 * memx_srv_cap_set - donate more or less
 * @cap:	account
 * @bytes:	from now on; what is not a whole extent is not used
 *
 * Return: false, and nothing changes, when more is promised already.
 */
bool memx_srv_cap_set(struct memx_srv_cap *cap, u64 bytes)
{
	u64 extents = bytes >> MEMX_EXTENT_SHIFT;

	if (extents < cap->reserved)
		return false;
	cap->extents = extents;
	return true;
}

/**
 * memx_srv_cap_reserve - promise one extent
 * @cap:	account
 *
 * Return: false when all is promised.
 */
bool memx_srv_cap_reserve(struct memx_srv_cap *cap)
{
	if (memx_srv_cap_full(cap))
		return false;
	cap->reserved++;
	return true;
}

/**
 * memx_srv_cap_release - extents were freed
 * @cap:	account
 * @extents:	how many
 */
void memx_srv_cap_release(struct memx_srv_cap *cap, u64 extents)
{
	cap->reserved -= min(cap->reserved, extents);
}
