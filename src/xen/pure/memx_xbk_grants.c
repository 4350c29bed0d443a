// SPDX-License-Identifier: GPL-2.0-only
/* Table of persistent grants: hashing with linear probing. */
#include "memx_xbk_grants.h"

static u32 home(u32 gref)
{
	return gref * 0x9e3779b1U >> 20;	/* 2^32 over the golden ratio; 4096 slots */
}

/**
 * memx_xbk_grants_find - look for a grant
 * @g:		table
 * @gref:	reference
 *
 * Return: its index, or -1.
 */
int memx_xbk_grants_find(const struct memx_xbk_grants *g, u32 gref)
{
	u32 h = home(gref), i;

	for (i = 0; i < MEMX_XBK_GRANT_PROBES; i++) {
		u16 at = g->slot[(h + i) % MEMX_XBK_GRANT_SLOTS];

		if (!at)
			break;
		if (g->gref[at - 1] == gref)
			return at - 1;
	}
	return -1;
}

/**
 * memx_xbk_grants_add - put a grant in
 * @g:		table
 * @gref:	reference
 *
 * Return: its index: the next one. -1 when there is no room, or it is there already.
 */
int memx_xbk_grants_add(struct memx_xbk_grants *g, u32 gref)
{
	u32 h = home(gref), i;

	if (g->n == MEMX_XBK_GRANTS_MAX)
		return -1;
	for (i = 0; i < MEMX_XBK_GRANT_PROBES; i++) {
		u16 *at = &g->slot[(h + i) % MEMX_XBK_GRANT_SLOTS];

		if (*at && g->gref[*at - 1] == gref)
			return -1;
		if (*at)
			continue;
		g->gref[g->n] = gref;
		*at = ++g->n;
		return g->n - 1;
	}
	return -1;
}
