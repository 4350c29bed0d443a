/* SPDX-License-Identifier: GPL-2.0-only */
/* Percentiles by nearest rank. */
#ifndef RANK_H
#define RANK_H

#include <stddef.h>
#include <stdint.h>

/* @sorted has @count values, at least one, in ascending order; @percent is 1 to 100. */
static inline uint32_t rank(const uint32_t *sorted, size_t count, unsigned int percent)
{
	return sorted[(count * percent + 99) / 100 - 1];
}

#endif
