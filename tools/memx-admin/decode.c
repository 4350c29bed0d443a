// SPDX-License-Identifier: GPL-2.0-only
/* From attributes to structs. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memx_netlink.h"

#include "decode.h"
#include "say.h"

static_assert((int)__MEMX_RMAP_COUNTER_A_NR <= NODE_COUNTERS, "room for all counters");

#define LEN(a) ((size_t)nla_len(a))

static uint8_t get_u8(struct nlattr *a)
{
	return a && LEN(a) >= sizeof(uint8_t) ? nla_get_u8(a) : 0;
}

static uint16_t get_u16(struct nlattr *a)
{
	return a && LEN(a) >= sizeof(uint16_t) ? nla_get_u16(a) : 0;
}

static uint32_t get_u32(struct nlattr *a)
{
	return a && LEN(a) >= sizeof(uint32_t) ? nla_get_u32(a) : 0;
}

static uint64_t get_u64(struct nlattr *a)
{
	return a && LEN(a) >= sizeof(uint64_t) ? nla_get_u64(a) : 0;
}

static bool get_bytes(struct nlattr *a, uint8_t *to, size_t size)
{
	if (!a || LEN(a) < size)
		return false;
	memcpy(to, nla_data(a), size);
	return true;
}

static void get_text(struct nlattr *a, char *to, size_t size)
{
	size_t n = a ? strnlen(nla_data(a), LEN(a)) : 0;

	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(to, nla_data(a), n);
	to[n] = '\0';
	make_printable(to);
}

/* nla_parse() reads the head of what it is given. */
static bool parse(const struct nlattr *head, int len, struct nlattr **tb, int max)
{
	memset(tb, 0, sizeof(*tb) * (size_t)(max + 1));
	return len >= 0 && !nla_parse(tb, max, (struct nlattr *)(uintptr_t)head, len, NULL);
}

static bool parse_nest(struct nlattr *nest, struct nlattr **tb, int max)
{
	return nest && parse(nla_data(nest), nla_len(nest), tb, max);
}

/* The one nest of type @type in a message of family memx_rmap. */
static bool parse_rmap(const struct nlattr *head, int len, int type, struct nlattr **tb, int max)
{
	struct nlattr *top[__MEMX_RMAP_A_NR];

	return parse(head, len, top, __MEMX_RMAP_A_NR - 1) && parse_nest(top[type], tb, max);
}

static void get_counters(struct nlattr *nest, uint64_t *counter)
{
	struct nlattr *tb[__MEMX_RMAP_COUNTER_A_NR];
	int i;

	if (!parse_nest(nest, tb, __MEMX_RMAP_COUNTER_A_NR - 1))
		return;
	for (i = 1; i < __MEMX_RMAP_COUNTER_A_NR; i++)
		counter[i] = get_u64(tb[i]);
}

bool decode_node(const struct nlattr *head, int len, struct node *node)
{
	struct nlattr *tb[__MEMX_RMAP_NODE_A_NR];

	*node = (struct node){ 0 };
	if (!parse_rmap(head, len, MEMX_RMAP_A_NODE, tb, __MEMX_RMAP_NODE_A_NR - 1))
		return false;
	node->have_id = get_bytes(tb[MEMX_RMAP_NODE_A_ID], node->id, ID_BYTES);
	node->incarnation = get_u64(tb[MEMX_RMAP_NODE_A_INCARNATION]);
	get_text(tb[MEMX_RMAP_NODE_A_NAME], node->name, sizeof(node->name));
	node->security = get_u8(tb[MEMX_RMAP_NODE_A_SECURITY]);
	node->interval_ms = get_u32(tb[MEMX_RMAP_NODE_A_INTERVAL_MS]);
	node->rto_min_us = get_u32(tb[MEMX_RMAP_NODE_A_RTO_MIN_US]);
	node->rto_max_us = get_u32(tb[MEMX_RMAP_NODE_A_RTO_MAX_US]);
	node->incast_frames = get_u32(tb[MEMX_RMAP_NODE_A_INCAST_FRAMES]);
	node->rekey_s = get_u32(tb[MEMX_RMAP_NODE_A_REKEY_S]);
	node->sessions = get_u32(tb[MEMX_RMAP_NODE_A_SESSIONS]);
	get_counters(tb[MEMX_RMAP_NODE_A_COUNTERS], node->counter);
	return true;
}

bool decode_link(const struct nlattr *head, int len, struct link *link)
{
	struct nlattr *tb[__MEMX_RMAP_LINK_A_NR];

	*link = (struct link){ 0 };
	if (!parse_rmap(head, len, MEMX_RMAP_A_LINK, tb, __MEMX_RMAP_LINK_A_NR - 1))
		return false;
	get_text(tb[MEMX_RMAP_LINK_A_IFNAME], link->ifname, sizeof(link->ifname));
	link->ifindex = get_u32(tb[MEMX_RMAP_LINK_A_IFINDEX]);
	get_bytes(tb[MEMX_RMAP_LINK_A_ADDR], link->addr, MAC_BYTES);
	link->ethertype = get_u16(tb[MEMX_RMAP_LINK_A_ETHERTYPE]);
	link->mtu = get_u32(tb[MEMX_RMAP_LINK_A_MTU]);
	link->carrier = get_u8(tb[MEMX_RMAP_LINK_A_CARRIER]);
	link->ingress = get_u8(tb[MEMX_RMAP_LINK_A_INGRESS]);
	return true;
}

bool decode_key(const struct nlattr *head, int len, struct key *key)
{
	struct nlattr *tb[__MEMX_RMAP_KEY_A_NR];

	*key = (struct key){ 0 };
	if (!parse_rmap(head, len, MEMX_RMAP_A_KEY, tb, __MEMX_RMAP_KEY_A_NR - 1))
		return false;
	key->id = get_u32(tb[MEMX_RMAP_KEY_A_ID]);
	key->secondary = tb[MEMX_RMAP_KEY_A_SECONDARY];
	return true;
}

bool decode_peer(const struct nlattr *head, int len, struct peer *peer)
{
	struct nlattr *tb[__MEMX_RMAP_PEER_A_NR];

	*peer = (struct peer){ 0 };
	if (!parse_rmap(head, len, MEMX_RMAP_A_PEER, tb, __MEMX_RMAP_PEER_A_NR - 1))
		return false;
	peer->have_id = get_bytes(tb[MEMX_RMAP_PEER_A_ID], peer->id, ID_BYTES);
	get_text(tb[MEMX_RMAP_PEER_A_NAME], peer->name, sizeof(peer->name));
	get_bytes(tb[MEMX_RMAP_PEER_A_ADDR], peer->addr, MAC_BYTES);
	get_text(tb[MEMX_RMAP_PEER_A_IFNAME], peer->ifname, sizeof(peer->ifname));
	peer->is_static = tb[MEMX_RMAP_PEER_A_STATIC];
	peer->suspect = tb[MEMX_RMAP_PEER_A_SUSPECT];
	peer->load = get_u8(tb[MEMX_RMAP_PEER_A_LOAD]);
	peer->capacity = get_u64(tb[MEMX_RMAP_PEER_A_CAPACITY]);
	peer->free = get_u64(tb[MEMX_RMAP_PEER_A_FREE]);
	peer->have_rtt = tb[MEMX_RMAP_PEER_A_RTT_US];
	peer->rtt_us = get_u32(tb[MEMX_RMAP_PEER_A_RTT_US]);
	peer->have_seen = tb[MEMX_RMAP_PEER_A_SEEN_MS];
	peer->seen_ms = get_u32(tb[MEMX_RMAP_PEER_A_SEEN_MS]);
	peer->mtu = get_u32(tb[MEMX_RMAP_PEER_A_MTU]);
	peer->incarnation = get_u64(tb[MEMX_RMAP_PEER_A_INCARNATION]);
	peer->session = get_u8(tb[MEMX_RMAP_PEER_A_SESSION]);
	get_text(tb[MEMX_RMAP_PEER_A_PROBLEM], peer->problem, sizeof(peer->problem));
	return true;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

bool decode_pings(const struct nlattr *head, int len, struct pings *pings)
{
	struct nlattr *tb[__MEMX_RMAP_PING_A_NR], *samples;

	*pings = (struct pings){ 0 };
	if (!parse_rmap(head, len, MEMX_RMAP_A_PING, tb, __MEMX_RMAP_PING_A_NR - 1))
		return false;
	pings->lost = get_u32(tb[MEMX_RMAP_PING_A_LOST]);
	samples = tb[MEMX_RMAP_PING_A_SAMPLES];
	pings->count = samples ? LEN(samples) / sizeof(*pings->ns) : 0;
	if (pings->count) {
		pings->ns = get_memory(NULL, pings->count, sizeof(*pings->ns));
		memcpy(pings->ns, nla_data(samples), pings->count * sizeof(*pings->ns));
		qsort(pings->ns, pings->count, sizeof(*pings->ns), ascending);
	}
	return true;
}

bool decode_server(const struct nlattr *head, int len, struct server *server)
{
	struct nlattr *tb[__MEMX_SERVER_A_NR];

	*server = (struct server){ 0 };
	if (!parse(head, len, tb, __MEMX_SERVER_A_NR - 1) || !tb[MEMX_SERVER_A_LOAD])
		return false;
	server->capacity = get_u64(tb[MEMX_SERVER_A_CAPACITY]);
	server->reserved = get_u64(tb[MEMX_SERVER_A_RESERVED]);
	server->stored = get_u64(tb[MEMX_SERVER_A_STORED]);
	server->uniform = get_u64(tb[MEMX_SERVER_A_UNIFORM]);
	server->extents = get_u64(tb[MEMX_SERVER_A_EXTENTS]);
	server->load = get_u8(tb[MEMX_SERVER_A_LOAD]);
	server->reads = get_u64(tb[MEMX_SERVER_A_READS]);
	server->writes = get_u64(tb[MEMX_SERVER_A_WRITES]);
	server->zeros = get_u64(tb[MEMX_SERVER_A_ZEROS]);
	server->busy = get_u64(tb[MEMX_SERVER_A_BUSY]);
	server->refused = get_u64(tb[MEMX_SERVER_A_REFUSED]);
	server->pool = get_u64(tb[MEMX_SERVER_A_POOL]);
	return true;
}

bool decode_client(const struct nlattr *head, int len, struct client *client)
{
	struct nlattr *top[__MEMX_SERVER_A_NR], *tb[__MEMX_SERVER_CLIENT_A_NR];

	*client = (struct client){ 0 };
	if (!parse(head, len, top, __MEMX_SERVER_A_NR - 1) ||
	    !parse_nest(top[MEMX_SERVER_A_CLIENT], tb, __MEMX_SERVER_CLIENT_A_NR - 1))
		return false;
	get_bytes(tb[MEMX_SERVER_CLIENT_A_NODE], client->node, ID_BYTES);
	get_bytes(tb[MEMX_SERVER_CLIENT_A_VOLUME], client->volume, ID_BYTES);
	get_text(tb[MEMX_SERVER_CLIENT_A_NAME], client->name, sizeof(client->name));
	client->extents = get_u64(tb[MEMX_SERVER_CLIENT_A_EXTENTS]);
	client->stored = get_u64(tb[MEMX_SERVER_CLIENT_A_STORED]);
	client->uniform = get_u64(tb[MEMX_SERVER_CLIENT_A_UNIFORM]);
	return true;
}

static void add_place(struct nlattr *nest, struct volume *v)
{
	struct nlattr *tb[__MEMX_CLIENT_PLACE_A_NR];
	struct place *p;

	if (!parse_nest(nest, tb, __MEMX_CLIENT_PLACE_A_NR - 1))
		return;
	v->place = get_memory(v->place, v->places + 1, sizeof(*v->place));
	p = &v->place[v->places++];
	*p = (struct place){ 0 };
	get_bytes(tb[MEMX_CLIENT_PLACE_A_NODE], p->node, ID_BYTES);
	get_text(tb[MEMX_CLIENT_PLACE_A_NAME], p->name, sizeof(p->name));
	p->extents = get_u64(tb[MEMX_CLIENT_PLACE_A_EXTENTS]);
	p->written = get_u64(tb[MEMX_CLIENT_PLACE_A_WRITTEN]);
	p->state = get_u8(tb[MEMX_CLIENT_PLACE_A_STATE]);
}

static bool parse_volume(const struct nlattr *head, int len, struct nlattr **nest,
			 struct nlattr **tb)
{
	struct nlattr *top[__MEMX_CLIENT_A_NR];

	if (!parse(head, len, top, __MEMX_CLIENT_A_NR - 1))
		return false;
	*nest = top[MEMX_CLIENT_A_VOLUME];
	return parse_nest(*nest, tb, __MEMX_CLIENT_VOLUME_A_NR - 1);
}

bool decode_volume(const struct nlattr *head, int len, struct volume *v)
{
	struct nlattr *tb[__MEMX_CLIENT_VOLUME_A_NR], *nest, *a;
	int rest;

	*v = (struct volume){ 0 };
	if (!parse_volume(head, len, &nest, tb))
		return false;
	get_text(tb[MEMX_CLIENT_VOLUME_A_NAME], v->name, sizeof(v->name));
	get_bytes(tb[MEMX_CLIENT_VOLUME_A_UUID], v->uuid, ID_BYTES);
	v->size = get_u64(tb[MEMX_CLIENT_VOLUME_A_SIZE]);
	get_text(tb[MEMX_CLIENT_VOLUME_A_DISK], v->disk, sizeof(v->disk));
	v->loss_timeout_s = get_u32(tb[MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S]);
	v->openers = get_u32(tb[MEMX_CLIENT_VOLUME_A_OPENERS]);
	v->extents = get_u64(tb[MEMX_CLIENT_VOLUME_A_EXTENTS]);
	v->written = get_u64(tb[MEMX_CLIENT_VOLUME_A_WRITTEN]);
	v->lost = get_u64(tb[MEMX_CLIENT_VOLUME_A_LOST]);
	v->pages_in = get_u64(tb[MEMX_CLIENT_VOLUME_A_PAGES_IN]);
	v->pages_out = get_u64(tb[MEMX_CLIENT_VOLUME_A_PAGES_OUT]);
	v->waiting = get_u32(tb[MEMX_CLIENT_VOLUME_A_WAITING]);
	v->errors = get_u64(tb[MEMX_CLIENT_VOLUME_A_ERRORS]);
	nla_for_each_nested(a, nest, rest)
		if (nla_type(a) == MEMX_CLIENT_VOLUME_A_PLACE)
			add_place(a, v);
	return true;
}

bool decode_rmap_event(const struct nlattr *head, int len, struct event *e)
{
	struct nlattr *tb[__MEMX_RMAP_EVENT_A_NR];

	*e = (struct event){ 0 };
	if (!parse_rmap(head, len, MEMX_RMAP_A_EVENT, tb, __MEMX_RMAP_EVENT_A_NR - 1))
		return false;
	get_text(tb[MEMX_RMAP_EVENT_A_KIND], e->kind, sizeof(e->kind));
	get_text(tb[MEMX_RMAP_EVENT_A_NAME], e->name, sizeof(e->name));
	get_text(tb[MEMX_RMAP_EVENT_A_TEXT], e->text, sizeof(e->text));
	return e->kind[0];
}

bool decode_server_event(const struct nlattr *head, int len, struct event *e)
{
	struct nlattr *tb[__MEMX_SERVER_A_NR];

	*e = (struct event){ 0 };
	if (!parse(head, len, tb, __MEMX_SERVER_A_NR - 1))
		return false;
	get_text(tb[MEMX_SERVER_A_EVENT_KIND], e->kind, sizeof(e->kind));
	get_text(tb[MEMX_SERVER_A_EVENT_TEXT], e->text, sizeof(e->text));
	return e->kind[0];
}

bool decode_client_event(const struct nlattr *head, int len, struct event *e)
{
	struct nlattr *tb[__MEMX_CLIENT_A_NR], *volume[__MEMX_CLIENT_VOLUME_A_NR], *nest;

	*e = (struct event){ 0 };
	if (!parse(head, len, tb, __MEMX_CLIENT_A_NR - 1))
		return false;
	get_text(tb[MEMX_CLIENT_A_EVENT_KIND], e->kind, sizeof(e->kind));
	get_text(tb[MEMX_CLIENT_A_EVENT_TEXT], e->text, sizeof(e->text));
	if (parse_volume(head, len, &nest, volume))
		get_text(volume[MEMX_CLIENT_VOLUME_A_NAME], e->name, sizeof(e->name));
	return e->kind[0];
}
