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

static bool is_over(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static bool wait_for(const char *path, dev_t *number, const struct timespec *end)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	while (!is_device(path, number)) {
		if (is_over(end))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

bool device_wait(const struct volume *volume, char path[DEVICE_PATH_MAX])
{
	char plain[DEVICE_PATH_MAX];
	dev_t of_plain, of_named;
	struct timespec end;

	if (!name_is_valid(volume->disk, NAME_CHARS)) {
		say("the kernel did not say which disk it made");
		return false;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += WAIT_S;
	snprintf(plain, sizeof(plain), "/dev/%s", volume->disk);
	snprintf(path, DEVICE_PATH_MAX, "/dev/memx/%s", volume->name);
	if (!wait_for(plain, &of_plain, &end)) {
		say("%s did not appear within %d s", plain, WAIT_S);
		return false;
	}
	if (access(UDEV_SOCKET, F_OK) || !wait_for(path, &of_named, &end) || of_named != of_plain)
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

static bool run(char *const argv[])
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
		say("%s %s failed", argv[0], argv[argv[2] ? 2 : 1]);
	else
		return true;
	return false;
}

bool device_swap_on(const char *path)
{
	char device[DEVICE_PATH_MAX];
	char *make[] = { "mkswap", device, NULL };
	char *on[] = { "swapon", "-d", device, NULL };

	snprintf(device, sizeof(device), "%s", path);
	return run(make) && run(on);
}
