// SPDX-License-Identifier: GPL-2.0-only
/* Work in a process of its own. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "say.h"

/* A child that is told to end and can, does so at once: swapoff(2) looks for signals. */
#define LAST_MS	1000

/* Return: whether the child ended within so many milliseconds. */
static bool ends_within(int pidfd, uint64_t ms)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };
	int n;

	do {
		n = poll(&wait, 1, ms > INT_MAX ? INT_MAX : (int)ms);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static int result_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	say("a child process ended early");
	return CHILD_BROKEN;
}

int child_run(int (*work)(void *arg), void *arg, deadline end)
{
	int pidfd, result = CHILD_LATE;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child)
		_exit(work(arg));
	pidfd = child > 0 ? pidfd_open(child, 0) : -1;
	if (pidfd < 0) {
		say("cannot make a child process: %s", strerror(errno));
		return CHILD_BROKEN;
	}
	if (ends_within(pidfd, deadline_left(end))) {
		result = result_of(child);
	} else {
		/* What is stuck in the kernel is left to itself. */
		kill(child, SIGKILL);
		if (ends_within(pidfd, LAST_MS))
			waitpid(child, NULL, 0);
	}
	close(pidfd);
	return result;
}
