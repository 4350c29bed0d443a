// SPDX-License-Identifier: GPL-2.0-only
/* Swap space on volumes. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "device.h"
#include "say.h"
#include "swap.h"

/* The kernel's union swap_header: the last bytes of the first page. */
#define SIGNATURE	"SWAPSPACE2"
#define SIGNATURE_BYTES	10

#define LABEL_MOST	15	/* of a swap space */
#define SWAP_OFF_POLL_US	100000
#define ROOT_OF_FIRST	"/proc/1/root"

void swaps_take(struct swaps *swaps, const char *text)
{
	const char *line = strchr(text, '\n');	/* behind the titles */
	char path[256];
	uint64_t kib;
	int priority;

	*swaps = (struct swaps){ 0 };
	for (; line; line = strchr(line + 1, '\n')) {
		struct swap *s;
		const char *name;

		if (sscanf(line + 1, "%255s %*s %" SCNu64 " %*s %d", path, &kib, &priority) != 3)
			continue;
		swaps->v = get_memory(swaps->v, swaps->n + 1, sizeof(*swaps->v));
		s = &swaps->v[swaps->n++];
		name = strrchr(path, '/');
		snprintf(s->disk, sizeof(s->disk), "%.*s", NAME_CHARS, name ? name + 1 : path);
		s->bytes = kib << 10;
		s->priority = priority;
	}
}

bool swaps_read(struct swaps *swaps)
{
	FILE *from = fopen("/proc/swaps", "re");
	char *text = NULL;
	size_t size = 0;

	*swaps = (struct swaps){ 0 };
	if (!from) {
		say("cannot read /proc/swaps: %s", strerror(errno));
		return false;
	}
	if (getdelim(&text, &size, '\0', from) > 0)
		swaps_take(swaps, text);
	free(text);
	fclose(from);
	return true;
}

const struct swap *swaps_find(const struct swaps *swaps, const char *disk)
{
	size_t i;

	for (i = 0; i < swaps->n; i++)
		if (!strcmp(swaps->v[i].disk, disk))
			return &swaps->v[i];
	return NULL;
}

struct swap_on {
	const struct volume *volume;
	const char *path;
	int priority;
};

/* What nothing was written to can be overwritten, and swap space that is not in use. */
static bool is_free(const struct swap_on *on)
{
	long page = sysconf(_SC_PAGESIZE);
	char signature[SIGNATURE_BYTES];
	int fd = open(on->path, O_RDONLY | O_EXCL | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		say("%s is in use: %s", on->path, strerror(errno));
		return false;
	}
	n = on->volume->written ? pread(fd, signature, sizeof(signature), page - SIGNATURE_BYTES)
				: 0;
	close(fd);
	if (!on->volume->written)
		return true;
	if (n == SIGNATURE_BYTES && !memcmp(signature, SIGNATURE, SIGNATURE_BYTES))
		return true;
	say("%s holds something that is no swap space: 'memx-admin destroy %s' removes it, or give "
	    "the volume use=block", on->path, on->volume->name);
	return false;
}

/* A tmpfs that is attached nowhere; not by the C library, whose functions are of 2022. */
static int detached_tmpfs(void)
{
	int context = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), fs;

	if (context < 0)
		return -1;
	fs = syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)
		? -1 : syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	close(context);
	return fs;
}

static bool make_node(int fs, const char *path)
{
	struct stat st;

	return !stat(path, &st) && !mkdirat(fs, "dev", 0755) &&
	       !mknodat(fs, path + 1, S_IFBLK | 0600, st.st_rdev);
}

/* Return: false with errno when it did not work, 0 when swapon(2) was not even called. */
static bool swap_on_detached(const char *path, int flags)
{
	char detached[DEVICE_PATH_MAX + sizeof("/proc/self/fd/4294967295")];
	int fs = detached_tmpfs(), err = 0;
	bool on = false;

	if (fs >= 0 && make_node(fs, path)) {
		snprintf(detached, sizeof(detached), "/proc/self/fd/%d%s", fs, path);
		on = !swapon(detached, flags);
		err = errno;
	}
	if (fs >= 0)
		close(fs);
	errno = err;
	return on;
}

/* Has swapon(2) seen no device: is there no /proc, or no right to look into that process? */
static bool is_no_way(int err)
{
	return !err || err == ENOENT || err == EACCES || err == EPERM;
}

/*
 * /proc/swaps names a device by its path below the root of the mount namespace, or when its mount
 * is detached, below that of the mount. The first process may detach the /dev of early boot, and
 * that of a hardened unit ends with the unit: "/memx0" is left then, which nothing finds. So it is
 * switched on as "dev/memx0" of a mount that is detached from the beginning. A hardened unit may
 * not mount; when it runs, the namespace of the first process stays as it is.
 */
static bool swap_on_for_good(const char *path, int flags)
{
	char lasting[sizeof(ROOT_OF_FIRST) + DEVICE_PATH_MAX];

	if (swap_on_detached(path, flags))
		return true;
	if (!is_no_way(errno))
		return false;
	snprintf(lasting, sizeof(lasting), ROOT_OF_FIRST "%s", path);
	if (!swapon(lasting, flags))
		return true;
	return is_no_way(errno) && !swapon(path, flags);
}

/* In a child: any of this waits while a server does not answer. Errors have been told. */
static int make_and_swap_on(void *arg)
{
	const struct swap_on *on = arg;
	int flags = SWAP_FLAG_DISCARD;
	char label[LABEL_MOST + 1];

	snprintf(label, sizeof(label), "memx-%.*s", LABEL_MOST - 5, on->volume->name);
	if (!is_free(on) || !device_mkswap(on->path, label))
		return EXIT_REFUSED;
	if (on->priority != PRIORITY_NONE)
		flags |= SWAP_FLAG_PREFER | (on->priority << SWAP_FLAG_PRIO_SHIFT &
					     SWAP_FLAG_PRIO_MASK);
	if (swap_on_for_good(on->path, flags))
		return EXIT_OK;
	say("cannot swap on %s: %s", on->path, strerror(errno));
	return EXIT_REFUSED;
}

bool swap_on(const struct volume *v, int priority, deadline end)
{
	char path[DEVICE_PATH_MAX];
	struct swap_on on = { .volume = v, .path = path, .priority = priority };
	int result;

	if (!device_wait_plain(v->disk, path))
		return false;
	result = child_run(make_and_swap_on, &on, end);
	if (result == CHILD_LATE)
		say("making swap space on %s takes too long: do its servers answer? "
		    "'memx-admin status' tells", path);
	return result == EXIT_OK;
}

struct swap_path {
	const char *disk;
	char path[DEVICE_PATH_MAX];
};

static bool is_swap(const char *disk)
{
	struct swaps swaps;
	bool found;

	if (!swaps_read(&swaps))
		return true;
	found = swaps_find(&swaps, disk);
	free(swaps.v);
	return found;
}

static bool is_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return errno == EBUSY;
	close(fd);
	return false;
}

/*
 * While another swapoff(8) is under way, as systemd's is at shutdown, the kernel knows no such swap
 * any more, but lists it, and in the end has the device open: then that one is waited for.
 */
static int call_swapoff(void *arg)
{
	const struct swap_path *s = arg;

	while (swapoff(s->path)) {
		if (errno != EINVAL)
			return errno;
		if (!is_swap(s->disk) && !is_open(s->path))
			return 0;
		usleep(SWAP_OFF_POLL_US);
	}
	return 0;
}

enum swap_off swap_off(const char *disk, deadline end)
{
	struct swap_path s = { .disk = disk };
	const char *path = s.path;
	int result;

	if (!device_wait_plain(disk, s.path))
		return SWAP_OFF_FAILED;
	result = child_run(call_swapoff, &s, end);
	if (!result)
		return SWAP_OFF_DONE;
	if (result == CHILD_LATE) {
		say("the time is over before all that is swapped to %s was read back", path);
		return SWAP_OFF_LATE;
	}
	if (result == ENOMEM)
		say("cannot swap off %s: there is not enough free memory for what it holds", path);
	else if (result > 0)
		say("cannot swap off %s: %s", path, strerror(result));
	return SWAP_OFF_FAILED;
}
