/* SPDX-License-Identifier: GPL-2.0-only */
/* Swap space on volumes. */
#ifndef SWAP_H
#define SWAP_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "model.h"

#define PRIORITY_NONE	-1	/* the kernel chooses */
#define SWAP_ON_S	30	/* a server that does not answer is waited for this long */

struct swap {
	char disk[NAME_BYTES];		/* name of the device, without its folder */
	uint64_t bytes;
	int priority;
};

struct swaps {
	struct swap *v;
	size_t n;
};

/* What the kernel swaps on. Return: false, having told why, when it cannot be known. */
bool swaps_read(struct swaps *swaps);

/* The same from the text of /proc/swaps. */
void swaps_take(struct swaps *swaps, const char *text);

/* Return: NULL when @disk is not swapped on. */
const struct swap *swaps_find(const struct swaps *swaps, const char *disk);

/*
 * Makes swap space of a volume and swaps on it, with discard. Refused when the volume holds
 * something else. Return: false, having told why.
 */
bool swap_on(const struct volume *v, int priority, deadline end);

enum swap_off { SWAP_OFF_DONE, SWAP_OFF_FAILED, SWAP_OFF_LATE };

/* Says why when it is not done. */
enum swap_off swap_off(const char *disk, deadline end);

#endif
