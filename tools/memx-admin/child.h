/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work in a process of its own, for calls that block in the kernel: they cannot be waited for with
 * a deadline otherwise. The child ends when we do.
 */
#ifndef CHILD_H
#define CHILD_H

#include "deadline.h"

#define CHILD_LATE	-1	/* the deadline came first; the child was told to end */
#define CHILD_BROKEN	-2	/* it could not be made, or was killed; this has been told */

/* Return: what @work returned (0 to 255), or one of the above. */
int child_run(int (*work)(void *arg), void *arg, deadline end);

#endif
