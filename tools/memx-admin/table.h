/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns of text, as wide as what is in them. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdio.h>

struct table {
	size_t columns;
	size_t cells;
	char **cell;		/* row after row */
};

/* @head: the titles, separated by '|' */
void table_init(struct table *t, const char *head);

/* The next cell; a full row is followed by the next row. */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prints it, indented by @indent, and frees it. */
void table_print(struct table *t, FILE *to, unsigned int indent);

#endif
