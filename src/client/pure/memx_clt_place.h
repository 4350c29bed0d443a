/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a new extent goes. */
#ifndef _MEMX_CLT_PLACE_H
#define _MEMX_CLT_PLACE_H

#include "memx_wire.h"
#include "rmp_env.h"

/* What is known of a server besides what it advertises. */
enum memx_clt_cand_state {
	MEMX_CLT_CAND_GONE,	/* away for longer than anybody waits: it does not count */
	MEMX_CLT_CAND_AWAY,	/* it may come back */
	MEMX_CLT_CAND_UP,
	MEMX_CLT_CAND_NOT_NOW,	/* up, and was asked for this extent: not now, or no answer */
	MEMX_CLT_CAND_FULL,	/* up, and was asked for this extent: no space */
};

/**
 * struct memx_clt_cand - a server as placement sees it
 * @free_pages:	not promised yet
 * @rtt_us:	round-trip time, 0 when not known
 * @load:	enum rmp_load
 * @state:	enum memx_clt_cand_state
 */
struct memx_clt_cand {
	u64	free_pages;
	u32	rtt_us;
	u8	load;
	u8	state;
};

bool memx_clt_place_full(const struct memx_clt_cand *cand, u32 n);
int memx_clt_place(const struct memx_clt_cand *cand, u32 n, u32 random1, u32 random2);

#endif
