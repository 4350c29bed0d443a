// SPDX-License-Identifier: GPL-2.0-only
/* Requests to the kernel over generic netlink. */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "memx_netlink.h"

#include "model.h"
#include "conn.h"
#include "say.h"

/* Events may come faster than they are printed. */
#define EVENT_BUFFER_BYTES	(1 << 20)

/* What has been seen of the answer to a request. */
struct call {
	conn_answer answer;
	void *arg;
	bool done;
	int err;			/* positive errno */
	char sentence[SENTENCE_BYTES];
};

static bool cannot_talk(int err)
{
	say("the kernel cannot be asked: %s", nl_geterror(err));
	return false;
}

static void say_not_loaded(const char *family)
{
	say_plain("%s is not loaded; run \"modprobe %s\"", family, family);
}

/* A kernel without these has nothing to say beyond a number. */
static void ask_for_sentences(struct nl_sock *sock)
{
	int on = 1;

	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

bool conn_open(struct conn *conn, const char *family, bool must)
{
	int err;

	*conn = (struct conn){ .sock = nl_socket_alloc(), .name = family };
	if (!conn->sock)
		return cannot_talk(-NLE_NOMEM);
	err = genl_connect(conn->sock);
	if (err) {
		conn_close(conn);
		return cannot_talk(err);
	}
	nl_socket_enable_msg_peek(conn->sock);
	ask_for_sentences(conn->sock);
	conn->family = genl_ctrl_resolve(conn->sock, family);
	if (conn->family >= 0)
		return true;
	conn_close(conn);
	if (must)
		say_not_loaded(family);
	return false;
}

void conn_close(struct conn *conn)
{
	nl_socket_free(conn->sock);
	conn->sock = NULL;
}

void conn_need(struct conn *conn, const char *family)
{
	if (!conn_open(conn, family, true))
		exit(EXIT_REFUSED);
}

static struct nl_msg *message(const struct conn *conn, uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, conn->family, 0, flags, cmd,
				 MEMX_GENL_VERSION)) {
		say_plain("there is no memory left");
		exit(EXIT_REFUSED);
	}
	return msg;
}

struct nl_msg *conn_request(const struct conn *conn, uint8_t cmd)
{
	return message(conn, cmd, 0);
}

struct nl_msg *conn_dump(const struct conn *conn, uint8_t cmd)
{
	return message(conn, cmd, NLM_F_DUMP);
}

/* Where the attributes begin, or NULL. Without CAP_ACK the request is repeated before them. */
static const char *ack_attrs(const struct nlmsghdr *hdr, size_t *len)
{
	size_t total = hdr->nlmsg_len, at = NLMSG_HDRLEN + sizeof(int);

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (hdr->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = NLMSG_DATA(hdr);

		at = NLMSG_HDRLEN + sizeof(*e);
		if (total < at)
			return NULL;
		if (!(hdr->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
			at += NLMSG_ALIGN((size_t)e->msg.nlmsg_len - sizeof(e->msg));
	}
	if (at >= total)
		return NULL;
	*len = total - at;
	return (const char *)hdr + at;
}

bool conn_sentence(const struct nlmsghdr *hdr, char *text, size_t size)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };
	struct nlattr *a;
	const char *head;
	size_t len, n;

	head = ack_attrs(hdr, &len);
	if (!head || nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)(uintptr_t)head, (int)len,
			       NULL))
		return false;
	a = tb[NLMSGERR_ATTR_MSG];
	n = a ? strnlen(nla_data(a), (size_t)nla_len(a)) : 0;
	if (!n)
		return false;
	if (n >= size)
		n = size - 1;
	memcpy(text, nla_data(a), n);
	text[n] = '\0';
	return true;
}

static void end(struct call *c, const struct nlmsghdr *hdr, int err)
{
	c->done = true;
	c->err = err < 0 ? -err : 0;
	if (c->err && !conn_sentence(hdr, c->sentence, sizeof(c->sentence)))
		c->sentence[0] = '\0';
}

static int on_answer(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct call *c = arg;

	if (c->answer && genlmsg_valid_hdr(hdr, 0)) {
		struct genlmsghdr *genl = nlmsg_data(hdr);

		c->answer(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), c->arg);
	}
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	end(arg, nlmsg_hdr(msg), 0);
	return NL_STOP;
}

/* A dump that fails after it began says so at its end. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	int err = 0;

	if (hdr->nlmsg_len >= NLMSG_HDRLEN + sizeof(err))
		memcpy(&err, nlmsg_data(hdr), sizeof(err));
	end(arg, hdr, err);
	return NL_STOP;
}

/* libnl hands over the middle of a message whose length it has checked. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	(void)from;
	end(arg, (const struct nlmsghdr *)(const void *)((const char *)e - NLMSG_HDRLEN),
	    e->error);
	return NL_STOP;
}

static bool refused(const struct call *c)
{
	if (c->sentence[0])
		say("%s", c->sentence);
	else if (c->err == EPERM)
		say("only root may do this");
	else
		say("the kernel refused: %s", strerror(c->err));
	return false;
}

static struct nl_cb *callbacks(struct call *c)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb) {
		say_plain("there is no memory left");
		exit(EXIT_REFUSED);
	}
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_answer, c);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, c);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, c);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, c);
	return cb;
}

/* A key may have been in it. */
static void wipe(struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	explicit_bzero(nlmsg_data(hdr), (size_t)nlmsg_datalen(hdr));
	nlmsg_free(msg);
}

bool conn_call(struct conn *conn, struct nl_msg *msg, conn_answer answer, void *arg)
{
	struct call c = { .answer = answer, .arg = arg };
	int err = nl_send_auto(conn->sock, msg);
	struct nl_cb *cb;

	wipe(msg);
	if (err < 0)
		return cannot_talk(err);
	cb = callbacks(&c);
	do {
		err = nl_recvmsgs(conn->sock, cb);
	} while (!c.done && err >= 0);
	nl_cb_put(cb);
	if (err == -NLE_DUMP_INTR) {
		say("what was asked for changed meanwhile; try again");
		return false;
	}
	if (!c.done)
		return cannot_talk(err);
	return c.err ? refused(&c) : true;
}

/* Events carry no sequence number. */
static int no_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg, (void)arg;
	return NL_OK;
}

bool conn_listen(struct conn *conn, const char *family)
{
	int group;

	if (!conn_open(conn, family, false))
		return false;
	group = genl_ctrl_resolve_grp(conn->sock, family, MEMX_GENL_EVENTS);
	if (group < 0 || nl_socket_add_membership(conn->sock, group)) {
		conn_close(conn);
		return false;
	}
	nl_socket_set_nonblocking(conn->sock);
	nl_socket_set_buffer_size(conn->sock, EVENT_BUFFER_BYTES, 0);
	return true;
}

bool conn_read_events(struct conn *conn, conn_answer answer, void *arg)
{
	struct call c = { .answer = answer, .arg = arg };
	struct nl_cb *cb = callbacks(&c);
	int err;

	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_sequence, NULL);
	err = nl_recvmsgs(conn->sock, cb);
	nl_cb_put(cb);
	if (err == -NLE_NOMEM) {
		say("some events were lost: they came faster than they were read");
		return true;
	}
	if (err < 0 && err != -NLE_AGAIN)
		return cannot_talk(err);
	return true;
}
