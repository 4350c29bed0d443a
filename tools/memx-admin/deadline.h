/* SPDX-License-Identifier: GPL-2.0-only */
/* A point in time after which nothing is waited for. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdint.h>

/* Milliseconds of the monotonic clock. */
typedef uint64_t deadline;

deadline deadline_in(uint32_t seconds);

/* Milliseconds until then; 0 when it is over. */
uint64_t deadline_left(deadline end);

#endif
