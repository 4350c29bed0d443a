// SPDX-License-Identifier: GPL-2.0-only
/* All of this machine's MemX at a glance. */
#include <inttypes.h>
#include <stdlib.h>

#include "memx_netlink.h"

#include "command.h"
#include "problems.h"

static bool view_rmap(struct view *v)
{
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	done = query_node(&conn, &v->node) && query_links(&conn, &v->links) &&
	       query_keys(&conn, &v->keys) && query_peers(&conn, &v->peers);
	conn_close(&conn);
	return done;
}

static bool view_server(struct view *v)
{
	struct conn conn;
	bool done;

	v->have_server = conn_open(&conn, MEMX_SERVER_GENL, false);
	if (!v->have_server)
		return true;
	done = query_server(&conn, &v->server);
	conn_close(&conn);
	return done;
}

static bool view_volumes(struct view *v)
{
	struct conn conn;
	bool done;

	v->have_volumes = conn_open(&conn, MEMX_CLIENT_GENL, false);
	if (!v->have_volumes)
		return true;
	done = query_volumes(&conn, &v->volumes);
	conn_close(&conn);
	return done;
}

static void print_traffic(const struct node *n)
{
	char sent[UNITS_TEXT], received[UNITS_TEXT];

	printf("  sent %s in %" PRIu64 " frames, %" PRIu64 " of them again; %" PRIu64
	       " requests begun\n", format_size(sent, n->counter[MEMX_RMAP_COUNTER_A_TX_BYTES]),
	       n->counter[MEMX_RMAP_COUNTER_A_TX_FRAMES],
	       n->counter[MEMX_RMAP_COUNTER_A_RETRANSMITS],
	       n->counter[MEMX_RMAP_COUNTER_A_TX_REQUESTS]);
	printf("  received %s in %" PRIu64 " frames; %" PRIu64 " requests executed\n",
	       format_size(received, n->counter[MEMX_RMAP_COUNTER_A_RX_BYTES]),
	       n->counter[MEMX_RMAP_COUNTER_A_RX_FRAMES],
	       n->counter[MEMX_RMAP_COUNTER_A_RX_REQUESTS]);
}

/* A part of which there is nothing is left out. */
static void print_text(const struct view *v, const struct problems *p)
{
	size_t i;

	printf("Node %s, security %s, %" PRIu32 " session%s\n", v->node.name,
	       security_name(v->node.security), v->node.sessions,
	       v->node.sessions == 1 ? "" : "s");
	if (v->links.n) {
		puts("\nLinks");
		print_links(&v->links, 2);
	}
	if (v->peers.n) {
		puts("\nServers");
		print_peers(&v->peers, 2);
	}
	if (v->volumes.n) {
		puts("\nVolumes");
		print_volumes(&v->volumes, 2);
	}
	if (v->have_server && v->server.capacity) {
		puts("\nDonated memory");
		print_server(&v->server, 2);
	}
	puts("\nTraffic");
	print_traffic(&v->node);
	puts(p->n ? "\nWrong" : "\nNothing is wrong.");
	for (i = 0; i < p->n; i++)
		printf("  %s\n", p->text[i]);
}

static void print_json(const struct view *v, const struct problems *p)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	size_t i;

	json_object_object_add(o, "node", json_node(&v->node));
	json_object_object_add(o, "links", json_links(&v->links));
	json_object_object_add(o, "keys", json_keys(&v->keys));
	json_object_object_add(o, "servers", json_peers(&v->peers));
	if (v->have_server)
		json_object_object_add(o, "server", json_server(&v->server));
	if (v->have_volumes)
		json_object_object_add(o, "volumes", json_volumes(&v->volumes));
	for (i = 0; i < p->n; i++)
		json_object_array_add(list, json_object_new_string(p->text[i]));
	json_object_object_add(o, "problems", list);
	json_print(o);
}

static int status(const struct args *args)
{
	struct view v = { 0 };
	struct problems p;
	bool done;

	done = view_rmap(&v) && view_server(&v) && view_volumes(&v);
	if (done) {
		problems_find(&v, &p);
		if (args->json)
			print_json(&v, &p);
		else
			print_text(&v, &p);
		problems_free(&p);
	}
	free(v.links.v);
	free(v.keys.v);
	free(v.peers.v);
	free_volumes(&v.volumes);
	return exit_code(done);
}

const struct command status_commands[] = {
	{ "status", "", "links, servers, volumes, traffic, and what is wrong; the default",
	  status, 0, { { 0 } } },
	{ 0 }
};
