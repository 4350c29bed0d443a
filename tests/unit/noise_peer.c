// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our handshake at the end of a pipe, for noise_python.py. One command a line, one answer a line;
 *all bytes are hexadecimal, "-" stands for none. "reject" is the answer to a message that is not
 *taken.
 *
 *	begin PROLOGUE PSK		-> ok
 *	write1 SECRET PAYLOAD		-> MESSAGE
 *	read1 MESSAGE			-> PAYLOAD
 *	write2 SECRET PAYLOAD		-> MESSAGE
 *	read2 MESSAGE			-> PAYLOAD
 *	hash				-> hash of the handshake so far
 *	split				-> key to the target, key to the initiator, one after the
 *other
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rmp_noise.h"

#define BYTES_MAX 1024

struct bytes {
	size_t len;
	u8 b[BYTES_MAX];
};

static bool parse(struct bytes *out, const char *text)
{
	unsigned int byte;
	size_t i;

	out->len = 0;
	if (!text || !strcmp(text, "-"))
		return text;
	if (strlen(text) % 2 || strlen(text) / 2 > BYTES_MAX)
		return false;
	for (i = 0; text[i]; i += 2) {
		if (sscanf(text + i, "%2x", &byte) != 1)
			return false;
		out->b[out->len++] = (u8)byte;
	}
	return true;
}

static void answer(const u8 *b, size_t len)
{
	if (!len)
		putchar('-');
	while (len--)
		printf("%02x", *b++);
	putchar('\n');
}

static bool begin(struct rmp_noise *n, const struct bytes *prologue, const struct bytes *psk)
{
	if (psk->len != RMP_KEY_LEN || prologue->len > RMP_NOISE_PROLOGUE_MAX)
		return false;
	rmp_noise_init(n, prologue->b, prologue->len, psk->b);
	puts("ok");
	return true;
}

static bool write_msg(struct rmp_noise *n, bool first, const struct bytes *secret,
		      const struct bytes *payload)
{
	u8 msg[RMP_NOISE_PAYLOAD_MAX + RMP_NOISE_OVERHEAD];
	bool ok;

	if (secret->len != 32 || payload->len > RMP_NOISE_PAYLOAD_MAX)
		return false;
	ok = first ? rmp_noise_write1(n, secret->b, payload->b, payload->len, msg)
		   : rmp_noise_write2(n, secret->b, payload->b, payload->len, msg);
	if (ok)
		answer(msg, payload->len + RMP_NOISE_OVERHEAD);
	else
		puts("reject");
	return true;
}

static void read_msg(struct rmp_noise *n, bool first, const struct bytes *msg)
{
	u8 payload[BYTES_MAX];

	if (first ? rmp_noise_read1(n, msg->b, msg->len, payload)
		  : rmp_noise_read2(n, msg->b, msg->len, payload))
		answer(payload, msg->len - RMP_NOISE_OVERHEAD);
	else
		puts("reject");
}

static bool run(struct rmp_noise *n, char *line)
{
	static struct bytes a, b;
	const char *verb = strtok(line, " \n");
	bool has_a = parse(&a, strtok(NULL, " \n")), has_b = parse(&b, strtok(NULL, " \n"));
	u8 keys[64];

	if (!verb)
		return false;
	if (!strcmp(verb, "begin") && has_a && has_b)
		return begin(n, &a, &b);
	if ((!strcmp(verb, "write1") || !strcmp(verb, "write2")) && has_a && has_b)
		return write_msg(n, verb[5] == '1', &a, &b);
	if ((!strcmp(verb, "read1") || !strcmp(verb, "read2")) && has_a) {
		read_msg(n, verb[4] == '1', &a);
		return true;
	}
	if (!strcmp(verb, "hash")) {
		answer(n->h, sizeof(n->h));
		return true;
	}
	if (!strcmp(verb, "split")) {
		rmp_noise_split(n, keys, keys + 32);
		answer(keys, sizeof(keys));
		return true;
	}
	return false;
}

int main(void)
{
	static char line[4 * BYTES_MAX + 64];
	struct rmp_noise n = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (!run(&n, line)) {
			fputs("noise_peer: a command that it does not know, or one with wrong "
			      "arguments\n",
			      stderr);
			return 1;
		}
	}
	return 0;
}
