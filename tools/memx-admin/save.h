/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --save: what a command changes is changed in the configuration file too. Without --save these do
 * nothing.
 */
#ifndef SAVE_H
#define SAVE_H

#include <stdbool.h>

#include "inifile.h"

struct args;

struct save {
	const struct args *args;
	bool wanted;
	struct inifile file;
	char section[64];
};

/*
 * Reads the file and names the section that changes, "@kind" or "@kind @name". A file that is wrong
 * ends the program, before anything was changed.
 */
void save_begin(struct save *s, const struct args *args, const char *kind, const char *name);

/* The section has the key with this value; NULL: not. */
void save_key(struct save *s, const char *key, const char *value);

/* The same with the value of the option of this name; one that is not given is the default. */
void save_option(struct save *s, const char *option);

/* The same, but one that is not given stays as it is. */
void save_given(struct save *s, const char *option);

/* The same, but a section that is not there is not made: it would not be whole. */
void save_change(struct save *s, const char *option);

/* There is no such section. */
void save_remove(struct save *s);

/* Writes the file if the change was @done. Return: whether all is done. */
bool save_end(struct save *s, bool done);

#endif
