// SPDX-License-Identifier: GPL-2.0-only
/* This machine as a node: its name and how it speaks. */
#include <inttypes.h>
#include <string.h>

#include "memx_netlink.h"

#include "change.h"
#include "command.h"
#include "save.h"

static void print_node(const struct node *n)
{
	char id[ID_TEXT];

	printf("name           %s\n", n->name);
	printf("id             %s\n", n->have_id ? format_hex(id, n->id, ID_BYTES) : "-");
	printf("incarnation    %016" PRIx64 "\n", n->incarnation);
	printf("security       %s\n", security_name(n->security));
	printf("sessions       %" PRIu32 "\n", n->sessions);
	printf("interval       %" PRIu32 " ms\n", n->interval_ms);
	printf("rto-min        %" PRIu32 " us\n", n->rto_min_us);
	printf("rto-max        %" PRIu32 " us\n", n->rto_max_us);
	printf("incast         %" PRIu32 " frames\n", n->incast_frames);
	printf("rekey          %" PRIu32 " s\n", n->rekey_s);
}

static int show(const struct args *args)
{
	struct node node;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	done = query_node(&conn, &node);
	conn_close(&conn);
	if (done && args->json)
		json_print_as("node", json_node(&node));
	else if (done)
		print_node(&node);
	return exit_code(done);
}

static void read_wish(const struct args *args, struct node_wish *w)
{
	const char *name = arg_text(args, "name"), *id = arg_text(args, "id");
	const char *security = arg_text(args, "security");
	bool any = name || id || security;
	int i;

	*w = (struct node_wish){ .have_id = id, .have_security = security };
	if (name) {
		check_name(name);
		strcpy(w->name, name);
	}
	if (id && !parse_hex(id, w->id, sizeof(w->id)))
		usage("--id is %d hexadecimal digits, not '%s'", 2 * ID_BYTES, id);
	if (security && !security_number(security, &w->security))
		usage("--security is psk or none, not '%s'", security);
	for (i = 0; i < NODE_NUMBERS; i++) {
		const struct node_number_of *of = &node_numbers[i];

		w->have[i] = arg_uint(args, of->name, of->least, of->most, &w->number[i]);
		any = any || w->have[i];
	}
	if (!any)
		usage("an option is missing that says what to set");
}

static void save_wish(struct save *s)
{
	int i;

	save_given(s, "name");
	save_given(s, "id");
	save_given(s, "security");
	for (i = 0; i < NODE_NUMBERS; i++)
		save_given(s, node_numbers[i].name);
}

static int set(const struct args *args)
{
	struct node_wish w;
	struct conn conn;
	struct save s;
	bool done;

	read_wish(args, &w);
	save_begin(&s, args, "node", NULL);
	save_wish(&s);
	conn_need(&conn, MEMX_RMAP_GENL);
	done = change_node(&conn, &w);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

const struct command node_commands[] = {
	{ "node", "", "show this node", show, 0, { { 0 } } },
	{ "node set", "", "set something of this node", set, 0,
	  { { "name", "NAME", "what it calls itself, by default the host's name" },
	    { "id", "ID", "its 32 hexadecimal digits, before the first link is added" },
	    { "security", "psk|none", "encrypt with the cluster key, or do not" },
	    { "interval", "MS", "time between advertisements" },
	    { "rto-min", "US", "least retransmission timeout" },
	    { "rto-max", "US", "greatest retransmission timeout" },
	    { "incast", "FRAMES", "reply frames asked for at once on a link" },
	    { "rekey", "S", "time between new session keys" }, SAVE_OPTIONS } },
	{ 0 }
};
