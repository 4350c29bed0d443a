/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An INI file as lines, each understood by the library inih, so that the place of a fault is known
 * and a change touches no line but its own.
 */
#ifndef INIFILE_H
#define INIFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum ini_kind {
	INI_BLANK,		/* nothing, or a comment */
	INI_SECTION,
	INI_KEY,
	INI_FAULT
};

struct ini_line {
	enum ini_kind kind;
	char *text;		/* as it is in the file, without its end */
	char *name;		/* of a section or a key */
	char *value;		/* of a key */
	const char *fault;
};

struct inifile {
	char *path;
	bool exists;
	struct ini_line *line;
	size_t n;
};

/* One that does not exist has no lines. Return: false, having told why, when it cannot be read. */
bool inifile_read(struct inifile *f, const char *path);

/* The same from memory. */
void inifile_take(struct inifile *f, const char *path, const char *text);

void inifile_free(struct inifile *f);

bool inifile_has_section(const struct inifile *f, const char *section);

/* Makes the section if there is none; @value NULL takes the key out. */
void inifile_set(struct inifile *f, const char *section, const char *key, const char *value);
void inifile_add_section(struct inifile *f, const char *section);

/* Comments stay. Return: whether there was such a section. */
bool inifile_remove_section(struct inifile *f, const char *section);

/* The whole text, which the caller frees. */
char *inifile_text(const struct inifile *f);

/*
 * Replaces the file at once and as a whole, or makes it, with its folder. Return: false, having
 * told why, when it cannot.
 */
bool inifile_write(const struct inifile *f);

#endif
