// SPDX-License-Identifier: GPL-2.0-only
/* The cluster keys: one to begin sessions with, and one more that is accepted. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memx_netlink.h"

#include "command.h"
#include "keyfile.h"
#include "table.h"

#define DEFAULT_KEY_DIR	"/etc/memx"

static const char *file_of(const struct args *args)
{
	return args->words ? args->word[0] : DEFAULT_KEY;
}

static int generate(const struct args *args)
{
	const char *file = file_of(args);
	struct json_object *o;

	if (!args->words && mkdir(DEFAULT_KEY_DIR, 0755) && errno != EEXIST) {
		say("cannot make %s: %s", DEFAULT_KEY_DIR, strerror(errno));
		return EXIT_REFUSED;
	}
	if (!keyfile_make(file, arg_text(args, "force")))
		return EXIT_REFUSED;
	if (args->json) {
		o = json_object_new_object();
		json_set_text(o, "file", file);
		json_print(o);
	} else {
		printf("%s holds a new cluster key; copy it to the other machines, "
		       "where no one else sees it.\n", file);
	}
	return EXIT_OK;
}

static bool send_key(struct conn *conn, const uint8_t *key, bool secondary)
{
	struct nl_msg *msg = conn_request(conn, MEMX_RMAP_CMD_KEY_SET);
	struct nlattr *nest = nla_nest_start(msg, MEMX_RMAP_A_KEY);

	nla_put(msg, MEMX_RMAP_KEY_A_KEY, KEY_BYTES, key);
	if (secondary)
		nla_put_flag(msg, MEMX_RMAP_KEY_A_SECONDARY);
	nla_nest_end(msg, nest);
	return conn_call(conn, msg, NULL, NULL);
}

bool key_load(struct conn *conn, const char *file)
{
	uint8_t key[KEY_BYTES];
	bool done = keyfile_read(file, key) && send_key(conn, key, false);

	explicit_bzero(key, sizeof(key));
	return done;
}

static int set(const struct args *args)
{
	bool secondary = arg_text(args, "secondary"), done;
	uint8_t key[KEY_BYTES];
	struct conn conn;

	done = keyfile_read(file_of(args), key) && conn_open(&conn, MEMX_RMAP_GENL, true);
	if (done) {
		done = send_key(&conn, key, secondary);
		conn_close(&conn);
	}
	explicit_bzero(key, sizeof(key));
	return exit_code(done);
}

/* As it is printed: eight hexadecimal digits. */
static uint32_t id_of(const char *text)
{
	uint8_t id[4];

	if (!parse_hex(text, id, sizeof(id)))
		usage("'%s' is no key id: it takes 8 hexadecimal digits, as 'memx-admin key list' "
		      "prints them", text);
	return (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
}

static int delete(const struct args *args)
{
	uint32_t id = id_of(args->word[0]);
	struct nlattr *nest;
	struct nl_msg *msg;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	msg = conn_request(&conn, MEMX_RMAP_CMD_KEY_DEL);
	nest = nla_nest_start(msg, MEMX_RMAP_A_KEY);
	nla_put_u32(msg, MEMX_RMAP_KEY_A_ID, id);
	nla_nest_end(msg, nest);
	done = conn_call(&conn, msg, NULL, NULL);
	conn_close(&conn);
	return exit_code(done);
}

static void print_keys(const struct keys *keys)
{
	struct table t;
	size_t i;

	if (!keys->n) {
		puts("There is no key; 'memx-admin key set' loads one.");
		return;
	}
	table_init(&t, "ID|USE");
	for (i = 0; i < keys->n; i++) {
		table_cell(&t, "%08" PRIx32, keys->v[i].id);
		table_cell(&t, "%s", keys->v[i].secondary ? "secondary" : "primary");
	}
	table_print(&t, stdout, 0);
}

static int list(const struct args *args)
{
	struct keys keys;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_RMAP_GENL);
	done = query_keys(&conn, &keys);
	conn_close(&conn);
	if (done && args->json)
		json_print_as("keys", json_keys(&keys));
	else if (done)
		print_keys(&keys);
	free(keys.v);
	return exit_code(done);
}

const struct command key_commands[] = {
	{ "key generate", "[FILE]", "write a new cluster key, by default to " DEFAULT_KEY,
	  generate, 0, { { "force", NULL, "replace the file when it exists" } } },
	{ "key set", "[FILE]", "give the kernel a cluster key, by default " DEFAULT_KEY,
	  set, 0, { { "secondary", NULL, "accept it, but do not begin sessions with it" } } },
	{ "key list", "", "list the ids of the keys in the kernel", list, 0, { { 0 } } },
	{ "key delete", "ID", "take a key back from the kernel", delete, 0, { { 0 } } },
	{ "key", "", "the same as key list", list, 0, { { 0 } } },
	{ 0 }
};
