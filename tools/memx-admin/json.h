/* SPDX-License-Identifier: GPL-2.0-only */
/* The same as the tables say, for scripts. Keys are ABI: they are added, never changed. */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>

#include "model.h"
#include "query.h"

struct json_object *json_node(const struct node *node);
struct json_object *json_server(const struct server *server);
struct json_object *json_volume(const struct volume *volume);
struct json_object *json_links(const struct links *links);
struct json_object *json_keys(const struct keys *keys);
struct json_object *json_peers(const struct peers *peers);
struct json_object *json_clients(const struct clients *clients);
struct json_object *json_volumes(const struct volumes *volumes);

void json_set_text(struct json_object *to, const char *key, const char *text);
void json_set_number(struct json_object *to, const char *key, uint64_t number);
void json_set_bool(struct json_object *to, const char *key, bool value);
void json_set_hex(struct json_object *to, const char *key, const uint8_t *bytes, size_t n);

/* Print and free; the line form is one line. */
void json_print(struct json_object *object);
void json_print_line(struct json_object *object);

/* Prints { KEY: VALUE } and frees. */
void json_print_as(const char *key, struct json_object *value);

#endif
