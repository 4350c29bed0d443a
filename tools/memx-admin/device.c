// SPDX-License-Identifier: GPL-2.0-only
/* The device nodes of volumes, and the programs that are run on them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "device.h"
#include "say.h"

#define WAIT_S		10
#define POLL_NS		10000000	/* 10 ms: nothing tells of a node in /dev but looking */
#define UDEV_SOCKET	"/run/udev/control"
#define EXEC_FAILED	127		/* as the shell has it */

/* A path that is written to before the device is there would become a regular file. */
static bool is_device(const char *path, dev_t *number)
{
	struct stat st;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		return false;
	*number = st.st_rdev;
	return true;
}

static bool wait_for(const char *path, dev_t *number, deadline end)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	while (!is_device(path, number)) {
		if (!deadline_left(end))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool wait_plain(const char *disk, char path[DEVICE_PATH_MAX], dev_t *number, deadline end)
{
	if (!name_is_valid(disk, NAME_CHARS)) {
		say("the kernel did not say which disk it made");
		return false;
	}
	snprintf(path, DEVICE_PATH_MAX, "/dev/%s", disk);
	if (wait_for(path, number, end))
		return true;
	say("%s did not appear within %d s", path, WAIT_S);
	return false;
}

bool device_wait_plain(const char *disk, char path[DEVICE_PATH_MAX])
{
	dev_t number;

	return wait_plain(disk, path, &number, deadline_in(WAIT_S));
}

bool device_wait(const struct volume *volume, char path[DEVICE_PATH_MAX])
{
	deadline end = deadline_in(WAIT_S);
	char plain[DEVICE_PATH_MAX];
	dev_t of_plain, of_named;

	if (!wait_plain(volume->disk, plain, &of_plain, end))
		return false;
	snprintf(path, DEVICE_PATH_MAX, "/dev/memx/%s", volume->name);
	if (access(UDEV_SOCKET, F_OK) || !wait_for(path, &of_named, end) || of_named != of_plain)
		strcpy(path, plain);
	return true;
}

/* What such programs print when all is well is of no use. */
static void become(char *const argv[])
{
	int null = open("/dev/null", O_WRONLY);

	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	execvp(argv[0], argv);
	_exit(EXEC_FAILED);
}

static bool run(char *const argv[], const char *path)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (!child)
		become(argv);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0)
		say("cannot run %s: %s", argv[0], strerror(errno));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED)
		say("%s cannot be run; it is part of util-linux", argv[0]);
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		say("%s %s failed", argv[0], path);
	else
		return true;
	return false;
}

bool device_mkswap(const char *path, const char *label)
{
	char device[DEVICE_PATH_MAX], name[NAME_BYTES];
	char *make[] = { "mkswap", "-L", name, device, NULL };

	snprintf(device, sizeof(device), "%s", path);
	snprintf(name, sizeof(name), "%s", label);
	return run(make, device);
}
