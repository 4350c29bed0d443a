/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Indices of a blkif ring. They count entries and wrap at 32 bits; the guest writes two of them.
 * A header of 64 bytes lies before the entries.
 */
#ifndef _MEMX_XBK_RING_H
#define _MEMX_XBK_RING_H

#include "memx_xbk_req.h"

#define MEMX_XBK_RING_HEADER	64
#define MEMX_XBK_RING_PAGE	4096
#define MEMX_XBK_RING_ORDER_MAX	4	/* 16 pages: as many as xenbus maps */

u32 memx_xbk_ring_entries(const struct memx_xbk_abi *abi, u32 pages);
bool memx_xbk_ring_pending(u32 prod, u32 cons, u32 rsp_prod, u32 entries, u32 *pending);

static inline u32 memx_xbk_ring_offset(const struct memx_xbk_abi *abi, u32 index, u32 entries)
{
	return MEMX_XBK_RING_HEADER + (index & (entries - 1)) * abi->entry;
}

/*
 * Does the guest want to know of responses up to @new? It asked to be told when its @event is
 * passed; the last one it can see is @old.
 */
static inline bool memx_xbk_ring_notify(u32 old, u32 new, u32 event)
{
	return (u32)(new - event) < (u32)(new - old);
}

#endif
