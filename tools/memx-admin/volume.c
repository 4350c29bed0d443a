// SPDX-License-Identifier: GPL-2.0-only
/* Volumes: block devices whose memory is elsewhere. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memx_netlink.h"

#include "command.h"
#include "decode.h"
#include "device.h"
#include "table.h"

/* What a request about a volume may carry besides its name. */
struct request {
	uint8_t cmd;
	const char *name;
	uint64_t size;
	bool have_timeout;
	uint32_t loss_timeout_s;
	bool force;
};

static bool send_volume(const struct request *r, conn_answer answer, void *arg)
{
	struct nlattr *nest;
	struct nl_msg *msg;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_CLIENT_GENL);
	msg = conn_request(&conn, r->cmd);
	nest = nla_nest_start(msg, MEMX_CLIENT_A_VOLUME);
	nla_put_string(msg, MEMX_CLIENT_VOLUME_A_NAME, r->name);
	if (r->size)
		nla_put_u64(msg, MEMX_CLIENT_VOLUME_A_SIZE, r->size);
	if (r->have_timeout)
		nla_put_u32(msg, MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S, r->loss_timeout_s);
	if (r->force)
		nla_put_flag(msg, MEMX_CLIENT_VOLUME_A_FORCE);
	nla_nest_end(msg, nest);
	done = conn_call(&conn, msg, answer, arg);
	conn_close(&conn);
	return done;
}

static void read_timeout(const struct args *args, struct request *r)
{
	r->have_timeout = arg_uint(args, "loss-timeout", 0, UINT32_MAX, &r->loss_timeout_s);
}

static void got_volume(const struct nlattr *head, int len, void *arg)
{
	decode_volume(head, len, arg);
}

static void print_created(const struct args *args, const struct volume *v, const char *path)
{
	struct json_object *o;

	if (!args->json) {
		puts(path);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "volume", json_volume(v));
	json_set_text(o, "device", path);
	json_print(o);
}

/* The volume stays when what follows its creation fails: its pages may be wanted in another way. */
static bool prepare(const struct args *args, const struct volume *v, bool swap)
{
	char path[DEVICE_PATH_MAX];

	if (!device_wait(v, path) || (swap && !device_swap_on(path))) {
		say("the volume is there, but not in use; 'memx-admin destroy %s' removes it",
		    args->word[0]);
		return false;
	}
	print_created(args, v, path);
	return true;
}

static int create(const struct args *args)
{
	struct request r = { .cmd = MEMX_CLIENT_CMD_VOLUME_CREATE };
	const char *use = arg_text(args, "use");
	struct volume v = { 0 };
	bool done;

	r.name = word_name(args, 0);
	r.size = arg_size(args, "size");
	read_timeout(args, &r);
	if (use && strcmp(use, "swap"))
		usage("--use is swap, not '%s'", use);
	done = send_volume(&r, got_volume, &v) && prepare(args, &v, use);
	free(v.place);
	return exit_code(done);
}

static int resize(const struct args *args)
{
	struct request r = { .cmd = MEMX_CLIENT_CMD_VOLUME_RESIZE };

	r.name = word_name(args, 0);
	r.size = arg_size(args, "size");
	return exit_code(send_volume(&r, NULL, NULL));
}

static int set(const struct args *args)
{
	struct request r = { .cmd = MEMX_CLIENT_CMD_VOLUME_SET };

	r.name = word_name(args, 0);
	read_timeout(args, &r);
	return exit_code(send_volume(&r, NULL, NULL));
}

static int destroy(const struct args *args)
{
	struct request r = { .cmd = MEMX_CLIENT_CMD_VOLUME_DESTROY };

	r.name = word_name(args, 0);
	r.force = arg_text(args, "force");
	return exit_code(send_volume(&r, NULL, NULL));
}

static const char *state(const struct volume *v)
{
	if (v->waiting)
		return "waiting";
	return v->lost ? "lost pages" : "ok";
}

/* Where its extents lie: "donor1 12 GiB, donor2 8 GiB" */
static void place_cell(struct table *t, const struct volume *v)
{
	char written[UNITS_TEXT], *text = NULL;
	size_t i, size;
	FILE *to = open_memstream(&text, &size);

	if (!to) {
		table_cell(t, "%s", "");
		return;
	}
	for (i = 0; i < v->places; i++)
		fprintf(to, "%s%s %s", i ? ", " : "", v->place[i].name,
			format_size(written, v->place[i].written));
	fclose(to);
	table_cell(t, "%s", i ? text : "-");
	free(text);
}

void print_volumes(const struct volumes *volumes, unsigned int indent)
{
	char size[UNITS_TEXT], written[UNITS_TEXT];
	struct table t;
	size_t i;

	table_init(&t, "NAME|DEVICE|SIZE|WRITTEN|STATE|OPEN|PAGES IN|PAGES OUT|SERVERS");
	for (i = 0; i < volumes->n; i++) {
		const struct volume *v = &volumes->v[i];

		table_cell(&t, "%s", v->name);
		table_cell(&t, "%s", v->disk);
		table_cell(&t, "%s", format_size(size, v->size));
		table_cell(&t, "%s", format_size(written, v->written));
		table_cell(&t, "%s", state(v));
		table_cell(&t, "%" PRIu32, v->openers);
		table_cell(&t, "%" PRIu64, v->pages_in);
		table_cell(&t, "%" PRIu64, v->pages_out);
		place_cell(&t, v);
	}
	table_print(&t, stdout, indent);
}

static int list(const struct args *args)
{
	struct volumes volumes;
	struct conn conn;
	bool done;

	conn_need(&conn, MEMX_CLIENT_GENL);
	done = query_volumes(&conn, &volumes);
	conn_close(&conn);
	if (done && args->json)
		json_print_as("volumes", json_volumes(&volumes));
	else if (done && volumes.n)
		print_volumes(&volumes, 0);
	else if (done)
		puts("There is no volume; 'memx-admin create NAME --size SIZE' makes one.");
	free_volumes(&volumes);
	return exit_code(done);
}

#define SIZE { "size", "SIZE", "its size, such as 64G" }
#define LOSS_TIMEOUT { "loss-timeout", "SECONDS", \
	"how long requests wait for a server, by default 600, 0 is for ever" }

const struct command volume_commands[] = {
	{ "create", "NAME", "make a volume; prints its device", create, 1,
	  { SIZE, LOSS_TIMEOUT, { "use", "swap", "make it swap space, and swap on it" } } },
	{ "resize", "NAME", "make a volume larger", resize, 1, { SIZE } },
	{ "set", "NAME", "set something of a volume", set, 1, { LOSS_TIMEOUT } },
	{ "destroy", "NAME", "remove a volume, and what it holds", destroy, 0,
	  { { "force", NULL, "even while it is open: its users get I/O errors" } } },
	{ "list", "", "list the volumes", list, 0, { { 0 } } },
	{ 0 }
};
