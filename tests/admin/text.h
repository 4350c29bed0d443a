/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of text, on top of the frame of the unit tests. */
#ifndef TEXT_H
#define TEXT_H

#include "t.h"

#define CHECK_TEXT(a, b)                                                    \
	do {                                                                \
		const char *text_a = (a), *text_b = (b);                    \
                                                                            \
		if (strcmp(text_a, text_b))                                 \
			T_FAIL("%s is '%s', not '%s'", #a, text_a, text_b); \
	} while (0)

#endif
