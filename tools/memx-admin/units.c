// SPDX-License-Identifier: GPL-2.0-only
/* Sizes and times as people write and read them. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "units.h"

static const char letters[] = "KMGTPE";

/* Return: the power of 1024 that a unit stands for, or -1. */
static int unit_power(const char *unit)
{
	const char *at;

	if (!*unit)
		return 0;
	at = strchr(letters, toupper((unsigned char)*unit));
	if (!at || (unit[1] && strcmp(unit + 1, "iB")))
		return -1;
	return (int)(at - letters) + 1;
}

bool parse_size(const char *text, uint64_t *bytes)
{
	char digits[UNITS_TEXT];
	size_t n = strspn(text, "0123456789");
	uint64_t value;
	int power;

	if (!n || n >= sizeof(digits))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	text += n;
	if (text[0] == ' ' && text[1])
		text++;
	power = unit_power(text);
	if (power < 0 || !parse_uint(digits, 0, UINT64_MAX, &value))
		return false;
	if (value > UINT64_MAX >> (10 * power))
		return false;
	*bytes = value << (10 * power);
	return true;
}

bool parse_percent(const char *text, unsigned int *percent)
{
	size_t n = strlen(text);
	char digits[4];
	uint64_t value;

	if (n < 2 || n > sizeof(digits) || text[n - 1] != '%')
		return false;
	memcpy(digits, text, n - 1);
	digits[n - 1] = '\0';
	if (strspn(digits, "0123456789") != n - 1 || !parse_uint(digits, 1, 100, &value))
		return false;
	*percent = (unsigned int)value;
	return true;
}

uint64_t percent_of(uint64_t bytes, unsigned int percent)
{
	return bytes / 100 * percent + bytes % 100 * percent / 100;
}

const char *format_size(char text[UNITS_TEXT], uint64_t bytes)
{
	unsigned int power = 0;
	uint64_t whole, rest, tenth;

	while (power < strlen(letters) && bytes >> (10 * (power + 1)))
		power++;
	whole = bytes >> (10 * power);
	rest = bytes - (whole << (10 * power));
	/* Above 2^60 ten times the rest still fits: the rest is below 2^60. */
	tenth = rest * 10 >> (10 * power);
	if (!power)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " B", bytes);
	else if (!tenth)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " %ciB", whole, letters[power - 1]);
	else
		snprintf(text, UNITS_TEXT, "%" PRIu64 ".%" PRIu64 " %ciB", whole, tenth,
			 letters[power - 1]);
	return text;
}

const char *format_us(char text[UNITS_TEXT], uint64_t us)
{
	if (us < 10000)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " us", us);
	else if (us < 1000000)
		snprintf(text, UNITS_TEXT, "%" PRIu64 ".%" PRIu64 " ms", us / 1000,
			 us % 1000 / 100);
	else
		snprintf(text, UNITS_TEXT, "%" PRIu64 ".%" PRIu64 " s", us / 1000000,
			 us % 1000000 / 100000);
	return text;
}

const char *format_ago(char text[UNITS_TEXT], uint64_t ms)
{
	uint64_t min = ms / 60000;

	if (!min)
		snprintf(text, UNITS_TEXT, "%" PRIu64 ".%" PRIu64 " s ago", ms / 1000,
			 ms % 1000 / 100);
	else if (min < 60)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " min ago", min);
	else if (min < 24 * 60)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " h ago", min / 60);
	else
		snprintf(text, UNITS_TEXT, "%" PRIu64 " d ago", min / (24 * 60));
	return text;
}

const char *format_ns_as_us(char text[UNITS_TEXT], uint64_t ns)
{
	snprintf(text, UNITS_TEXT, "%" PRIu64 ".%" PRIu64, ns / 1000, ns % 1000 / 100);
	return text;
}
