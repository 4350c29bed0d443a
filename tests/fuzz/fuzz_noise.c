// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the handshake. The first byte says which message and whether to make a true one and
 * then change it, the second where; with the simulator's toy primitives, for speed.
 */
#include "fuzz.h"
#include "rmp_noise.h"

enum { SECOND = 1, TRUE_ONE = 2, CHANGED = 4 };

static const u8 psk[RMP_KEY_LEN] = "one cluster";
static const u8 secret[32] = { 1, 2, 3 };

static struct rmp_noise begin(void)
{
	struct rmp_noise n;

	rmp_noise_init(&n, RMP_PROLOGUE, sizeof(RMP_PROLOGUE) - 1, psk);
	return n;
}

static bool read_it(struct rmp_noise *n, u8 how, const u8 *msg, size_t len)
{
	size_t room = len > RMP_NOISE_OVERHEAD ? len - RMP_NOISE_OVERHEAD : 0;
	u8 *exact = exactly(msg, len), *payload = malloc(room + 1);
	bool ok = how & SECOND ? rmp_noise_read2(n, exact, len, payload) :
				 rmp_noise_read1(n, exact, len, payload);

	free(exact);
	free(payload);
	return ok;
}

/* A message that carries @data. Return: its length. */
static size_t make(struct rmp_noise *reader, u8 how, const u8 *data, size_t size, u8 *msg)
{
	struct rmp_noise writer = begin();
	u8 first[RMP_NOISE_OVERHEAD];

	if (!(how & SECOND)) {
		HOLDS(rmp_noise_write1(&writer, secret, data, size, msg));
		return size + RMP_NOISE_OVERHEAD;
	}
	HOLDS(rmp_noise_write1(reader, secret, NULL, 0, first));
	HOLDS(rmp_noise_read1(&writer, first, sizeof(first), msg));
	HOLDS(rmp_noise_write2(&writer, secret, data, size, msg));
	return size + RMP_NOISE_OVERHEAD;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 msg[RMP_NOISE_PAYLOAD_MAX + RMP_NOISE_OVERHEAD], how, where;
	struct rmp_noise n = begin();
	size_t len;
	bool ok;

	if (size < 2)
		return 0;
	how = data[0];
	where = data[1];
	data += 2;
	size -= 2;
	if (!(how & TRUE_ONE)) {
		ok = read_it(&n, how, data, size);
		HOLDS(!ok);	/* a forged tag */
		return 0;
	}
	if (size > RMP_NOISE_PAYLOAD_MAX)
		size = RMP_NOISE_PAYLOAD_MAX;
	len = make(&n, how, data, size, msg);
	if (how & CHANGED)
		msg[where % len] ^= 1 + where % 255;
	ok = read_it(&n, how, msg, len);
	HOLDS(ok == !(how & CHANGED));
	if (ok)
		ACCEPTED();
	return 0;
}
