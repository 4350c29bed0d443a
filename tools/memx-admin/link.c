// SPDX-License-Identifier: GPL-2.0-only
/* The network devices that this node speaks on. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "memx_netlink.h"

#include "change.h"
#include "command.h"
#include "conf.h"
#include "save.h"
#include "table.h"

/*
 * The first link of a node with security needs a key. Where it lies in its usual place, loading it
 * is what the administrator means.
 */
static bool load_usual_key(struct conn *conn)
{
	struct keys keys = { 0 };
	struct node node;
	bool needed;

	if (access(DEFAULT_KEY, F_OK))
		return true;
	if (!query_node(conn, &node) || !query_keys(conn, &keys))
		return false;
	needed = node.security == SECURITY_NOISE && !keys.n;
	free(keys.v);
	if (!needed)
		return true;
	if (!key_load(conn, DEFAULT_KEY))
		return false;
	say("the cluster key was loaded from %s", DEFAULT_KEY);
	return true;
}

static int add(const struct args *args)
{
	const char *ifname = word_ifname(args, 0);
	uint32_t ethertype = 0, mtu = 0;
	struct conn conn;
	struct save s;
	bool done;

	arg_uint(args, "ethertype", ETHERTYPE_LEAST, ETHERTYPE_MOST, &ethertype);
	arg_uint(args, "mtu", MTU_LEAST, MTU_MOST, &mtu);
	save_begin(&s, args, "link", ifname);
	save_option(&s, "ethertype");
	save_option(&s, "mtu");
	conn_need(&conn, MEMX_RMAP_GENL);
	done = load_usual_key(&conn) && change_link_add(&conn, ifname, ethertype, mtu);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

static int del(const struct args *args)
{
	const char *ifname = word_ifname(args, 0);
	struct conn conn;
	struct save s;
	bool done;

	save_begin(&s, args, "link", ifname);
	save_remove(&s);
	conn_need(&conn, MEMX_RMAP_GENL);
	done = change_link_del(&conn, ifname);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

void print_links(const struct links *links, unsigned int indent)
{
	char mac[MAC_TEXT];
	struct table t;
	size_t i;

	table_init(&t, "LINK|ADDRESS|ETHERTYPE|MTU|CARRIER|RECEIVES");
	for (i = 0; i < links->n; i++) {
		const struct link *l = &links->v[i];

		table_cell(&t, "%s", l->ifname);
		table_cell(&t, "%s", format_mac(mac, l->addr));
		table_cell(&t, "0x%04x", l->ethertype);
		table_cell(&t, "%" PRIu32, l->mtu);
		table_cell(&t, "%s", l->carrier ? "up" : "down");
		table_cell(&t, "%s", l->ingress ? "ingress" : "packet");
	}
	table_print(&t, stdout, indent);
}

static int list(const struct args *args)
{
	struct links links;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	done = query_links(&conn, &links);
	conn_close(&conn);
	if (done && args->json)
		json_print_as("links", json_links(&links));
	else if (done && links.n)
		print_links(&links, 0);
	else if (done)
		puts("There is no link; 'memx-admin link add IFNAME' adds one.");
	free(links.v);
	return exit_code(done);
}

const struct command link_commands[] = {
	{ "link add", "IFNAME", "speak on a network device", add, 0,
	  { { "ethertype", "N", "EtherType of the frames, by default 0x88b5" },
	    { "mtu", "N", "largest frame to use, 1500 to 9000, by default that of the device" },
	    SAVE_OPTIONS } },
	{ "link del", "IFNAME", "speak no more on a network device", del, 0, { SAVE_OPTIONS } },
	{ "link", "", "list the links", list, 0, { { 0 } } },
	{ 0 }
};
