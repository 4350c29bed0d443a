// SPDX-License-Identifier: GPL-2.0-only
/* Disks of Xen guests that memx_xen serves. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "xen_disks.h"

#define DRIVER	"/sys/bus/xen-backend/drivers/memx_xen"

const char *const xen_keys[XEN_NUMBERS] = {
	[XEN_DOMID] = "domid",
	[XEN_SECTORS] = "sectors",
	[XEN_QUEUES] = "queues",
	[XEN_RING_PAGES] = "ring_pages",
	[XEN_PERSISTENT] = "persistent",
	[XEN_READS] = "reads",
	[XEN_WRITES] = "writes",
	[XEN_FLUSHES] = "flushes",
	[XEN_DISCARDS] = "discards",
	[XEN_READ_BYTES] = "read_bytes",
	[XEN_WRITE_BYTES] = "write_bytes",
	[XEN_DISCARD_BYTES] = "discard_bytes",
	[XEN_ERRORS] = "errors",
	[XEN_REFUSED] = "refused",
	[XEN_INDIRECT] = "indirect",
	[XEN_MAPPED] = "mapped",
	[XEN_STALLS] = "stalls",
};

/* An empty file is an empty text. */
static bool read_text(const struct root *root, const char *name, const char *key,
		      char text[XEN_TEXT])
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), DRIVER "/%s/memx/%s", name, key);
	text[0] = '\0';
	if (!root_line(root, path, text, XEN_TEXT))
		return root_has(root, path);
	make_printable(text);
	return true;
}

static bool read_number(const struct root *root, const char *name, const char *key,
			uint64_t *number)
{
	char text[XEN_TEXT], *end;

	if (!read_text(root, name, key, text) || text[0] < '0' || text[0] > '9')
		return false;
	*number = strtoull(text, &end, 10);
	return !*end;
}

static bool read_disk(struct xen_disk *disk, const struct root *root, const char *name)
{
	int i;

	for (i = 0; i < XEN_NUMBERS; i++)
		if (!read_number(root, name, xen_keys[i], &disk->number[i]))
			return false;
	return read_text(root, name, "vdev", disk->vdev) &&
	       read_text(root, name, "volume", disk->volume) &&
	       read_text(root, name, "mode", disk->mode) &&
	       read_text(root, name, "state", disk->state);
}

static int compare(const void *a, const void *b)
{
	const struct xen_disk *x = a, *y = b;
	uint64_t m = x->number[XEN_DOMID], n = y->number[XEN_DOMID];

	return m != n ? (m > n) - (m < n) : strcmp(x->vdev, y->vdev);
}

bool xen_disks_read(struct xen_disks *disks, const struct root *root)
{
	char **names;
	size_t i, n;

	*disks = (struct xen_disks){ 0 };
	if (!root_has(root, DRIVER))
		return false;
	n = root_names(root, DRIVER, "vbd-", &names);
	disks->v = get_memory(NULL, n + 1, sizeof(*disks->v));
	for (i = 0; i < n; i++)
		if (read_disk(&disks->v[disks->n], root, names[i]))
			disks->n++;
	names_free(names, n);
	qsort(disks->v, disks->n, sizeof(*disks->v), compare);
	return true;
}
