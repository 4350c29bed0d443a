/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to the kernel. Every function that can fail has told the administrator why when it
 * returns failure, in the kernel's own sentence where there is one.
 */
#ifndef CONN_H
#define CONN_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stdint.h>

struct nl_sock;

struct conn {
	struct nl_sock *sock;
	int family;
	const char *name;
};

/* Return: false when the family is not there, which is told when @must. */
bool conn_open(struct conn *conn, const char *family, bool must);
void conn_close(struct conn *conn);

/* The end of the program instead of failure. */
void conn_need(struct conn *conn, const char *family);

/* A request to fill, not yet sent. */
struct nl_msg *conn_request(const struct conn *conn, uint8_t cmd);
struct nl_msg *conn_dump(const struct conn *conn, uint8_t cmd);

/* Called for each message of the answer, with the attributes after the generic netlink header. */
typedef void (*conn_answer)(const struct nlattr *head, int len, void *arg);

/* Sends @msg, frees it, waits for the end of the answer. Return: false when refused. */
bool conn_call(struct conn *conn, struct nl_msg *msg, conn_answer answer, void *arg);

/* Opens @conn for the events of @family. Return: false when the family is not there. */
bool conn_listen(struct conn *conn, const char *family);

/* Reads what has come. Return: false when the socket failed. */
bool conn_read_events(struct conn *conn, conn_answer answer, void *arg);

/* Puts the sentence of an NLMSG_ERROR or NLMSG_DONE into @text. Return: false when it has none. */
bool conn_sentence(const struct nlmsghdr *hdr, char *text, size_t size);

#endif
