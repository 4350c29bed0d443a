// SPDX-License-Identifier: GPL-2.0-only
/* The memory that this machine donates. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "memx_netlink.h"

#include "change.h"
#include "command.h"
#include "save.h"
#include "table.h"

uint64_t machine_bytes(void)
{
	struct sysinfo info;

	return sysinfo(&info) ? 0 : (uint64_t)info.totalram * info.mem_unit;
}

static uint64_t capacity(const struct args *args)
{
	const char *text = arg_text(args, "capacity");
	unsigned int percent;
	uint64_t bytes;

	if (parse_percent(text, &percent))
		return percent_of(machine_bytes(), percent);
	if (!parse_size(text, &bytes) || !bytes)
		usage("--capacity is a size such as 48G (in binary units), or a part of this "
		      "machine's memory such as 50%%, not '%s'", text);
	return bytes;
}

static int start(const struct args *args)
{
	uint64_t bytes = capacity(args);
	struct conn conn;
	struct save s;
	bool done;

	save_begin(&s, args, "server", NULL);
	save_option(&s, "capacity");
	conn_need(&conn, MEMX_SERVER_GENL);
	done = change_server_start(&conn, bytes);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

static int set(const struct args *args)
{
	uint64_t bytes = capacity(args);
	struct conn conn;
	struct save s;
	bool done;

	save_begin(&s, args, "server", NULL);
	save_option(&s, "capacity");
	conn_need(&conn, MEMX_SERVER_GENL);
	done = change_server_set(&conn, bytes);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

/* Servers know each other's names; a client that is none has its id only. */
static const char *client_name(const struct peers *peers, const struct client *c,
			       char id[ID_TEXT])
{
	size_t i;

	for (i = 0; i < peers->n; i++)
		if (peers->v[i].have_id && !memcmp(peers->v[i].id, c->node, ID_BYTES))
			return peers->v[i].name;
	return format_hex(id, c->node, ID_BYTES);
}

static void say_clients(struct conn *conn)
{
	char size[UNITS_TEXT], id[ID_TEXT];
	struct clients clients = { 0 };
	struct peers peers = { 0 };
	struct conn rmap;
	size_t i;

	if (conn_open(&rmap, MEMX_RMAP_GENL, false)) {
		query_peers(&rmap, &peers);
		conn_close(&rmap);
	}
	query_clients(conn, &clients);
	for (i = 0; i < clients.n; i++) {
		const struct client *c = &clients.v[i];

		say("node %s has %" PRIu64 " extents of volume %s here, with %s in them",
		    client_name(&peers, c, id), c->extents, c->name,
		    format_size(size, c->stored + c->uniform));
	}
	free(clients.v);
	free(peers.v);
}

bool server_stop(struct conn *conn, bool force)
{
	if (change_server_stop(conn, force))
		return true;
	if (!force)
		say_clients(conn);
	return false;
}

static int stop(const struct args *args)
{
	struct conn conn;
	struct save s;
	bool done;

	save_begin(&s, args, "server", NULL);
	save_remove(&s);
	conn_need(&conn, MEMX_SERVER_GENL);
	done = server_stop(&conn, arg_text(args, "force"));
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

static int release(const struct args *args)
{
	struct conn conn;
	struct nl_msg *msg;
	struct nlattr *nest;
	uint8_t id[ID_BYTES];
	bool done;

	if (!parse_hex(args->word[0], id, sizeof(id)))
		usage("'%s' is no node id: it takes %d hexadecimal digits, as 'memx-admin server "
		      "status' prints them", args->word[0], 2 * ID_BYTES);
	conn_need(&conn, MEMX_SERVER_GENL);
	msg = conn_request(&conn, MEMX_SERVER_CMD_RELEASE);
	nest = nla_nest_start(msg, MEMX_SERVER_A_CLIENT);
	nla_put(msg, MEMX_SERVER_CLIENT_A_NODE, sizeof(id), id);
	nla_nest_end(msg, nest);
	done = conn_call(&conn, msg, NULL, NULL);
	conn_close(&conn);
	return exit_code(done);
}

void print_server(const struct server *s, unsigned int indent)
{
	char capacity_text[UNITS_TEXT], reserved[UNITS_TEXT], stored[UNITS_TEXT];
	char uniform[UNITS_TEXT], pool[UNITS_TEXT];
	struct table t;

	table_init(&t, "STATE|CAPACITY|PROMISED|STORED|UNIFORM|READY");
	table_cell(&t, "%s", load_name(s->load));
	table_cell(&t, "%s", format_size(capacity_text, s->capacity));
	table_cell(&t, "%s", format_size(reserved, s->reserved));
	table_cell(&t, "%s", format_size(stored, s->stored));
	table_cell(&t, "%s", format_size(uniform, s->uniform));
	table_cell(&t, "%s", format_size(pool, s->pool));
	table_print(&t, stdout, indent);
	printf("%*s%" PRIu64 " pages read, %" PRIu64 " written, %" PRIu64 " discarded, %" PRIu64
	       " requests put off, %" PRIu64 " extents refused\n", (int)indent, "", s->reads,
	       s->writes, s->zeros, s->busy, s->refused);
}

static void print_clients(const struct clients *clients)
{
	char node[ID_TEXT], stored[UNITS_TEXT], uniform[UNITS_TEXT];
	struct table t;
	size_t i;

	if (!clients->n) {
		puts("No client has pages here.");
		return;
	}
	table_init(&t, "CLIENT|VOLUME|EXTENTS|STORED|UNIFORM");
	for (i = 0; i < clients->n; i++) {
		const struct client *c = &clients->v[i];

		table_cell(&t, "%s", format_hex(node, c->node, ID_BYTES));
		table_cell(&t, "%s", c->name);
		table_cell(&t, "%" PRIu64, c->extents);
		table_cell(&t, "%s", format_size(stored, c->stored));
		table_cell(&t, "%s", format_size(uniform, c->uniform));
	}
	table_print(&t, stdout, 0);
}

static int status(const struct args *args)
{
	struct clients clients = { 0 };
	struct json_object *o;
	struct server server;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_SERVER_GENL);
	done = query_server(&conn, &server) && query_clients(&conn, &clients);
	conn_close(&conn);
	if (done && args->json) {
		o = json_object_new_object();
		json_object_object_add(o, "server", json_server(&server));
		json_object_object_add(o, "clients", json_clients(&clients));
		json_print(o);
	} else if (done) {
		print_server(&server, 0);
		putchar('\n');
		print_clients(&clients);
	}
	free(clients.v);
	return exit_code(done);
}

#define CAPACITY { "capacity", "SIZE|PERCENT%", \
	"memory to donate, such as 48G, or 50% of this machine's" }

const struct command server_commands[] = {
	{ "server start", "", "donate memory", start, 1,
	  { CAPACITY, SAVE_OPTIONS } },
	{ "server stop", "", "donate no more; refused while clients have pages here", stop, 0,
	  { { "force", NULL, "stop all the same: the clients lose these pages" }, SAVE_OPTIONS } },
	{ "server set", "", "donate more, or less", set, 1, { CAPACITY, SAVE_OPTIONS } },
	{ "server status", "", "what is donated, and who uses it", status, 0, { { 0 } } },
	{ "server release", "NODE-ID", "free what a client that will not come back left here",
	  release, 0, { { 0 } } },
	{ "server", "", "the same as server status", status, 0, { { 0 } } },
	{ 0 }
};
