/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel knows, as lists. They fail as conn.h says: the administrator has been told why.
 */
#ifndef QUERY_H
#define QUERY_H

#include "model.h"
#include "conn.h"

struct links { struct link *v; size_t n; };
struct keys { struct key *v; size_t n; };
struct peers { struct peer *v; size_t n; };		/* by name */
struct clients { struct client *v; size_t n; };		/* by node, then name */
struct volumes { struct volume *v; size_t n; };		/* by name */

bool query_node(struct conn *c, struct node *node);
bool query_links(struct conn *c, struct links *links);
bool query_keys(struct conn *c, struct keys *keys);
bool query_peers(struct conn *c, struct peers *peers);
bool query_server(struct conn *c, struct server *server);
bool query_clients(struct conn *c, struct clients *clients);
bool query_volumes(struct conn *c, struct volumes *volumes);
void free_volumes(struct volumes *volumes);

#endif
