// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments against a cut done by hand, byte after byte, by the words of docs/PROTOCOL.md,
 * section 8.
 */
#include "rmp_frag.h"
#include "t.h"

/* The slow truth: what each fragment carries, as a list of bytes. */
struct cut {
	unsigned int nfrags;
	unsigned int n[RMP_FRAGS_MAX];
	int byte[RMP_FRAGS_MAX][RMP_MTU_MAX];	/* position in the data; heads are negative */
};

static void put(struct cut *c, unsigned int frag, int byte)
{
	c->byte[frag][c->n[frag]++] = byte;
}

/* Frames that one page takes: the fewest so that a piece leaves 48 bytes of room for a head. */
static unsigned int frames_of_page(unsigned int room)
{
	unsigned int n = 1;

	while ((4096 + n - 1) / n > room - 48)
		n++;
	return n;
}

static void cut_page(struct cut *c, const struct rmp_msg *m, unsigned int first, unsigned int per,
		     unsigned int page)
{
	unsigned int chunk = (4096 + per - 1) / per, i;

	while (per > 1 && chunk % 8)
		chunk++;
	for (i = 0; i < 4096; i++)
		if (page * 4096 + i < m->data_len)
			put(c, first + i / chunk, page * 4096 + i);
}

static unsigned int fullest_of(const struct rmp_msg *m, unsigned int room)
{
	unsigned int per = frames_of_page(room), chunk = (4096 + per - 1) / per;

	if (per == 1)
		return (__builtin_popcount(m->present) > 1 && 2 * 4096 + 48 <= room ? 2 : 1) * 4096;
	while (chunk % 8)
		chunk++;
	return chunk;
}

static void cut_by_hand(struct cut *c, const struct rmp_msg *m, unsigned int mtu)
{
	unsigned int room = mtu - 40 - 16, per = frames_of_page(room), page, i, at;
	unsigned int share = 2 * 4096 + 48 <= room ? 2 : 1, nth = 0;
	bool lone = !m->present || m->head_len + fullest_of(m, room) > room;

	memset(c->n, 0, sizeof(c->n));
	for (i = 0; i < m->head_len; i++)
		put(c, 0, -1 - (int)i);
	c->nfrags = lone;
	for (page = 0; page < RMP_PAGES_MAX; page++) {
		if (!(m->present >> page & 1))
			continue;
		at = lone + (per > 1 ? nth * per : nth / share);
		cut_page(c, m, at, per, page);
		c->nfrags = at + per;
		nth++;
	}
}

static void compare(const struct cut *c, unsigned int frag, const struct rmp_piece *p)
{
	unsigned int n = 0, i, j;

	CHECK_EQ(p->len, c->n[frag]);
	for (i = 0; i < p->head_len; i++)
		CHECK(c->byte[frag][n++] == -1 - (int)i);
	CHECK(p->nruns <= RMP_RUNS_MAX);
	for (i = 0; i < p->nruns; i++) {
		CHECK(p->run[i].len > 0);
		CHECK_EQ(p->run[i].pos / 4096, (p->run[i].pos + p->run[i].len - 1) / 4096);
		for (j = 0; j < p->run[i].len && n < c->n[frag]; j++)
			CHECK(c->byte[frag][n++] == (int)(p->run[i].pos + j));
	}
	CHECK_EQ(n, c->n[frag]);
}

static void check_msg(const struct rmp_msg *m, unsigned int mtu)
{
	static struct cut c;
	struct rmp_layout l;
	struct rmp_piece p;
	struct rmp_geo geo;
	unsigned int i;

	rmp_geo_init(&geo, mtu);
	cut_by_hand(&c, m, mtu);
	REQUIRE(rmp_layout_init(&l, &geo, m));
	CHECK(rmp_msg_equal(&l.msg, m));
	CHECK_EQ(l.nfrags, c.nfrags);
	CHECK(l.nfrags >= 1 && l.nfrags <= RMP_FRAGS_MAX);
	for (i = 0; i < l.nfrags; i++) {
		rmp_layout_piece(&l, &geo, i, &p);
		CHECK(p.len <= geo.room);
		compare(&c, i, &p);
	}
	if (t_failures)
		T_FAIL("mtu %u, data %u, present %04x, head %u", mtu, m->data_len, m->present,
		       m->head_len);
}

TEST(geometry_of_the_usual_mtus)
{
	static const struct {
		unsigned int mtu, room, chunk, per_page, pages;
	} want[] = {
		{ 1500, 1444, 1368, 3, 0 }, { 2000, 1944, 1368, 3, 0 }, { 2152, 2096, 2048, 2, 0 },
		{ 2151, 2095, 1368, 3, 0 }, { 4199, 4143, 2048, 2, 0 }, { 4200, 4144, 4096, 1, 1 },
		{ 4224, 4168, 4096, 1, 1 }, { 8295, 8239, 4096, 1, 1 }, { 8296, 8240, 4096, 1, 2 },
		{ 9000, 8944, 4096, 1, 2 },
	};
	struct rmp_geo g;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		rmp_geo_init(&g, want[i].mtu);
		CHECK_EQ(g.room, want[i].room);
		CHECK_EQ(g.chunk, want[i].chunk);
		CHECK_EQ(g.per_page, want[i].per_page);
		CHECK_EQ(g.pages, want[i].pages);
	}
}

TEST(every_mtu_carries_the_largest_message)
{
	struct rmp_msg m = { .data_len = RMP_DATA_MAX, .present = 0xffff, .head_len = 192 };
	struct rmp_layout l;
	struct rmp_geo g;
	unsigned int mtu;

	for (mtu = RMP_MTU_MIN; mtu <= RMP_MTU_MAX; mtu++) {
		rmp_geo_init(&g, mtu);
		CHECK(rmp_layout_init(&l, &g, &m));
		CHECK(l.nfrags <= RMP_FRAGS_MAX);
		CHECK(g.room >= RMP_HEAD_MAX);
	}
}

TEST(numbers_of_fragments)
{
	static const struct {
		unsigned int mtu, pages, head, frags;
	} want[] = {
		{ 1500, 1, 24, 3 },    { 1500, 1, 76, 3 },  { 1500, 1, 77, 4 },
		{ 1500, 0, 24, 1 },    { 1500, 0, 0, 1 },   { 1500, 16, 24, 48 },
		{ 1500, 16, 192, 49 }, { 4224, 1, 72, 1 },  { 4224, 1, 73, 2 },
		{ 9000, 1, 192, 1 },   { 9000, 2, 192, 1 }, { 9000, 3, 24, 2 },
		{ 9000, 16, 24, 8 },   { 8296, 2, 48, 1 },  { 8296, 2, 49, 2 },
		{ 8296, 1, 192, 1 },
	};
	struct rmp_layout l;
	struct rmp_geo g;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		struct rmp_msg m = {
			.data_len = want[i].pages * 4096, .head_len = want[i].head,
			.present = (1u << want[i].pages) - 1,
		};

		rmp_geo_init(&g, want[i].mtu);
		REQUIRE(rmp_layout_init(&l, &g, &m));
		CHECK_EQ(l.nfrags, want[i].frags);
	}
}

TEST(messages_that_cannot_exist)
{
	static const struct rmp_msg bad[] = {
		{ .data_len = 0, .present = 1 },
		{ .data_len = 4096, .present = 2 },
		{ .data_len = 4096, .present = 0x8001 },
		{ .data_len = 65536 - 4096, .present = 0x8000 },
		{ .data_len = 65537 },
		{ .data_len = UINT32_MAX },
		{ .data_len = UINT32_MAX - 4094 },	/* its pages, rounded up, wrap to 0 */
		{ .head_len = 193 },
	};
	struct rmp_layout l;
	struct rmp_geo g;
	unsigned int i;

	rmp_geo_init(&g, 1500);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(!rmp_layout_init(&l, &g, &bad[i]));
}

TEST(mask_of_all_fragments)
{
	struct rmp_layout l = { .nfrags = 1 };

	CHECK_EQ(rmp_layout_all(&l), 1);
	l.nfrags = 63;
	CHECK_EQ(rmp_layout_all(&l), ~0ULL >> 1);
	l.nfrags = 64;
	CHECK_EQ(rmp_layout_all(&l), ~0ULL);
}

TEST(random_messages_against_the_cut_by_hand)
{
	static const unsigned int mtus[] = { 1500, 9000, 4224, 4199, 4200, 8295, 8296, 2152 };
	unsigned int i;

	for (i = 0; i < 4000 && !t_failures; i++) {
		struct rmp_msg m = { .head_len = t_below(RMP_HEAD_MAX + 1) };
		unsigned int mtu = t_below(2) ? mtus[t_below(ARRAY_SIZE(mtus))] :
				   1500 + t_below(7501);

		m.data_len = t_below(3) ? t_below(17) * 4096 : t_below(RMP_DATA_MAX + 1);
		m.present = t_rand() & ((1u << rmp_msg_pages(&m)) - 1);
		if (!t_below(3))
			m.present &= t_rand();
		check_msg(&m, mtu);
	}
}

TEST(short_last_pages)
{
	unsigned int len;

	for (len = 1; len <= 4096; len += len < 20 || len > 4080 ? 1 : 57) {
		struct rmp_msg m = { .data_len = 4096 + len, .present = 3, .head_len = 24 };

		check_msg(&m, 1500);
		check_msg(&m, 4224);
		check_msg(&m, 9000);
		m.present = 2;
		check_msg(&m, 1500);
		check_msg(&m, 9000);
	}
	/* ends where a fragment ends: the next one is empty */
	check_msg(&(struct rmp_msg) { .data_len = 1368, .present = 1, .head_len = 8 }, 1500);
	check_msg(&(struct rmp_msg) { .data_len = 4096 + 2736, .present = 3 }, 1500);
}
