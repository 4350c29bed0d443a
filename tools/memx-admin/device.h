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

/* mkswap and swapon with discard. Return: false, having told why, when one of them failed. */
bool device_swap_on(const char *path);

#endif
