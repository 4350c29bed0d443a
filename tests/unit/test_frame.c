// SPDX-License-Identifier: GPL-2.0-only
/* Header of a session's frame: each rule broken once, and a storm against offsets in a table. */
#include "rmp_frame.h"
#include "t.h"

static struct rmp_frame some_frame(u8 type, u16 len)
{
	return (struct rmp_frame) {
		.type = type, .flags = RMP_F_PROBE, .slot = 63, .frag = 48, .len = len,
		.status = RMP_BUSY, .slots = 64, .session = 0x01020304, .seq = 0x05060708,
		.ts = 0x090a0b0c, .ts_echo = 0x0d0e0f10,
		.msg = { .data_len = 0x11121314, .present = 0x1516, .head_len = 0x17 },
	};
}

/* Every byte of the wire, as docs/PROTOCOL.md has it. */
TEST(bytes_of_a_header)
{
	struct rmp_frame f = some_frame(RMP_T_REP, 0x1819);
	struct rmp_hdr hdr;
	u8 want[RMP_HDR_LEN];

	CHECK_EQ(t_hex("06011819" "01020304" "0000000000000000" "05060708" "003f" "30" "17"
		       "11121314" "1516" "01" "40" "090a0b0c" "0d0e0f10", want), RMP_HDR_LEN);
	memset(&hdr, 0xee, sizeof(hdr));
	rmp_frame_build(&hdr, &f);
	CHECK_MEM(&hdr, want, RMP_HDR_LEN);
}

static bool parses(const struct rmp_frame *f, u32 avail)
{
	struct rmp_frame out;
	struct rmp_hdr hdr;

	rmp_frame_build(&hdr, f);
	return rmp_frame_parse(&out, &hdr, avail);
}

TEST(length_of_each_type)
{
	static const struct {
		u8 type;
		int len;	/* -1: any */
	} want[] = {
		{ RMP_T_REQ, -1 }, { RMP_T_REP, -1 }, { RMP_T_NACK, 8 }, { RMP_T_PING, 0 },
		{ RMP_T_PONG, 0 }, { RMP_T_BYE, 0 },
	};
	unsigned int type, i;

	for (type = 0; type < 256; type++) {
		struct rmp_frame f = some_frame(type, 0);
		int need = -2;

		for (i = 0; i < ARRAY_SIZE(want); i++)
			if (want[i].type == type)
				need = want[i].len;
		for (f.len = 0; f.len < 20; f.len++)
			CHECK_EQ(parses(&f, 9000), need == -1 || need == f.len);
	}
}

TEST(body_must_be_there)
{
	struct rmp_frame f = some_frame(RMP_T_REQ, 1408);

	CHECK(parses(&f, 1408));
	CHECK(parses(&f, 1409));	/* padding */
	CHECK(!parses(&f, 1407));
	CHECK(!parses(&f, 0));
	f.len = 0xffff;
	CHECK(!parses(&f, 9000));
}

TEST(bounds_of_each_field)
{
	struct rmp_frame f = some_frame(RMP_T_REQ, 0);
	struct rmp_frame out;
	struct rmp_hdr hdr;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		f.flags = i;
		CHECK_EQ(parses(&f, 0), i < 0x10);
	}
	f.flags = 0;
	for (i = 0; i < 256; i++) {
		f.frag = i;
		CHECK_EQ(parses(&f, 0), i < 64);
	}
	f.frag = 0;
	for (i = 0; i < 256; i++) {
		f.status = i;
		CHECK_EQ(parses(&f, 0), i < 8);
	}
	f.status = 0;
	for (i = 0; i < 256; i++) {
		f.slots = i;
		CHECK_EQ(parses(&f, 0), i <= 64);
	}
	f.slots = 0;
	rmp_frame_build(&hdr, &f);
	for (i = 0; i < 65536; i++) {	/* two bytes on the wire: 256 must not be taken for 0 */
		hdr.slot = cpu_to_be16(i);
		CHECK_EQ(rmp_frame_parse(&out, &hdr, 0), i < 64);
	}
}

/* The slow truth: fields by offset. */
static u64 field(const u8 *b, unsigned int off, unsigned int bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | b[off++];
	return v;
}

static bool oracle(const u8 *b, u32 avail)
{
	u64 type = b[0], len = field(b, 2, 2);

	if (type < 5 || type > 10 || (type == 7 && len != 8) || (type > 7 && len))
		return false;
	return len <= avail && b[1] < 16 && field(b, 20, 2) < 64 && b[22] < 64 && b[30] < 8 &&
	       b[31] <= 64;
}

TEST(random_headers_against_offsets)
{
	u8 b[RMP_HDR_LEN];
	struct rmp_frame f;
	unsigned int i, taken = 0;
	struct rmp_hdr hdr;

	for (i = 0; i < 200000; i++) {
		u32 avail = t_below(9000);

		t_fill(b, sizeof(b));
		b[0] = t_below(12);
		b[1] &= t_below(8) ? 15 : 255;
		b[2] = t_below(4) ? 0 : b[2];
		b[3] = t_below(4) ? 8 * t_below(2) : b[3];
		b[20] = t_below(8) ? 0 : b[20];
		b[21] &= t_below(4) ? 63 : 127;
		b[22] &= t_below(4) ? 63 : 127;
		b[30] &= t_below(4) ? 7 : 15;
		b[31] &= t_below(4) ? 63 : 127;
		memcpy(&hdr, b, sizeof(hdr));
		CHECK_EQ(rmp_frame_parse(&f, &hdr, avail), oracle(b, avail));
		if (!oracle(b, avail))
			continue;
		taken++;
		CHECK(f.type == b[0] && f.flags == b[1] && f.len == field(b, 2, 2));
		CHECK(f.session == field(b, 4, 4) && f.seq == field(b, 16, 4));
		CHECK(f.slot == field(b, 20, 2) && f.frag == b[22] && f.msg.head_len == b[23]);
		CHECK(f.msg.data_len == field(b, 24, 4) && f.msg.present == field(b, 28, 2));
		CHECK(f.status == b[30] && f.slots == b[31]);
		CHECK(f.ts == field(b, 32, 4) && f.ts_echo == field(b, 36, 4));
		rmp_frame_build(&hdr, &f);
		memset(b + 8, 0, 8);	/* counter or CRCs are not its business */
		CHECK_MEM(&hdr, b, sizeof(b));
	}
	CHECK(taken > 5000);
}
