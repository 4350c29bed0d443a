/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks of Xen guests that memx_xen serves, as it tells of them in sysfs. */
#ifndef XEN_DISKS_H
#define XEN_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor_root.h"

#define XEN_TEXT	32

/* Numbers, in the order of xen_keys. */
enum {
	XEN_DOMID, XEN_SECTORS, XEN_QUEUES, XEN_RING_PAGES, XEN_PERSISTENT, XEN_READS, XEN_WRITES,
	XEN_FLUSHES, XEN_DISCARDS, XEN_READ_BYTES, XEN_WRITE_BYTES, XEN_DISCARD_BYTES, XEN_ERRORS,
	XEN_REFUSED, XEN_INDIRECT, XEN_MAPPED, XEN_STALLS, XEN_NUMBERS
};

/* The names of files, which are the keys of JSON too. */
extern const char *const xen_keys[XEN_NUMBERS];

struct xen_disk {
	char vdev[XEN_TEXT], volume[XEN_TEXT], mode[XEN_TEXT], state[XEN_TEXT];
	uint64_t number[XEN_NUMBERS];
};

struct xen_disks {
	size_t n;
	struct xen_disk *v;	/* by guest, then by name of the disk */
};

/*
 * A disk that goes meanwhile is left out. Return: false when memx_xen is not loaded. The caller
 * frees disks->v.
 */
bool xen_disks_read(struct xen_disks *disks, const struct root *root);

#endif
