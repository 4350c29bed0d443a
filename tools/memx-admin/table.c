// SPDX-License-Identifier: GPL-2.0-only
/* Columns of text, as wide as what is in them. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "table.h"

#define GAP	2

/* Takes over @text. */
static void append(struct table *t, char *text)
{
	if (!text)
		text = strcpy(get_memory(NULL, 1, 1), "");
	make_printable(text);
	t->cell = get_memory(t->cell, t->cells + 1, sizeof(*t->cell));
	t->cell[t->cells++] = text;
}

void table_init(struct table *t, const char *head)
{
	*t = (struct table){ 0 };
	for (;;) {
		size_t n = strcspn(head, "|");

		append(t, strndup(head, n));
		t->columns++;
		if (!head[n])
			break;
		head += n + 1;
	}
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	append(t, text);
}

static int width(const struct table *t, size_t column)
{
	size_t i, most = 0;

	for (i = column; i < t->cells; i += t->columns)
		if (strlen(t->cell[i]) > most)
			most = strlen(t->cell[i]);
	return (int)most;
}

/* Blanks come before a cell, never after the last that holds something. */
static void print_row(const struct table *t, const int *widths, size_t row, FILE *to,
		      unsigned int indent)
{
	int blanks = (int)indent;
	size_t i;

	for (i = 0; i < t->columns && row + i < t->cells; i++) {
		const char *text = t->cell[row + i];

		if (*text) {
			fprintf(to, "%*s%s", blanks, "", text);
			blanks = 0;
		}
		blanks += widths[i] - (int)strlen(text) + GAP;
	}
	fputc('\n', to);
}

void table_print(struct table *t, FILE *to, unsigned int indent)
{
	int *widths = get_memory(NULL, t->columns, sizeof(*widths));
	size_t i;

	for (i = 0; i < t->columns; i++)
		widths[i] = width(t, i);
	for (i = 0; i < t->cells; i += t->columns)
		print_row(t, widths, i, to, indent);
	free(widths);
	for (i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	*t = (struct table){ 0 };
}
