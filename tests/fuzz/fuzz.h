/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzers share. Each is one file fuzz_X.c; corpus.c writes inputs for it to begin with.
 * Built with -DPLANTED, a fuzzer dies where an input was accepted: that shows that it gets there.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "rmp_env.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What must hold after a parser has accepted something. */
#define HOLDS(cond)                                                               \
	do {                                                                      \
		if (!(cond)) {                                                    \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                  \
		}                                                                 \
	} while (0)

#ifdef PLANTED
#define ACCEPTED()	abort()
#else
#define ACCEPTED()	((void)0)
#endif

/* A copy with nothing behind its end, so that the sanitizer sees who reads too far. */
static inline void *exactly(const u8 *data, size_t size)
{
	void *p = malloc(size ? size : 1);

	if (size)
		memcpy(p, data, size);
	return p;
}

#endif
