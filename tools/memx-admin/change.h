/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that change something, one function each. They fail as conn.h says: the administrator
 * has been told why.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "conn.h"
#include "model.h"

enum node_number {
	NODE_INTERVAL,
	NODE_RTO_MIN,
	NODE_RTO_MAX,
	NODE_INCAST,
	NODE_REKEY,
	NODE_NUMBERS
};

/* A number that can be set of a node: its name for people, and its bounds. */
struct node_number_of {
	const char *name;
	uint32_t least;
	uint32_t most;
	int attr;
};

extern const struct node_number_of node_numbers[NODE_NUMBERS];

/* What is to be set of a node; what is not there stays as it is. */
struct node_wish {
	char name[NAME_BYTES];		/* empty: not there */
	bool have_id;
	uint8_t id[ID_BYTES];
	bool have_security;
	uint8_t security;
	bool have[NODE_NUMBERS];
	uint32_t number[NODE_NUMBERS];
};

/* One of the node's own numbers. */
uint32_t node_number(const struct node *node, enum node_number i);

bool change_node(struct conn *conn, const struct node_wish *wish);

/* @ethertype, @mtu: 0 is the default. */
bool change_link_add(struct conn *conn, const char *ifname, uint32_t ethertype, uint32_t mtu);
bool change_link_del(struct conn *conn, const char *ifname);

bool change_peer_add(struct conn *conn, const char *name, const uint8_t mac[MAC_BYTES],
		     const char *ifname);
bool change_peer_del(struct conn *conn, const char *name);

bool change_server_start(struct conn *conn, uint64_t bytes);
bool change_server_set(struct conn *conn, uint64_t bytes);
bool change_server_stop(struct conn *conn, bool force);

/* What a request about a volume carries besides its name; zero: not there. */
struct volume_wish {
	const char *name;
	uint64_t size;
	bool have_timeout;
	uint32_t loss_timeout_s;
	bool force;
};

/* @made: what the kernel answered; the caller frees its places. */
bool change_volume_create(struct conn *conn, const struct volume_wish *wish, struct volume *made);
bool change_volume_resize(struct conn *conn, const struct volume_wish *wish);
bool change_volume_set(struct conn *conn, const struct volume_wish *wish);
bool change_volume_destroy(struct conn *conn, const struct volume_wish *wish);

#endif
