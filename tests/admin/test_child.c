// SPDX-License-Identifier: GPL-2.0-only
/* Work in a child: its result, its words, and an end in time. */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "text.h"
#include "told.h"
#include "child.h"
#include "say.h"

static int give_back(void *arg)
{
	return *(int *)arg;
}

static int speak(void *arg)
{
	say("%s", (const char *)arg);
	return 3;
}

static int speak_much(void *arg)
{
	int i;

	for (i = 0; i < *(int *)arg; i++)
		fprintf(stderr, "%07d\n", i);
	return 0;
}

/* In one go: more than a pipe holds. */
static int speak_long(void *arg)
{
	static char text[1 << 20];
	ssize_t n;

	memset(text, *(const char *)arg, sizeof(text));
	n = write(2, text, sizeof(text));
	return n == (ssize_t)sizeof(text) ? 0 : 1;
}

static int never_end(void *arg)
{
	while (*(const char *)arg)
		poll(NULL, 0, -1);
	return 0;
}

static int be_killed(void *arg)
{
	(void)arg;
	raise(SIGKILL);
	return 0;
}

TEST(results)
{
	int n;

	for (n = 0; n < 256; n += 51)
		CHECK_EQ(child_run(give_back, &n, deadline_in(10)), n);
}

TEST(words)
{
	int n = 900;

	say_about("test", NULL);
	told_begin();
	CHECK_EQ(child_run(speak, "so it is", deadline_in(10)), 3);
	told_end();
	CHECK_TEXT(told, "memx-admin: test: so it is\n");
	told_begin();
	CHECK_EQ(child_run(speak_much, &n, deadline_in(10)), 0);
	told_end();
	CHECK_EQ(strlen(told), 900 * 8);
	CHECK_TEXT(told + 899 * 8, "0000899\n");
	told_begin();
	CHECK_EQ(child_run(speak_long, "x", deadline_in(10)), 0);
	CHECK_EQ(lseek(2, 0, SEEK_CUR), 1 << 20);
	told_end();
}

TEST(late)
{
	deadline from = deadline_in(0);

	CHECK(child_run(never_end, "x", deadline_in(1)) == CHILD_LATE);
	CHECK(deadline_in(0) - from >= 1000);
	CHECK(deadline_in(0) - from < 5000);
	CHECK(child_run(never_end, "x", deadline_in(0)) == CHILD_LATE);
}

/* Says when it began, and goes on for as long as it can. */
static int hold(void *arg)
{
	const int *pipe_of = arg;

	if (write(pipe_of[1], "x", 1) != 1)
		return 1;
	return never_end("x");
}

/* When memx-admin is killed, what it does in the kernel is not finished behind its back. */
TEST(ends_with_its_parent)
{
	struct pollfd end = { .events = POLLIN };
	int pipe_of[2];
	pid_t parent;
	char c;

	CHECK(!pipe(pipe_of));
	parent = fork();
	if (!parent)
		_exit(child_run(hold, pipe_of, deadline_in(100)) + 1);
	close(pipe_of[1]);
	CHECK_EQ(read(pipe_of[0], &c, 1), 1);
	kill(parent, SIGKILL);
	/* All that could write are gone. */
	end.fd = pipe_of[0];
	CHECK_EQ(poll(&end, 1, 10000), 1);
	CHECK(end.revents & POLLHUP);
	close(pipe_of[0]);
	CHECK_EQ(waitpid(parent, NULL, 0), parent);
}

TEST(killed)
{
	told_begin();
	CHECK(child_run(be_killed, NULL, deadline_in(10)) == CHILD_BROKEN);
	told_end();
	CHECK_TEXT(told, "memx-admin: test: a child process ended early\n");
}

TEST(deadlines)
{
	deadline end = deadline_in(100);

	CHECK(deadline_left(end) <= 100000 && deadline_left(end) > 90000);
	CHECK_EQ(deadline_left(deadline_in(0)), 0);
	CHECK_EQ(deadline_left(0), 0);
	CHECK(deadline_left(deadline_in(UINT32_MAX)) > 4294900000000);
}
