// SPDX-License-Identifier: GPL-2.0-only
/* Sentences on stderr. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define ABOUT_MAX	128
#define TEXT_MAX	512

static char about[ABOUT_MAX];
static char about_command[ABOUT_MAX];

void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

void say_about(const char *command, const char *object)
{
	snprintf(about_command, sizeof(about_command), "%s", command);
	snprintf(about, sizeof(about), "%s%s%s", command, object ? " " : "",
		 object ? object : "");
	make_printable(about);
}

static void tell(const char *of, const char *fmt, va_list args)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, args);
	make_printable(text);
	fprintf(stderr, "memx-admin: %s%s%s", of, *of ? ": " : "", text);
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(about, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void say_plain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell("", fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void usage(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(about_command, fmt, args);
	va_end(args);
	fprintf(stderr, "; see 'memx-admin %s%s--help'\n", about_command,
		*about_command ? " " : "");
	exit(EXIT_USAGE);
}

void *get_memory(void *old, size_t count, size_t size)
{
	void *new = reallocarray(old, count, size);

	if (!new) {
		say_plain("there is no memory left");
		exit(EXIT_REFUSED);
	}
	return new;
}
