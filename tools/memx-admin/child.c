// SPDX-License-Identifier: GPL-2.0-only
/* Work in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "say.h"

/* A child that is told to end and can, does so at once: swapoff(2) looks for signals. */
#define LAST_S	1

/*
 * What the child says comes by a pipe and is passed on: a child that is stuck must not hold the
 * files of who waits for our own end, such as a shell's $(...).
 */
static void pass_on(int from)
{
	char text[512];
	ssize_t n;

	while ((n = read(from, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)n, stderr);
}

/* Return: whether the child ended before @end. */
static bool ends_before(int pidfd, int said, deadline end)
{
	struct pollfd wait[] = { { .fd = pidfd, .events = POLLIN },
				 { .fd = said, .events = POLLIN } };
	uint64_t left;
	int n;

	do {
		left = deadline_left(end);
		n = poll(wait, 2, left > INT_MAX ? INT_MAX : (int)left);
		pass_on(said);
		if (wait[1].revents & POLLHUP)
			wait[1].fd = -1;
	} while (!wait[0].revents && (n > 0 || (n < 0 && errno == EINTR)));
	return wait[0].revents;
}

static int result_of(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	say("a child process ended early");
	return CHILD_BROKEN;
}

static void be_child(int (*work)(void *arg), void *arg, int say_to, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* A unit that is stopped ends us alone; nothing may be swapped on after that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXIT_REFUSED);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dup2(say_to, STDERR_FILENO);
	_exit(work(arg));
}

static int cannot(void)
{
	say("cannot make a child process: %s", strerror(errno));
	return CHILD_BROKEN;
}

static int wait_for(pid_t child, int pidfd, int said, deadline end)
{
	if (ends_before(pidfd, said, end))
		return result_of(child);
	/* What is stuck in the kernel is left to itself. */
	kill(child, SIGKILL);
	if (ends_before(pidfd, said, deadline_in(LAST_S)))
		waitpid(child, NULL, 0);
	return CHILD_LATE;
}

int child_run(int (*work)(void *arg), void *arg, deadline end)
{
	int said[2], pidfd, result;
	pid_t child, parent = getpid();

	if (pipe2(said, O_CLOEXEC))
		return cannot();
	fflush(NULL);
	child = fork();
	if (!child)
		be_child(work, arg, said[1], parent);
	close(said[1]);
	fcntl(said[0], F_SETFL, O_NONBLOCK);
	pidfd = child > 0 ? pidfd_open(child, 0) : -1;
	result = pidfd < 0 ? cannot() : wait_for(child, pidfd, said[0], end);
	if (pidfd >= 0)
		close(pidfd);
	close(said[0]);
	return result;
}
