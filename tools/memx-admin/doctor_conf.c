// SPDX-License-Identifier: GPL-2.0-only
/* What memx.conf asks for, and the file of the cluster key. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "doctor.h"
#include "names.h"

void doctor_read_conf(struct doctor *d)
{
	char *text = root_text(&d->root, DEFAULT_CONF, NULL);

	inifile_take(&d->file, DEFAULT_CONF, text ? text : "");
	d->conf_fault = !conf_take(&d->conf, &d->file);
	free(text);
}

const char *doctor_key_file(const struct doctor *d)
{
	return d->conf.key_file ? d->conf.key_file : DEFAULT_KEY;
}

static void look_fault(struct doctor *d, const struct check *c)
{
	if (d->conf_fault)
		found(d, c, DEFAULT_CONF, NULL, NULL);
}

static void look_key_file(struct doctor *d, const struct check *c)
{
	if (d->conf.links && d->conf.node.security != SECURITY_NONE &&
	    !root_has(&d->root, doctor_key_file(d)))
		found(d, c, doctor_key_file(d), NULL, NULL);
}

/* Whether it is asked for or not: a key that others read is one that others have. */
static void look_key_mode(struct doctor *d, const struct check *c)
{
	struct stat st;

	if (root_stat(&d->root, doctor_key_file(d), &st) && st.st_mode & (S_IRWXG | S_IRWXO))
		found(d, c, doctor_key_file(d), NULL, NULL);
}

static void look_key_owner(struct doctor *d, const struct check *c)
{
	struct stat st;

	if (root_stat(&d->root, doctor_key_file(d), &st) && st.st_uid && st.st_uid != geteuid())
		found(d, c, doctor_key_file(d), NULL, NULL);
}

static bool is_in_use(const struct doctor *d, const char *unit)
{
	static const char folder[] = "/etc/systemd/system";
	char **names, path[PATH_BYTES];
	size_t i, n = root_names(&d->root, folder, "", &names);
	bool there = false;

	for (i = 0; i < n && !there; i++) {
		const char *end = strrchr(names[i], '.');

		if (!end || (strcmp(end, ".wants") && strcmp(end, ".requires")))
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", folder, names[i], unit);
		there = root_has(&d->root, path);
	}
	names_free(names, n);
	return there;
}

static void look_unit(struct doctor *d, const struct check *c)
{
	const struct conf *w = &d->conf;
	const struct { const char *name; bool wanted; } unit[] = {
		{ "memx-node.service", w->links },
		{ "memx-server.service", w->have_server },
		{ "memx-volumes.service", w->volumes },
	};
	char path[PATH_BYTES];
	size_t i;

	for (i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		snprintf(path, sizeof(path), "/usr/lib/systemd/system/%s", unit[i].name);
		if (unit[i].wanted && root_has(&d->root, path) && !is_in_use(d, unit[i].name))
			found(d, c, unit[i].name, NULL, NULL);
	}
}

const struct check conf_checks[] = {
	{ "conf-fault", ERROR,
	  "{1} cannot be used: standard error says what is wrong in which line",
	  "mend it, and run 'memx-admin apply --dry-run' to see what would change", look_fault },
	{ "key-missing", ERROR, "memx.conf asks for encryption, and there is no key in {1}",
	  "copy the file from another machine of the cluster; on the first one, run "
	  "'memx-admin key generate'", look_key_file },
	{ "key-open", ERROR, "others than root can read the cluster key {1}",
	  "run 'chmod 600 {1}', and think of a new key", look_key_mode },
	{ "key-owner", ERROR, "the cluster key {1} belongs to another user than root",
	  "run 'chown root {1}', and think of a new key", look_key_owner },
	{ "unit-disabled", WARNING, "memx.conf is not applied at the next boot: {1} is not enabled",
	  "run 'systemctl enable --now {1}'", look_unit },
	{ 0 }
};
