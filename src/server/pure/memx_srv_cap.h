/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capacity: what the donor gives, and how much of it is promised to extents. Counted in whole
 * extents.
 */
#ifndef _MEMX_SRV_CAP_H
#define _MEMX_SRV_CAP_H

#include "rmp_env.h"

/**
 * struct memx_srv_cap - account
 * @extents:	donated
 * @reserved:	promised; at most @extents
 */
struct memx_srv_cap {
	u64	extents;
	u64	reserved;
};

u64 memx_srv_cap_most(u64 total_bytes);
bool memx_srv_cap_set(struct memx_srv_cap *cap, u64 bytes);
bool memx_srv_cap_reserve(struct memx_srv_cap *cap);
void memx_srv_cap_release(struct memx_srv_cap *cap, u64 extents);

static inline bool memx_srv_cap_full(const struct memx_srv_cap *cap)
{
	return cap->reserved >= cap->extents;
}

#endif
