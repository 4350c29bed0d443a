/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which grants of a ring stay mapped (persistent grants): a table from grant reference to an index.
 * References are the guest's choice: the table has a fixed size, a look-up a fixed bound, and one
 * that finds no place is mapped for its request only. Nothing is taken out before the ring goes.
 */
#ifndef _MEMX_XBK_GRANTS_H
#define _MEMX_XBK_GRANTS_H

#include "rmp_env.h"

#define MEMX_XBK_GRANTS_MAX	1056	/* 32 requests of 32 segments, and a page of these each */
#define MEMX_XBK_GRANT_SLOTS	4096
#define MEMX_XBK_GRANT_PROBES	16

/**
 * struct memx_xbk_grants - table of persistent grants
 * @n:		how many there are; their indices are 0 to @n - 1
 * @gref:	by index
 * @slot:	index + 1, by hash; 0 is empty
 */
struct memx_xbk_grants {
	u32	n;
	u32	gref[MEMX_XBK_GRANTS_MAX];
	u16	slot[MEMX_XBK_GRANT_SLOTS];
};

int memx_xbk_grants_find(const struct memx_xbk_grants *g, u32 gref);
int memx_xbk_grants_add(struct memx_xbk_grants *g, u32 gref);

#endif
