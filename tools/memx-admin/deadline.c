// SPDX-License-Identifier: GPL-2.0-only
/* A point in time after which nothing is waited for. */
#include <time.h>

#include "deadline.h"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

deadline deadline_in(uint32_t seconds)
{
	return now_ms() + (uint64_t)seconds * 1000;
}

uint64_t deadline_left(deadline end)
{
	uint64_t now = now_ms();

	return now < end ? end - now : 0;
}
