// SPDX-License-Identifier: GPL-2.0-only
/* Round trips to a server. */
#include <inttypes.h>
#include <stdlib.h>

#include "memx_netlink.h"

#include "command.h"
#include "decode.h"
#include "rank.h"

#define SIZE_BYTES	4096
#define COUNT		10
#define COUNT_MOST	1000

static void got_pings(const struct nlattr *head, int len, void *arg)
{
	struct pings *pings = arg;

	free(pings->ns);
	decode_pings(head, len, pings);
}

/* In microseconds with one decimal, as the text has them. */
static void set_us(struct json_object *to, const char *key, uint32_t ns)
{
	char text[UNITS_TEXT];

	json_object_object_add(to, key,
			       json_object_new_double_s(ns / 1000.0, format_ns_as_us(text, ns)));
}

static void print_json(const char *server, uint32_t size, const struct pings *p)
{
	struct json_object *o = json_object_new_object();

	json_set_text(o, "server", server);
	json_set_number(o, "size", size);
	json_set_number(o, "count", p->count + p->lost);
	json_set_number(o, "lost", p->lost);
	if (p->count) {
		set_us(o, "min_us", p->ns[0]);
		set_us(o, "median_us", rank(p->ns, p->count, 50));
		set_us(o, "p99_us", rank(p->ns, p->count, 99));
	}
	json_print(o);
}

static void print_text(const char *server, uint32_t size, const struct pings *p)
{
	char least[UNITS_TEXT], median[UNITS_TEXT], most[UNITS_TEXT];

	printf("%s: %zu round trips of %" PRIu32 " bytes, %" PRIu32 " lost", server,
	       p->count + p->lost, size, p->lost);
	if (p->count)
		printf(": min %s us, median %s us, p99 %s us", format_ns_as_us(least, p->ns[0]),
		       format_ns_as_us(median, rank(p->ns, p->count, 50)),
		       format_ns_as_us(most, rank(p->ns, p->count, 99)));
	putchar('\n');
}

static bool ask(const char *server, uint32_t size, uint32_t count, struct pings *pings)
{
	struct nlattr *nest;
	struct nl_msg *msg;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	msg = conn_request(&conn, MEMX_RMAP_CMD_PING);
	nest = nla_nest_start(msg, MEMX_RMAP_A_PING);
	nla_put_string(msg, MEMX_RMAP_PING_A_NAME, server);
	nla_put_u32(msg, MEMX_RMAP_PING_A_SIZE, size);
	nla_put_u32(msg, MEMX_RMAP_PING_A_COUNT, count);
	nla_nest_end(msg, nest);
	done = conn_call(&conn, msg, got_pings, pings);
	conn_close(&conn);
	return done;
}

static int ping(const struct args *args)
{
	const char *server = word_name(args, 0);
	uint32_t size = SIZE_BYTES, count = COUNT;
	struct pings pings = { 0 };
	bool done;

	arg_uint(args, "size", 0, PING_BYTES_MAX, &size);
	arg_uint(args, "count", 1, COUNT_MOST, &count);
	done = ask(server, size, count, &pings);
	if (done && args->json)
		print_json(server, size, &pings);
	else if (done)
		print_text(server, size, &pings);
	done = done && pings.count;
	free(pings.ns);
	return exit_code(done);
}

const struct command ping_commands[] = {
	{ "ping", "SERVER", "measure round trips to a server", ping, 0,
	  { { "size", "BYTES", "bytes of the reply, by default 4096, at most 65536" },
	    { "count", "N", "how many, by default 10, at most 1000" } } },
	{ 0 }
};
