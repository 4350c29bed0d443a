// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of a guest: entries as structures that a compiler lays out, each rule broken once, and
 * a random storm against an oracle.
 */
#include "t.h"
#include "memx_xbk_ring.h"

#define DISK	8000ULL		/* sectors: 1000 blocks */

static const struct memx_xbk_disk disk = { .sectors = DISK, .discard = true };
static const struct memx_xbk_disk read_only = { .sectors = DISK, .read_only = true, .discard = true };

struct seg { u32 gref; u8 first, last; u16 hole; };

/* Entries of guests of 64 bits, laid out by alignment. */
struct rw_64 { u8 op, nr; u16 handle; u64 id __attribute__((aligned(8))); u64 sector; struct seg seg[11]; };
struct discard_64 { u8 op, flag; u16 handle; u64 id __attribute__((aligned(8))); u64 sector, count; };
struct indirect_64 {
	u8 op, what; u16 nr; u64 id __attribute__((aligned(8))); u64 sector; u16 handle, hole; u32 gref[8];
};

/* And of 32 bits on x86, where a word of 64 bits is aligned to 4 bytes. */
#pragma pack(push, 4)
struct rw_32 { u8 op, nr; u16 handle; u64 id, sector; struct seg seg[11]; };
struct discard_32 { u8 op, flag; u16 handle; u64 id, sector, count; };
struct indirect_32 { u8 op, what; u16 nr; u64 id, sector; u16 handle, hole; u32 gref[8]; };
struct rsp_32 { u64 id; u8 op; int16_t status; };
#pragma pack(pop)
struct rsp_64 { u64 id; u8 op; int16_t status; };

union entry_64 { struct rw_64 rw; struct discard_64 discard; struct indirect_64 indirect; u8 b[112]; };
union entry_32 { struct rw_32 rw; struct discard_32 discard; struct indirect_32 indirect; u8 b[108]; };

/* What a test says of a request, in no guest's layout. */
struct say {
	u8 op, flag, what;
	u16 nr;
	u64 sector, count;
	struct seg seg[11];
};

#define ID	0x1122334455667788ULL
#define GREF	0x89abcdefU

static void lay_64(union entry_64 *e, const struct say *s)
{
	memset(e, 0xa5, sizeof(*e));
	if (s->op == MEMX_XBK_OP_DISCARD) {
		e->discard.op = s->op;
		e->discard.flag = s->flag;
		e->discard.id = ID;
		e->discard.sector = s->sector;
		e->discard.count = s->count;
	} else if (s->op == MEMX_XBK_OP_INDIRECT) {
		e->indirect.op = s->op;
		e->indirect.what = s->what;
		e->indirect.nr = s->nr;
		e->indirect.id = ID;
		e->indirect.sector = s->sector;
		e->indirect.gref[0] = GREF;
	} else {
		e->rw.op = s->op;
		e->rw.nr = s->nr;
		e->rw.id = ID;
		e->rw.sector = s->sector;
		memcpy(e->rw.seg, s->seg, sizeof(s->seg));
	}
}

static void lay_32(union entry_32 *e, const struct say *s)
{
	memset(e, 0xa5, sizeof(*e));
	if (s->op == MEMX_XBK_OP_DISCARD) {
		e->discard.op = s->op;
		e->discard.flag = s->flag;
		e->discard.id = ID;
		e->discard.sector = s->sector;
		e->discard.count = s->count;
	} else if (s->op == MEMX_XBK_OP_INDIRECT) {
		e->indirect.op = s->op;
		e->indirect.what = s->what;
		e->indirect.nr = s->nr;
		e->indirect.id = ID;
		e->indirect.sector = s->sector;
		e->indirect.gref[0] = GREF;
	} else {
		e->rw.op = s->op;
		e->rw.nr = s->nr;
		e->rw.id = ID;
		e->rw.sector = s->sector;
		memcpy(e->rw.seg, s->seg, sizeof(s->seg));
	}
}

/* In both layouts, from exactly as many bytes as an entry has; they must agree. */
static int parse_on(struct memx_xbk_req *req, const struct say *s, const struct memx_xbk_disk *d)
{
	struct memx_xbk_req other;
	union entry_64 e64;
	union entry_32 e32;
	void *p = malloc(108);
	int status, status_32;

	lay_64(&e64, s);
	lay_32(&e32, s);
	memcpy(p, &e32, 108);
	memset(req, 0xee, sizeof(*req));
	memset(&other, 0xee, sizeof(other));
	status = memx_xbk_parse(req, &e64, &memx_xbk_abi_64, d);
	status_32 = memx_xbk_parse(&other, p, &memx_xbk_abi_x86_32, d);
	free(p);
	CHECK_EQ(status, status_32);
	CHECK_EQ(req->id, ID);
	CHECK_EQ(other.id, ID);
	CHECK_EQ(req->op, other.op);
	CHECK_EQ(req->sector, other.sector);
	CHECK_EQ(req->nr_sectors, other.nr_sectors);
	CHECK_EQ(req->nr_seg, other.nr_seg);
	CHECK_EQ(req->gref, other.gref);
	if (!status && !req->indirect)
		CHECK_MEM(req->seg, other.seg, req->nr_seg * sizeof(req->seg[0]));
	return status;
}

static int parse(struct memx_xbk_req *req, const struct say *s)
{
	return parse_on(req, s, &disk);
}

static struct say io(u8 op, u64 sector, u8 nr)
{
	struct say s = { .op = op, .nr = nr, .sector = sector };
	unsigned int i;

	for (i = 0; i < 11; i++)
		s.seg[i] = (struct seg) { .gref = 100 + i, .last = 7, .hole = 0xbeef };
	return s;
}

TEST(layouts)
{
	CHECK_EQ(sizeof(struct rw_64), memx_xbk_abi_64.entry);
	CHECK_EQ(sizeof(struct rw_32), memx_xbk_abi_x86_32.entry);
	CHECK_EQ(sizeof(union entry_64), memx_xbk_abi_64.entry);
	CHECK_EQ(sizeof(union entry_32), memx_xbk_abi_x86_32.entry);
	CHECK_EQ(sizeof(struct rsp_64), memx_xbk_abi_64.rsp);
	CHECK_EQ(sizeof(struct rsp_32), memx_xbk_abi_x86_32.rsp);
	CHECK(memx_xbk_abi_64.entry <= MEMX_XBK_ENTRY_MAX);
}

TEST(protocols)
{
	CHECK(memx_xbk_abi(NULL) == &memx_xbk_abi_64);
	CHECK(memx_xbk_abi("x86_64-abi") == &memx_xbk_abi_64);
	CHECK(memx_xbk_abi("arm-abi") == &memx_xbk_abi_64);
	CHECK(memx_xbk_abi("x86_32-abi") == &memx_xbk_abi_x86_32);
	CHECK(!memx_xbk_abi(""));
	CHECK(!memx_xbk_abi("x86_64-ab"));
	CHECK(!memx_xbk_abi("x86_64-abi2"));
}

TEST(read_is_taken_apart)
{
	struct say s = io(MEMX_XBK_OP_READ, 80, 3);
	struct memx_xbk_req r;

	s.seg[0].first = 6;
	s.seg[1].last = 5;
	REQUIRE(!parse(&r, &s));
	CHECK_EQ(r.what, MEMX_XBK_READ);
	CHECK_EQ(r.op, MEMX_XBK_OP_READ);
	CHECK_EQ(r.sector, 80);
	CHECK_EQ(r.nr_sectors, 16);
	CHECK_EQ(r.nr_seg, 3);
	CHECK_EQ(r.seg[0].gref, 100);
	CHECK_EQ(r.seg[0].first, 6);
	CHECK_EQ(r.seg[0].nr, 2);
	CHECK_EQ(r.seg[1].first, 0);
	CHECK_EQ(r.seg[1].nr, 6);
	CHECK_EQ(r.seg[2].gref, 102);
	CHECK_EQ(r.seg[2].nr, 8);
	CHECK(!r.flush);
	CHECK(!r.indirect);
}

TEST(writes_and_flushes)
{
	struct say s = io(MEMX_XBK_OP_WRITE, 0, 11);
	struct memx_xbk_req r;

	REQUIRE(!parse(&r, &s));
	CHECK_EQ(r.what, MEMX_XBK_WRITE);
	CHECK_EQ(r.nr_sectors, 88);
	CHECK(!r.flush);
	s.op = MEMX_XBK_OP_FLUSH;
	REQUIRE(!parse(&r, &s));
	CHECK_EQ(r.what, MEMX_XBK_WRITE);
	CHECK(r.flush);
	s.nr = 0;
	s.sector = ~0ULL;
	REQUIRE(!parse(&r, &s));
	CHECK_EQ(r.what, MEMX_XBK_FLUSH);
	CHECK_EQ(r.nr_sectors, 0);
}

TEST(number_of_segments)
{
	struct say s = io(MEMX_XBK_OP_READ, 0, 0);
	struct memx_xbk_req r;
	unsigned int nr;

	for (nr = 0; nr < 256; nr++) {
		s.nr = nr;
		CHECK_EQ(parse(&r, &s), nr >= 1 && nr <= 11 ? MEMX_XBK_OKAY : MEMX_XBK_ERROR);
	}
}

TEST(sectors_of_a_segment)
{
	unsigned int first, last;
	struct memx_xbk_req r;

	/* A second segment makes up for the rest of a block, where it can. */
	for (first = 0; first < 256; first++) {
		for (last = 0; last < 256; last++) {
			struct say s = io(MEMX_XBK_OP_WRITE, 0, 2);
			bool right = first <= last && last < 8;

			s.seg[0].first = first;
			s.seg[0].last = last;
			if (right && last - first + 1 < 8)
				s.seg[1].last = 8 - (last - first + 1) - 1;
			CHECK_EQ(parse(&r, &s), right ? MEMX_XBK_OKAY : MEMX_XBK_ERROR);
		}
	}
}

TEST(whole_blocks_only)
{
	struct say s = io(MEMX_XBK_OP_READ, 0, 1);
	struct memx_xbk_req r;
	u64 sector;

	for (sector = 0; sector < 64; sector++) {
		s.sector = sector;
		CHECK_EQ(parse(&r, &s), sector % 8 ? MEMX_XBK_ERROR : MEMX_XBK_OKAY);
	}
	s.sector = 0;
	s.seg[0].last = 3;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.seg[1].last = 3;
	s.nr = 2;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_OKAY);
}

TEST(end_of_the_disk)
{
	static const u64 beyond[] = {
		DISK, DISK - 80, DISK + 8, 1ULL << 55, 1ULL << 63, ~0ULL, ~0ULL - 7, -88ULL
	};
	struct say s = io(MEMX_XBK_OP_READ, DISK - 88, 11);
	struct memx_xbk_req r;
	unsigned int i;

	CHECK_EQ(parse(&r, &s), MEMX_XBK_OKAY);
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		s.sector = beyond[i];
		CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	}
}

TEST(read_only_disk)
{
	struct say s = io(MEMX_XBK_OP_WRITE, 0, 1);
	struct say discard = { .op = MEMX_XBK_OP_DISCARD, .count = 8 };
	struct say indirect = { .op = MEMX_XBK_OP_INDIRECT, .what = MEMX_XBK_OP_WRITE, .nr = 1 };
	struct memx_xbk_req r;

	CHECK_EQ(parse_on(&r, &s, &read_only), MEMX_XBK_ERROR);
	s.op = MEMX_XBK_OP_FLUSH;
	CHECK_EQ(parse_on(&r, &s, &read_only), MEMX_XBK_ERROR);
	s.nr = 0;
	CHECK_EQ(parse_on(&r, &s, &read_only), MEMX_XBK_OKAY);
	s = io(MEMX_XBK_OP_READ, 0, 1);
	CHECK_EQ(parse_on(&r, &s, &read_only), MEMX_XBK_OKAY);
	CHECK_EQ(parse_on(&r, &discard, &read_only), MEMX_XBK_ERROR);
	CHECK_EQ(parse_on(&r, &indirect, &read_only), MEMX_XBK_ERROR);
	indirect.what = MEMX_XBK_OP_READ;
	CHECK_EQ(parse_on(&r, &indirect, &read_only), MEMX_XBK_OKAY);
}

TEST(discards)
{
	static const struct memx_xbk_disk no_discard = { .sectors = DISK };
	struct say s = { .op = MEMX_XBK_OP_DISCARD, .sector = 8, .count = DISK - 8 };
	struct memx_xbk_req r;

	REQUIRE(!parse(&r, &s));
	CHECK_EQ(r.what, MEMX_XBK_DISCARD);
	CHECK_EQ(r.sector, 8);
	CHECK_EQ(r.nr_sectors, DISK - 8);
	CHECK_EQ(r.nr_seg, 0);
	CHECK_EQ(parse_on(&r, &s, &no_discard), MEMX_XBK_UNSUPPORTED);
	s.flag = MEMX_XBK_DISCARD_SECURE;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_UNSUPPORTED);
	s.flag = 0;
	s.count = DISK;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.count = 0;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.count = 12;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.count = -8ULL;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.count = 8;
	s.sector = 4;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.sector = -8ULL;
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
}

TEST(operations_that_are_not_known)
{
	struct memx_xbk_req r;
	unsigned int op;

	for (op = 0; op < 256; op++) {
		struct say s = io(op, 0, 1);

		if (op == MEMX_XBK_OP_READ || op == MEMX_XBK_OP_WRITE || op == MEMX_XBK_OP_FLUSH ||
		    op == MEMX_XBK_OP_DISCARD || op == MEMX_XBK_OP_INDIRECT)
			continue;
		CHECK_EQ(parse(&r, &s), MEMX_XBK_UNSUPPORTED);
		CHECK_EQ(r.op, op);
	}
}

TEST(indirect_requests)
{
	struct say s = { .op = MEMX_XBK_OP_INDIRECT, .what = MEMX_XBK_OP_WRITE, .sector = 16, .nr = 64 };
	struct memx_xbk_req r;
	unsigned int op, i;
	struct seg *seg = malloc(64 * sizeof(*seg));

	for (i = 0; i < 64; i++)
		seg[i] = (struct seg) { .gref = i, .first = 0, .last = 7 };
	REQUIRE(!parse(&r, &s));
	CHECK(r.indirect);
	CHECK_EQ(r.op, MEMX_XBK_OP_WRITE);
	CHECK_EQ(r.what, MEMX_XBK_WRITE);
	CHECK_EQ(r.gref, GREF);
	CHECK_EQ(r.nr_seg, 64);
	REQUIRE(!memx_xbk_parse_segs(&r, seg, &disk));
	CHECK(!r.indirect);
	CHECK_EQ(r.nr_sectors, 512);
	CHECK_EQ(r.seg[63].gref, 63);

	seg[63].last = 8;
	CHECK_EQ(memx_xbk_parse_segs(&r, seg, &disk), MEMX_XBK_ERROR);
	seg[63].last = 7;
	r.sector = DISK - 504;
	CHECK_EQ(memx_xbk_parse_segs(&r, seg, &disk), MEMX_XBK_ERROR);
	r.sector = DISK - 512;
	CHECK_EQ(memx_xbk_parse_segs(&r, seg, &disk), MEMX_XBK_OKAY);
	for (s.nr = 65; s.nr; s.nr++)
		CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
	s.nr = 1;
	for (op = 2; op < 256; op++) {
		s.what = op;
		CHECK_EQ(parse(&r, &s), MEMX_XBK_ERROR);
		CHECK_EQ(r.op, op);
	}
	free(seg);
}

/* A slow and plain reading of the rules, for guests of 64 bits. */
static int oracle(const union entry_64 *e, u64 *sectors)
{
	__int128 end = e->rw.sector;
	unsigned int i;

	if (e->rw.op == MEMX_XBK_OP_DISCARD) {
		end += e->discard.count;
		*sectors = e->discard.count;
		if (e->discard.flag & 1)
			return MEMX_XBK_UNSUPPORTED;
		return end <= (__int128)DISK && e->discard.count && !(e->discard.count % 8) &&
		       !(e->discard.sector % 8) ? MEMX_XBK_OKAY : MEMX_XBK_ERROR;
	}
	if (e->rw.op != MEMX_XBK_OP_READ && e->rw.op != MEMX_XBK_OP_WRITE &&
	    e->rw.op != MEMX_XBK_OP_FLUSH)
		return MEMX_XBK_UNSUPPORTED;
	if (e->rw.op == MEMX_XBK_OP_FLUSH && !e->rw.nr)
		return MEMX_XBK_OKAY;
	if (e->rw.nr < 1 || e->rw.nr > 11)
		return MEMX_XBK_ERROR;
	for (*sectors = 0, i = 0; i < e->rw.nr; i++) {
		if (e->rw.seg[i].last > 7 || e->rw.seg[i].first > e->rw.seg[i].last)
			return MEMX_XBK_ERROR;
		*sectors += e->rw.seg[i].last - e->rw.seg[i].first + 1;
	}
	end += *sectors;
	return end <= (__int128)DISK && !(*sectors % 8) && !(e->rw.sector % 8) ? MEMX_XBK_OKAY :
									  MEMX_XBK_ERROR;
}

TEST(storm)
{
	unsigned int round, accepted = 0;

	for (round = 0; round < 300000; round++) {
		struct memx_xbk_req r;
		union entry_64 e;
		u64 sectors = 0;
		unsigned int i;
		int status;

		t_fill(&e, sizeof(e));
		e.rw.op = t_below(6);
		e.rw.nr = t_below(14);
		e.rw.sector = t_below(4) ? t_below(DISK + 100) & ~(u64)(t_below(8) ? 7 : 0) : t_rand();
		if (e.rw.op == MEMX_XBK_OP_DISCARD)
			e.discard.count = t_below(4) ? t_below(DISK) & ~7ULL : t_rand();
		else
			for (i = 0; i < 11; i++) {
				e.rw.seg[i].first = t_below(16) ? 0 : t_below(9);
				e.rw.seg[i].last = t_below(16) ? 7 : t_below(9);
			}
		status = oracle(&e, &sectors);
		CHECK_EQ(memx_xbk_parse(&r, &e, &memx_xbk_abi_64, &disk), status);
		if (!status)
			CHECK_EQ(r.nr_sectors, sectors);
		accepted += !status;
	}
	CHECK(accepted > 30000);
}

TEST(responses)
{
	struct { u8 before; struct rsp_64 rsp; u8 after; } __attribute__((packed)) a;
	struct { u8 before; struct rsp_32 rsp; u8 after; } __attribute__((packed)) b;
	struct rsp_64 r64;
	struct rsp_32 r32;

	memset(&a, 0xa5, sizeof(a));
	memset(&b, 0xa5, sizeof(b));
	memx_xbk_response(&a.rsp, &memx_xbk_abi_64, ID, 3, MEMX_XBK_UNSUPPORTED);
	memx_xbk_response(&b.rsp, &memx_xbk_abi_x86_32, ID, 3, MEMX_XBK_UNSUPPORTED);
	r64 = a.rsp;
	r32 = b.rsp;
	CHECK_EQ(r64.id, ID);
	CHECK_EQ(r64.op, 3);
	CHECK_EQ(r64.status, -2);
	CHECK_EQ(r32.id, ID);
	CHECK_EQ(r32.op, 3);
	CHECK_EQ(r32.status, -2);
	CHECK(a.before == 0xa5 && a.after == 0xa5 && b.before == 0xa5 && b.after == 0xa5);
}
