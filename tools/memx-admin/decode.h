/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From attributes to structs. Nothing that the kernel sends is trusted to have the right length: an
 * attribute that is too short is zero, strings end where their attribute or their field ends.
 */
#ifndef DECODE_H
#define DECODE_H

#include <netlink/attr.h>

#include "model.h"

/*
 * @head, @len: the attributes after the generic netlink header.
 * Return: false when the object is not there.
 */
bool decode_node(const struct nlattr *head, int len, struct node *node);
bool decode_link(const struct nlattr *head, int len, struct link *link);
bool decode_key(const struct nlattr *head, int len, struct key *key);
bool decode_peer(const struct nlattr *head, int len, struct peer *peer);
bool decode_server(const struct nlattr *head, int len, struct server *server);
bool decode_client(const struct nlattr *head, int len, struct client *client);
bool decode_rmap_event(const struct nlattr *head, int len, struct event *event);
bool decode_server_event(const struct nlattr *head, int len, struct event *event);
bool decode_client_event(const struct nlattr *head, int len, struct event *event);

/* The caller frees volume->place and pings->ns. */
bool decode_volume(const struct nlattr *head, int len, struct volume *volume);
bool decode_pings(const struct nlattr *head, int len, struct pings *pings);

#endif
