// SPDX-License-Identifier: GPL-2.0-only
/* Which blocks of an extent hold something, and which were lost. */
#include "memx_clt_blocks.h"

/* The bits of word @w that lie in [@first, @first + @count). */
static u64 mask(u32 w, u32 first, u32 count)
{
	u32 from = max(first, w * 64) - w * 64;
	u32 to = min(first + count, (w + 1) * 64) - w * 64;

	return (~0ULL << from) & (~0ULL >> (64 - to));
}

/* Words that have bits in [@first, @first + @count); @count is not 0. */
#define for_each_word(w, first, count) \
	for ((w) = (first) / 64; (w) <= ((first) + (count) - 1) / 64; (w)++)

/**
 * memx_clt_blocks_read - what a read has to do
 * @b:		blocks
 * @first:	first block
 * @count:	blocks, at least 1; they lie within the extent
 *
 * Return: enum memx_clt_read. Blocks that were never written are fetched with others that were: the
 * server has zeros for them.
 */
enum memx_clt_read memx_clt_blocks_read(const struct memx_clt_blocks *b, u32 first, u32 count)
{
	enum memx_clt_read what = MEMX_CLT_ZEROS;
	u32 w;

	for_each_word(w, first, count) {
		u64 m = mask(w, first, count);

		if (b->lost[w] & m)
			return MEMX_CLT_LOST;
		if (b->written[w] & m)
			what = MEMX_CLT_FETCH;
	}
	return what;
}

/**
 * memx_clt_blocks_run - blocks that are all lost, or all not
 * @b:		blocks
 * @first:	first block
 * @count:	blocks, at least 1
 * @lost:	to fill: are they lost?
 *
 * Return: how many from @first on, at most @count.
 */
u32 memx_clt_blocks_run(const struct memx_clt_blocks *b, u32 first, u32 count, bool *lost)
{
	u32 n = 1;

	*lost = b->lost[first / 64] >> first % 64 & 1;
	while (n < count && (b->lost[(first + n) / 64] >> (first + n) % 64 & 1) == *lost)
		n++;
	return n;
}

/**
 * memx_clt_blocks_write - a write begins
 * @b:		blocks
 * @first:	first block
 * @count:	blocks, at least 1
 *
 * Lost blocks stay lost until memx_clt_blocks_restore(): the write may fail.
 */
void memx_clt_blocks_write(struct memx_clt_blocks *b, u32 first, u32 count)
{
	u32 w;

	for_each_word(w, first, count) {
		u64 fresh = mask(w, first, count) & ~b->written[w];

		if (!fresh)
			continue;
		b->written[w] |= fresh;
		b->nwritten += hweight64(fresh);
	}
}

/**
 * memx_clt_blocks_restore - blocks have contents again: a write or a discard of them succeeded
 * @b:		blocks
 * @first:	first block
 * @count:	blocks, at least 1
 */
void memx_clt_blocks_restore(struct memx_clt_blocks *b, u32 first, u32 count)
{
	u32 w;

	for_each_word(w, first, count) {
		u64 m = mask(w, first, count);

		b->nlost -= hweight64(b->lost[w] & m);
		b->lost[w] &= ~m;
	}
}

/**
 * memx_clt_blocks_zero - blocks are zeros: a discard of them succeeded, and nothing was written
 * after it
 * @b:		blocks
 * @first:	first block
 * @count:	blocks, at least 1
 */
void memx_clt_blocks_zero(struct memx_clt_blocks *b, u32 first, u32 count)
{
	u32 w;

	memx_clt_blocks_restore(b, first, count);
	for_each_word(w, first, count) {
		u64 m = mask(w, first, count);

		b->nwritten -= hweight64(b->written[w] & m);
		b->written[w] &= ~m;
	}
}

/**
 * memx_clt_blocks_lose - the server that held them is gone
 * @b:		blocks
 *
 * Return: how many blocks were lost by this.
 */
u32 memx_clt_blocks_lose(struct memx_clt_blocks *b)
{
	u32 before = b->nlost, w;

	b->nlost = 0;
	b->nwritten = 0;
	for (w = 0; w < MEMX_CLT_WORDS; w++) {
		b->lost[w] |= b->written[w];
		b->written[w] = 0;
		b->nlost += hweight64(b->lost[w]);
	}
	return b->nlost - before;
}
