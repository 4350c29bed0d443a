/* SPDX-License-Identifier: GPL-2.0-only */
/* What a client knows of the blocks of one extent: which hold something, and which were lost. */
#ifndef _MEMX_CLT_BLOCKS_H
#define _MEMX_CLT_BLOCKS_H

#include "memx_wire.h"
#include "rmp_env.h"

#define MEMX_CLT_WORDS	(MEMX_EXTENT_PAGES / 64)

/**
 * struct memx_clt_blocks - blocks of an extent, one bit each
 * @written:	a write was begun: the server is asked for it. A block that is in neither reads as
 *		zeros
 * @lost:	went with a server and was not written since: reading it is an error
 * @nwritten:	bits set in @written
 * @nlost:	bits set in @lost
 */
struct memx_clt_blocks {
	u64	written[MEMX_CLT_WORDS];
	u64	lost[MEMX_CLT_WORDS];
	u32	nwritten;
	u32	nlost;
};

/* What a read of some blocks has to do. */
enum memx_clt_read {
	MEMX_CLT_ZEROS,		/* nothing was ever written there */
	MEMX_CLT_FETCH,		/* ask the server */
	MEMX_CLT_LOST,		/* an error */
};

enum memx_clt_read memx_clt_blocks_read(const struct memx_clt_blocks *b, u32 first, u32 count);
u32 memx_clt_blocks_run(const struct memx_clt_blocks *b, u32 first, u32 count, bool *lost);
void memx_clt_blocks_write(struct memx_clt_blocks *b, u32 first, u32 count);
void memx_clt_blocks_restore(struct memx_clt_blocks *b, u32 first, u32 count);
void memx_clt_blocks_zero(struct memx_clt_blocks *b, u32 first, u32 count);
u32 memx_clt_blocks_lose(struct memx_clt_blocks *b);

#endif
