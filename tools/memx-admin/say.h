/* SPDX-License-Identifier: GPL-2.0-only */
/* What the administrator is told on stderr: one sentence, after what it is about. */
#ifndef SAY_H
#define SAY_H

#include <stddef.h>

enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* What the sentences are about, such as "create swap0"; empty: nothing. */
void say_about(const char *command, const char *object);

/* memx-admin: ABOUT: SENTENCE */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same without what it is about. */
void say_plain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same as say(), with where help is, and the end of the program. */
void usage(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Bytes that could drive a terminal become '?', in place. */
void make_printable(char *s);

/* Memory, or the end of the program. */
void *get_memory(void *old, size_t count, size_t size);

#endif
