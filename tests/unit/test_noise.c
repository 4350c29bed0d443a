// SPDX-License-Identifier: GPL-2.0-only
/* The handshake: published vectors, all lengths, and everything that must be refused. */
#include "rmp_crypto.h"
#include "rmp_noise.h"
#include "t.h"
#include "vectors/noise_nnpsk0.h"

#define MSG_MAX (RMP_NOISE_PAYLOAD_MAX + RMP_NOISE_OVERHEAD)

static bool wiped(const struct rmp_noise *n)
{
	static const struct rmp_noise zero;

	return !memcmp(n, &zero, sizeof(zero));
}

/* Both ends with the same random cluster key and prologue. */
static void start(struct rmp_noise *ini, struct rmp_noise *tgt)
{
	u8 psk[32], prologue[16];

	t_fill(psk, sizeof(psk));
	t_fill(prologue, sizeof(prologue));
	rmp_noise_init(ini, prologue, sizeof(prologue), psk);
	rmp_noise_init(tgt, prologue, sizeof(prologue), psk);
}

TEST(noise_published_vectors)
{
	struct rmp_noise ini, tgt;
	u8 psk[32], prologue[32], secret[32], payload[64], msg[128], want[128], got[64], key[2][32],
		key2[2][32];
	size_t n = t_hex(nnpsk0_prologue, prologue), len, i;

	CHECK_EQ(t_hex(nnpsk0_psk, psk), 32);
	rmp_noise_init(&ini, prologue, n, psk);
	rmp_noise_init(&tgt, prologue, n, psk);

	len = t_hex(nnpsk0_messages[0].payload, payload);
	t_hex(nnpsk0_initiator_ephemeral, secret);
	REQUIRE(rmp_noise_write1(&ini, secret, payload, len, msg));
	CHECK_EQ(t_hex(nnpsk0_messages[0].message, want), len + RMP_NOISE_OVERHEAD);
	CHECK_MEM(msg, want, len + RMP_NOISE_OVERHEAD);
	REQUIRE(rmp_noise_read1(&tgt, want, len + RMP_NOISE_OVERHEAD, got));
	CHECK_MEM(got, payload, len);

	len = t_hex(nnpsk0_messages[1].payload, payload);
	t_hex(nnpsk0_target_ephemeral, secret);
	REQUIRE(rmp_noise_write2(&tgt, secret, payload, len, msg));
	CHECK_EQ(t_hex(nnpsk0_messages[1].message, want), len + RMP_NOISE_OVERHEAD);
	CHECK_MEM(msg, want, len + RMP_NOISE_OVERHEAD);
	REQUIRE(rmp_noise_read2(&ini, want, len + RMP_NOISE_OVERHEAD, got));
	CHECK_MEM(got, payload, len);

	t_hex(nnpsk0_handshake_hash, want);
	CHECK_MEM(ini.h, want, 32);
	CHECK_MEM(tgt.h, want, 32);
	rmp_noise_split(&ini, key[0], key[1]);
	rmp_noise_split(&tgt, key2[0], key2[1]);
	CHECK_MEM(key, key2, sizeof(key));
	for (i = 2; i < ARRAY_SIZE(nnpsk0_messages); i++) {
		len = t_hex(nnpsk0_messages[i].payload, payload);
		rmp_aead_encrypt(msg, payload, len, NULL, 0, (i - 2) / 2, key[i % 2]);
		CHECK_EQ(t_hex(nnpsk0_messages[i].message, want), len + RMP_TAG_LEN);
		CHECK_MEM(msg, want, len + RMP_TAG_LEN);
	}
}

/* Whole handshakes with random everything; lengths at their ends included. */
TEST(noise_round_trips)
{
	static const size_t lens[] = {0, 1, 15, 16, 17, 72, 80, 239, RMP_NOISE_PAYLOAD_MAX};
	u8 psk[32], prologue[RMP_NOISE_PROLOGUE_MAX], secret[32], a[RMP_NOISE_PAYLOAD_MAX],
		b[RMP_NOISE_PAYLOAD_MAX];
	u8 msg[MSG_MAX], ikey[2][32], tkey[2][32];
	unsigned int i;

	for (i = 0; i < 30; i++) {
		struct rmp_noise ini, tgt;
		size_t n = i ? t_below(sizeof(prologue) + 1) : sizeof(prologue),
		       len = lens[i % ARRAY_SIZE(lens)];
		size_t len2 = lens[(i + i / ARRAY_SIZE(lens)) % ARRAY_SIZE(lens)];

		t_fill(psk, sizeof(psk));
		t_fill(prologue, sizeof(prologue));
		rmp_noise_init(&ini, prologue, n, psk);
		rmp_noise_init(&tgt, prologue, n, psk);
		t_fill(secret, 32);
		t_fill(a, sizeof(a));
		REQUIRE(rmp_noise_write1(&ini, secret, a, len, msg));
		REQUIRE(rmp_noise_read1(&tgt, msg, len + RMP_NOISE_OVERHEAD, b));
		CHECK_MEM(a, b, len);
		t_fill(secret, 32);
		t_fill(a, sizeof(a));
		REQUIRE(rmp_noise_write2(&tgt, secret, a, len2, msg));
		REQUIRE(rmp_noise_read2(&ini, msg, len2 + RMP_NOISE_OVERHEAD, b));
		CHECK_MEM(a, b, len2);
		rmp_noise_split(&ini, ikey[0], ikey[1]);
		rmp_noise_split(&tgt, tkey[0], tkey[1]);
		CHECK_MEM(ikey, tkey, sizeof(ikey));
		CHECK(memcmp(ikey[0], ikey[1], 32));
		CHECK(wiped(&ini));
		CHECK(wiped(&tgt));
	}
}

TEST(noise_other_key_or_prologue_is_refused)
{
	u8 psk[32], secret[32], msg[MSG_MAX], payload[80], out[80];
	struct rmp_noise ini, tgt;
	unsigned int bit;

	t_fill(psk, 32);
	t_fill(secret, 32);
	t_fill(payload, sizeof(payload));
	rmp_noise_init(&ini, "right", 5, psk);
	REQUIRE(rmp_noise_write1(&ini, secret, payload, sizeof(payload), msg));
	for (bit = 0; bit < 256; bit++) {
		psk[bit / 8] ^= 1 << bit % 8;
		rmp_noise_init(&tgt, "right", 5, psk);
		CHECK(!rmp_noise_read1(&tgt, msg, sizeof(payload) + RMP_NOISE_OVERHEAD, out));
		CHECK(wiped(&tgt));
		psk[bit / 8] ^= 1 << bit % 8;
	}
	rmp_noise_init(&tgt, "wrong", 5, psk);
	CHECK(!rmp_noise_read1(&tgt, msg, sizeof(payload) + RMP_NOISE_OVERHEAD, out));
	rmp_noise_init(&tgt, "right", 4, psk);
	CHECK(!rmp_noise_read1(&tgt, msg, sizeof(payload) + RMP_NOISE_OVERHEAD, out));
	rmp_noise_init(&tgt, "right", 5, psk);
	CHECK(rmp_noise_read1(&tgt, msg, sizeof(payload) + RMP_NOISE_OVERHEAD, out));
}

/*
 * Each bit of both messages, the top bit of the public keys included: X25519 ignores that one, the
 * transcript does not. Of the second message a bit of each byte only, because its every trial costs
 * a scalar multiplication.
 */
TEST(noise_any_flipped_bit_is_refused)
{
	u8 secret[32], msg[8 + RMP_NOISE_OVERHEAD], out[8];
	struct rmp_noise ini, tgt, n;
	unsigned int bit;

	start(&ini, &tgt);
	t_fill(secret, 32);
	REQUIRE(rmp_noise_write1(&ini, secret, "payload1", 8, msg));
	for (bit = 0; bit < 8 * sizeof(msg); bit++) {
		n = tgt;
		msg[bit / 8] ^= 1 << bit % 8;
		CHECK(!rmp_noise_read1(&n, msg, sizeof(msg), out));
		CHECK(wiped(&n));
		msg[bit / 8] ^= 1 << bit % 8;
	}
	REQUIRE(rmp_noise_read1(&tgt, msg, sizeof(msg), out));
	t_fill(secret, 32);
	REQUIRE(rmp_noise_write2(&tgt, secret, "payload2", 8, msg));
	for (bit = 7; bit < 8 * sizeof(msg); bit += 8) {
		n = ini; /* as the shell does: a forged answer must not spoil the state */
		msg[bit / 8] ^= 1 << bit % 8;
		CHECK(!rmp_noise_read2(&n, msg, sizeof(msg), out));
		CHECK(wiped(&n));
		msg[bit / 8] ^= 1 << bit % 8;
	}
	CHECK(rmp_noise_read2(&ini, msg, sizeof(msg), out));
	CHECK_MEM(out, "payload2", 8);
}

/* Any length but the right one is refused, without a byte read or written outside: the buffers are
 * of that very size. */
TEST(noise_any_other_length_is_refused)
{
	u8 secret[32], full[2][MSG_MAX + 100];
	struct rmp_noise ini, tgt, n;
	size_t right = RMP_NOISE_OVERHEAD + 20, len;

	start(&ini, &tgt);
	t_fill(secret, 32);
	t_fill(full, sizeof(full));
	REQUIRE(rmp_noise_write1(&ini, secret, "twenty bytes of text", 20, full[0]));
	n = tgt;
	REQUIRE(rmp_noise_read1(&n, full[0], right, full[1] + MSG_MAX));
	REQUIRE(rmp_noise_write2(&n, secret, "twenty bytes of text", 20, full[1]));
	for (len = 0; len < sizeof(full[0]); len++) {
		bool big = len > RMP_NOISE_OVERHEAD;
		u8 *msg = malloc(len ? len : 1), *out = malloc(big ? len - RMP_NOISE_OVERHEAD : 1);

		REQUIRE(msg && out);
		if (len != right) {
			memcpy(msg, full[0], len);
			n = tgt;
			CHECK(!rmp_noise_read1(&n, msg, len, out));
			CHECK(wiped(&n));
			memcpy(msg, full[1], len);
			n = ini;
			CHECK(!rmp_noise_read2(&n, msg, len, out));
			CHECK(wiped(&n));
		}
		free(msg);
		free(out);
	}
}

/* A public key of small order would make the shared secret known to all: the handshake ends. */
TEST(noise_small_order_key_is_refused)
{
	u8 secret[32], msg[MSG_MAX], out[8];
	struct rmp_noise ini, tgt;

	start(&ini, &tgt);
	t_fill(secret, 32);
	REQUIRE(rmp_noise_write1(&ini, secret, "payload1", 8, msg));
	REQUIRE(rmp_noise_read1(&tgt, msg, 8 + RMP_NOISE_OVERHEAD, out));
	memset(tgt.re, 0, 32);
	t_fill(secret, 32);
	CHECK(!rmp_noise_write2(&tgt, secret, "payload2", 8, msg));
	CHECK(wiped(&tgt));
	memset(msg, 0, 32);
	CHECK(!rmp_noise_read2(&ini, msg, 8 + RMP_NOISE_OVERHEAD, out));
	CHECK(wiped(&ini));
}

/* After a useless secret the first message can be written with another one; the second message's
 * handshake is over. */
TEST(noise_useless_secret)
{
	u8 secret[32] = {0}, msg[MSG_MAX], out[8];
	struct rmp_noise ini, tgt, before;

	start(&ini, &tgt);
	before = ini;
	CHECK(!rmp_noise_write1(&ini, secret, "payload1", 8, msg));
	CHECK_MEM(&ini, &before, sizeof(ini));
	secret[5] = 1;
	REQUIRE(rmp_noise_write1(&ini, secret, "payload1", 8, msg));
	REQUIRE(rmp_noise_read1(&tgt, msg, 8 + RMP_NOISE_OVERHEAD, out));
	CHECK_MEM(out, "payload1", 8);
	secret[5] = 0;
	CHECK(!rmp_noise_write2(&tgt, secret, "payload2", 8, msg));
	CHECK(wiped(&tgt));
}

/* An answer to an earlier first message, or one made in another handshake, is no answer to this
 * one. */
TEST(noise_answer_of_another_handshake_is_refused)
{
	u8 secret[32], msg[2][MSG_MAX], out[8], psk[32];
	struct rmp_noise ini[2], tgt[2], n;
	unsigned int i;

	t_fill(psk, 32);
	for (i = 0; i < 2; i++) {
		rmp_noise_init(&ini[i], "p", 1, psk);
		rmp_noise_init(&tgt[i], "p", 1, psk);
		t_fill(secret, 32);
		REQUIRE(rmp_noise_write1(&ini[i], secret, "payload1", 8, msg[i]));
		REQUIRE(rmp_noise_read1(&tgt[i], msg[i], 8 + RMP_NOISE_OVERHEAD, out));
		t_fill(secret, 32);
		REQUIRE(rmp_noise_write2(&tgt[i], secret, "payload2", 8, msg[i]));
	}
	n = ini[0];
	CHECK(!rmp_noise_read2(&n, msg[1], 8 + RMP_NOISE_OVERHEAD, out));
	CHECK(rmp_noise_read2(&ini[0], msg[0], 8 + RMP_NOISE_OVERHEAD, out));
	CHECK(rmp_noise_read2(&ini[1], msg[1], 8 + RMP_NOISE_OVERHEAD, out));
}
