/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes and times as people write and read them. */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_TEXT	64	/* bytes that hold any text made here */

/* "4194304", "64G", "48GiB", "48 GiB": binary units only, K to E. Return: false when it is none. */
bool parse_size(const char *text, uint64_t *bytes);

/* "75%": 1 to 100. Return: false when it is none. */
bool parse_percent(const char *text, unsigned int *percent);

/* Part of a number of bytes, without overflow. */
uint64_t percent_of(uint64_t bytes, unsigned int percent);

/* "48 GiB", "47.9 GiB" (cut, not rounded up: what is free must be there), "0 B" */
const char *format_size(char text[UNITS_TEXT], uint64_t bytes);

/* "21 us", "12.3 ms", "1.2 s" */
const char *format_us(char text[UNITS_TEXT], uint64_t us);

/* "0.4 s ago", "5 min ago", "3 h ago", "2 d ago" */
const char *format_ago(char text[UNITS_TEXT], uint64_t ms);

/* Nanoseconds as microseconds with one decimal: "21.3" */
const char *format_ns_as_us(char text[UNITS_TEXT], uint64_t ns);

#endif
