// SPDX-License-Identifier: GPL-2.0-only
/* The kernels of this machine: whether they have our modules, or why not. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "doctor_module.h"
#include "say.h"

/* Return: the place in @out after what fits of it. */
static void path_of(char out[PATH_BYTES], const char *fmt, const char *one, const char *two)
{
	snprintf(out, PATH_BYTES, fmt, one, two);
}

/* Three numbers of a kernel's version as one that can be compared. */
static uint64_t version_number(const char *text)
{
	unsigned int a = 0, b = 0, c = 0;

	sscanf(text, "%u.%u.%u", &a, &b, &c);
	return (uint64_t)a << 40 | (uint64_t)(b & 0xfffff) << 20 | (c & 0xfffff);
}

/* The value of NAME="VALUE" at the beginning of a line of shell. Return: whether there is one. */
static bool shell_value(const char *text, const char *name, char *value, size_t size)
{
	size_t n = strlen(name), len;
	const char *line;

	for (line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, name, n) || line[n] != '=')
			continue;
		line += n + 1;
		line += *line == '"' || *line == '\'';
		len = strcspn(line, "\"'\n");
		snprintf(value, size, "%.*s", (int)len, line);
		return true;
	}
	return false;
}

static bool in_range(struct kernel *k, const char *dkms)
{
	char least[32] = "", most[32] = "";
	uint64_t version = version_number(k->release);
	bool has_least, has_most;

	has_least = shell_value(dkms, "BUILD_EXCLUSIVE_KERNEL_MIN", least, sizeof(least));
	has_most = shell_value(dkms, "BUILD_EXCLUSIVE_KERNEL_MAX", most, sizeof(most));
	if ((!has_least || version >= version_number(least)) &&
	    (!has_most || version < version_number(most)))
		return true;
	snprintf(k->detail, sizeof(k->detail), "from %s on%s%s", has_least ? least : "any",
		 has_most ? ", below " : "", most);
	return false;
}

static bool config_has(const char *config, const char *option)
{
	char value[8];

	return shell_value(config, option, value, sizeof(value)) &&
	       (value[0] == 'y' || value[0] == 'm');
}

/* "CONFIG_A !CONFIG_B": as DKMS reads it. */
static bool has_config(const struct root *root, struct kernel *k, const char *dkms)
{
	char wish[SENTENCE_BYTES], path[PATH_BYTES], *rest = wish, *word, *config;
	bool all = true;

	if (!shell_value(dkms, "BUILD_EXCLUSIVE_CONFIG", wish, sizeof(wish)))
		return true;
	path_of(path, "/boot/config-%s", k->release, "");
	config = root_text(root, path, NULL);
	while (config && all && (word = strsep(&rest, " \t"))) {
		bool no = word[0] == '!';

		if (!*word || config_has(config, word + no) != no)
			continue;
		snprintf(k->detail, sizeof(k->detail), "%s %s", no ? "with" : "without",
			 word + no);
		all = false;
	}
	free(config);
	return all;
}

/* The newest source that DKMS has of us. Return: its dkms.conf, or NULL. */
static char *dkms_conf(const struct root *root, char version[RELEASE_BYTES])
{
	char **names, path[PATH_BYTES], *text = NULL;
	size_t i, n = root_names(root, "/usr/src", "memx-", &names);

	for (i = n; i-- > 0 && !text;) {
		path_of(path, "/usr/src/%s/dkms.conf", names[i], "");
		text = root_text(root, path, NULL);
		snprintf(version, RELEASE_BYTES, "%s", names[i] + strlen("memx-"));
	}
	names_free(names, n);
	return text;
}

/* DKMS leaves the log of a failed build there; its first line names the kernel. */
static bool build_failed(const struct root *root, struct kernel *k, const char *version)
{
	char path[PATH_BYTES], line[PATH_BYTES];

	path_of(path, "/var/lib/dkms/memx/%s/build/make.log", version, "");
	if (!root_line(root, path, line, sizeof(line)) || !strstr(line, k->release))
		return false;
	snprintf(k->detail, sizeof(k->detail), "%.*s", (int)sizeof(k->detail) - 1, path);
	return true;
}

static enum no_module why_none(const struct root *root, struct kernel *k)
{
	char version[RELEASE_BYTES], *dkms = dkms_conf(root, version);
	enum no_module why = NOT_BUILT;

	if (!dkms)
		return NO_SOURCE;
	if (!in_range(k, dkms))
		why = OUT_OF_RANGE;
	else if (!has_config(root, k, dkms))
		why = LACKS_CONFIG;
	else if (!k->headers)
		why = NO_HEADERS;
	else if (build_failed(root, k, version))
		why = BUILD_FAILED;
	free(dkms);
	return why;
}

/* Where modprobe would find the module. Return: whether it would. */
static bool module_path(const struct root *root, const struct kernel *k, char path[PATH_BYTES])
{
	char *text, *line, *rest, *end, *base;
	bool there = false;

	path_of(path, "/lib/modules/%s/modules.dep", k->release, "");
	text = rest = root_text(root, path, NULL);
	while (text && !there && (line = strsep(&rest, "\n"))) {
		end = strchr(line, ':');
		if (!end)
			continue;
		*end = '\0';
		base = strrchr(line, '/');
		if (strncmp(base ? base + 1 : line, "memx_rmap.ko", 12))
			continue;
		path_of(path, "/lib/modules/%s/%s", k->release, line);
		there = true;
	}
	free(text);
	return there;
}

static void read_module(struct doctor *d, struct kernel *k)
{
	char path[PATH_BYTES], *text = NULL;
	size_t size;
	int fd;

	if (!module_path(&d->root, k, path)) {
		k->why = why_none(&d->root, k);
		return;
	}
	fd = root_open(&d->root, path);
	if (fd >= 0)
		text = unpack_all(fd, &size);
	if (!text) {
		unseen(d, "%s cannot be read", path);
		return;
	}
	k->module_read = true;
	k->is_signed = module_is_signed(text, size);
	module_id(text, size, k->module_id);
	free(text);
}

static void add_kernel(struct doctor *d, const char *release, bool running)
{
	struct kernel *k = &d->kernel[d->kernels++];
	char path[PATH_BYTES];

	*k = (struct kernel){ .running = running,
			      .which = running ? "the running" : "the newest installed" };
	snprintf(k->release, sizeof(k->release), "%s", release);
	path_of(path, "/lib/modules/%s/build/Makefile", release, "");
	k->headers = root_has(&d->root, path);
	read_module(d, k);
}

/* The boot loader's choice is the newest one, unless the administrator said otherwise. */
void kernels_read(struct doctor *d)
{
	char release[RELEASE_BYTES] = "", **names;
	size_t n = root_names(&d->root, "/boot", "vmlinuz-", &names);
	const char *newest = n ? names[n - 1] + strlen("vmlinuz-") : NULL;

	if (root_line(&d->root, "/proc/sys/kernel/osrelease", release, sizeof(release)))
		add_kernel(d, release, true);
	if (newest && strcmp(newest, release))
		add_kernel(d, newest, false);
	if (!d->kernels)
		unseen(d, "there is no kernel in /boot, and none runs here");
	names_free(names, n);
}

static void headers_command(const struct doctor *d, const struct kernel *k,
			    char command[PATH_BYTES])
{
	path_of(command, is_debian(d) ? "apt install linux-headers-%s" :
					"dnf install kernel-devel-%s", k->release, "");
}

static void all_with(struct doctor *d, const struct check *c, enum no_module why)
{
	char command[PATH_BYTES];
	const struct kernel *k;

	for (k = d->kernel; k < d->kernel + d->kernels; k++) {
		if (k->why != why)
			continue;
		if (why == NO_HEADERS)
			headers_command(d, k, command);
		else if (why == NO_SOURCE)
			path_of(command, "%s install memx-dkms", is_debian(d) ? "apt" : "dnf", "");
		else
			path_of(command, "%s", k->detail, "");
		found(d, c, k->which, k->release, command);
	}
}

static void look_source(struct doctor *d, const struct check *c)
{
	all_with(d, c, NO_SOURCE);
}

static void look_range(struct doctor *d, const struct check *c)
{
	all_with(d, c, OUT_OF_RANGE);
}

static void look_config(struct doctor *d, const struct check *c)
{
	all_with(d, c, LACKS_CONFIG);
}

static void look_headers(struct doctor *d, const struct check *c)
{
	all_with(d, c, NO_HEADERS);
}

static void look_build(struct doctor *d, const struct check *c)
{
	all_with(d, c, BUILD_FAILED);
}

static void look_module(struct doctor *d, const struct check *c)
{
	all_with(d, c, NOT_BUILT);
}

/* Modules that were not built here need no headers. */
static void look_headers_later(struct doctor *d, const struct check *c)
{
	char version[RELEASE_BYTES], command[PATH_BYTES], *dkms = dkms_conf(&d->root, version);
	const struct kernel *k;

	for (k = d->kernel; dkms && k < d->kernel + d->kernels; k++) {
		if (k->why != HAS_MODULE || k->headers)
			continue;
		headers_command(d, k, command);
		found(d, c, k->which, k->release, command);
	}
	free(dkms);
}

static void look_loaded(struct doctor *d, const struct check *c)
{
	bool wanted = d->conf.links || d->conf.have_server || d->conf.volumes;

	if (wanted && root_has(&d->root, "/sys/module") && d->kernels && d->kernel[0].running &&
	    d->kernel[0].why == HAS_MODULE && !root_has(&d->root, "/sys/module/memx_rmap"))
		found(d, c, NULL, NULL, NULL);
}

static void look_reload(struct doctor *d, const struct check *c)
{
	const char *path = "/sys/module/memx_rmap/notes/.note.gnu.build-id";
	char id[MODULE_ID_TEXT], *text;
	size_t size;

	if (!d->kernels || !d->kernel[0].running || !d->kernel[0].module_id[0])
		return;
	text = root_text(&d->root, path, &size);
	if (text && module_id(text, size, id) && strcmp(id, d->kernel[0].module_id))
		found(d, c, NULL, NULL, NULL);
	free(text);
}

const struct check kernel_checks[] = {
	{ "source-missing", ERROR,
	  "the source of the modules is not installed, so {1} kernel {2} has no module memx_rmap",
	  "run '{3}'", look_source },
	{ "kernel-range", ERROR,
	  "{1} kernel {2} is none that this version of MemX is made for ({3}), so it has no "
	  "modules",
	  "boot a kernel in that range, or install a newer memx-dkms", look_range },
	{ "kernel-config", ERROR,
	  "{1} kernel {2} was built {3}, so MemX is not built for it",
	  "boot another kernel of the distribution", look_config },
	{ "headers-missing", ERROR,
	  "the headers of {1} kernel {2} are missing, so DKMS cannot build the modules for it",
	  "run '{3}'; where there is no such package any more, upgrade the kernel with its "
	  "headers, and reboot", look_headers },
	{ "build-failed", ERROR,
	  "the modules could not be built for {1} kernel {2}",
	  "{3} says why; boot another kernel, or install a newer memx-dkms", look_build },
	{ "module-missing", ERROR,
	  "{1} kernel {2} has no module memx_rmap, though it could be built",
	  "run 'dkms autoinstall -k {2}'", look_module },
	{ "headers-later", WARNING,
	  "the headers of {1} kernel {2} are missing: an upgrade of MemX could not build its "
	  "modules",
	  "run '{3}'", look_headers_later },
	{ "module-unloaded", ERROR,
	  "memx.conf asks for MemX, but the module memx_rmap is not loaded",
	  "run 'systemctl start memx-node', and 'journalctl -b -u memx-node' when it fails",
	  look_loaded },
	{ "module-reload", WARNING,
	  "another build of memx_rmap is installed than the one that runs",
	  "reboot; or 'systemctl stop memx-volumes memx-server memx-node', unload memx_xen, "
	  "memx_client, memx_server and memx_rmap with 'modprobe -r', and start these units again",
	  look_reload },
	{ 0 }
};
