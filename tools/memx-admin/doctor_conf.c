// SPDX-License-Identifier: GPL-2.0-only
/* What memx.conf asks for, and the file of the cluster key. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "doctor.h"

#define CONF	"/etc/memx/memx.conf"

/* Where one is in the file. */
struct place_in {
	struct wanted *w;
	char kind[NAME_BYTES];
};

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return text;
}

static void begin_section(struct place_in *at, char *head)
{
	char *name = strpbrk(head, " \t");
	struct wanted *w = at->w;

	if (name) {
		*name++ = '\0';
		name = trim(name);
	}
	snprintf(at->kind, sizeof(at->kind), "%s", head);
	if (!strcmp(head, "server")) {
		w->server = true;
	} else if (!strcmp(head, "link") && name) {
		w->link = get_memory(w->link, w->links + 1, sizeof(*w->link));
		w->link[w->links] = (struct wanted_link){ 0 };
		snprintf(w->link[w->links++].ifname, IFNAME_BYTES, "%s", name);
	} else if (!strcmp(head, "volume") && name) {
		w->volume = get_memory(w->volume, w->volumes + 1, sizeof(*w->volume));
		w->volume[w->volumes] = (struct wanted_volume){ 0 };
		snprintf(w->volume[w->volumes++].name, NAME_BYTES, "%s", name);
	}
}

static void take_value(struct place_in *at, const char *key, const char *value)
{
	struct wanted *w = at->w;
	uint64_t number;

	if (!strcmp(at->kind, "node") && !strcmp(key, "security"))
		w->key = strcmp(value, "none");
	else if (!strcmp(at->kind, "node") && !strcmp(key, "key-file"))
		snprintf(w->key_file, sizeof(w->key_file), "%s", value);
	else if (!strcmp(at->kind, "link") && !strcmp(key, "mtu") && w->links &&
		 parse_uint(value, 0, UINT32_MAX, &number))
		w->link[w->links - 1].mtu = (uint32_t)number;
	else if (!strcmp(at->kind, "volume") && !strcmp(key, "use") && w->volumes)
		w->volume[w->volumes - 1].swap = !strcmp(value, "swap");
	else if (!strcmp(at->kind, "volume") && !strcmp(key, "boot") && w->volumes)
		w->volume[w->volumes - 1].boot = !strcmp(value, "yes");
}

static void take_line(struct place_in *at, char *line)
{
	char *value, *end;

	line = trim(line);
	if (line[0] == '[') {
		end = strchr(line, ']');
		if (end)
			*end = '\0';
		begin_section(at, trim(line + 1));
		return;
	}
	value = strchr(line, '=');
	if (!value || line[0] == '#' || line[0] == ';')
		return;
	*value++ = '\0';
	take_value(at, trim(line), trim(value));
}

void wanted_read(struct wanted *w, const struct root *root)
{
	char *text = root_text(root, CONF, NULL), *rest = text, *line;
	struct place_in at = { .w = w };

	*w = (struct wanted){ .there = text, .key = true };
	snprintf(w->key_file, sizeof(w->key_file), "%s", DEFAULT_KEY);
	while (text && (line = strsep(&rest, "\n")))
		take_line(&at, line);
	w->key = w->key && w->links;
	free(text);
}

void wanted_free(struct wanted *w)
{
	free(w->link);
	free(w->volume);
}

bool wanted_at_boot(const struct wanted *w)
{
	size_t i;

	for (i = 0; i < w->volumes; i++)
		if (w->volume[i].boot)
			return true;
	return false;
}

static void look_fault(struct doctor *d, const struct check *c)
{
	if (d->wanted.fault[0])
		found(d, c, d->wanted.fault, NULL, NULL);
}

static void look_key_file(struct doctor *d, const struct check *c)
{
	if (d->wanted.key && !root_has(&d->root, d->wanted.key_file))
		found(d, c, d->wanted.key_file, NULL, NULL);
}

/* Whether it is asked for or not: a key that others read is one that others have. */
static void look_key_mode(struct doctor *d, const struct check *c)
{
	struct stat st;

	if (root_stat(&d->root, d->wanted.key_file, &st) && st.st_mode & (S_IRWXG | S_IRWXO))
		found(d, c, d->wanted.key_file, NULL, NULL);
}

static void look_key_owner(struct doctor *d, const struct check *c)
{
	struct stat st;

	if (root_stat(&d->root, d->wanted.key_file, &st) && st.st_uid && st.st_uid != geteuid())
		found(d, c, d->wanted.key_file, NULL, NULL);
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
	const struct wanted *w = &d->wanted;
	const struct { const char *name; bool wanted; } unit[] = {
		{ "memx-node.service", w->links },
		{ "memx-server.service", w->server },
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
	{ "conf-fault", ERROR, "{1}", "mend it, and run 'memx-admin apply --dry-run' to see what "
	  "would change", look_fault },
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
