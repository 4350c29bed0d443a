// SPDX-License-Identifier: GPL-2.0-only
/* --save: what a command changes is changed in the configuration file too. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "conf.h"
#include "save.h"

/* Return: whether all of the file is understood; faults have been told. */
static bool is_good(const struct inifile *f)
{
	struct conf conf;
	bool good = conf_take(&conf, f);

	conf_free(&conf);
	return good;
}

void save_begin(struct save *s, const struct args *args, const char *kind, const char *name)
{
	const char *path = arg_text(args, "config");

	*s = (struct save){ .args = args, .wanted = arg_text(args, "save") };
	if (!s->wanted && path)
		usage("--config goes with --save");
	if (!s->wanted)
		return;
	snprintf(s->section, sizeof(s->section), "%s%s%s", kind, name ? " " : "",
		 name ? name : "");
	if (!inifile_read(&s->file, path ? path : DEFAULT_CONF) || !is_good(&s->file)) {
		say("nothing was changed: the configuration file must be right first");
		exit(EXIT_USAGE);
	}
}

void save_key(struct save *s, const char *key, const char *value)
{
	if (!s->wanted)
		return;
	inifile_add_section(&s->file, s->section);
	inifile_set(&s->file, s->section, key, value);
}

void save_option(struct save *s, const char *option)
{
	save_key(s, option, arg_text(s->args, option));
}

void save_given(struct save *s, const char *option)
{
	if (arg_text(s->args, option))
		save_option(s, option);
}

void save_change(struct save *s, const char *option)
{
	if (!s->wanted)
		return;
	if (inifile_has_section(&s->file, s->section)) {
		save_option(s, option);
		return;
	}
	say("nothing was changed: %s has no section [%s]", s->file.path, s->section);
	exit(EXIT_REFUSED);
}

void save_remove(struct save *s)
{
	if (s->wanted)
		inifile_remove_section(&s->file, s->section);
}

bool save_end(struct save *s, bool done)
{
	if (!s->wanted)
		return done;
	if (done) {
		done = is_good(&s->file) && inifile_write(&s->file);
		if (!done)
			say("it is done, but not saved");
	}
	inifile_free(&s->file);
	return done;
}
