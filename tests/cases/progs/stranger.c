// SPDX-License-Identifier: GPL-2.0-only
/*
 * Someone on the wire who means no good: sends frames of RMAP's EtherType that nobody asked for.
 *
 *	stranger MODE IFNAME TO COUNT SECURITY KEY-ID
 *
 * MODE	random	bytes at random, of every length
 *	short	frames of every type, cut off somewhere
 *	session	well-formed headers of sessions that do not exist
 *	advert	advertisements of as many servers, each from an address of its own
 *	init	beginnings of as many sessions, each from an address of its own
 *	record	sends nothing: writes as many advertisements that it hears to its output
 *	replay	sends those again that its input has, each 20 ms, from addresses of its own
 *
 * With SECURITY 0 the last two are right in every byte; with 1 they carry that key id (hexadecimal)
 * and nonsense in place of what only the key can make. The numbers are the same in every run.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crc32c.h"
#include "rmp_wire.h"

#define MTU	1500

/* The kernel's headers for user space and rmp_env.h each define __be64, so none of those here. */
#define ETH_ALEN	6

struct frame {
	u8	to[ETH_ALEN];
	u8	from[ETH_ALEN];
	__be16	type;
	u8	body[MTU];
} __attribute__((packed));

static_assert(offsetof(struct frame, body) == 14);

static u64 state = 1;
static u8 security;
static u32 key_id;

/* xorshift64* */
static u32 any(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull >> 32;
}

static void any_bytes(void *to, size_t n)
{
	u8 *p = to;

	while (n--)
		*p++ = any() >> 24;
}

static void own_address(struct frame *f)
{
	any_bytes(f->from, ETH_ALEN);
	f->from[0] = 0x02;
}

static size_t random_bytes(struct frame *f)
{
	size_t len = any() % (MTU + 1);

	any_bytes(f->body, len);
	return len;
}

static size_t cut_off(struct frame *f)
{
	struct rmp_hdr *hdr = (struct rmp_hdr *)f->body;

	memset(f->body, 0, sizeof(f->body));
	hdr->type = RMP_T_ADVERT + any() % RMP_T_BYE;
	hdr->flags = RMP_VERSION;
	hdr->len = htobe16(any() % 64);
	hdr->session = htobe32(any() % 8);
	return any() % sizeof(*hdr);
}

static size_t of_session(struct frame *f)
{
	struct rmp_hdr *hdr = (struct rmp_hdr *)f->body;

	memset(f->body, 0, sizeof(f->body));
	hdr->type = RMP_T_REQ + any() % (RMP_T_BYE - RMP_T_REQ + 1);
	hdr->session = htobe32(any() | 1);
	hdr->slot = htobe16(any() % RMP_SLOTS_MAX);
	hdr->seq = htobe32(any());
	if (hdr->type == RMP_T_NACK)
		hdr->len = htobe16(sizeof(struct rmp_nack));
	if (hdr->type == RMP_T_REQ || hdr->type == RMP_T_REP)
		hdr->len = htobe16(hdr->head_len = 24);
	return RMP_HDR_LEN + 64;
}

/* What protects a frame, over all before @tag: right without security, nonsense with it. */
static void finish(const void *from, u8 *tag)
{
	__be32 crc = htobe32(crc32c(from, tag - (const u8 *)from));

	memset(tag, 0, RMP_TAG_LEN);
	memcpy(tag, &crc, sizeof(crc));
	if (security)
		any_bytes(tag, RMP_TAG_LEN);
}

static size_t advert(struct frame *f)
{
	struct rmp_advert *a = (struct rmp_advert *)f->body;

	own_address(f);
	memset(a, 0, sizeof(*a));
	a->type = RMP_T_ADVERT;
	a->version = RMP_VERSION;
	a->len = htobe16(sizeof(*a));
	a->key_id = htobe32(key_id);
	any_bytes(a->node_id, sizeof(a->node_id));
	a->incarnation = htobe64(any() | 1);
	a->counter = htobe64(1);
	a->capacity = htobe64(1 << 24);
	a->free = a->capacity;
	a->interval_ms = htobe32(1000);
	a->mtu = htobe16(MTU);
	a->security = security;
	snprintf((char *)a->name, sizeof(a->name), "stranger%u", any());
	finish(a, a->mac);
	return sizeof(*a);
}

static size_t init(struct frame *f)
{
	struct rmp_hs *hs = (struct rmp_hs *)f->body;
	u8 *e = f->body + sizeof(*hs);
	struct rmp_init *init = (struct rmp_init *)(e + RMP_HS_E_LEN);

	own_address(f);
	memset(f->body, 0, sizeof(f->body));
	hs->type = RMP_T_INIT;
	hs->version = RMP_VERSION;
	hs->len = htobe16(MTU);
	hs->sender = htobe32(any() | 1);
	hs->key_id = htobe32(key_id);
	hs->security = security;
	if (security)
		any_bytes(e, RMP_HS_E_LEN);
	any_bytes(init->node_id, sizeof(init->node_id));
	init->incarnation = htobe64(any() | 1);
	init->session_id = htobe64(any());
	init->counter = htobe64(1);
	init->sender = hs->sender;
	init->mtu = htobe16(MTU);
	init->slots = RMP_SLOTS_MAX;
	snprintf((char *)init->name, sizeof(init->name), "stranger%u", any());
	finish(f->body, (u8 *)(init + 1));
	return MTU;
}

/* Over and over again. */
static size_t replay(struct frame *f)
{
	own_address(f);
	if (!fread(f->body, sizeof(struct rmp_advert), 1, stdin)) {
		rewind(stdin);
		if (!fread(f->body, sizeof(struct rmp_advert), 1, stdin))
			exit(2);
	}
	usleep(20000);
	return sizeof(struct rmp_advert);
}

static int record(int fd, int n)
{
	struct frame f;

	while (n) {
		if (recv(fd, &f, sizeof(f), 0) < (ssize_t)sizeof(struct rmp_advert) ||
		    f.body[0] != RMP_T_ADVERT)
			continue;
		fwrite(f.body, sizeof(struct rmp_advert), 1, stdout);
		n--;
	}
	return 0;
}

static const struct {
	const char	*name;
	size_t		(*make)(struct frame *f);
} modes[] = {
	{ "random", random_bytes }, { "short", cut_off }, { "session", of_session },
	{ "advert", advert }, { "init", init }, { "replay", replay }, { "record", NULL },
};

static int wire(const char *ifname)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(ifname),
		.sll_protocol = htons(RMP_ETHERTYPE),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror(ifname);
		exit(2);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct frame f = { .type = htons(RMP_ETHERTYPE), .from = { 2, 1 } };
	size_t m = 0, len;
	int fd, n;

	if (argc != 7 || sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &f.to[0], &f.to[1],
				&f.to[2], &f.to[3], &f.to[4], &f.to[5]) != 6)
		return 2;
	while (m < ARRAY_SIZE(modes) && strcmp(modes[m].name, argv[1]))
		m++;
	if (m == ARRAY_SIZE(modes))
		return 2;
	fd = wire(argv[2]);
	security = atoi(argv[5]);
	key_id = strtoul(argv[6], NULL, 16);
	if (!modes[m].make)
		return record(fd, atoi(argv[4]));
	for (n = atoi(argv[4]); n; n--) {
		len = modes[m].make(&f);
		if (send(fd, &f, offsetof(struct frame, body) + len, 0) < 0) {
			perror("send");
			return 1;
		}
	}
	return 0;
}
