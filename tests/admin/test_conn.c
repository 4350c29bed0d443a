// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests and answers, over a netlink protocol that is free for user space: the other end plays
 * the kernel.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "text.h"
#include "conn.h"
#include "say.h"

#define FAMILY	20

/* What the other end sends; the sequence number and the port are put in when it is sent. */
static uint8_t answer[8192];
static size_t answer_len;
static size_t changed_len;	/* so much of it may have wrong lengths in it */
static int other;

static void *play_kernel(void *arg)
{
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	struct nlmsghdr hdr;
	size_t at = 0;

	(void)arg;
	if (recvfrom(other, &hdr, sizeof(hdr), MSG_TRUNC, (struct sockaddr *)&from, &len) < 0)
		return NULL;
	while (at < answer_len) {
		struct nlmsghdr *to = (struct nlmsghdr *)(void *)(answer + at);
		size_t n = to->nlmsg_len, end = at < changed_len ? changed_len : answer_len;

		if (end - at >= sizeof(*to)) {
			to->nlmsg_seq = hdr.nlmsg_seq;
			to->nlmsg_pid = hdr.nlmsg_pid;
		}
		n = n < sizeof(*to) || n > end - at ? end - at : NLMSG_ALIGN(n);
		sendto(other, to, n, 0, (struct sockaddr *)&from, len);
		at += n;
	}
	return NULL;
}

static int open_other(uint32_t *port)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		return -1;
	*port = addr.nl_pid;
	return fd;
}

static struct nlmsghdr *add(uint16_t type, uint16_t flags, size_t payload)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)(void *)(answer + answer_len);

	memset(hdr, 0, NLMSG_SPACE(payload));
	hdr->nlmsg_type = type;
	hdr->nlmsg_flags = flags;
	hdr->nlmsg_len = (uint32_t)NLMSG_LENGTH(payload);
	answer_len += NLMSG_SPACE(payload);
	return hdr;
}

static void add_ack(void)
{
	add(NLMSG_ERROR, NLM_F_CAPPED, sizeof(struct nlmsgerr));
}

static void put_sentence(char *at, const char *text)
{
	struct nlattr *a = (struct nlattr *)(void *)at;

	a->nla_type = NLMSGERR_ATTR_MSG;
	a->nla_len = (uint16_t)(NLA_HDRLEN + strlen(text) + 1);
	strcpy(at + NLA_HDRLEN, text);
}

static size_t attr_room(const char *text)
{
	return NLA_ALIGN(NLA_HDRLEN + strlen(text) + 1);
}

/* @repeated: bytes of the request's payload that come before the sentence */
static void add_refusal(int err, const char *text, size_t repeated)
{
	uint16_t flags = (uint16_t)(NLM_F_ACK_TLVS | (repeated ? 0 : NLM_F_CAPPED));
	size_t at = sizeof(struct nlmsgerr) + repeated;
	struct nlmsghdr *hdr = add(NLMSG_ERROR, flags, at + attr_room(text));
	struct nlmsgerr *e = NLMSG_DATA(hdr);

	e->error = -err;
	e->msg.nlmsg_len = (uint32_t)(sizeof(e->msg) + repeated);
	put_sentence((char *)NLMSG_DATA(hdr) + at, text);
}

/* A dump's end, with the result in it. */
static void add_done(int err, const char *text)
{
	uint16_t flags = (uint16_t)(NLM_F_MULTI | (text ? NLM_F_ACK_TLVS : 0));
	struct nlmsghdr *hdr = add(NLMSG_DONE, flags, sizeof(int) + (text ? attr_room(text) : 0));

	*(int *)NLMSG_DATA(hdr) = -err;
	if (text)
		put_sentence((char *)NLMSG_DATA(hdr) + sizeof(int), text);
}

static void add_answer(uint16_t flags)
{
	struct nlmsghdr *hdr = add(FAMILY, flags, GENL_HDRLEN + 8);
	struct nlattr *a = (struct nlattr *)(void *)((char *)NLMSG_DATA(hdr) + GENL_HDRLEN);

	a->nla_type = 1;
	a->nla_len = 8;
}

static void count(const struct nlattr *head, int len, void *arg)
{
	(void)head;
	*(int *)arg += len == 8;
}

/* What is told on stderr meanwhile. */
static char told[1024];

static bool call(bool dump, int *answers)
{
	struct conn conn = { .family = FAMILY, .name = "test" };
	FILE *file = tmpfile();
	int err = dup(2);
	pthread_t thread;
	uint32_t port;
	bool done;
	size_t n;

	other = open_other(&port);
	conn.sock = nl_socket_alloc();
	if (other < 0 || !file || nl_connect(conn.sock, NETLINK_USERSOCK)) {
		T_FAIL("no netlink in user space");
		return false;
	}
	nl_socket_set_peer_port(conn.sock, port);
	nl_socket_enable_msg_peek(conn.sock);
	pthread_create(&thread, NULL, play_kernel, NULL);
	fflush(stderr);
	dup2(fileno(file), 2);
	*answers = 0;
	done = conn_call(&conn, dump ? conn_dump(&conn, 1) : conn_request(&conn, 1), count,
			 answers);
	dup2(err, 2);
	close(err);
	pthread_join(thread, NULL);
	close(other);
	conn_close(&conn);
	rewind(file);
	n = fread(told, 1, sizeof(told) - 1, file);
	told[n] = '\0';
	fclose(file);
	answer_len = changed_len = 0;
	return done;
}

TEST(done)
{
	int answers;

	say_about("create", "swap0");
	add_ack();
	CHECK(call(false, &answers));
	CHECK_EQ(answers, 0);
	CHECK_TEXT(told, "");
	add_answer(0);
	add_ack();
	CHECK(call(false, &answers));
	CHECK_EQ(answers, 1);
}

TEST(the_kernels_own_sentence)
{
	int answers;

	add_refusal(EBUSY, "the volume is open", 0);
	CHECK(!call(false, &answers));
	CHECK_TEXT(told, "memx-admin: create swap0: the volume is open\n");
	add_refusal(EBUSY, "the volume is open", 20);
	CHECK(!call(false, &answers));
	CHECK_TEXT(told, "memx-admin: create swap0: the volume is open\n");
}

TEST(a_number_where_there_is_no_sentence)
{
	struct nlmsgerr *e;
	int answers;

	e = NLMSG_DATA(add(NLMSG_ERROR, NLM_F_CAPPED, sizeof(*e)));
	e->error = -EPERM;
	CHECK(!call(false, &answers));
	CHECK_TEXT(told, "memx-admin: create swap0: only root may do this\n");
	e = NLMSG_DATA(add(NLMSG_ERROR, NLM_F_CAPPED, sizeof(*e)));
	e->error = -ENOMEM;
	CHECK(!call(false, &answers));
	CHECK_TEXT(told, "memx-admin: create swap0: the kernel refused: "
			 "Cannot allocate memory\n");
}

TEST(a_dump)
{
	int answers, i;

	for (i = 0; i < 100; i++)
		add_answer(NLM_F_MULTI);
	add_done(0, NULL);
	CHECK(call(true, &answers));
	CHECK_EQ(answers, 100);
	CHECK_TEXT(told, "");
}

TEST(a_dump_that_fails_at_its_end)
{
	int answers;

	add_answer(NLM_F_MULTI);
	add_done(ENOMEM, NULL);
	CHECK(!call(true, &answers));
	CHECK_EQ(answers, 1);
	CHECK_TEXT(told, "memx-admin: create swap0: the kernel refused: "
			 "Cannot allocate memory\n");
	add_done(EINVAL, "the request is incomplete");
	CHECK(!call(true, &answers));
	CHECK_TEXT(told, "memx-admin: create swap0: the request is incomplete\n");
}

TEST(a_dump_that_changed_meanwhile)
{
	int answers;

	add_answer(NLM_F_MULTI | NLM_F_DUMP_INTR);
	add_done(0, NULL);
	CHECK(!call(true, &answers));
	CHECK(strstr(told, "try again"));
}

TEST(a_sentence_drives_no_terminal)
{
	int answers;

	add_refusal(EINVAL, "bad \033[31m name\n", 0);
	CHECK(!call(false, &answers));
	CHECK_TEXT(told, "memx-admin: create swap0: bad ?[31m name?\n");
}

/* Whatever comes, the call ends: the last message is an end that is understood. */
TEST(changed_answers_do_no_harm)
{
	int answers, i, k;

	for (i = 0; i < 500; i++) {
		add_answer(NLM_F_MULTI);
		add_refusal(EBUSY, "the volume is open", i % 2 ? 20 : 0);
		add_done(EINVAL, "the request is incomplete");
		for (k = (int)t_below(6); k >= 0; k--)
			answer[t_below(answer_len)] = (uint8_t)t_rand();
		changed_len = answer_len;
		add_done(0, NULL);
		add_ack();
		call(i % 4 == 0, &answers);
	}
}
