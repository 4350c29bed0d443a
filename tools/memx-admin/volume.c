// SPDX-License-Identifier: GPL-2.0-only
/* Volumes: block devices whose memory is elsewhere. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memx_netlink.h"

#include "change.h"
#include "command.h"
#include "conf.h"
#include "device.h"
#include "save.h"
#include "swap.h"
#include "table.h"

static void read_timeout(const struct args *args, struct volume_wish *w)
{
	w->have_timeout = arg_uint(args, "loss-timeout", 0, UINT32_MAX, &w->loss_timeout_s);
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

/* How a volume that is made shall be used. */
struct use {
	bool swap;
	int priority;
};

static void read_use(const struct args *args, struct use *use)
{
	const char *text = arg_text(args, "use");
	uint32_t priority;

	use->swap = text && !strcmp(text, "swap");
	if (text && !use->swap && strcmp(text, "block"))
		usage("--use is swap or block, not '%s'", text);
	use->priority = PRIORITY_NONE;
	if (!arg_uint(args, "priority", 0, PRIORITY_MOST, &priority))
		return;
	if (!use->swap)
		usage("--priority goes with --use swap");
	use->priority = (int)priority;
}

/* The volume stays when what follows its creation fails: its pages may be wanted in another way. */
static bool prepare(const struct args *args, const struct volume *v, const struct use *use)
{
	char path[DEVICE_PATH_MAX];

	if (!device_wait(v, path) ||
	    (use->swap && !swap_on(v, use->priority, deadline_in(SWAP_ON_S)))) {
		say("the volume is there, but not in use; 'memx-admin destroy %s' removes it",
		    args->word[0]);
		return false;
	}
	print_created(args, v, path);
	return true;
}

static int create(const struct args *args)
{
	struct volume_wish w = { .name = word_name(args, 0), .size = arg_size(args, "size") };
	struct volume v = { 0 };
	struct conn conn;
	struct use use;
	struct save s;
	bool done;

	read_timeout(args, &w);
	read_use(args, &use);
	save_begin(&s, args, "volume", w.name);
	save_option(&s, "size");
	save_option(&s, "use");
	save_option(&s, "priority");
	save_option(&s, "loss-timeout");
	conn_need(&conn, MEMX_CLIENT_GENL);
	done = change_volume_create(&conn, &w, &v) && prepare(args, &v, &use);
	conn_close(&conn);
	free(v.place);
	return exit_code(save_end(&s, done));
}

/* The same for all that changes a volume that is there: one request, one key of the file. */
static int change(const struct args *args, const struct volume_wish *w, const char *key,
		  bool (*send)(struct conn *conn, const struct volume_wish *wish))
{
	struct conn conn;
	struct save s;
	bool done;

	save_begin(&s, args, "volume", w->name);
	if (key)
		save_change(&s, key);
	else
		save_remove(&s);
	conn_need(&conn, MEMX_CLIENT_GENL);
	done = send(&conn, w);
	conn_close(&conn);
	return exit_code(save_end(&s, done));
}

static int resize(const struct args *args)
{
	struct volume_wish w = { .name = word_name(args, 0), .size = arg_size(args, "size") };

	return change(args, &w, "size", change_volume_resize);
}

static int set(const struct args *args)
{
	struct volume_wish w = { .name = word_name(args, 0) };

	read_timeout(args, &w);
	return change(args, &w, "loss-timeout", change_volume_set);
}

static int destroy(const struct args *args)
{
	struct volume_wish w = { .name = word_name(args, 0), .force = arg_text(args, "force") };

	return change(args, &w, NULL, change_volume_destroy);
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
	  { SIZE, LOSS_TIMEOUT,
	    { "use", "swap|block", "swap: make it swap space, and swap on it" },
	    { "priority", "N", "of the swap space, 0 to 32767; the higher is used first" },
	    SAVE_OPTIONS } },
	{ "resize", "NAME", "make a volume larger", resize, 1, { SIZE, SAVE_OPTIONS } },
	{ "set", "NAME", "set something of a volume", set, 1, { LOSS_TIMEOUT, SAVE_OPTIONS } },
	{ "destroy", "NAME", "remove a volume, and what it holds", destroy, 0,
	  { { "force", NULL, "even while it is open: its users get I/O errors" },
	    SAVE_OPTIONS } },
	{ "list", "", "list the volumes", list, 0, { { 0 } } },
	{ 0 }
};
