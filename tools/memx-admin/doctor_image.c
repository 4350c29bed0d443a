// SPDX-License-Identifier: GPL-2.0-only
/* The initramfs of each kernel: whether MemX is in it, and which. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "doctor.h"
#include "doctor_module.h"
#include "names.h"
#include "say.h"

#define HEAD_BYTES	110			/* of an entry in cpio's format newc */
#define MODULE_MOST	((size_t)64 << 20)
#define CONF_MOST	((size_t)1 << 20)
#define TRAILER		"TRAILER!!!"
#define END		(-1)
#define TOOLS_HOOK	"/usr/share/initramfs-tools/hooks/memx"
#define DRACUT_MODULE	"/usr/lib/dracut/modules.d/55memx"

/* Archives follow one another in an image, with zeros between, the last ones compressed. */
struct entry {
	char name[PATH_BYTES];
	size_t name_bytes;
	size_t bytes;
};

static bool pass(FILE *from, size_t bytes)
{
	char buffer[16384];
	size_t n;

	for (; bytes; bytes -= n) {
		n = fread(buffer, 1, bytes < sizeof(buffer) ? bytes : sizeof(buffer), from);
		if (!n)
			return false;
	}
	return true;
}

static size_t padding(size_t bytes)
{
	return (4 - bytes % 4) % 4;
}

static bool read_field(const char *head, int field, size_t *value)
{
	char text[9], *end;

	memcpy(text, head + 6 + 8 * field, 8);
	text[8] = '\0';
	*value = strtoul(text, &end, 16);
	return !*end;
}

/* Return: false at what is no entry. */
static bool read_entry(FILE *from, const char head[HEAD_BYTES], struct entry *e)
{
	size_t n;

	if ((memcmp(head, "070701", 6) && memcmp(head, "070702", 6)) ||
	    !read_field(head, 6, &e->bytes) || !read_field(head, 11, &e->name_bytes))
		return false;
	n = e->name_bytes < sizeof(e->name) ? e->name_bytes : sizeof(e->name) - 1;
	if (fread(e->name, 1, n, from) != n)
		return false;
	e->name[n] = '\0';
	return pass(from, e->name_bytes - n + padding(HEAD_BYTES + e->name_bytes));
}

/* A module can be compressed in itself. */
static bool read_module(FILE *from, size_t bytes, struct image *image)
{
	int fd = memfd_create("module", MFD_CLOEXEC);
	char *text = get_memory(NULL, bytes + 1, 1);
	size_t size;
	bool done = fd >= 0 && fread(text, 1, bytes, from) == bytes &&
		    write(fd, text, bytes) == (ssize_t)bytes && !lseek(fd, 0, SEEK_SET);

	free(text);
	if (!done) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	image->has_module = true;
	text = unpack_all(fd, &size);
	if (text)
		module_id(text, size, image->module_id);
	free(text);
	return true;
}

static bool read_conf(FILE *from, size_t bytes, struct image *image)
{
	free(image->conf);
	image->conf = get_memory(NULL, bytes + 1, 1);
	image->conf[bytes] = '\0';
	return fread(image->conf, 1, bytes, from) == bytes;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static bool read_content(FILE *from, const struct entry *e, struct image *image)
{
	const char *base = strrchr(e->name, '/');

	base = base ? base + 1 : e->name;
	if (!strncmp(base, "memx_rmap.ko", 12) && e->bytes && e->bytes <= MODULE_MOST) {
		if (!read_module(from, e->bytes, image))
			return false;
	} else if (!strcmp(base, "memx.conf") && e->bytes && e->bytes <= CONF_MOST) {
		if (!read_conf(from, e->bytes, image))
			return false;
	} else {
		if (ends_with(e->name, image->key_file + 1) && e->bytes)
			image->has_key = true;
		if (!pass(from, e->bytes))
			return false;
	}
	return pass(from, padding(e->bytes));
}

/*
 * Reads entries, with zeros between archives, to the end of the file. Return: the place of the
 * first bytes that are neither, for a file that has places; END at the end.
 */
static off_t read_entries(FILE *from, struct image *image)
{
	char head[HEAD_BYTES];
	struct entry e;
	off_t at;
	int c;

	for (;;) {
		while (!(c = fgetc(from)))
			;
		if (c == EOF)
			return END;
		at = ftello(from) - 1;
		head[0] = (char)c;
		if (fread(head + 1, 1, HEAD_BYTES - 1, from) != HEAD_BYTES - 1 ||
		    !read_entry(from, head, &e))
			return at;
		if (strcmp(e.name, TRAILER) && !read_content(from, &e, image))
			return at;
	}
}

static void read_image(struct doctor *d, struct image *image)
{
	int fd = root_open(&d->root, image->path), again;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct unpacked u;
	off_t at;

	if (!file) {
		unseen(d, "%s can only be read by root", image->path);
		return;
	}
	at = read_entries(file, image);
	again = dup(fileno(file));
	fclose(file);
	image->read = at == END;
	if (at >= 0 && again >= 0 && lseek(again, at, SEEK_SET) == at && unpack(&u, again)) {
		read_entries(u.file, image);
		image->read = u.program && feof(u.file);
		image->read = unpack_end(&u) && image->read;
	} else if (again >= 0) {
		close(again);
	}
	if (!image->read)
		unseen(d, "%s cannot be unpacked", image->path);
}

/* As the distributions name them. */
static void add_image(struct doctor *d, const struct kernel *k)
{
	static const char *const names[] = { "/boot/initrd.img-%s", "/boot/initramfs-%s.img",
					     "/boot/initrd-%s" };
	struct image *image = &d->image[d->images++];
	struct stat st;
	size_t i;

	*image = (struct image){
		.kernel = k,
		.key_file = doctor_key_file(d),
	};
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !image->there; i++) {
		snprintf(image->path, sizeof(image->path), names[i], k->release);
		image->there = root_stat(&d->root, image->path, &st);
	}
	if (!image->there)
		return;
	image->readable_by_others = st.st_mode & (S_IRWXG | S_IRWXO);
	read_image(d, image);
}

static bool wanted_by_conf(const struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->conf.volumes; i++)
		if (d->conf.volume[i].boot)
			return true;
	return false;
}

static bool on_command_line(const struct doctor *d, const char *word)
{
	char line[4096], *at = line, *have;

	if (!root_line(&d->root, "/proc/cmdline", line, sizeof(line)))
		return false;
	while ((have = strsep(&at, " "))) {
		if (!strncmp(have, "rd.", 3))
			have += 3;
		if (!strncmp(have, word, strlen(word)))
			return true;
	}
	return false;
}

static bool wanted_by_command_line(const struct doctor *d)
{
	return on_command_line(d, "memx.swap=");
}

/* What the command line wants is not of the file, and is encrypted unless it says otherwise. */
static bool needs_key(const struct doctor *d)
{
	if (wanted_by_command_line(d))
		return !on_command_line(d, "memx.security=none");
	return wanted_by_conf(d) && d->conf.node.security != SECURITY_NONE;
}

/*
 * Unpacking takes a second or more, so only what is to boot with MemX is looked at. A kernel that
 * is not in /boot, as in a container, needs no image there.
 */
void images_read(struct doctor *d)
{
	char path[PATH_BYTES];
	size_t i;

	if (!wanted_by_conf(d) && !wanted_by_command_line(d))
		return;
	for (i = 0; i < d->kernels; i++) {
		snprintf(path, sizeof(path), "/boot/vmlinuz-%s", d->kernel[i].release);
		if (root_has(&d->root, path))
			add_image(d, &d->kernel[i]);
	}
}

static bool uses_dracut(const struct doctor *d)
{
	return !root_has(&d->root, "/usr/sbin/update-initramfs");
}

static void rebuild_command(const struct doctor *d, const struct image *image,
			    char command[PATH_BYTES])
{
	snprintf(command, PATH_BYTES, uses_dracut(d) ? "dracut --force --kver %s" :
						       "update-initramfs -c -k %s",
		 image->kernel->release);
}

static void tell(struct doctor *d, const struct check *c, const struct image *image)
{
	char command[PATH_BYTES];

	rebuild_command(d, image, command);
	found(d, c, image->path, image->kernel->release, command);
}

static void look_tool(struct doctor *d, const struct check *c)
{
	if (d->images && !root_has(&d->root, uses_dracut(d) ? DRACUT_MODULE : TOOLS_HOOK))
		found(d, c, uses_dracut(d) ? "memx-dracut" : "memx-initramfs",
		      is_debian(d) ? "apt" : "dnf", NULL);
}

static void look_none(struct doctor *d, const struct check *c)
{
	const struct image *i;

	for (i = d->image; i < d->image + d->images; i++)
		if (!i->there)
			tell(d, c, i);
}

static void look_module(struct doctor *d, const struct check *c)
{
	const struct image *i;

	for (i = d->image; i < d->image + d->images; i++)
		if (i->read && !i->has_module)
			tell(d, c, i);
}

static void look_old(struct doctor *d, const struct check *c)
{
	const struct image *i;

	for (i = d->image; i < d->image + d->images; i++)
		if (i->module_id[0] && i->kernel->module_id[0] &&
		    strcmp(i->module_id, i->kernel->module_id))
			tell(d, c, i);
}

static void look_conf(struct doctor *d, const struct check *c)
{
	char *text = root_text(&d->root, DEFAULT_CONF, NULL);
	const struct image *i;

	for (i = d->image; text && i < d->image + d->images; i++)
		if (i->conf && strcmp(i->conf, text))
			tell(d, c, i);
	free(text);
}

static void look_keyless(struct doctor *d, const struct check *c)
{
	const struct image *i;

	for (i = d->image; i < d->image + d->images; i++)
		if (i->has_module && !i->has_key && needs_key(d))
			tell(d, c, i);
}

static void look_key(struct doctor *d, const struct check *c)
{
	const struct image *i;

	for (i = d->image; i < d->image + d->images; i++)
		if (i->has_key && i->readable_by_others)
			tell(d, c, i);
}

const struct check image_checks[] = {
	{ "initramfs-tool", ERROR,
	  "MemX is wanted before the root file system is there, but nothing puts it into the "
	  "initramfs", "run '{2} install {1}'", look_tool },
	{ "initramfs-none", ERROR,
	  "there is no initramfs for kernel {2}, and MemX is wanted before the root file system is",
	  "run '{3}'", look_none },
	{ "initramfs-missing", ERROR,
	  "{1} holds no module memx_rmap, and MemX is wanted before the root file system is there",
	  "run '{3}'", look_module },
	{ "initramfs-old", ERROR,
	  "{1} holds another build of memx_rmap than the one that is installed", "run '{3}'",
	  look_old },
	{ "initramfs-conf", WARNING, "{1} holds another memx.conf than the one that is in use",
	  "run '{3}'", look_conf },
	{ "initramfs-keyless", WARNING,
	  "{1} holds no cluster key, so memory of others is there only after the root file system",
	  "write KEY_IN_INITRAMFS=yes to /etc/default/memx, and run '{3}'", look_keyless },
	{ "initramfs-key", ERROR,
	  "{1} holds the cluster key, and others than root can read it",
	  "run 'chmod 600 {1}', and think of a new key", look_key },
	{ 0 }
};
