// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel knows, as lists. */
#include <stdlib.h>
#include <string.h>

#include "memx_netlink.h"

#include "decode.h"
#include "query.h"
#include "say.h"

/* An answer of another form than asked for is a kernel module of another version. */
static bool answered(bool there)
{
	if (!there)
		say("the kernel's answer is not understood: "
		    "use the modules and tools of one version");
	return there;
}

struct one_node { struct node *node; bool there; };

static void got_node(const struct nlattr *head, int len, void *arg)
{
	struct one_node *one = arg;

	one->there = decode_node(head, len, one->node);
}

bool query_node(struct conn *c, struct node *node)
{
	struct one_node one = { .node = node };

	return conn_call(c, conn_request(c, MEMX_RMAP_CMD_NODE_GET), got_node, &one) &&
	       answered(one.there);
}

struct one_server { struct server *server; bool there; };

static void got_server(const struct nlattr *head, int len, void *arg)
{
	struct one_server *one = arg;

	one->there = decode_server(head, len, one->server);
}

bool query_server(struct conn *c, struct server *server)
{
	struct one_server one = { .server = server };

	return conn_call(c, conn_request(c, MEMX_SERVER_CMD_GET), got_server, &one) &&
	       answered(one.there);
}

static void got_link(const struct nlattr *head, int len, void *arg)
{
	struct links *links = arg;

	links->v = get_memory(links->v, links->n + 1, sizeof(*links->v));
	links->n += decode_link(head, len, &links->v[links->n]);
}

bool query_links(struct conn *c, struct links *links)
{
	*links = (struct links){ 0 };
	return conn_call(c, conn_dump(c, MEMX_RMAP_CMD_LINK_GET), got_link, links);
}

static void got_key(const struct nlattr *head, int len, void *arg)
{
	struct keys *keys = arg;

	keys->v = get_memory(keys->v, keys->n + 1, sizeof(*keys->v));
	keys->n += decode_key(head, len, &keys->v[keys->n]);
}

bool query_keys(struct conn *c, struct keys *keys)
{
	*keys = (struct keys){ 0 };
	return conn_call(c, conn_dump(c, MEMX_RMAP_CMD_KEY_GET), got_key, keys);
}

static void got_peer(const struct nlattr *head, int len, void *arg)
{
	struct peers *peers = arg;

	peers->v = get_memory(peers->v, peers->n + 1, sizeof(*peers->v));
	peers->n += decode_peer(head, len, &peers->v[peers->n]);
}

static int by_peer_name(const void *a, const void *b)
{
	return strcmp(((const struct peer *)a)->name, ((const struct peer *)b)->name);
}

bool query_peers(struct conn *c, struct peers *peers)
{
	*peers = (struct peers){ 0 };
	if (!conn_call(c, conn_dump(c, MEMX_RMAP_CMD_PEER_GET), got_peer, peers))
		return false;
	if (peers->n)
		qsort(peers->v, peers->n, sizeof(*peers->v), by_peer_name);
	return true;
}

static void got_client(const struct nlattr *head, int len, void *arg)
{
	struct clients *clients = arg;

	clients->v = get_memory(clients->v, clients->n + 1, sizeof(*clients->v));
	clients->n += decode_client(head, len, &clients->v[clients->n]);
}

static int by_client(const void *a, const void *b)
{
	const struct client *x = a, *y = b;
	int order = memcmp(x->node, y->node, sizeof(x->node));

	return order ? order : strcmp(x->name, y->name);
}

bool query_clients(struct conn *c, struct clients *clients)
{
	*clients = (struct clients){ 0 };
	if (!conn_call(c, conn_dump(c, MEMX_SERVER_CMD_CLIENT_GET), got_client, clients))
		return false;
	if (clients->n)
		qsort(clients->v, clients->n, sizeof(*clients->v), by_client);
	return true;
}

static void got_volume(const struct nlattr *head, int len, void *arg)
{
	struct volumes *volumes = arg;

	volumes->v = get_memory(volumes->v, volumes->n + 1, sizeof(*volumes->v));
	volumes->n += decode_volume(head, len, &volumes->v[volumes->n]);
}

static int by_volume_name(const void *a, const void *b)
{
	return strcmp(((const struct volume *)a)->name, ((const struct volume *)b)->name);
}

bool query_volumes(struct conn *c, struct volumes *volumes)
{
	*volumes = (struct volumes){ 0 };
	if (!conn_call(c, conn_dump(c, MEMX_CLIENT_CMD_VOLUME_GET), got_volume, volumes))
		return false;
	if (volumes->n)
		qsort(volumes->v, volumes->n, sizeof(*volumes->v), by_volume_name);
	return true;
}

void free_volumes(struct volumes *volumes)
{
	while (volumes->n)
		free(volumes->v[--volumes->n].place);
	free(volumes->v);
	volumes->v = NULL;
}
