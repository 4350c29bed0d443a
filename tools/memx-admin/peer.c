// SPDX-License-Identifier: GPL-2.0-only
/* The servers that this node knows. */
#include <stdlib.h>

#include "memx_netlink.h"

#include "change.h"
#include "command.h"
#include "save.h"
#include "table.h"

void print_peers(const struct peers *peers, unsigned int indent)
{
	char mac[MAC_TEXT], total[UNITS_TEXT], left[UNITS_TEXT], rtt[UNITS_TEXT], ago[UNITS_TEXT];
	struct table t;
	size_t i;

	table_init(&t, "NAME|ADDRESS|LINK|STATE|CAPACITY|FREE|RTT|SEEN");
	for (i = 0; i < peers->n; i++) {
		const struct peer *p = &peers->v[i];

		table_cell(&t, "%s", p->name);
		table_cell(&t, "%s", format_mac(mac, p->addr));
		table_cell(&t, "%s", p->ifname);
		table_cell(&t, "%s", peer_state(p));
		table_cell(&t, "%s", p->have_seen ? format_size(total, p->capacity) : "-");
		table_cell(&t, "%s", p->have_seen ? format_size(left, p->free) : "-");
		table_cell(&t, "%s", p->have_rtt ? format_us(rtt, p->rtt_us) : "-");
		table_cell(&t, "%s", p->have_seen ? format_ago(ago, p->seen_ms) : "never");
	}
	table_print(&t, stdout, indent);
}

static void print_with_problems(const struct peers *peers)
{
	size_t i;

	if (!peers->n) {
		puts("No server is known yet; 'memx-admin add-server' adds one that broadcasts do "
		     "not reach.");
		return;
	}
	print_peers(peers, 0);
	for (i = 0; i < peers->n; i++)
		if (peers->v[i].problem[0])
			printf("%s: %s\n", peers->v[i].name, peers->v[i].problem);
}

static int list(const struct args *args)
{
	struct peers peers;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	done = query_peers(&conn, &peers);
	conn_close(&conn);
	if (done && args->json)
		json_print_as("servers", json_peers(&peers));
	else if (done)
		print_with_problems(&peers);
	free(peers.v);
	return exit_code(done);
}

static int add(const struct args *args)
{
	const char *name = word_name(args, 0), *address = arg_text(args, "address");
	const char *ifname = arg_text(args, "link");
	uint8_t mac[MAC_BYTES];
	struct conn conn;
	struct save s;
	bool done;

	if (!parse_mac(address, mac))
		usage("--address is a hardware address such as 52:54:00:12:34:03, not '%s'",
		      address);
	check_ifname(ifname);
	save_begin(&s, args, "peer", name);
	save_option(&s, "address");
	save_option(&s, "link");
	conn_need(&conn, MEMX_RMAP_GENL);
	done = change_peer_add(&conn, name, mac, ifname);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

static int del(const struct args *args)
{
	const char *name = word_name(args, 0);
	struct conn conn;
	struct save s;
	bool done;

	save_begin(&s, args, "peer", name);
	save_remove(&s);
	conn_need(&conn, MEMX_RMAP_GENL);
	done = change_peer_del(&conn, name);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

const struct command peer_commands[] = {
	{ "servers", "", "list the servers that this machine knows", list, 0, { { 0 } } },
	{ "add-server", "NAME", "add a server that broadcasts do not reach", add, 2,
	  { { "address", "MAC", "its hardware address" },
	    { "link", "IFNAME", "the link it is on" }, SAVE_OPTIONS } },
	{ "remove-server", "NAME", "forget a server", del, 0, { SAVE_OPTIONS } },
	{ 0 }
};
