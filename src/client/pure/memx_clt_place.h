/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a new extent goes. */
#ifndef _MEMX_CLT_PLACE_H
#define _MEMX_CLT_PLACE_H

#include "memx_wire.h"
#include "rmp_env.h"

/**
 * struct memx_clt_cand - a server as placement sees it
 * @free_pages:	not promised yet
 * @rtt_us:	round-trip time, 0 when not known
 * @load:	enum rmp_load
 * @usable:	its session is up, and it has not refused this extent
 */
struct memx_clt_cand {
	u64	free_pages;
	u32	rtt_us;
	u8	load;
	bool	usable;
};

int memx_clt_place(const struct memx_clt_cand *cand, u32 n, u32 random1, u32 random2);

#endif
