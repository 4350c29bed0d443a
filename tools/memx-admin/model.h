/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel told, decoded. An absent attribute is zero, or says so. */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse.h"

/* names.c asserts that these are those of the wire. */
#define ID_BYTES	16
#define ID_TEXT		(2 * ID_BYTES + 1)
#define NAME_BYTES	32
#define NAME_CHARS	(NAME_BYTES - 1)
#define KEY_BYTES	32
#define IFNAME_BYTES	16
#define SENTENCE_BYTES	256
#define KEY_IDS_MAX	2

#define NODE_COUNTERS	32	/* at least as many as the family has, decode.c asserts it */

struct node {
	bool have_id;
	uint8_t id[ID_BYTES];
	uint64_t incarnation;
	char name[NAME_BYTES];
	uint8_t security;
	uint32_t interval_ms;
	uint32_t rto_min_us;
	uint32_t rto_max_us;
	uint32_t incast_frames;
	uint32_t rekey_s;
	uint32_t sessions;
	uint64_t counter[NODE_COUNTERS];	/* by MEMX_RMAP_COUNTER_A_* */
};

struct link {
	char ifname[IFNAME_BYTES];
	uint32_t ifindex;
	uint8_t addr[MAC_BYTES];
	uint16_t ethertype;
	uint32_t mtu;
	bool carrier;
	bool ingress;
};

struct key {
	uint32_t id;
	bool secondary;
};

struct peer {
	bool have_id, have_rtt, have_seen;
	uint8_t id[ID_BYTES];
	char name[NAME_BYTES];
	uint8_t addr[MAC_BYTES];
	char ifname[IFNAME_BYTES];
	bool is_static;
	bool suspect;
	uint8_t load;
	uint64_t capacity;
	uint64_t free;
	uint32_t rtt_us;
	uint32_t seen_ms;
	uint32_t mtu;
	uint64_t incarnation;
	uint8_t session;
	char problem[SENTENCE_BYTES];
};

struct server {
	uint64_t capacity;
	uint64_t reserved;
	uint64_t stored;
	uint64_t uniform;
	uint64_t extents;
	uint8_t load;
	uint64_t reads;
	uint64_t writes;
	uint64_t zeros;
	uint64_t busy;
	uint64_t refused;
	uint64_t pool;
};

/* A volume of a client on this server. */
struct client {
	uint8_t node[ID_BYTES];
	uint8_t volume[ID_BYTES];
	char name[NAME_BYTES];
	uint64_t extents;
	uint64_t stored;
	uint64_t uniform;
};

/* Where extents of a volume lie. */
struct place {
	uint8_t node[ID_BYTES];
	char name[NAME_BYTES];
	uint64_t extents;
	uint64_t written;
	uint8_t state;
};

struct volume {
	char name[NAME_BYTES];
	uint8_t uuid[ID_BYTES];
	uint64_t size;
	char disk[NAME_BYTES];
	uint32_t loss_timeout_s;
	uint32_t openers;
	uint64_t extents;
	uint64_t written;
	uint64_t lost;
	uint64_t pages_in;
	uint64_t pages_out;
	uint32_t waiting;
	uint64_t errors;
	struct place *place;
	size_t places;
};

struct event {
	char kind[NAME_BYTES];
	char name[NAME_BYTES];		/* empty when it is about the whole */
	char text[SENTENCE_BYTES];
};

struct pings {
	uint32_t *ns;			/* in ascending order */
	size_t count;
	uint32_t lost;
};

#endif
