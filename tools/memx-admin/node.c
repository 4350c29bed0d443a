// SPDX-License-Identifier: GPL-2.0-only
/* This machine as a node: its name and how it speaks. */
#include <inttypes.h>

#include "memx_netlink.h"

#include "command.h"

#define INTERVAL_LEAST_MS	100
#define INTERVAL_MOST_MS	60000

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

static const struct {
	const char *option;
	int attr;
	uint32_t least;
	uint32_t most;
} numbers[] = {
	{ "interval", MEMX_RMAP_NODE_A_INTERVAL_MS, INTERVAL_LEAST_MS, INTERVAL_MOST_MS },
	{ "rto-min", MEMX_RMAP_NODE_A_RTO_MIN_US, 100, UINT32_MAX },
	{ "rto-max", MEMX_RMAP_NODE_A_RTO_MAX_US, 1000, UINT32_MAX },
	{ "incast", MEMX_RMAP_NODE_A_INCAST_FRAMES, 1, UINT32_MAX },
	{ "rekey", MEMX_RMAP_NODE_A_REKEY_S, 1, UINT32_MAX },
};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/* What is asked for, checked before the kernel is. */
struct wish {
	const char *name;
	const char *id_text;
	uint8_t id[ID_BYTES];
	const char *security_text;
	uint8_t security;
	bool have[NUMBERS];
	uint32_t number[NUMBERS];
};

static void read_wish(const struct args *args, struct wish *w)
{
	bool any;
	size_t i;

	*w = (struct wish){ 0 };
	w->name = arg_text(args, "name");
	if (w->name)
		check_name(w->name);
	w->id_text = arg_text(args, "id");
	if (w->id_text && !parse_hex(w->id_text, w->id, sizeof(w->id)))
		usage("--id is %d hexadecimal digits, not '%s'", 2 * ID_BYTES, w->id_text);
	w->security_text = arg_text(args, "security");
	if (w->security_text && !security_number(w->security_text, &w->security))
		usage("--security is psk or none, not '%s'", w->security_text);
	any = w->name || w->id_text || w->security_text;
	for (i = 0; i < NUMBERS; i++) {
		w->have[i] = arg_uint(args, numbers[i].option, numbers[i].least, numbers[i].most,
				      &w->number[i]);
		any = any || w->have[i];
	}
	if (!any)
		usage("an option is missing that says what to set");
}

static int set(const struct args *args)
{
	struct nlattr *nest;
	struct nl_msg *msg;
	struct conn conn;
	struct wish w;
	bool done;
	size_t i;

	read_wish(args, &w);
	conn_need(&conn, MEMX_RMAP_GENL);
	msg = conn_request(&conn, MEMX_RMAP_CMD_NODE_SET);
	nest = nla_nest_start(msg, MEMX_RMAP_A_NODE);
	if (w.name)
		nla_put_string(msg, MEMX_RMAP_NODE_A_NAME, w.name);
	if (w.id_text)
		nla_put(msg, MEMX_RMAP_NODE_A_ID, sizeof(w.id), w.id);
	if (w.security_text)
		nla_put_u8(msg, MEMX_RMAP_NODE_A_SECURITY, w.security);
	for (i = 0; i < NUMBERS; i++)
		if (w.have[i])
			nla_put_u32(msg, numbers[i].attr, w.number[i]);
	nla_nest_end(msg, nest);
	done = conn_call(&conn, msg, NULL, NULL);
	conn_close(&conn);
	return exit_code(done);
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
	    { "rekey", "S", "time between new session keys" } } },
	{ 0 }
};
