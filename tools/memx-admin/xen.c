// SPDX-License-Identifier: GPL-2.0-only
/* Disks of Xen guests. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "table.h"
#include "xen_disks.h"

static struct json_object *json_disk(const struct xen_disk *d)
{
	struct json_object *o = json_object_new_object();
	int i;

	json_set_text(o, "vdev", d->vdev);
	json_set_text(o, "volume", d->volume);
	json_set_text(o, "mode", d->mode);
	json_set_text(o, "state", d->state);
	for (i = 0; i < XEN_NUMBERS; i++) {
		if (i == XEN_PERSISTENT)
			json_set_bool(o, xen_keys[i], d->number[i]);
		else if (i == XEN_SECTORS)
			json_set_number(o, "size", d->number[i] * 512);
		else
			json_set_number(o, xen_keys[i], d->number[i]);
	}
	return o;
}

static void print_json(const struct xen_disks *disks)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < disks->n; i++)
		json_object_array_add(list, json_disk(&disks->v[i]));
	json_print_as("disks", list);
}

static void print_text(const struct xen_disks *disks)
{
	char text[UNITS_TEXT];
	struct table t;
	size_t i;

	table_init(&t, "GUEST|VDEV|VOLUME|MODE|STATE|QUEUES|READS|READ|WRITES|WRITTEN|ERRORS|"
		   "REFUSED");
	for (i = 0; i < disks->n; i++) {
		const struct xen_disk *d = &disks->v[i];
		const uint64_t *n = d->number;

		table_cell(&t, "%" PRIu64, n[XEN_DOMID]);
		table_cell(&t, "%s", d->vdev);
		table_cell(&t, "%s", d->volume);
		table_cell(&t, "%s", d->mode);
		table_cell(&t, "%s", d->state);
		table_cell(&t, "%" PRIu64, n[XEN_QUEUES]);
		table_cell(&t, "%" PRIu64, n[XEN_READS]);
		table_cell(&t, "%s", format_size(text, n[XEN_READ_BYTES]));
		table_cell(&t, "%" PRIu64, n[XEN_WRITES]);
		table_cell(&t, "%s", format_size(text, n[XEN_WRITE_BYTES]));
		table_cell(&t, "%" PRIu64, n[XEN_ERRORS]);
		table_cell(&t, "%" PRIu64, n[XEN_REFUSED]);
	}
	table_print(&t, stdout, 0);
}

static int list(const struct args *args)
{
	const char *folder = arg_text(args, "root");
	struct xen_disks disks;
	struct root root;

	if (!root_use(&root, folder ? folder : "/")) {
		say("cannot look into %s: %s", folder ? folder : "/", strerror(errno));
		return EXIT_REFUSED;
	}
	if (!xen_disks_read(&disks, &root)) {
		say("memx_xen is not loaded: no guest has a disk of it");
		return EXIT_REFUSED;
	}
	if (args->json)
		print_json(&disks);
	else if (disks.n)
		print_text(&disks);
	else
		puts("no guest has a disk of memx_xen");
	free(disks.v);
	return EXIT_OK;
}

const struct command xen_commands[] = {
	{ "xen list", "", "list the disks of Xen guests that memx_xen serves", list, 0,
	  { { "root", "DIR", "of the system below this folder" } } },
	{ "xen", "", "the same as xen list", list, 0,
	  { { "root", "DIR", "of the system below this folder" } } },
	{ 0 }
};
