/* SPDX-License-Identifier: GPL-2.0-only */
/* What is told on stderr while something is done. */
#ifndef TOLD_H
#define TOLD_H

#include <stdio.h>
#include <unistd.h>

static char told[8192];
static FILE *told_file;
static int told_stderr;

static inline void told_begin(void)
{
	fflush(stderr);
	told_file = tmpfile();
	told_stderr = dup(2);
	dup2(fileno(told_file), 2);
}

static inline void told_end(void)
{
	size_t n;

	fflush(stderr);
	dup2(told_stderr, 2);
	close(told_stderr);
	rewind(told_file);
	n = fread(told, 1, sizeof(told) - 1, told_file);
	told[n] = '\0';
	fclose(told_file);
}

#endif
