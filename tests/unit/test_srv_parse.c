// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests as the server takes them apart: each rule of memx_wire.h broken once, and a random storm
 * against an oracle.
 */
#include "t.h"
#include "memx_srv_parse.h"

/* A data request with room for all values. */
struct data {
	struct memx_data_req rq;
	__be64 value[RMP_PAGES_MAX + 1];
};

static struct data data_of(u8 op, u16 page, u16 count)
{
	return (struct data) {
		.rq.op = op, .rq.page = cpu_to_be16(page), .rq.count = cpu_to_be16(count),
		.rq.handle = cpu_to_be64(0x1122334455667788), .rq.generation = cpu_to_be32(7),
		.rq.epoch = cpu_to_be32(9),
	};
}

static bool parse(const struct data *d, u32 len, u32 data_len, u16 present,
		  struct memx_srv_data *out)
{
	struct memx_srv_head h = {
		.bytes = d, .len = len, .data_len = data_len, .present = present
	};

	return memx_srv_parse_data(out, &h);
}

#define HEAD	sizeof(struct memx_data_req)

TEST(read_is_taken_apart)
{
	struct data d = data_of(MEMX_OP_READ, 1008, 16);
	struct memx_srv_data p;

	REQUIRE(parse(&d, HEAD, 0, 0, &p));
	CHECK_EQ(p.op, MEMX_OP_READ);
	CHECK_EQ(p.page, 1008);
	CHECK_EQ(p.count, 16);
	CHECK_EQ(p.handle, 0x1122334455667788);
	CHECK_EQ(p.generation, 7);
	CHECK_EQ(p.epoch, 9);
}

TEST(read_rules)
{
	struct data d = data_of(MEMX_OP_READ, 0, 1);
	struct memx_srv_data p;
	u32 len;

	for (len = 0; len < HEAD; len++)
		CHECK(!parse(&d, len, 0, 0, &p));
	CHECK(!parse(&d, HEAD + 8, 0, 0, &p));
	CHECK(!parse(&d, HEAD, RMP_PAGE_SIZE, 0, &p));
	CHECK(!parse(&d, HEAD, 0, 1, &p));
	d.rq.zero = 1;
	CHECK(!parse(&d, HEAD, 0, 0, &p));
	d = data_of(MEMX_OP_READ, 0, 1);
	d.rq.hole = cpu_to_be16(1);
	CHECK(!parse(&d, HEAD, 0, 0, &p));
}

TEST(bounds_of_pages)
{
	static const struct {
		u8 op;
		u16 page, count;
		bool ok;
	} c[] = {
		{ MEMX_OP_READ, 0, 0, false },	   { MEMX_OP_READ, 0, 16, true },
		{ MEMX_OP_READ, 0, 17, false },	   { MEMX_OP_READ, 1023, 1, true },
		{ MEMX_OP_READ, 1023, 2, false },  { MEMX_OP_READ, 1024, 1, false },
		{ MEMX_OP_READ, 65535, 1, false }, { MEMX_OP_ZERO, 0, 0, false },
		{ MEMX_OP_ZERO, 0, 1024, true },   { MEMX_OP_ZERO, 0, 1025, false },
		{ MEMX_OP_ZERO, 1, 1024, false },  { MEMX_OP_ZERO, 65535, 65535, false },
	};
	struct memx_srv_data p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct data d = data_of(c[i].op, c[i].page, c[i].count);

		CHECK_EQ(parse(&d, HEAD, 0, 0, &p), c[i].ok);
	}
}

TEST(write_counts_its_values)
{
	struct data d = data_of(MEMX_OP_WRITE, 0, 16);
	struct memx_srv_data p;

	CHECK(parse(&d, HEAD, 16 * RMP_PAGE_SIZE, 0xffff, &p));
	CHECK(parse(&d, HEAD + 16 * 8, 16 * RMP_PAGE_SIZE, 0, &p));
	CHECK(p.values == d.value);
	CHECK(parse(&d, HEAD + 8, 16 * RMP_PAGE_SIZE, 0xfffe, &p));
	CHECK(!parse(&d, HEAD, 16 * RMP_PAGE_SIZE, 0xfffe, &p));
	CHECK(!parse(&d, HEAD + 16, 16 * RMP_PAGE_SIZE, 0xfffe, &p));
	CHECK(!parse(&d, HEAD, 16 * RMP_PAGE_SIZE - 1, 0xffff, &p));
	CHECK(!parse(&d, HEAD, 15 * RMP_PAGE_SIZE, 0x7fff, &p));
}

TEST(write_has_no_page_beyond_its_count)
{
	struct data d = data_of(MEMX_OP_WRITE, 0, 2);
	struct memx_srv_data p;

	CHECK(parse(&d, HEAD, 2 * RMP_PAGE_SIZE, 3, &p));
	CHECK(!parse(&d, HEAD, 2 * RMP_PAGE_SIZE, 5, &p));
	CHECK(!parse(&d, HEAD, 2 * RMP_PAGE_SIZE, 6, &p));
	CHECK(!parse(&d, HEAD, 2 * RMP_PAGE_SIZE, 0x8001, &p));
}

TEST(unknown_data_operations)
{
	struct memx_srv_data p;
	unsigned int op;

	for (op = 0; op < 256; op++) {
		struct data d = data_of(op, 0, 1);

		CHECK_EQ(parse(&d, HEAD, 0, 0, &p), op == MEMX_OP_READ || op == MEMX_OP_ZERO);
	}
}

/* The rules once more, the slow way. */
static bool oracle(const struct data *d, u32 len, u32 data_len, u16 present)
{
	unsigned int page = be16_to_cpu(d->rq.page), count = be16_to_cpu(d->rq.count), i,
		     values = 0;

	if (d->rq.zero || d->rq.hole || count == 0 || page + count > 1024)
		return false;
	if (d->rq.op == MEMX_OP_ZERO || d->rq.op == MEMX_OP_READ)
		return len == 24 && data_len == 0 && present == 0 &&
		       (d->rq.op == MEMX_OP_ZERO || count <= 16);
	if (d->rq.op != MEMX_OP_WRITE || count > 16)
		return false;
	for (i = 0; i < 16; i++) {
		if (i >= count && (present & (1 << i)))
			return false;
		if (i < count && !(present & (1 << i)))
			values++;
	}
	return len == 24 + 8 * values && data_len == 4096 * count;
}

TEST(storm_against_the_oracle)
{
	struct memx_srv_data p;
	unsigned int i, good = 0;

	for (i = 0; i < 200000; i++) {
		struct data d = data_of(t_below(5), t_below(4) ? t_below(1024) : t_below(65536),
					t_below(20));
		unsigned int count = be16_to_cpu(d.rq.count);
		u16 present = t_below(4) ? t_rand() & ((1u << (count & 15)) - 1) : t_rand();
		u32 values = count - (u32)__builtin_popcount(present);
		u32 len = t_below(4) ? 24 + 8 * (values & 15) : 24 + 8 * (u32)t_below(17);
		u32 data_len = t_below(4) ? 4096 * count : 0;
		bool ok;

		if (!t_below(16))
			d.rq.zero = 1;
		if (!t_below(2))
			len = 24;
		if (!t_below(2))
			present = 0;
		ok = oracle(&d, len, data_len, present);
		good += ok;
		CHECK_EQ(parse(&d, len, data_len, present, &p), ok);
	}
	CHECK(good > 1000);
}

static struct memx_extent_req extent_of(u8 op)
{
	struct memx_extent_req rq = {
		.op = op,
		.generation = cpu_to_be32(3),
		.epoch = cpu_to_be32(4),
		.volume = { 1, 2, 3 },
		.index = cpu_to_be64(5),
		.name = "swap0",
	};

	if (op == MEMX_OP_EXTENT_CLOSE)
		rq.handle = cpu_to_be64(6);
	return rq;
}

static bool control(const void *bytes, u32 len, struct memx_srv_control *c)
{
	struct memx_srv_head h = { .bytes = bytes, .len = len };

	return memx_srv_parse_control(c, &h);
}

TEST(extent_open_is_taken_apart)
{
	struct memx_extent_req rq = extent_of(MEMX_OP_EXTENT_OPEN);
	struct memx_srv_control c;

	REQUIRE(control(&rq, sizeof(rq), &c));
	CHECK_EQ(c.op, MEMX_OP_EXTENT_OPEN);
	CHECK_EQ(c.generation, 3);
	CHECK_EQ(c.epoch, 4);
	CHECK_EQ(c.index, 5);
	CHECK_MEM(c.volume, rq.volume, MEMX_UUID_LEN);
	CHECK(!strcmp(c.name, "swap0"));
}

TEST(extent_open_rules)
{
	struct memx_extent_req rq = extent_of(MEMX_OP_EXTENT_OPEN);
	struct memx_srv_control c;
	unsigned int i;

	for (i = 0; i < sizeof(rq); i++)
		CHECK(!control(&rq, i, &c));
	CHECK(!control(&rq, sizeof(rq) + 1, &c));
	for (i = 0; i < sizeof(rq.zero); i++) {
		rq = extent_of(MEMX_OP_EXTENT_OPEN);
		rq.zero[i] = 1;
		CHECK(!control(&rq, sizeof(rq), &c));
	}
	rq = extent_of(MEMX_OP_EXTENT_OPEN);
	rq.hole = cpu_to_be32(1);
	CHECK(!control(&rq, sizeof(rq), &c));
	rq = extent_of(MEMX_OP_EXTENT_OPEN);
	rq.handle = cpu_to_be64(1);
	CHECK(!control(&rq, sizeof(rq), &c));
	rq = extent_of(MEMX_OP_EXTENT_OPEN);
	rq.index = cpu_to_be64(MEMX_SRV_INDEX_MAX);
	CHECK(control(&rq, sizeof(rq), &c));
	rq.index = cpu_to_be64(MEMX_SRV_INDEX_MAX + 1);
	CHECK(!control(&rq, sizeof(rq), &c));
	rq = extent_of(MEMX_OP_EXTENT_OPEN);
	memset(rq.name, 'a', sizeof(rq.name));
	CHECK(!control(&rq, sizeof(rq), &c));
	memset(rq.name, 0, sizeof(rq.name));
	CHECK(!control(&rq, sizeof(rq), &c));
	rq.name[0] = 27;
	CHECK(!control(&rq, sizeof(rq), &c));
}

TEST(extent_close_needs_no_name)
{
	struct memx_extent_req rq = extent_of(MEMX_OP_EXTENT_CLOSE);
	struct memx_srv_control c;

	memset(rq.name, 0, sizeof(rq.name));
	REQUIRE(control(&rq, sizeof(rq), &c));
	CHECK_EQ(c.handle, 6);
}

TEST(volume_rules)
{
	struct memx_volume_req rq = { .op = MEMX_OP_EXTENT_LIST,
				      .epoch = cpu_to_be32(2),
				      .index = cpu_to_be64(77) };
	struct memx_srv_control c;
	unsigned int i;

	REQUIRE(control(&rq, sizeof(rq), &c));
	CHECK_EQ(c.index, 77);
	CHECK_EQ(c.epoch, 2);
	for (i = 0; i < sizeof(rq); i++)
		CHECK(!control(&rq, i, &c));
	CHECK(!control(&rq, sizeof(rq) + 8, &c));
	rq.op = MEMX_OP_VOLUME_RELEASE;
	CHECK(!control(&rq, sizeof(rq), &c));
	rq.index = 0;
	CHECK(control(&rq, sizeof(rq), &c));
	rq.zero[2] = 1;
	CHECK(!control(&rq, sizeof(rq), &c));
}

TEST(control_takes_no_data)
{
	struct memx_volume_req rq = { .op = MEMX_OP_EXTENT_LIST };
	struct memx_srv_head h = { .bytes = &rq, .len = sizeof(rq) };
	struct memx_srv_control c;

	CHECK(memx_srv_parse_control(&c, &h));
	h.data_len = 4096;
	CHECK(!memx_srv_parse_control(&c, &h));
	h.data_len = 0;
	h.present = 1;
	CHECK(!memx_srv_parse_control(&c, &h));
}

TEST(unknown_control_operations)
{
	struct memx_extent_req rq = extent_of(MEMX_OP_EXTENT_OPEN);
	struct memx_srv_control c;
	unsigned int op;

	for (op = 0; op < 256; op++) {
		rq.op = op;
		CHECK_EQ(control(&rq, sizeof(rq), &c),
			 op == MEMX_OP_EXTENT_OPEN || op == MEMX_OP_EXTENT_CLOSE);
	}
}
