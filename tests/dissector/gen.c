// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the captures for run.sh with the project's own structures and pure code, and says what is
 * in each frame. Usage: gen DIR
 */
#include <stdio.h>
#include <stdlib.h>

#include "crc32c.h"
#include "frames.h"
#include "memx_srv_parse.h"
#include "rmp_disc.h"

/* Indexes of the session in clear and of the encrypted one, as each end knows them. */
#define CLEAR_INI	0x11223401
#define CLEAR_TGT	0x55667802
#define SEALED_INI	0xa1b2c303
#define SEALED_TGT	0xd4e5f604

static u8 pages[2 * RMP_PAGE_SIZE];

/*
 * Every frame in order: discovery, handshakes, requests and replies.
 */

static void adverts(struct pcap *p)
{
	static const u8 psk[RMP_KEY_LEN] = "the cluster key of this capture";
	struct rmp_key key;
	struct frame fr;

	rmp_key_derive(&key, psk);
	frame_advert(&fr, RMP_T_ADVERT, &key);
	pcap_frame(p, SERVER, BROADCAST, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_advert(p, &fr);
	frame_advert(&fr, RMP_T_SOLICIT, NULL);
	pcap_frame(p, CLIENT, BROADCAST, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_advert(p, &fr);
	pcap_expect(p, "rmap.advert.crc.ok", "1");
	frame_advert(&fr, RMP_T_ADVERT, NULL);
	fr.byte[offsetof(struct rmp_advert, free) + 7] ^= 1;
	pcap_frame(p, SERVER, CLIENT, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_advert(p, &fr);
	pcap_expect(p, "rmap.advert.crc.ok", "0");
}

static void handshake(struct pcap *p, u8 security, u32 initiator, u32 target)
{
	size_t end = sizeof(struct rmp_hs) + RMP_HS_E_LEN + RMP_TAG_LEN;
	struct frame fr;

	frame_hs(&fr, RMP_T_INIT, security, initiator, 0);
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_hs(p, &fr);
	if (!security)
		pcap_expect(p, "rmap.hs.crc.ok", "1");
	pcap_expect_hex(p, "rmap.padding", fr.byte + end + sizeof(struct rmp_init),
			fr.len - end - sizeof(struct rmp_init));
	frame_hs(&fr, RMP_T_RESP, security, target, initiator);
	pcap_frame(p, SERVER, CLIENT, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_hs(p, &fr);
	if (!security)
		pcap_expect(p, "rmap.hs.crc.ok", "1");
	pcap_expect_hex(p, "rmap.padding", fr.byte + end + sizeof(struct rmp_resp),
			fr.len - end - sizeof(struct rmp_resp));
}

/* A request, and the reply to it. */
static void exchange(struct pcap *p, struct message *rq, struct message *rep)
{
	static u32 seq;

	rq->type = RMP_T_REQ;
	rq->session = CLEAR_TGT;
	rq->seq = ++seq;
	rep->type = RMP_T_REP;
	rep->session = CLEAR_INI;
	rep->seq = seq;
	rep->slots = 32;
	rq->slot = seq % RMP_SLOTS_MAX;
	rep->slot = rq->slot;
	rq->mtu = rq->mtu ? rq->mtu : RMP_MTU_MIN;
	rep->mtu = rq->mtu;
	rq->data = pages;
	rep->data = pages;
	rep->request = send_message(p, rq, CLIENT, SERVER);
	send_message(p, rep, SERVER, CLIENT);
}

static struct memx_data_req data_req(u8 op, u16 page, u16 count)
{
	return (struct memx_data_req) {
		.op = op, .page = cpu_to_be16(page), .count = cpu_to_be16(count),
		.handle = cpu_to_be64(0xfeedface00000009), .generation = cpu_to_be32(2),
		.epoch = cpu_to_be32(7),
	};
}

static void expect_values(struct pcap *p, const struct message *m)
{
	const __be64 *value = m->head;
	unsigned int i;

	for (i = 0; i < m->msg.head_len / sizeof(*value); i++)
		expect_x64(p, "memx.value", value[i]);
}

/* Reads: one page in fragments, two of which one is a value, a frame that holds both. */
static void reads(struct pcap *p)
{
	static const unsigned int mtu[] = {1500, 4224, 9000};
	struct memx_data_req head = data_req(MEMX_OP_READ, 1000, 2);
	__be64 value = cpu_to_be64(0x0123456789abcdef);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mtu); i++) {
		struct message rq = {
			.head = &head, .msg.head_len = sizeof(head), .mtu = mtu[i],
			.expect = expect_memx_request,
		};
		struct message two = { .msg = { .data_len = 8192, .present = 3 }, .head = "" };
		struct message one = {
			.head = &value, .expect = expect_values,
			.msg = { .head_len = 8, .data_len = 8192, .present = 2 },
		};

		exchange(p, &rq, &two);
		exchange(p, &rq, &one);
	}
}

static void writes(struct pcap *p)
{
	struct {
		struct memx_data_req rq;
		__be64 value[RMP_PAGES_MAX];
	} head = { .rq = data_req(MEMX_OP_WRITE, 0, 16) };
	struct message ok = { .head = "" }, busy = { .head = "", .status = RMP_BUSY };
	struct message rq = {
		.head = &head, .expect = expect_memx_request,
		.msg = { .head_len = sizeof(head.rq) + 15 * 8, .data_len = RMP_DATA_MAX,
			 .present = 1 },
	};
	struct memx_data_req zero = data_req(MEMX_OP_ZERO, 3, 1021);
	struct message discard = {
		.head = &zero, .msg.head_len = sizeof(zero), .expect = expect_memx_request,
	};
	unsigned int i;

	for (i = 0; i < 15; i++)
		head.value[i] = cpu_to_be64(i * 0x0101010101010101);
	exchange(p, &rq, &ok);
	exchange(p, &discard, &busy);
}

static void expect_extent_rep(struct pcap *p, const struct message *m)
{
	const struct memx_extent_rep *rep = m->head;

	expect_x64(p, "memx.handle", rep->handle);
	pcap_expect(p, "memx.written", "%u", be32_to_cpu(rep->written));
}

static void extents(struct pcap *p)
{
	struct memx_extent_req head = {
		.op = MEMX_OP_EXTENT_OPEN, .generation = cpu_to_be32(2), .epoch = cpu_to_be32(7),
		.volume = "uuid of a volum", .index = cpu_to_be64(12), .name = "swap0",
	};
	struct memx_extent_rep rep = {
		.handle = cpu_to_be64(0xfeedface00000009), .written = cpu_to_be32(5),
	};
	struct message rq = {
		.head = &head, .msg.head_len = sizeof(head), .expect = expect_memx_request,
	};
	struct message opened = {
		.head = &rep, .msg.head_len = sizeof(rep), .flags = RMP_F_SLOW,
		.expect = expect_extent_rep,
	};
	struct message stale = { .head = "", .status = RMP_STALE, .flags = RMP_F_SLOW };

	exchange(p, &rq, &opened);
	head.op = MEMX_OP_EXTENT_CLOSE;
	head.handle = rep.handle;
	exchange(p, &rq, &stale);
}

static void expect_volume_rep(struct pcap *p, const struct message *m)
{
	const struct memx_volume_rep *rep = m->head;

	pcap_expect(p, "memx.result.count", "%u", be32_to_cpu(rep->count));
	pcap_expect(p, "memx.result.more", "%u", be32_to_cpu(rep->more));
}

static void volumes(struct pcap *p)
{
	struct memx_volume_req head = {
		.op = MEMX_OP_EXTENT_LIST, .epoch = cpu_to_be32(7), .volume = "uuid of a volum",
		.index = cpu_to_be64(4),
	};
	struct memx_volume_rep rep = { .count = cpu_to_be32(3), .more = cpu_to_be32(1) };
	struct message rq = {
		.head = &head, .msg.head_len = sizeof(head), .expect = expect_memx_request,
	};
	struct message list = {
		.head = &rep, .expect = expect_volume_rep, .flags = RMP_F_SLOW,
		.msg = { .head_len = sizeof(rep), .data_len = 96, .present = 1 },
	};
	struct message released = {
		.head = &rep, .expect = expect_volume_rep, .flags = RMP_F_SLOW,
		.msg.head_len = sizeof(rep),
	};

	exchange(p, &rq, &list);
	head.op = MEMX_OP_VOLUME_RELEASE;
	head.index = 0;
	rep.more = 0;
	exchange(p, &rq, &released);
}

static void expect_echo(struct pcap *p, const struct message *m)
{
	const struct rmp_echo *e = m->head;

	pcap_expect(p, "rmap.echo.reply_len", "%u", be32_to_cpu(e->reply_len));
	pcap_expect(p, "rmap.echo.zero", "%u", be32_to_cpu(e->zero));
}

static void echo(struct pcap *p)
{
	struct rmp_echo head = { .reply_len = cpu_to_be32(100) };
	struct message rq = {
		.head = &head, .msg.head_len = sizeof(head), .flags = RMP_F_ECHO | RMP_F_PROBE,
		.expect = expect_echo,
	};
	struct message rep = { .head = "", .msg = { .data_len = 100, .present = 1 } };

	exchange(p, &rq, &rep);
}

static void one_frame(struct pcap *p, const struct rmp_frame *f, const void *body, const u8 *key)
{
	struct frame fr;

	frame_session(&fr, f, body, key, 0x100000002);
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_session(p, &fr, key);
	if (!key) {
		pcap_expect(p, "rmap.hcrc.ok", "1");
		pcap_expect(p, "rmap.pcrc.ok", "1");
		return;
	}
	if (f->len)
		pcap_expect_hex(p, "rmap.body", fr.byte + RMP_HDR_LEN, f->len);
	pcap_expect_hex(p, "rmap.tag", fr.byte + RMP_HDR_LEN + f->len, RMP_TAG_LEN);
}

static void controls(struct pcap *p, u32 session, const u8 *key)
{
	struct rmp_nack nack = { .mask = cpu_to_be64(0x8000000000000005) };
	struct rmp_frame f = { .type = RMP_T_PING, .session = session, .ts = 123456 };

	one_frame(p, &f, NULL, key);
	f.type = RMP_T_PONG;
	f.ts_echo = 123400;
	one_frame(p, &f, NULL, key);
	f.type = RMP_T_BYE;
	one_frame(p, &f, NULL, key);
	f = (struct rmp_frame) {
		.type = RMP_T_NACK, .session = session, .flags = RMP_F_REPLY, .slot = 5,
		.seq = 99, .len = sizeof(nack),
	};
	one_frame(p, &f, &nack, key);
	if (!key)
		expect_x64(p, "rmap.nack.mask", nack.mask);
}

static void sealed(struct pcap *p)
{
	static const u8 key[32] = { 1, 2, 3 };
	struct memx_data_req head = data_req(MEMX_OP_READ, 1, 1);
	struct rmp_frame f = {
		.type = RMP_T_REQ, .session = SEALED_TGT, .seq = 1, .len = sizeof(head),
		.msg.head_len = sizeof(head),
	};

	controls(p, SEALED_TGT, key);
	one_frame(p, &f, &head, key);
}

/* Bits that fell over on the way: in the body, in the header, and padding of Ethernet. */
static void damaged(struct pcap *p)
{
	struct rmp_nack nack = { .mask = cpu_to_be64(6) };
	struct rmp_frame f = {
		.type = RMP_T_NACK, .session = CLEAR_TGT, .len = sizeof(nack), .slot = 1,
	};
	struct frame fr;

	frame_session(&fr, &f, &nack, NULL, 0);
	fr.byte[RMP_HDR_LEN + 7] = 4;
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_session(p, &fr, false);
	pcap_expect(p, "rmap.hcrc.ok", "1");
	pcap_expect(p, "rmap.pcrc.ok", "0");
	expect_x64(p, "rmap.nack.mask", cpu_to_be64(4));

	frame_session(&fr, &f, &nack, NULL, 0);
	fr.byte[offsetof(struct rmp_hdr, seq)] ^= 0x80;
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	expect_session(p, &fr, false);
	pcap_expect(p, "rmap.hcrc.ok", "0");
	pcap_expect(p, "rmap.pcrc.ok", "1");
	expect_x64(p, "rmap.nack.mask", nack.mask);

	f = (struct rmp_frame) { .type = RMP_T_PING, .session = CLEAR_TGT };
	frame_session(&fr, &f, NULL, NULL, 0);
	memset(fr.byte + fr.len, 0, 6);
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr.byte, fr.len + 6, fr.len + 6);
	expect_session(p, &fr, false);
	pcap_expect(p, "rmap.hcrc.ok", "1");
	pcap_expect(p, "rmap.pcrc.ok", "1");
	pcap_expect(p, "rmap.padding", "000000000000");
}

static void frames(const char *dir)
{
	struct pcap *p = pcap_open(dir, "frames");

	pcap_watch(p, "rmap.malformed");
	pcap_watch(p, "rmap.truncated");
	adverts(p);
	handshake(p, RMP_SEC_NONE, CLEAR_INI, CLEAR_TGT);
	handshake(p, RMP_SEC_NOISE, SEALED_INI, SEALED_TGT);
	reads(p);
	writes(p);
	extents(p);
	volumes(p);
	echo(p);
	controls(p, CLEAR_TGT, NULL);
	sealed(p);
	damaged(p);
	pcap_close(p);
}

/* The same with another EtherType: the dissector's only with its preference set. */
static void foreign(const char *dir)
{
	struct pcap *p = pcap_open(dir, "ethertype");
	struct rmp_frame f = { .type = RMP_T_PING, .session = 77, .ts = 5 };
	struct frame fr;

	frame_session(&fr, &f, NULL, NULL, 0);
	pcap_frame(p, CLIENT, SERVER, 0x88b6, fr.byte, fr.len, fr.len);
	expect_session(p, &fr, false);
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
	pcap_close(p);
}

/*
 * Frames that break rules. What the project's own checks say of them, the dissector must say too.
 */

static u64 state = 1;

static u64 random_u64(void)
{
	u64 z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool clear_is_valid(const struct frame *fr)
{
	struct rmp_frame f;

	return rmp_frame_parse(&f, (const struct rmp_hdr *)fr->byte, fr->len - RMP_HDR_LEN) &&
	       f.len <= RMP_MTU_MAX - RMP_HDR_LEN;
}

static void put_bad(struct pcap *p, const struct frame *fr, bool valid)
{
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr->byte, fr->len, fr->len);
	if (!valid)
		pcap_expect(p, "rmap.malformed", "1");
}

/* Small numbers at both sides of every bound, in every byte of a header whose CRC fits. */
static void bad_headers(struct pcap *p)
{
	static const u8 value[] = {0, 1, 2, 7, 8, 9, 15, 16, 63, 64, 65, 128, 255};
	struct rmp_nack nack = { .mask = cpu_to_be64(6) };
	struct rmp_frame f = { .len = sizeof(nack), .slot = 1, .session = CLEAR_TGT };
	unsigned int at, v;
	struct frame fr;

	for (f.type = RMP_T_REQ; f.type <= RMP_T_BYE; f.type++) {
		f.len = f.type <= RMP_T_NACK ? sizeof(nack) : 0;
		for (at = 1; at < RMP_HDR_LEN; at++) {
			for (v = 0; v < ARRAY_SIZE(value); v++) {
				frame_session(&fr, &f, &nack, NULL, 0);
				fr.byte[at] = value[v];
				frame_reseal(&fr);
				put_bad(p, &fr, clear_is_valid(&fr));
			}
		}
	}
}

static void bad_adverts(struct pcap *p)
{
	static const u8 value[] = {0, 1, 2, 4, 5, 35, 45, 112, 113, 127, 255};
	const struct rmp_advert *a;
	unsigned int at, v, type;
	struct frame fr;

	for (type = RMP_T_ADVERT; type <= RMP_T_SOLICIT; type++) {
		for (at = 1; at < offsetof(struct rmp_advert, mac); at++) {
			for (v = 0; v < ARRAY_SIZE(value); v++) {
				frame_advert(&fr, type, NULL);
				fr.byte[at] = value[v];
				a = (const struct rmp_advert *)fr.byte;
				put_bad(p, &fr, rmp_advert_is_valid(a, fr.len));
			}
		}
	}
}

/* Byte @at is @v: @valid? By the rules of docs/PROTOCOL.md. */
static void bad_hs(struct pcap *p)
{
	static const struct {
		u8 type;
		u16 at;
		u8 v;
		bool valid;
	} c[] = {
		{ RMP_T_INIT, 0, RMP_T_INIT, true }, { RMP_T_RESP, 0, RMP_T_RESP, true },
		{ RMP_T_INIT, 1, 2, false }, { RMP_T_INIT, 3, 0xdd, false },
		{ RMP_T_INIT, 16, 2, false }, { RMP_T_INIT, 17, 1, false },
		{ RMP_T_INIT, 19, 1, false }, { RMP_T_INIT, 7, 0, false },
		{ RMP_T_INIT, 52 + 44, 0, false }, { RMP_T_INIT, 52 + 46, 0, false },
		{ RMP_T_INIT, 52 + 46, 65, false }, { RMP_T_INIT, 52 + 47, 2, false },
		{ RMP_T_INIT, 52 + 79, 1, false }, { RMP_T_RESP, 52 + 24, 1, false },
		{ RMP_T_RESP, 52 + 28, 1, false }, { RMP_T_RESP, 52 + 32, 0, false },
		{ RMP_T_RESP, 52 + 34, 0, false }, { RMP_T_RESP, 52 + 34, 65, false },
		{ RMP_T_RESP, 52 + 35, 2, false }, { RMP_T_RESP, 52 + 71, 1, false },
	};
	struct frame fr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		frame_hs(&fr, c[i].type, RMP_SEC_NONE, CLEAR_INI, CLEAR_TGT);
		fr.byte[c[i].at] = c[i].v;
		put_bad(p, &fr, c[i].valid);
	}
}

/* Frames that end early, on the wire. */
static void bad_lengths(struct pcap *p)
{
	struct rmp_nack nack = { .mask = cpu_to_be64(6) };
	struct rmp_frame f = { .type = RMP_T_NACK, .len = sizeof(nack), .session = CLEAR_TGT };
	struct frame fr;
	size_t n;

	frame_session(&fr, &f, &nack, NULL, 0);
	for (n = 1, fr.len--; fr.len > 0; fr.len--, n++)
		put_bad(p, &fr, false);
	frame_advert(&fr, RMP_T_ADVERT, NULL);
	for (fr.len--; fr.len > 0; fr.len--)
		put_bad(p, &fr, false);
	frame_hs(&fr, RMP_T_INIT, RMP_SEC_NONE, CLEAR_INI, CLEAR_TGT);
	for (fr.len = RMP_INIT_LEN + 8; fr.len > 0; fr.len--)
		put_bad(p, &fr, false);
}

static void bad(const char *dir)
{
	struct pcap *p = pcap_open(dir, "bad");
	struct frame fr = { .len = 60 };

	pcap_watch(p, "rmap.malformed");
	bad_headers(p);
	bad_adverts(p);
	bad_hs(p);
	bad_lengths(p);
	put_bad(p, &fr, false);		/* type 0 */
	fr.byte[0] = RMP_T_BYE + 1;
	put_bad(p, &fr, false);
	pcap_close(p);
}

/*
 * Noise: nothing is expected but that the dissector lives.
 */

static void put_cut(struct pcap *p, const struct frame *fr)
{
	size_t cap;

	for (cap = 0; cap < fr->len && cap < 240; cap++) {
		pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr->byte, fr->len, cap);
		if (cap)
			pcap_expect(p, "rmap.truncated", "1");
	}
}

/* Each kind of request in the session in clear, head only. */
static void put_requests(struct pcap *p, void (*put)(struct pcap *p, const struct frame *fr))
{
	struct rmp_frame f = { .type = RMP_T_REQ, .session = CLEAR_TGT };
	u8 head[RMP_HEAD_MAX] = { 0 };
	struct frame fr;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		head[0] = i % 21;
		f.type = i % 2 ? RMP_T_REQ : RMP_T_REP;
		f.seq = i;
		f.flags = i % 7 ? 0 : RMP_F_ECHO;
		f.msg.head_len = random_u64() % RMP_HEAD_MAX;
		f.len = f.msg.head_len;
		frame_session(&fr, &f, head, NULL, 0);
		put(p, &fr);
		f.len = f.len / 2;	/* head_len says more than there is */
		frame_session(&fr, &f, head, NULL, 0);
		put(p, &fr);
	}
}

static void cut(const char *dir)
{
	struct pcap *p = pcap_open(dir, "cut");
	struct frame fr;

	pcap_watch(p, "rmap.truncated");
	frame_advert(&fr, RMP_T_ADVERT, NULL);
	put_cut(p, &fr);
	frame_hs(&fr, RMP_T_INIT, RMP_SEC_NONE, CLEAR_INI, 0);
	put_cut(p, &fr);
	frame_hs(&fr, RMP_T_RESP, RMP_SEC_NOISE, CLEAR_TGT, CLEAR_INI);
	put_cut(p, &fr);
	put_requests(p, put_cut);
	pcap_close(p);
}

static void put_any(struct pcap *p, const struct frame *fr)
{
	pcap_frame(p, CLIENT, SERVER, RMP_ETHERTYPE, fr->byte, fr->len, fr->len);
}

static void noise(const char *dir)
{
	struct pcap *p = pcap_open(dir, "noise");
	struct frame fr;
	unsigned int i, n;

	pcap_watch(p, "rmap.truncated");
	put_requests(p, put_any);
	for (i = 0; i < 3000; i++) {
		fr.len = 1 + random_u64() % (i % 10 ? 200 : RMP_MTU_MAX);
		for (n = 0; n < fr.len; n++)
			fr.byte[n] = random_u64();
		fr.byte[0] %= 12;
		if (i % 3)
			fr.byte[1] &= RMP_F_ALL;
		if (i % 2 && fr.len >= RMP_HDR_LEN && fr.byte[0] >= RMP_T_REQ) {
			fr.byte[2] = 0;
			frame_reseal(&fr);
		}
		put_any(p, &fr);
	}
	pcap_close(p);
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc != 2) {
		fprintf(stderr, "usage: gen DIR\n");
		return 2;
	}
	for (i = 0; i < sizeof(pages); i++)
		pages[i] = random_u64();
	frames(argv[1]);
	foreign(argv[1]);
	bad(argv[1]);
	cut(argv[1]);
	noise(argv[1]);
	return 0;
}
