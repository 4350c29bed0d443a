/* SPDX-License-Identifier: GPL-2.0-only */
/* The device nodes of volumes, and the programs that are run on them. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>

#include "model.h"

#define DEVICE_PATH_MAX	64

/*
 * Waits until the device node is there: /dev/memx/NAME where udev runs and makes it in time, else
 * /dev/DISK. Return: false, having told why, when there is neither.
 */
bool device_wait(const struct volume *volume, char path[DEVICE_PATH_MAX]);

/* The same for /dev/DISK alone, which needs no udev. */
bool device_wait_plain(const char *disk, char path[DEVICE_PATH_MAX]);

/* Return: false, having told why, when mkswap failed. */
bool device_mkswap(const char *path, const char *label);

#endif
