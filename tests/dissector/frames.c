// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "crc32c.h"
#include "frames.h"
#include "rmp_crypto.h"
#include "rmp_noise.h"

const u8 client_id[RMP_NODE_ID_LEN] = "client's node id";
const u8 server_id[RMP_NODE_ID_LEN] = "server's node id";

static void put_crc(u8 *at, const void *data, size_t len)
{
	__be32 crc = cpu_to_be32(crc32c(data, len));

	memset(at, 0, RMP_MAC_LEN);
	memcpy(at, &crc, sizeof(crc));
}

void frame_advert(struct frame *out, u8 type, const struct rmp_key *key)
{
	bool offers = type == RMP_T_ADVERT;
	struct rmp_advert a = {
		.type = type, .version = RMP_VERSION, .len = cpu_to_be16(sizeof(a)),
		.key_id = cpu_to_be32(key ? key->id : 0),
		.incarnation = cpu_to_be64(0x1122334455667788), .counter = cpu_to_be64(42),
		.mtu = cpu_to_be16(9000), .security = key ? RMP_SEC_NOISE : RMP_SEC_NONE,
		.capacity = cpu_to_be64(offers ? 12582912 : 0),
		.free = cpu_to_be64(offers ? 8388608 : 0),
		.interval_ms = cpu_to_be32(offers ? 1000 : 0),
		.load = offers ? RMP_LOAD_PRESSURED : 0, .name = "donor-1.example",
	};
	u8 mac[RMP_HASH_LEN];

	memcpy(a.node_id, server_id, sizeof(a.node_id));
	if (key) {
		rmp_hmac_sha256(key->advert, sizeof(key->advert), (u8 *)&a,
				offsetof(struct rmp_advert, mac), mac);
		memcpy(a.mac, mac, sizeof(a.mac));
	} else {
		put_crc(a.mac, &a, offsetof(struct rmp_advert, mac));
	}
	memcpy(out->byte, &a, sizeof(a));
	out->len = sizeof(a);
}

static size_t init_payload(u8 *at, u32 sender, u16 mtu)
{
	struct rmp_init init = {
		.incarnation = cpu_to_be64(0x99aabbccddeeff00), .session_id = cpu_to_be64(3),
		.counter = cpu_to_be64(17), .sender = cpu_to_be32(sender), .mtu = cpu_to_be16(mtu),
		.slots = RMP_SLOTS_MAX, .flags = RMP_HS_RESUME, .name = "client-1",
	};

	memcpy(init.node_id, client_id, sizeof(init.node_id));
	memcpy(at, &init, sizeof(init));
	return sizeof(init);
}

static size_t resp_payload(u8 *at, u32 sender, u32 receiver, u16 mtu)
{
	struct rmp_resp resp = {
		.incarnation = cpu_to_be64(0x1122334455667788), .sender = cpu_to_be32(sender),
		.receiver = cpu_to_be32(receiver), .mtu = cpu_to_be16(mtu), .slots = 32,
		.name = "donor-1.example",
	};

	memcpy(resp.node_id, server_id, sizeof(resp.node_id));
	memcpy(at, &resp, sizeof(resp));
	return sizeof(resp);
}

/* With noise the body is the first message of a handshake: enough to look at. */
void frame_hs(struct frame *out, u8 type, u8 security, u32 sender, u32 receiver)
{
	static const u8 psk[RMP_KEY_LEN] = { 7 }, secret[32] = { 8 };
	struct rmp_hs hs = {
		.type = type, .version = RMP_VERSION, .len = cpu_to_be16(RMP_MTU_MIN),
		.sender = cpu_to_be32(sender), .receiver = cpu_to_be32(receiver),
		.key_id = cpu_to_be32(security ? 0x01020304 : 0), .security = security,
	};
	u8 *body = out->byte + sizeof(hs), payload[128];
	struct rmp_noise n;
	size_t len;

	memset(out->byte, 0, RMP_MTU_MIN);
	memcpy(out->byte, &hs, sizeof(hs));
	len = type == RMP_T_INIT ? init_payload(payload, sender, RMP_MTU_MIN)
				 : resp_payload(payload, sender, receiver, RMP_MTU_MIN);
	if (security == RMP_SEC_NOISE) {
		rmp_noise_init(&n, RMP_PROLOGUE, strlen(RMP_PROLOGUE), psk);
		rmp_noise_write1(&n, secret, payload, len, body);
	} else {
		memcpy(body + RMP_HS_E_LEN, payload, len);
		put_crc(body + RMP_HS_E_LEN + len, out->byte, sizeof(hs) + RMP_HS_E_LEN + len);
	}
	out->len = RMP_MTU_MIN;
}

void frame_reseal(struct frame *out)
{
	struct rmp_hdr *hdr = (struct rmp_hdr *)out->byte;
	u32 len = be16_to_cpu(hdr->len);

	if (len > out->len - RMP_HDR_LEN)
		len = out->len - RMP_HDR_LEN;
	hdr->hcrc = 0;
	hdr->pcrc = cpu_to_be32(crc32c(out->byte + RMP_HDR_LEN, len));
	hdr->hcrc = cpu_to_be32(crc32c(hdr, RMP_HDR_LEN));
}

void frame_session(struct frame *out, const struct rmp_frame *f, const void *body, const u8 *key,
		   u64 counter)
{
	struct rmp_hdr *hdr = (struct rmp_hdr *)out->byte;

	rmp_frame_build(hdr, f);
	out->len = RMP_HDR_LEN + f->len;
	if (f->len)
		memcpy(out->byte + RMP_HDR_LEN, body, f->len);
	if (key) {
		hdr->counter = cpu_to_be64(counter);
		rmp_aead_encrypt(out->byte + RMP_HDR_LEN, body, f->len, out->byte, RMP_HDR_LEN,
				 counter, key);
		out->len += RMP_TAG_LEN;
	} else {
		frame_reseal(out);
	}
}

static void expect_u64(struct pcap *p, const char *field, __be64 v)
{
	pcap_expect(p, field, "%llu", (unsigned long long)be64_to_cpu(v));
}

void expect_x64(struct pcap *p, const char *field, __be64 v)
{
	pcap_expect(p, field, "0x%016llx", (unsigned long long)be64_to_cpu(v));
}

static void expect_u32(struct pcap *p, const char *field, __be32 v)
{
	pcap_expect(p, field, "%u", be32_to_cpu(v));
}

static void expect_x32(struct pcap *p, const char *field, __be32 v)
{
	pcap_expect(p, field, "0x%08x", be32_to_cpu(v));
}

/* The CRC at the begin of a MAC or tag. */
static void expect_crc(struct pcap *p, const char *field, const u8 *at)
{
	__be32 crc;

	memcpy(&crc, at, sizeof(crc));
	expect_x32(p, field, crc);
}

void expect_advert(struct pcap *p, const struct frame *fr)
{
	struct rmp_advert a;

	memcpy(&a, fr->byte, sizeof(a));
	pcap_expect(p, "rmap.type", "%u", a.type);
	pcap_expect(p, "rmap.advert.version", "%u", a.version);
	pcap_expect(p, "rmap.advert.len", "%u", be16_to_cpu(a.len));
	expect_x32(p, "rmap.advert.key_id", a.key_id);
	pcap_expect_hex(p, "rmap.advert.node_id", a.node_id, sizeof(a.node_id));
	expect_x64(p, "rmap.advert.incarnation", a.incarnation);
	expect_u64(p, "rmap.advert.counter", a.counter);
	expect_u64(p, "rmap.advert.capacity", a.capacity);
	expect_u64(p, "rmap.advert.free", a.free);
	expect_u32(p, "rmap.advert.interval_ms", a.interval_ms);
	pcap_expect(p, "rmap.advert.mtu", "%u", be16_to_cpu(a.mtu));
	pcap_expect(p, "rmap.advert.load", "%u", a.load);
	pcap_expect(p, "rmap.advert.security", "%u", a.security);
	pcap_expect(p, "rmap.advert.name", "%s", (char *)a.name);
	if (a.security)
		pcap_expect_hex(p, "rmap.advert.mac", a.mac, sizeof(a.mac));
	else
		expect_crc(p, "rmap.advert.crc", a.mac);
}

static void expect_init(struct pcap *p, const struct rmp_init *i)
{
	pcap_expect_hex(p, "rmap.init.node_id", i->node_id, sizeof(i->node_id));
	expect_x64(p, "rmap.init.incarnation", i->incarnation);
	expect_u64(p, "rmap.init.session_id", i->session_id);
	expect_u64(p, "rmap.init.counter", i->counter);
	expect_x32(p, "rmap.init.sender", i->sender);
	pcap_expect(p, "rmap.init.mtu", "%u", be16_to_cpu(i->mtu));
	pcap_expect(p, "rmap.init.slots", "%u", i->slots);
	pcap_expect(p, "rmap.init.flags", "0x%02x", i->flags);
	pcap_expect(p, "rmap.init.flags.resume", "%u", i->flags & RMP_HS_RESUME ? 1 : 0);
	pcap_expect(p, "rmap.init.name", "%s", (const char *)i->name);
}

static void expect_resp(struct pcap *p, const struct rmp_resp *r)
{
	pcap_expect_hex(p, "rmap.resp.node_id", r->node_id, sizeof(r->node_id));
	expect_x64(p, "rmap.resp.incarnation", r->incarnation);
	expect_x32(p, "rmap.resp.sender", r->sender);
	expect_x32(p, "rmap.resp.receiver", r->receiver);
	pcap_expect(p, "rmap.resp.mtu", "%u", be16_to_cpu(r->mtu));
	pcap_expect(p, "rmap.resp.slots", "%u", r->slots);
	pcap_expect(p, "rmap.resp.flags", "0x%02x", r->flags);
	pcap_expect(p, "rmap.resp.flags.resume", "%u", r->flags & RMP_HS_RESUME ? 1 : 0);
	pcap_expect_hex(p, "rmap.resp.zero", r->zero, sizeof(r->zero));
	pcap_expect(p, "rmap.resp.name", "%s", (const char *)r->name);
}

static void expect_hs_payload(struct pcap *p, const struct frame *fr, const struct rmp_hs *hs)
{
	const u8 *body = fr->byte + sizeof(*hs) + RMP_HS_E_LEN;
	size_t len = hs->type == RMP_T_INIT ? sizeof(struct rmp_init) : sizeof(struct rmp_resp);
	struct rmp_init init;
	struct rmp_resp resp;

	if (hs->security) {
		pcap_expect_hex(p, "rmap.hs.payload", body, len);
		pcap_expect_hex(p, "rmap.hs.tag", body + len, RMP_TAG_LEN);
		return;
	}
	expect_crc(p, "rmap.hs.crc", body + len);
	if (hs->type == RMP_T_INIT) {
		memcpy(&init, body, sizeof(init));
		expect_init(p, &init);
	} else {
		memcpy(&resp, body, sizeof(resp));
		expect_resp(p, &resp);
	}
}

void expect_hs(struct pcap *p, const struct frame *fr)
{
	struct rmp_hs hs;

	memcpy(&hs, fr->byte, sizeof(hs));
	pcap_expect(p, "rmap.type", "%u", hs.type);
	pcap_expect(p, "rmap.hs.version", "%u", hs.version);
	pcap_expect(p, "rmap.hs.len", "%u", be16_to_cpu(hs.len));
	expect_x32(p, "rmap.hs.sender", hs.sender);
	expect_x32(p, "rmap.hs.receiver", hs.receiver);
	expect_x32(p, "rmap.hs.key_id", hs.key_id);
	pcap_expect(p, "rmap.hs.security", "%u", hs.security);
	pcap_expect_hex(p, "rmap.hs.zero", hs.zero, sizeof(hs.zero));
	pcap_expect_hex(p, "rmap.hs.e", fr->byte + sizeof(hs), RMP_HS_E_LEN);
	expect_hs_payload(p, fr, &hs);
}

static void expect_flags(struct pcap *p, u8 flags)
{
	pcap_expect(p, "rmap.flags", "0x%02x", flags);
	pcap_expect(p, "rmap.flags.probe", "%u", flags & RMP_F_PROBE ? 1 : 0);
	pcap_expect(p, "rmap.flags.echo", "%u", flags & RMP_F_ECHO ? 1 : 0);
	pcap_expect(p, "rmap.flags.slow", "%u", flags & RMP_F_SLOW ? 1 : 0);
	pcap_expect(p, "rmap.flags.reply", "%u", flags & RMP_F_REPLY ? 1 : 0);
}

/* The header as the project's own parser sees it. */
void expect_session(struct pcap *p, const struct frame *fr, bool sealed)
{
	const struct rmp_hdr *hdr = (const struct rmp_hdr *)fr->byte;
	struct rmp_frame f;

	rmp_frame_parse(&f, hdr, fr->len - RMP_HDR_LEN);
	pcap_expect(p, "rmap.type", "%u", f.type);
	expect_flags(p, f.flags);
	pcap_expect(p, "rmap.len", "%u", f.len);
	pcap_expect(p, "rmap.session", "0x%08x", f.session);
	pcap_expect(p, "rmap.seq", "%u", f.seq);
	pcap_expect(p, "rmap.slot", "%u", be16_to_cpu(hdr->slot));
	pcap_expect(p, "rmap.frag", "%u", f.frag);
	pcap_expect(p, "rmap.head_len", "%u", f.msg.head_len);
	pcap_expect(p, "rmap.data_len", "%u", f.msg.data_len);
	pcap_expect(p, "rmap.present", "0x%04x", f.msg.present);
	pcap_expect(p, "rmap.status", "%u", f.status);
	pcap_expect(p, "rmap.slots", "%u", f.slots);
	pcap_expect(p, "rmap.ts", "%u", f.ts);
	pcap_expect(p, "rmap.ts_echo", "%u", f.ts_echo);
	pcap_expect(p, "rmap.encrypted", "%u", sealed);
	if (sealed) {
		expect_u64(p, "rmap.counter", hdr->counter);
	} else {
		expect_x32(p, "rmap.hcrc", hdr->hcrc);
		expect_x32(p, "rmap.pcrc", hdr->pcrc);
	}
}

static void expect_data_request(struct pcap *p, const struct memx_data_req *rq, size_t len)
{
	const __be64 *value = (const __be64 *)(rq + 1);

	pcap_expect(p, "memx.page", "%u", be16_to_cpu(rq->page));
	pcap_expect(p, "memx.count", "%u", be16_to_cpu(rq->count));
	expect_x64(p, "memx.handle", rq->handle);
	expect_u32(p, "memx.generation", rq->generation);
	expect_u32(p, "memx.epoch", rq->epoch);
	for (len -= sizeof(*rq); len; len -= sizeof(*value))
		expect_x64(p, "memx.value", *value++);
}

static void expect_extent_request(struct pcap *p, const struct memx_extent_req *rq)
{
	expect_u32(p, "memx.generation", rq->generation);
	expect_u32(p, "memx.epoch", rq->epoch);
	pcap_expect_hex(p, "memx.volume", rq->volume, sizeof(rq->volume));
	expect_u64(p, "memx.index", rq->index);
	expect_x64(p, "memx.handle", rq->handle);
	pcap_expect(p, "memx.name", "%s", (const char *)rq->name);
}

static void expect_volume_request(struct pcap *p, const struct memx_volume_req *rq)
{
	expect_u32(p, "memx.epoch", rq->epoch);
	pcap_expect_hex(p, "memx.volume", rq->volume, sizeof(rq->volume));
	expect_u64(p, "memx.index", rq->index);
}

void expect_memx_request(struct pcap *p, const struct message *m)
{
	u8 op = *(const u8 *)m->head;

	pcap_expect(p, "memx.op", "%u", op);
	if (op < MEMX_OP_CONTROL)
		expect_data_request(p, m->head, m->msg.head_len);
	else if (op == MEMX_OP_EXTENT_OPEN || op == MEMX_OP_EXTENT_CLOSE)
		expect_extent_request(p, m->head);
	else
		expect_volume_request(p, m->head);
}

/* The bytes of a fragment: head, then runs of data. */
static void gather(u8 *body, const struct rmp_piece *piece, const struct message *m)
{
	unsigned int i;

	memcpy(body, m->head, piece->head_len);
	body += piece->head_len;
	for (i = 0; i < piece->nruns; body += piece->run[i++].len)
		memcpy(body, m->data + piece->run[i].pos, piece->run[i].len);
}

static struct rmp_frame first_frame(const struct message *m)
{
	return (struct rmp_frame) {
		.type = m->type, .flags = m->flags, .status = m->status, .slots = m->slots,
		.slot = m->slot, .seq = m->seq, .session = m->session, .msg = m->msg,
		.ts = 1000000 + m->seq, .ts_echo = m->type == RMP_T_REP ? 999000 + m->seq : 0,
	};
}

static void expect_fragment(struct pcap *p, const struct message *m, const struct frame *fr,
			    const struct rmp_piece *piece)
{
	const u8 *data = fr->byte + RMP_HDR_LEN + piece->head_len;

	expect_session(p, fr, false);
	pcap_expect(p, "rmap.hcrc.ok", "1");
	pcap_expect(p, "rmap.pcrc.ok", "1");
	if (piece->len > piece->head_len)
		pcap_expect_hex(p, "rmap.data", data, piece->len - piece->head_len);
	if (((const struct rmp_hdr *)fr->byte)->frag)
		return;
	if (m->expect)
		m->expect(p, m);
	if (m->request)
		pcap_expect(p, "rmap.request_in", "%u", m->request);
}

unsigned int send_message(struct pcap *p, const struct message *m, unsigned int from,
			  unsigned int to)
{
	struct rmp_frame f = first_frame(m);
	unsigned int number = 0, n;
	struct rmp_layout layout;
	struct rmp_piece piece;
	u8 body[RMP_MTU_MAX];
	struct rmp_geo geo;
	struct frame fr;

	rmp_geo_init(&geo, m->mtu);
	if (!rmp_layout_init(&layout, &geo, &m->msg))
		return 0;
	for (; f.frag < layout.nfrags; f.frag++) {
		rmp_layout_piece(&layout, &geo, f.frag, &piece);
		gather(body, &piece, m);
		f.len = piece.len;
		frame_session(&fr, &f, body, NULL, 0);
		n = pcap_frame(p, from, to, RMP_ETHERTYPE, fr.byte, fr.len, fr.len);
		number = number ? number : n;
		expect_fragment(p, m, &fr, &piece);
	}
	return number;
}
