// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel sends, right and wrong. */
#include <netlink/genl/genl.h>

#include "text.h"
#include "decode.h"
#include "memx_netlink.h"

static struct nl_msg *begin(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	genlmsg_put(msg, 0, 0, 20, 0, 0, 1, 1);
	return msg;
}

/* The attributes of a message, alone on the heap, so that reading beyond them is seen. */
static struct nlattr *attrs(struct nl_msg *msg, int *len)
{
	struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	void *copy;

	*len = genlmsg_attrlen(genl, 0);
	copy = malloc((size_t)*len);
	memcpy(copy, genlmsg_attrdata(genl, 0), (size_t)*len);
	nlmsg_free(msg);
	return copy;
}

static const uint8_t id[ID_BYTES] = "0123456789abcde";

static struct nl_msg *peer_message(void)
{
	struct nl_msg *msg = begin();
	struct nlattr *n = nla_nest_start(msg, MEMX_RMAP_A_PEER);

	nla_put_string(msg, MEMX_RMAP_PEER_A_NAME, "donor1");
	nla_put(msg, MEMX_RMAP_PEER_A_ADDR, MAC_BYTES, "\x52\x54\0\x12\x34\1");
	nla_put_string(msg, MEMX_RMAP_PEER_A_IFNAME, "eth1");
	nla_put_flag(msg, MEMX_RMAP_PEER_A_STATIC);
	nla_put_u8(msg, MEMX_RMAP_PEER_A_LOAD, 2);
	nla_put_u8(msg, MEMX_RMAP_PEER_A_SESSION, 1);
	nla_put_string(msg, MEMX_RMAP_PEER_A_PROBLEM, "it has\nanother key");
	nla_put(msg, MEMX_RMAP_PEER_A_ID, ID_BYTES, id);
	nla_put_u64(msg, MEMX_RMAP_PEER_A_CAPACITY, 48ULL << 30);
	nla_put_u32(msg, MEMX_RMAP_PEER_A_RTT_US, 21);
	nla_put_u32(msg, MEMX_RMAP_PEER_A_SEEN_MS, 0);
	nla_put_u32(msg, 200, 5);	/* of a later version */
	nla_nest_end(msg, n);
	return msg;
}

TEST(a_peer)
{
	struct nlattr *head;
	struct peer p;
	int len;

	head = attrs(peer_message(), &len);
	CHECK(decode_peer(head, len, &p));
	CHECK_TEXT(p.name, "donor1");
	CHECK_TEXT(p.ifname, "eth1");
	CHECK_MEM(p.addr, "\x52\x54\0\x12\x34\1", MAC_BYTES);
	CHECK(p.have_id);
	CHECK_MEM(p.id, id, ID_BYTES);
	CHECK(p.is_static);
	CHECK(!p.suspect);
	CHECK_EQ(p.load, 2);
	CHECK_EQ(p.session, 1);
	CHECK_EQ(p.capacity, 48ULL << 30);
	CHECK(p.have_rtt);
	CHECK_EQ(p.rtt_us, 21);
	CHECK(p.have_seen);
	CHECK_TEXT(p.problem, "it has?another key");
	free(head);
}

TEST(a_node_with_counters)
{
	struct nlattr *head, *n, *c;
	struct nl_msg *msg = begin();
	struct node node;
	int len;

	n = nla_nest_start(msg, MEMX_RMAP_A_NODE);
	nla_put_string(msg, MEMX_RMAP_NODE_A_NAME, "client");
	nla_put_u64(msg, MEMX_RMAP_NODE_A_INCARNATION, 7);
	nla_put_u8(msg, MEMX_RMAP_NODE_A_SECURITY, 1);
	c = nla_nest_start(msg, MEMX_RMAP_NODE_A_COUNTERS);
	nla_put_u64(msg, MEMX_RMAP_COUNTER_A_TX_FRAMES, 11);
	nla_put_u64(msg, MEMX_RMAP_COUNTER_A_WINDOW_CUTS, 12);
	nla_put_u64(msg, __MEMX_RMAP_COUNTER_A_NR, 13);	/* of a later version */
	nla_nest_end(msg, c);
	nla_nest_end(msg, n);
	head = attrs(msg, &len);
	CHECK(decode_node(head, len, &node));
	CHECK(!node.have_id);
	CHECK_TEXT(node.name, "client");
	CHECK_EQ(node.incarnation, 7);
	CHECK_EQ(node.counter[MEMX_RMAP_COUNTER_A_TX_FRAMES], 11);
	CHECK_EQ(node.counter[MEMX_RMAP_COUNTER_A_WINDOW_CUTS], 12);
	CHECK_EQ(node.counter[__MEMX_RMAP_COUNTER_A_NR], 0);
	free(head);
}

static struct nl_msg *volume_message(void)
{
	struct nl_msg *msg = begin();
	struct nlattr *n = nla_nest_start(msg, MEMX_CLIENT_A_VOLUME), *p;
	int i;

	nla_put_string(msg, MEMX_CLIENT_VOLUME_A_NAME, "swap0");
	nla_put_u64(msg, MEMX_CLIENT_VOLUME_A_SIZE, 64ULL << 30);
	nla_put_string(msg, MEMX_CLIENT_VOLUME_A_DISK, "memx0");
	nla_put_u32(msg, MEMX_CLIENT_VOLUME_A_WAITING, 3);
	for (i = 0; i < 2; i++) {
		p = nla_nest_start(msg, MEMX_CLIENT_VOLUME_A_PLACE);
		nla_put_string(msg, MEMX_CLIENT_PLACE_A_NAME, i ? "donor2" : "donor1");
		nla_put_u64(msg, MEMX_CLIENT_PLACE_A_EXTENTS, 5 + (uint64_t)i);
		nla_nest_end(msg, p);
	}
	nla_nest_end(msg, n);
	return msg;
}

TEST(a_volume_with_places)
{
	struct nlattr *head;
	struct volume v;
	int len;

	head = attrs(volume_message(), &len);
	REQUIRE(decode_volume(head, len, &v));
	CHECK_TEXT(v.name, "swap0");
	CHECK_TEXT(v.disk, "memx0");
	CHECK_EQ(v.size, 64ULL << 30);
	CHECK_EQ(v.waiting, 3);
	REQUIRE(v.places == 2);
	CHECK_TEXT(v.place[0].name, "donor1");
	CHECK_TEXT(v.place[1].name, "donor2");
	CHECK_EQ(v.place[1].extents, 6);
	free(v.place);
	free(head);
}

static struct nl_msg *ping_message(const uint32_t *ns, int bytes)
{
	struct nl_msg *msg = begin();
	struct nlattr *n = nla_nest_start(msg, MEMX_RMAP_A_PING);

	nla_put(msg, MEMX_RMAP_PING_A_SAMPLES, bytes, ns);
	nla_put_u32(msg, MEMX_RMAP_PING_A_LOST, 1);
	nla_nest_end(msg, n);
	return msg;
}

TEST(pings_come_sorted)
{
	static const uint32_t ns[] = { 30, 4000000000, 10, 20 };
	struct pings p = { 0 };
	struct nlattr *head;
	int len;

	head = attrs(ping_message(ns, sizeof(ns)), &len);
	REQUIRE(decode_pings(head, len, &p));
	REQUIRE(p.count == 4);
	CHECK_EQ(p.ns[0], 10);
	CHECK_EQ(p.ns[3], 4000000000);
	CHECK_EQ(p.lost, 1);
	free(p.ns);
	free(head);
	head = attrs(ping_message(ns, 7), &len);
	REQUIRE(decode_pings(head, len, &p));
	CHECK_EQ(p.count, 1);
	free(p.ns);
	free(head);
	head = attrs(ping_message(ns, 0), &len);
	REQUIRE(decode_pings(head, len, &p));
	CHECK_EQ(p.count, 0);
	free(head);
}

TEST(too_short_and_too_long_attributes)
{
	struct nl_msg *msg = begin();
	struct nlattr *head, *n;
	char longer[300];
	struct peer p;
	int len;

	memset(longer, 'x', sizeof(longer));
	n = nla_nest_start(msg, MEMX_RMAP_A_PEER);
	nla_put(msg, MEMX_RMAP_PEER_A_NAME, sizeof(longer), longer);
	nla_put(msg, MEMX_RMAP_PEER_A_PROBLEM, sizeof(longer), longer);
	nla_put(msg, MEMX_RMAP_PEER_A_IFNAME, 0, NULL);
	nla_put(msg, MEMX_RMAP_PEER_A_ID, 15, id);
	nla_put(msg, MEMX_RMAP_PEER_A_ADDR, 5, id);
	nla_put(msg, MEMX_RMAP_PEER_A_CAPACITY, 7, id);
	nla_put(msg, MEMX_RMAP_PEER_A_MTU, 3, id);
	nla_put(msg, MEMX_RMAP_PEER_A_LOAD, 0, NULL);
	nla_nest_end(msg, n);
	head = attrs(msg, &len);
	CHECK(decode_peer(head, len, &p));
	CHECK_EQ(strlen(p.name), NAME_CHARS);
	CHECK_EQ(strlen(p.problem), SENTENCE_BYTES - 1);
	CHECK_TEXT(p.ifname, "");
	CHECK(!p.have_id);
	CHECK_EQ(p.addr[0], 0);
	CHECK_EQ(p.capacity, 0);
	CHECK_EQ(p.mtu, 0);
	CHECK_EQ(p.load, 0);
	free(head);
}

/* One that fills its field, without the NUL that the kernel never leaves out. */
TEST(a_name_that_just_does_not_fit)
{
	struct nl_msg *msg = begin();
	struct nlattr *head, *n;
	char full[NAME_BYTES];
	struct peer p;
	int len;

	memset(full, 'x', sizeof(full));
	n = nla_nest_start(msg, MEMX_RMAP_A_PEER);
	nla_put(msg, MEMX_RMAP_PEER_A_NAME, sizeof(full), full);
	nla_nest_end(msg, n);
	head = attrs(msg, &len);
	CHECK(decode_peer(head, len, &p));
	CHECK_EQ(strlen(p.name), NAME_CHARS);
	free(head);
}

TEST(events_of_the_families)
{
	struct nl_msg *msg = begin();
	struct nlattr *head, *n;
	struct event e;
	int len;

	n = nla_nest_start(msg, MEMX_RMAP_A_EVENT);
	nla_put_string(msg, MEMX_RMAP_EVENT_A_KIND, "peer-up");
	nla_put_string(msg, MEMX_RMAP_EVENT_A_NAME, "donor1");
	nla_put_string(msg, MEMX_RMAP_EVENT_A_TEXT, "ok");
	nla_nest_end(msg, n);
	head = attrs(msg, &len);
	CHECK(decode_rmap_event(head, len, &e));
	CHECK_TEXT(e.kind, "peer-up");
	CHECK_TEXT(e.name, "donor1");
	free(head);

	msg = begin();
	nla_put_string(msg, MEMX_CLIENT_A_EVENT_KIND, "lost");
	nla_put_string(msg, MEMX_CLIENT_A_EVENT_TEXT, "pages");
	n = nla_nest_start(msg, MEMX_CLIENT_A_VOLUME);
	nla_put_string(msg, MEMX_CLIENT_VOLUME_A_NAME, "swap0");
	nla_nest_end(msg, n);
	head = attrs(msg, &len);
	CHECK(decode_client_event(head, len, &e));
	CHECK_TEXT(e.kind, "lost");
	CHECK_TEXT(e.name, "swap0");
	CHECK_TEXT(e.text, "pages");
	free(head);
}

/* Through every decoder, whatever it is. */
static void decode_all(const void *bytes, size_t len)
{
	union {
		struct node node;
		struct link link;
		struct key key;
		struct peer peer;
		struct server server;
		struct client client;
		struct event event;
	} u;
	struct volume v;
	struct pings p;
	void *head = malloc(len);

	memcpy(head, bytes, len);
	decode_node(head, (int)len, &u.node);
	decode_link(head, (int)len, &u.link);
	decode_key(head, (int)len, &u.key);
	decode_peer(head, (int)len, &u.peer);
	decode_server(head, (int)len, &u.server);
	decode_client(head, (int)len, &u.client);
	decode_rmap_event(head, (int)len, &u.event);
	decode_server_event(head, (int)len, &u.event);
	decode_client_event(head, (int)len, &u.event);
	decode_volume(head, (int)len, &v);
	free(v.place);
	decode_pings(head, (int)len, &p);
	free(p.ns);
	free(head);
}

static void cut_and_change(struct nl_msg *msg)
{
	int len, at, i;
	uint8_t *good = (uint8_t *)attrs(msg, &len), *bad = malloc((size_t)len);

	for (at = 1; at <= len; at++)
		decode_all(good, (size_t)at);
	for (i = 0; i < 20000; i++) {
		memcpy(bad, good, (size_t)len);
		for (at = (int)t_below(4); at >= 0; at--)
			bad[t_below((uint64_t)len)] = (uint8_t)t_rand();
		decode_all(bad, (size_t)len);
	}
	free(bad);
	free(good);
}

TEST(cut_and_changed_answers_do_no_harm)
{
	static const uint32_t ns[] = { 1, 2, 3 };

	cut_and_change(peer_message());
	cut_and_change(volume_message());
	cut_and_change(ping_message(ns, sizeof(ns)));
}
