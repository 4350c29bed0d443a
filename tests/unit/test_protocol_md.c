// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test vectors of docs/PROTOCOL.md, computed anew: blocks that begin with ```vector NAME. When
 * one is wrong, what it should be is printed.
 */
#include <ctype.h>

#include "t.h"
#include "crc32c.h"
#include "memx_wire.h"
#include "rmp_crypto.h"
#include "rmp_disc.h"
#include "rmp_frag.h"
#include "rmp_frame.h"
#include "rmp_keys.h"
#include "rmp_noise.h"

/* The document lies where this file does, but two folders up. */
static FILE *open_document(void)
{
	char path[4096];
	char *end;

	snprintf(path, sizeof(path), "%s", __FILE__);
	end = strrchr(path, '/');
	snprintf(end ? end : path, sizeof(path) - (end ? end - path : 0),
		 "%s../../docs/PROTOCOL.md", end ? "/" : "");
	return fopen(path, "r");
}

/* What stands in a block, without white space. Return: false when there is no such block. */
static bool block(const char *name, char *out, size_t size)
{
	FILE *f = open_document();
	char line[256], head[64];
	bool in = false, found = false;
	size_t n = 0;
	char *c;

	snprintf(head, sizeof(head), "```vector %s\n", name);
	while (f && fgets(line, sizeof(line), f)) {
		if (in && !strncmp(line, "```", 3))
			break;
		for (c = line; in && *c && n < size - 1; c++)
			if (!isspace((unsigned char)*c))
				out[n++] = *c;
		in = in || !strcmp(line, head);
		found = in;
	}
	if (f)
		fclose(f);
	out[n] = 0;
	return found;
}

static void check_text(const char *name, const char *want)
{
	char have[8192];

	if (!block(name, have, sizeof(have)))
		T_FAIL("docs/PROTOCOL.md has no vector %s; it is\n%s", name, want);
	else if (strcmp(have, want))
		T_FAIL("vector %s is wrong in docs/PROTOCOL.md; it is\n%s", name, want);
}

static void check_bytes(const char *name, const void *data, size_t len)
{
	const u8 *b = data;
	char want[4096];
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(want + 2 * i, 3, "%02x", b[i]);
	check_text(name, want);
}

/* @n bytes that count up from @first. */
static void count_up(u8 *out, u8 first, size_t n)
{
	while (n--)
		*out++ = first++;
}

static void crc_into(u8 *at, const void *data, size_t len)
{
	__be32 crc = cpu_to_be32(crc32c(data, len));

	memset(at, 0, RMP_TAG_LEN);
	memcpy(at, &crc, sizeof(crc));
}

TEST(crc)
{
	__be32 crc = cpu_to_be32(crc32c("123456789", 9));

	check_bytes("crc", &crc, sizeof(crc));
}

TEST(key)
{
	u8 psk[RMP_KEY_LEN];
	struct rmp_key key;
	__be32 id;

	count_up(psk, 0, sizeof(psk));
	rmp_key_derive(&key, psk);
	id = cpu_to_be32(key.id);
	check_bytes("key-id", &id, sizeof(id));
	check_bytes("key-advert", key.advert, sizeof(key.advert));
}

static struct rmp_advert advert(u32 key_id)
{
	struct rmp_advert a = {
		.type = RMP_T_ADVERT, .version = RMP_VERSION, .len = cpu_to_be16(sizeof(a)),
		.key_id = cpu_to_be32(key_id), .incarnation = cpu_to_be64(0x0102030405060708),
		.counter = cpu_to_be64(42), .capacity = cpu_to_be64(12582912),
		.free = cpu_to_be64(8388608), .interval_ms = cpu_to_be32(1000),
		.mtu = cpu_to_be16(9000), .load = RMP_LOAD_OK,
		.security = key_id ? RMP_SEC_NOISE : RMP_SEC_NONE, .name = "donor1",
	};

	count_up(a.node_id, 0xa0, sizeof(a.node_id));
	return a;
}

TEST(advert_with_mac)
{
	u8 psk[RMP_KEY_LEN], mac[RMP_HASH_LEN];
	struct rmp_advert a;
	struct rmp_key key;

	count_up(psk, 0, sizeof(psk));
	rmp_key_derive(&key, psk);
	a = advert(key.id);
	rmp_hmac_sha256(key.advert, sizeof(key.advert), (u8 *)&a, offsetof(struct rmp_advert, mac),
			mac);
	memcpy(a.mac, mac, sizeof(a.mac));
	CHECK(rmp_advert_is_valid(&a, sizeof(a)));
	check_bytes("advert-noise", &a, sizeof(a));
}

TEST(advert_with_crc)
{
	struct rmp_advert a = advert(0);

	crc_into(a.mac, &a, offsetof(struct rmp_advert, mac));
	CHECK(rmp_advert_is_valid(&a, sizeof(a)));
	check_bytes("advert-none", &a, sizeof(a));
}

static struct rmp_hs hs_head(u8 type, u8 security, u32 key_id)
{
	return (struct rmp_hs) {
		.type = type, .version = RMP_VERSION, .len = cpu_to_be16(RMP_MTU_MIN),
		.sender = cpu_to_be32(type == RMP_T_INIT ? 0x11111111 : 0x22222222),
		.receiver = cpu_to_be32(type == RMP_T_INIT ? 0 : 0x11111111),
		.key_id = cpu_to_be32(key_id), .security = security,
	};
}

static struct rmp_init init_payload(void)
{
	struct rmp_init init = {
		.incarnation = cpu_to_be64(0x1112131415161718), .session_id = cpu_to_be64(1),
		.counter = cpu_to_be64(2), .sender = cpu_to_be32(0x11111111),
		.mtu = cpu_to_be16(RMP_MTU_MIN), .slots = RMP_SLOTS_MAX, .name = "client",
	};

	count_up(init.node_id, 0xb0, sizeof(init.node_id));
	return init;
}

static struct rmp_resp resp_payload(void)
{
	struct rmp_resp resp = {
		.incarnation = cpu_to_be64(0x0102030405060708), .sender = cpu_to_be32(0x22222222),
		.receiver = cpu_to_be32(0x11111111), .mtu = cpu_to_be16(RMP_MTU_MIN),
		.slots = RMP_SLOTS_MAX, .name = "donor1",
	};

	count_up(resp.node_id, 0xa0, sizeof(resp.node_id));
	return resp;
}

/* The frames of a handshake without their padding. */
TEST(handshake_in_clear)
{
	struct rmp_hs hs = hs_head(RMP_T_INIT, RMP_SEC_NONE, 0);
	struct rmp_init init = init_payload();
	u8 frame[RMP_INIT_LEN] = { 0 };
	size_t end = RMP_INIT_LEN - RMP_TAG_LEN;

	memcpy(frame, &hs, sizeof(hs));
	memcpy(frame + sizeof(hs) + RMP_HS_E_LEN, &init, sizeof(init));
	crc_into(frame + end, frame, end);
	check_bytes("init-none", frame, sizeof(frame));
}

TEST(handshake_with_noise)
{
	u8 psk[RMP_KEY_LEN], secret[32], got[128], key[4][32];
	struct rmp_init init = init_payload();
	struct rmp_resp resp = resp_payload();
	u8 msg1[RMP_INIT_LEN], msg2[RMP_RESP_LEN];
	size_t at = sizeof(struct rmp_hs);
	struct rmp_noise i, t;
	struct rmp_key k;
	struct rmp_hs hs;

	count_up(psk, 0, sizeof(psk));
	rmp_key_derive(&k, psk);
	rmp_noise_init(&i, RMP_PROLOGUE, strlen(RMP_PROLOGUE), psk);
	rmp_noise_init(&t, RMP_PROLOGUE, strlen(RMP_PROLOGUE), psk);
	hs = hs_head(RMP_T_INIT, RMP_SEC_NOISE, k.id);
	memcpy(msg1, &hs, at);
	count_up(secret, 0x20, sizeof(secret));
	REQUIRE(rmp_noise_write1(&i, secret, &init, sizeof(init), msg1 + at));
	REQUIRE(rmp_noise_read1(&t, msg1 + at, sizeof(msg1) - at, got));
	hs = hs_head(RMP_T_RESP, RMP_SEC_NOISE, k.id);
	memcpy(msg2, &hs, at);
	count_up(secret, 0x40, sizeof(secret));
	REQUIRE(rmp_noise_write2(&t, secret, &resp, sizeof(resp), msg2 + at));
	REQUIRE(rmp_noise_read2(&i, msg2 + at, sizeof(msg2) - at, got));
	rmp_noise_split(&i, key[0], key[1]);
	rmp_noise_split(&t, key[2], key[3]);
	CHECK_MEM(key[0], key[2], 32);
	CHECK_MEM(key[1], key[3], 32);
	check_bytes("init-noise", msg1, sizeof(msg1));
	check_bytes("resp-noise", msg2, sizeof(msg2));
	check_bytes("key-to-target", key[0], 32);
	check_bytes("key-to-initiator", key[1], 32);
}

/* A READ of two pages from page 5 on, in clear: header, CRCs, head. */
TEST(request_in_clear)
{
	struct {
		struct rmp_hdr hdr;
		struct memx_data_req rq;
	} frame = {
		.rq = {
			.op = MEMX_OP_READ, .page = cpu_to_be16(5), .count = cpu_to_be16(2),
			.handle = cpu_to_be64(0x0000000700000001), .generation = cpu_to_be32(1),
			.epoch = cpu_to_be32(1),
		},
	};
	struct rmp_frame f = {
		.type = RMP_T_REQ, .session = 0x22222222, .len = sizeof(frame.rq), .seq = 1,
		.slot = 3, .msg.head_len = sizeof(frame.rq), .ts = 1000000,
	};

	rmp_frame_build(&frame.hdr, &f);
	frame.hdr.pcrc = cpu_to_be32(crc32c(&frame.rq, sizeof(frame.rq)));
	frame.hdr.hcrc = cpu_to_be32(crc32c(&frame.hdr, sizeof(frame.hdr)));
	REQUIRE(rmp_frame_parse(&f, &frame.hdr, sizeof(frame.rq)));
	check_bytes("request-none", &frame, sizeof(frame));
}

TEST(nack_with_noise)
{
	struct rmp_nack nack = { .mask = cpu_to_be64(5) };
	struct rmp_frame f = {
		.type = RMP_T_NACK, .flags = RMP_F_REPLY, .session = 0x22222222,
		.len = sizeof(nack), .seq = 1, .slot = 3, .ts = 1000500,
	};
	u8 frame[RMP_HDR_LEN + sizeof(nack) + RMP_TAG_LEN], key[32];
	struct rmp_hdr *hdr = (struct rmp_hdr *)frame;

	count_up(key, 0x60, sizeof(key));
	rmp_frame_build(hdr, &f);
	hdr->counter = cpu_to_be64(2);
	rmp_aead_encrypt(frame + RMP_HDR_LEN, (u8 *)&nack, sizeof(nack), frame, RMP_HDR_LEN, 2,
			 key);
	check_bytes("nack-noise", frame, sizeof(frame));
}

/* Fragments as text: number, head, then position and length of each run of data. */
static void check_layout(const char *name, unsigned int mtu, const struct rmp_msg *msg)
{
	struct rmp_layout l;
	struct rmp_piece p;
	struct rmp_geo geo;
	char want[2048];
	unsigned int i, r;
	size_t n = 0;

	rmp_geo_init(&geo, mtu);
	REQUIRE(rmp_layout_init(&l, &geo, msg));
	for (i = 0; i < l.nfrags; i++) {
		rmp_layout_piece(&l, &geo, i, &p);
		n += snprintf(want + n, sizeof(want) - n, "%u:%u", i, p.head_len);
		for (r = 0; r < p.nruns; r++)
			n += snprintf(want + n, sizeof(want) - n, ",%u+%u", p.run[r].pos,
				      p.run[r].len);
		n += snprintf(want + n, sizeof(want) - n, ";");
	}
	check_text(name, want);
}

TEST(layouts)
{
	struct rmp_msg sparse = { .head_len = 32, .data_len = 3 * RMP_PAGE_SIZE, .present = 5 };
	struct rmp_msg full = {
		.head_len = 144, .data_len = 3 * RMP_PAGE_SIZE, .present = 7
	};
	struct rmp_msg tail = { .head_len = 8, .data_len = 100, .present = 1 };

	check_layout("layout-1500-sparse", 1500, &sparse);
	check_layout("layout-1500-lone-head", 1500, &full);
	check_layout("layout-1500-short", 1500, &tail);
	check_layout("layout-4224-sparse", 4224, &sparse);
	check_layout("layout-9000-full", 9000, &full);
}
