// SPDX-License-Identifier: GPL-2.0-only
/* What a client knows of an extent's blocks, against one byte for each. */
#include "t.h"
#include "memx_clt_blocks.h"

struct model {
	bool written[MEMX_EXTENT_PAGES];
	bool lost[MEMX_EXTENT_PAGES];
};

static enum memx_clt_read model_read(const struct model *m, u32 first, u32 count)
{
	enum memx_clt_read what = MEMX_CLT_ZEROS;
	u32 i;

	for (i = first; i < first + count; i++) {
		if (m->lost[i])
			return MEMX_CLT_LOST;
		if (m->written[i])
			what = MEMX_CLT_FETCH;
	}
	return what;
}

static void compare(const struct memx_clt_blocks *b, const struct model *m)
{
	u32 i, written = 0, lost = 0;

	for (i = 0; i < MEMX_EXTENT_PAGES; i++) {
		written += m->written[i];
		lost += m->lost[i];
		CHECK_EQ(b->written[i / 64] >> i % 64 & 1, m->written[i]);
		CHECK_EQ(b->lost[i / 64] >> i % 64 & 1, m->lost[i]);
	}
	CHECK_EQ(b->nwritten, written);
	CHECK_EQ(b->nlost, lost);
}

static void lose(struct memx_clt_blocks *b, struct model *m)
{
	u32 i, n = 0;

	for (i = 0; i < MEMX_EXTENT_PAGES; i++) {
		n += m->written[i] && !m->lost[i];
		m->lost[i] |= m->written[i];
		m->written[i] = false;
	}
	CHECK_EQ(memx_clt_blocks_lose(b), n);
}

static void check_run(const struct memx_clt_blocks *b, const struct model *m, u32 first, u32 count)
{
	u32 n = 1;
	bool lost;

	while (n < count && m->lost[first + n] == m->lost[first])
		n++;
	CHECK_EQ(memx_clt_blocks_run(b, first, count, &lost), n);
	CHECK_EQ(lost, m->lost[first]);
}

static void step(struct memx_clt_blocks *b, struct model *m)
{
	u32 first = t_below(MEMX_EXTENT_PAGES);
	u32 most = MEMX_EXTENT_PAGES - first;
	u32 count = 1 + t_below(t_below(4) ? min(most, 16U) : most), i;

	switch (t_below(10)) {
	case 0 ... 2:
		memx_clt_blocks_write(b, first, count);
		for (i = first; i < first + count; i++)
			m->written[i] = true;
		break;
	case 3:
		memx_clt_blocks_restore(b, first, count);
		for (i = first; i < first + count; i++)
			m->lost[i] = false;
		break;
	case 4:
		if (!t_below(10))
			lose(b, m);
		break;
	case 5:
		memx_clt_blocks_zero(b, first, count);
		for (i = first; i < first + count; i++)
			m->written[i] = m->lost[i] = false;
		break;
	case 6:
		check_run(b, m, first, count);
		break;
	default:
		CHECK_EQ(memx_clt_blocks_read(b, first, count), model_read(m, first, count));
	}
}

TEST(random_steps_agree_with_the_model)
{
	struct memx_clt_blocks b = { };
	static struct model m;
	u32 i;

	m = (struct model) { };
	for (i = 0; i < 20000; i++) {
		step(&b, &m);
		if (!(i % 500))
			compare(&b, &m);
	}
	compare(&b, &m);
}

TEST(the_whole_extent_at_once)
{
	struct memx_clt_blocks b = { };

	CHECK_EQ(memx_clt_blocks_read(&b, 0, MEMX_EXTENT_PAGES), MEMX_CLT_ZEROS);
	memx_clt_blocks_write(&b, 0, MEMX_EXTENT_PAGES);
	CHECK_EQ(b.nwritten, MEMX_EXTENT_PAGES);
	CHECK_EQ(memx_clt_blocks_lose(&b), MEMX_EXTENT_PAGES);
	CHECK_EQ(memx_clt_blocks_read(&b, 1023, 1), MEMX_CLT_LOST);
	memx_clt_blocks_restore(&b, 1023, 1);
	CHECK_EQ(memx_clt_blocks_read(&b, 1023, 1), MEMX_CLT_ZEROS);
	CHECK_EQ(memx_clt_blocks_read(&b, 1022, 2), MEMX_CLT_LOST);
	CHECK_EQ(b.nlost, MEMX_EXTENT_PAGES - 1);
}

/* It reads as zeros, and no server can take that along. */
TEST(a_discarded_block_is_not_lost)
{
	struct memx_clt_blocks b = { };

	memx_clt_blocks_write(&b, 63, 3);
	memx_clt_blocks_zero(&b, 64, 1);
	CHECK_EQ(memx_clt_blocks_read(&b, 64, 1), MEMX_CLT_ZEROS);
	CHECK_EQ(memx_clt_blocks_lose(&b), 2);
	CHECK_EQ(memx_clt_blocks_read(&b, 64, 1), MEMX_CLT_ZEROS);
	CHECK_EQ(memx_clt_blocks_read(&b, 63, 1), MEMX_CLT_LOST);
	memx_clt_blocks_zero(&b, 0, 64);
	CHECK_EQ(memx_clt_blocks_read(&b, 0, 65), MEMX_CLT_ZEROS);
	CHECK_EQ(b.nlost, 1);
}

/* A block that is lost twice counts once, and a write alone does not make it readable. */
TEST(a_lost_block_stays_lost_until_a_write_of_it_succeeds)
{
	struct memx_clt_blocks b = { };

	memx_clt_blocks_write(&b, 7, 1);
	CHECK_EQ(memx_clt_blocks_lose(&b), 1);
	memx_clt_blocks_write(&b, 7, 1);
	CHECK_EQ(memx_clt_blocks_read(&b, 7, 1), MEMX_CLT_LOST);
	CHECK_EQ(memx_clt_blocks_lose(&b), 0);
	memx_clt_blocks_write(&b, 7, 1);
	memx_clt_blocks_restore(&b, 7, 1);
	CHECK_EQ(memx_clt_blocks_read(&b, 7, 1), MEMX_CLT_FETCH);
}
