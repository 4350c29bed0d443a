// SPDX-License-Identifier: GPL-2.0-only
/* Inputs for the fuzzers to begin with: things that are accepted. Usage: corpus DIR, with folders
 * named after the fuzzers in it. */
#include <stdio.h>
#include <stdlib.h>

#include "memx_wire.h"
#include "rmp_frag.h"
#include "rmp_frame.h"

static const char *dir;

static void save(const char *fuzzer, const char *name, const void *data, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", dir, fuzzer, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

/* All frames of a message at MTU 1500. */
static void frames(const char *name, u8 to, u8 type, const struct rmp_msg *m, u8 flags)
{
	u8 out[RMP_FRAGS_MAX * (RMP_HDR_LEN + 1)], *at = out;
	struct rmp_layout l;
	struct rmp_geo geo;
	unsigned int i;

	rmp_geo_init(&geo, 1500);
	rmp_layout_init(&l, &geo, m);
	for (i = 0; i < l.nfrags; i++) {
		struct rmp_frame f = {
			.type = type, .flags = flags, .frag = i, .seq = 1, .msg = *m, .slots = 4
		};
		struct rmp_piece p;
		struct rmp_hdr hdr;

		rmp_layout_piece(&l, &geo, i, &p);
		f.len = type == RMP_T_NACK ? 8 : p.len;
		rmp_frame_build(&hdr, &f);
		*at++ = to;
		memcpy(at, &hdr, sizeof(hdr));
		at += sizeof(hdr);
	}
	save("fuzz_frame", name, out, at - out);
}

static void adverts(void)
{
	struct rmp_advert a = {
		.type = RMP_T_ADVERT, .version = RMP_VERSION, .len = cpu_to_be16(sizeof(a)),
		.incarnation = cpu_to_be64(1), .counter = cpu_to_be64(1),
		.capacity = cpu_to_be64(9), .free = cpu_to_be64(8),
		.interval_ms = cpu_to_be32(1000), .mtu = cpu_to_be16(1500), .name = "donor1",
	};

	save("fuzz_advert", "advert", &a, sizeof(a));
	a.type = RMP_T_SOLICIT;
	a.capacity = a.free = 0;
	a.interval_ms = 0;
	save("fuzz_advert", "solicit", &a, sizeof(a));
}

static void handshakes(void)
{
	u8 b[82] = { 0 };
	char name[8];

	for (b[0] = 0; b[0] < 8; b[0]++) {
		snprintf(name, sizeof(name), "%u", b[0]);
		save("fuzz_noise", name, b, sizeof(b));
	}
}

static void request(const char *name, u32 data_len, u16 present, const void *head, size_t len)
{
	u8 b[6 + RMP_HEAD_MAX];

	memcpy(b, &data_len, 4);
	memcpy(b + 4, &present, 2);
	memcpy(b + 6, head, len);
	save("fuzz_srv", name, b, 6 + len);
}

static void requests(void)
{
	struct {
		struct memx_data_req rq;
		__be64 value[1];
	} d = { .rq = { .op = MEMX_OP_READ, .count = cpu_to_be16(2) } };
	struct memx_extent_req e = { .op = MEMX_OP_EXTENT_OPEN, .name = "swap0", .volume = { 1 } };
	struct memx_volume_req v = { .op = MEMX_OP_EXTENT_LIST, .volume = { 1 } };

	request("read", 0, 0, &d.rq, sizeof(d.rq));
	d.rq.op = MEMX_OP_ZERO;
	request("zero", 0, 0, &d.rq, sizeof(d.rq));
	d.rq.op = MEMX_OP_WRITE;
	request("write", 8192, 3, &d.rq, sizeof(d.rq));
	request("write-value", 8192, 1, &d, sizeof(d));
	request("open", 0, 0, &e, sizeof(e));
	e.op = MEMX_OP_EXTENT_CLOSE;
	e.handle = cpu_to_be64(1);
	memset(e.name, 0, sizeof(e.name));
	request("close", 0, 0, &e, sizeof(e));
	request("list", 0, 0, &v, sizeof(v));
	v.op = MEMX_OP_VOLUME_RELEASE;
	request("release", 0, 0, &v, sizeof(v));
}

/* Guests: a byte says which kind, then what they wrote. */
static void guests(void)
{
	static const char target[] = "\7/etc/xen/scripts/block-memx\0data,size=1G,backend=memx";
	u8 entry[1 + 112 + 64 * 8] = { 0 };
	unsigned int i;

	for (i = 0; i < 64; i++)
		entry[1 + 112 + 8 * i + 5] = 7;
	for (i = 0; i < 11; i++)
		entry[1 + 24 + 8 * i + 5] = 7;
	entry[2] = 2;
	save("fuzz_xbk", "read", entry, 1 + 112);
	memset(entry + 1, 0, 112);
	entry[1] = 6;
	entry[3] = 64;
	save("fuzz_xbk", "indirect", entry, sizeof(entry));
	memset(entry + 1, 0, 112);
	entry[1] = 5;
	entry[1 + 24] = 8;
	save("fuzz_xbk", "discard", entry, 1 + 112);
	entry[0] = 4;
	save("fuzz_xbk", "ring", entry, 1 + 16);
	save("fuzz_xbk", "target", target, sizeof(target) - 1);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	dir = argv[1];
	frames("write", 0, RMP_T_REQ,
	       &(struct rmp_msg) { .data_len = 8192, .present = 3, .head_len = 24 }, 0);
	frames("read", 0, RMP_T_REQ, &(struct rmp_msg) { .head_len = 24 }, RMP_F_PROBE);
	frames("reply", 1, RMP_T_REP, &(struct rmp_msg) { .data_len = 8192, .present = 3 }, 0);
	frames("done", 1, RMP_T_REP, &(struct rmp_msg) { 0 }, RMP_F_SLOW);
	frames("nack", 1, RMP_T_NACK, &(struct rmp_msg) { 0 }, 0);
	adverts();
	handshakes();
	requests();
	guests();
	return 0;
}
