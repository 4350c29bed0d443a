// SPDX-License-Identifier: GPL-2.0-only
/* Events as they come, a line each. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "memx_netlink.h"

#include "command.h"
#include "decode.h"

#define TIME_TEXT	32

/* Where an event came from, and what still is to be printed. */
struct source {
	const char *family;
	bool (*decode)(const struct nlattr *head, int len, struct event *event);
	struct conn conn;
	bool open;
	struct output *output;
};

struct output {
	bool json;
	bool limited;
	uint32_t left;
};

static const char *time_text(char text[TIME_TEXT], bool date)
{
	struct timeval now;
	struct tm tm;
	size_t n;

	gettimeofday(&now, NULL);
	if (date)
		gmtime_r(&now.tv_sec, &tm);
	else
		localtime_r(&now.tv_sec, &tm);
	n = strftime(text, TIME_TEXT, date ? "%Y-%m-%dT%H:%M:%S" : "%H:%M:%S", &tm);
	snprintf(text + n, TIME_TEXT - n, ".%03d%s", (int)(now.tv_usec / 1000) % 1000,
		 date ? "Z" : "");
	return text;
}

static void print_json(const struct source *s, const struct event *e)
{
	struct json_object *o = json_object_new_object();
	char when[TIME_TEXT];

	json_set_text(o, "time", time_text(when, true));
	json_set_text(o, "family", s->family);
	json_set_text(o, "kind", e->kind);
	if (e->name[0])
		json_set_text(o, "name", e->name);
	json_set_text(o, "text", e->text);
	json_print_line(o);
}

static void got_event(const struct nlattr *head, int len, void *arg)
{
	const struct source *s = arg;
	char when[TIME_TEXT];
	struct event e;

	if ((s->output->limited && !s->output->left) || !s->decode(head, len, &e))
		return;
	if (s->output->json)
		print_json(s, &e);
	else
		printf("%s %s %s%s%s: %s\n", time_text(when, false), s->family, e.kind,
		       e.name[0] ? " " : "", e.name, e.text);
	fflush(stdout);
	s->output->left--;
}

/* Return: the families listened to. Who waits for this sentence misses no event. */
static int listen_to(struct source *source, int n, struct output *output)
{
	char names[128] = "";
	int i, open = 0;

	for (i = 0; i < n; i++) {
		source[i].output = output;
		source[i].open = conn_listen(&source[i].conn, source[i].family);
		if (!source[i].open)
			continue;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 open++ ? ", " : "", source[i].family);
	}
	if (open)
		say("listening to %s", names);
	else
		say_plain("no module of MemX is loaded; run \"modprobe memx_rmap\"");
	return open;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Return: 1 when something came, 0 at the end of the time, -1 on failure. */
static int wait_for_events(struct pollfd *fd, int n, int64_t end)
{
	int64_t left;
	int came;

	do {
		left = end < 0 ? -1 : end - now_ms();
		if (end >= 0 && left <= 0)
			return 0;
		came = poll(fd, (nfds_t)n, left > INT32_MAX ? INT32_MAX : (int)left);
	} while (!came || (came < 0 && errno == EINTR));
	if (came < 0)
		say("cannot wait: %s", strerror(errno));
	return came < 0 ? -1 : 1;
}

/* @end: on the clock of now_ms(), negative: never */
static bool follow(struct source *source, int n, struct output *output, int64_t end)
{
	struct pollfd fd[3];
	int i, came = 1;

	for (i = 0; i < n; i++)
		fd[i] = (struct pollfd){ .events = POLLIN,
			.fd = source[i].open ? nl_socket_get_fd(source[i].conn.sock) : -1 };
	while (!output->limited || output->left) {
		came = wait_for_events(fd, n, end);
		if (came <= 0)
			break;
		for (i = 0; i < n; i++)
			if (source[i].open && fd[i].revents &&
			    !conn_read_events(&source[i].conn, got_event, &source[i]))
				return false;
	}
	if (!came && output->limited)
		say("the time ended before the last of the events came");
	return came >= 0 && (!output->limited || !output->left);
}

static int events(const struct args *args)
{
	struct source source[] = {
		{ .family = MEMX_RMAP_GENL, .decode = decode_rmap_event },
		{ .family = MEMX_SERVER_GENL, .decode = decode_server_event },
		{ .family = MEMX_CLIENT_GENL, .decode = decode_client_event },
	};
	int i, n = (int)(sizeof(source) / sizeof(source[0]));
	struct output output = { .json = args->json };
	uint32_t timeout;
	int64_t end = -1;
	bool done;

	output.limited = arg_uint(args, "count", 1, UINT32_MAX, &output.left);
	if (arg_uint(args, "timeout", 1, UINT32_MAX, &timeout))
		end = now_ms() + (int64_t)timeout * 1000;
	done = listen_to(source, n, &output) && follow(source, n, &output, end);
	for (i = 0; i < n; i++)
		if (source[i].open)
			conn_close(&source[i].conn);
	return exit_code(done);
}

const struct command events_commands[] = {
	{ "events", "", "print events as they come", events, 0,
	  { { "count", "N", "end after so many" },
	    { "timeout", "S", "end after so many seconds; with --count it is a failure" } } },
	{ 0 }
};
