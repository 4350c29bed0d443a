// SPDX-License-Identifier: GPL-2.0-only
/* The same as the tables say, for scripts. */
#include <inttypes.h>
#include <stdio.h>

#include "memx_netlink.h"

#include "json.h"
#include "names.h"
#include "parse.h"

/* As the header's names in lower case. */
static const char *const counters[__MEMX_RMAP_COUNTER_A_NR] = {
	[MEMX_RMAP_COUNTER_A_TX_FRAMES] = "tx_frames",
	[MEMX_RMAP_COUNTER_A_TX_BYTES] = "tx_bytes",
	[MEMX_RMAP_COUNTER_A_RX_FRAMES] = "rx_frames",
	[MEMX_RMAP_COUNTER_A_RX_BYTES] = "rx_bytes",
	[MEMX_RMAP_COUNTER_A_TX_REQUESTS] = "tx_requests",
	[MEMX_RMAP_COUNTER_A_RX_REQUESTS] = "rx_requests",
	[MEMX_RMAP_COUNTER_A_RETRANSMITS] = "retransmits",
	[MEMX_RMAP_COUNTER_A_TIMEOUTS] = "timeouts",
	[MEMX_RMAP_COUNTER_A_TX_NACKS] = "tx_nacks",
	[MEMX_RMAP_COUNTER_A_RX_NACKS] = "rx_nacks",
	[MEMX_RMAP_COUNTER_A_TX_DROPS] = "tx_drops",
	[MEMX_RMAP_COUNTER_A_TX_RESERVE] = "tx_reserve",
	[MEMX_RMAP_COUNTER_A_RX_MALFORMED] = "rx_malformed",
	[MEMX_RMAP_COUNTER_A_RX_BADCRC] = "rx_badcrc",
	[MEMX_RMAP_COUNTER_A_RX_BADTAG] = "rx_badtag",
	[MEMX_RMAP_COUNTER_A_RX_REPLAYED] = "rx_replayed",
	[MEMX_RMAP_COUNTER_A_RX_UNKNOWN] = "rx_unknown",
	[MEMX_RMAP_COUNTER_A_RX_FOREIGN] = "rx_foreign",
	[MEMX_RMAP_COUNTER_A_RX_STALE] = "rx_stale",
	[MEMX_RMAP_COUNTER_A_RX_DUPLICATES] = "rx_duplicates",
	[MEMX_RMAP_COUNTER_A_RX_OVERLOAD] = "rx_overload",
	[MEMX_RMAP_COUNTER_A_RX_NOMEM] = "rx_nomem",
	[MEMX_RMAP_COUNTER_A_HANDSHAKES] = "handshakes",
	[MEMX_RMAP_COUNTER_A_WINDOW_CUTS] = "window_cuts",
};

void json_set_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

void json_set_number(struct json_object *to, const char *key, uint64_t number)
{
	json_object_object_add(to, key, json_object_new_uint64(number));
}

void json_set_bool(struct json_object *to, const char *key, bool value)
{
	json_object_object_add(to, key, json_object_new_boolean(value));
}

void json_set_hex(struct json_object *to, const char *key, const uint8_t *bytes, size_t n)
{
	char text[ID_TEXT];

	json_set_text(to, key, format_hex(text, bytes, n < ID_BYTES ? n : ID_BYTES));
}

static void set_mac(struct json_object *to, const char *key, const uint8_t *mac)
{
	char text[MAC_TEXT];

	json_set_text(to, key, format_mac(text, mac));
}

/* As text: most readers of JSON have no 64-bit numbers, and this one is only compared. */
static void set_incarnation(struct json_object *to, uint64_t incarnation)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, incarnation);
	json_set_text(to, "incarnation", text);
}

struct json_object *json_node(const struct node *node)
{
	struct json_object *o = json_object_new_object(), *c = json_object_new_object();
	int i;

	if (node->have_id)
		json_set_hex(o, "id", node->id, ID_BYTES);
	set_incarnation(o, node->incarnation);
	json_set_text(o, "name", node->name);
	json_set_text(o, "security", security_name(node->security));
	json_set_number(o, "interval_ms", node->interval_ms);
	json_set_number(o, "rto_min_us", node->rto_min_us);
	json_set_number(o, "rto_max_us", node->rto_max_us);
	json_set_number(o, "incast_frames", node->incast_frames);
	json_set_number(o, "rekey_s", node->rekey_s);
	json_set_number(o, "sessions", node->sessions);
	for (i = 1; i < __MEMX_RMAP_COUNTER_A_NR; i++)
		json_set_number(c, counters[i], node->counter[i]);
	json_object_object_add(o, "counters", c);
	return o;
}

static struct json_object *json_link(const struct link *link)
{
	struct json_object *o = json_object_new_object();
	char ethertype[8];

	snprintf(ethertype, sizeof(ethertype), "0x%04x", link->ethertype);
	json_set_text(o, "ifname", link->ifname);
	json_set_number(o, "ifindex", link->ifindex);
	set_mac(o, "address", link->addr);
	json_set_text(o, "ethertype", ethertype);
	json_set_number(o, "mtu", link->mtu);
	json_set_bool(o, "carrier", link->carrier);
	json_set_bool(o, "ingress", link->ingress);
	return o;
}

static struct json_object *json_key(const struct key *key)
{
	struct json_object *o = json_object_new_object();
	char id[9];

	snprintf(id, sizeof(id), "%08" PRIx32, key->id);
	json_set_text(o, "id", id);
	json_set_bool(o, "secondary", key->secondary);
	return o;
}

static struct json_object *json_peer(const struct peer *p)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "name", p->name);
	if (p->have_id)
		json_set_hex(o, "id", p->id, ID_BYTES);
	set_mac(o, "address", p->addr);
	json_set_text(o, "link", p->ifname);
	json_set_text(o, "state", peer_state(p));
	json_set_text(o, "load", load_name(p->load));
	json_set_bool(o, "static", p->is_static);
	json_set_bool(o, "suspect", p->suspect);
	json_set_text(o, "session", session_name(p->session));
	json_set_number(o, "capacity", p->capacity);
	json_set_number(o, "free", p->free);
	if (p->have_rtt)
		json_set_number(o, "rtt_us", p->rtt_us);
	if (p->have_seen)
		json_set_number(o, "seen_ms", p->seen_ms);
	json_set_number(o, "mtu", p->mtu);
	set_incarnation(o, p->incarnation);
	if (p->problem[0])
		json_set_text(o, "problem", p->problem);
	return o;
}

struct json_object *json_server(const struct server *s)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "load", load_name(s->load));
	json_set_number(o, "capacity", s->capacity);
	json_set_number(o, "reserved", s->reserved);
	json_set_number(o, "stored", s->stored);
	json_set_number(o, "uniform", s->uniform);
	json_set_number(o, "extents", s->extents);
	json_set_number(o, "pool", s->pool);
	json_set_number(o, "reads", s->reads);
	json_set_number(o, "writes", s->writes);
	json_set_number(o, "zeros", s->zeros);
	json_set_number(o, "busy", s->busy);
	json_set_number(o, "refused", s->refused);
	return o;
}

static struct json_object *json_client(const struct client *c)
{
	struct json_object *o = json_object_new_object();

	json_set_hex(o, "node", c->node, ID_BYTES);
	json_set_hex(o, "volume", c->volume, ID_BYTES);
	json_set_text(o, "name", c->name);
	json_set_number(o, "extents", c->extents);
	json_set_number(o, "stored", c->stored);
	json_set_number(o, "uniform", c->uniform);
	return o;
}

static struct json_object *json_place(const struct place *p)
{
	struct json_object *o = json_object_new_object();

	json_set_hex(o, "node", p->node, ID_BYTES);
	json_set_text(o, "name", p->name);
	json_set_number(o, "extents", p->extents);
	json_set_number(o, "written", p->written);
	json_set_text(o, "state", session_name(p->state));
	return o;
}

struct json_object *json_volume(const struct volume *v)
{
	struct json_object *o = json_object_new_object(), *places = json_object_new_array();
	size_t i;

	json_set_text(o, "name", v->name);
	json_set_hex(o, "uuid", v->uuid, ID_BYTES);
	json_set_number(o, "size", v->size);
	json_set_text(o, "disk", v->disk);
	json_set_number(o, "loss_timeout_s", v->loss_timeout_s);
	json_set_number(o, "openers", v->openers);
	json_set_number(o, "extents", v->extents);
	json_set_number(o, "written", v->written);
	json_set_number(o, "lost", v->lost);
	json_set_number(o, "pages_in", v->pages_in);
	json_set_number(o, "pages_out", v->pages_out);
	json_set_number(o, "waiting", v->waiting);
	json_set_number(o, "errors", v->errors);
	for (i = 0; i < v->places; i++)
		json_object_array_add(places, json_place(&v->place[i]));
	json_object_object_add(o, "places", places);
	return o;
}

#define LIST(name, list, one)							\
	struct json_object *name(const list)					\
	{									\
		struct json_object *a = json_object_new_array();		\
		size_t i;							\
										\
		for (i = 0; i < all->n; i++)					\
			json_object_array_add(a, one(&all->v[i]));		\
		return a;							\
	}

LIST(json_links, struct links *all, json_link)
LIST(json_keys, struct keys *all, json_key)
LIST(json_peers, struct peers *all, json_peer)
LIST(json_clients, struct clients *all, json_client)
LIST(json_volumes, struct volumes *all, json_volume)

void json_print(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

void json_print_line(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

void json_print_as(const char *key, struct json_object *value)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, key, value);
	json_print(o);
}
