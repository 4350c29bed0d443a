// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_noise.h"

static const char protocol[] = "Noise_NNpsk0_25519_ChaChaPoly_SHA256";

/* No single input of the handshake's hash is longer than this after the hash itself. */
#define MIX_MAX		256
static_assert(RMP_NOISE_PAYLOAD_MAX + RMP_TAG_LEN <= MIX_MAX);
static_assert(RMP_NOISE_PROLOGUE_MAX <= MIX_MAX);

static void mix_hash(struct rmp_noise *n, const void *data, size_t len)
{
	u8 buf[RMP_HASH_LEN + MIX_MAX];

	memcpy(buf, n->h, RMP_HASH_LEN);
	memcpy(buf + RMP_HASH_LEN, data, len);
	rmp_sha256(buf, RMP_HASH_LEN + len, n->h);
}

/* HKDF of the Noise specification, 4.3: @count outputs of 32 bytes each. */
static void hkdf(const u8 *ck, const u8 *input, size_t len, u8 (*out)[RMP_HASH_LEN],
		 unsigned int count)
{
	u8 temp[RMP_HASH_LEN], block[RMP_HASH_LEN + 1];
	unsigned int i;

	rmp_hmac_sha256(ck, RMP_HASH_LEN, input, len, temp);
	for (i = 0; i < count; i++) {
		unsigned int prev = i ? RMP_HASH_LEN : 0;

		if (prev)
			memcpy(block, out[i - 1], RMP_HASH_LEN);
		block[prev] = i + 1;
		rmp_hmac_sha256(temp, RMP_HASH_LEN, block, prev + 1, out[i]);
	}
	rmp_wipe(temp, sizeof(temp));
	rmp_wipe(block, sizeof(block));
}

static void mix_key(struct rmp_noise *n, const u8 *input, size_t len)
{
	u8 out[2][RMP_HASH_LEN];

	hkdf(n->ck, input, len, out, 2);
	memcpy(n->ck, out[0], RMP_HASH_LEN);
	memcpy(n->k, out[1], RMP_HASH_LEN);
	rmp_wipe(out, sizeof(out));
}

static void mix_psk(struct rmp_noise *n)
{
	u8 out[3][RMP_HASH_LEN];

	hkdf(n->ck, n->psk, RMP_KEY_LEN, out, 3);
	memcpy(n->ck, out[0], RMP_HASH_LEN);
	mix_hash(n, out[1], RMP_HASH_LEN);
	memcpy(n->k, out[2], RMP_HASH_LEN);
	rmp_wipe(out, sizeof(out));
}

/* A payload is encrypted once under each key here: the nonce is always 0. */
static void encrypt_and_hash(struct rmp_noise *n, u8 *dst, const void *payload, size_t len)
{
	rmp_aead_encrypt(dst, payload, len, n->h, RMP_HASH_LEN, 0, n->k);
	mix_hash(n, dst, len + RMP_TAG_LEN);
}

static bool decrypt_and_hash(struct rmp_noise *n, void *payload, const u8 *src, size_t len)
{
	if (!rmp_aead_decrypt(payload, src, len, n->h, RMP_HASH_LEN, 0, n->k))
		return false;
	mix_hash(n, src, len);
	return true;
}

static bool msg_len_ok(size_t msg_len)
{
	return msg_len >= RMP_NOISE_OVERHEAD &&
	       msg_len <= RMP_NOISE_PAYLOAD_MAX + RMP_NOISE_OVERHEAD;
}

/* A handshake that failed cannot go on: leave nothing of it. */
static bool fail(struct rmp_noise *n)
{
	rmp_wipe(n, sizeof(*n));
	return false;
}

/*
 * Token "e" of the sender, in a handshake with a psk: the public key, which is in @msg, goes into
 * the hash and into the chaining key.
 */
static void write_e(struct rmp_noise *n, const u8 secret[32], const u8 *msg)
{
	memcpy(n->e, secret, 32);
	mix_hash(n, msg, 32);
	mix_key(n, msg, 32);
}

static void read_e(struct rmp_noise *n, const u8 *msg)
{
	memcpy(n->re, msg, 32);
	mix_hash(n, n->re, 32);
	mix_key(n, n->re, 32);
}

static bool mix_ee(struct rmp_noise *n)
{
	u8 shared[32];
	bool ok = rmp_x25519(shared, n->e, n->re);

	if (ok)
		mix_key(n, shared, sizeof(shared));
	rmp_wipe(shared, sizeof(shared));
	return ok;
}

/**
 * rmp_noise_init - begin a handshake, at either end
 * @n:		state
 * @prologue:	what both ends must agree on, at most RMP_NOISE_PROLOGUE_MAX bytes
 * @len:	its bytes
 * @psk:	the cluster key
 */
void rmp_noise_init(struct rmp_noise *n, const void *prologue, size_t len,
		    const u8 psk[RMP_KEY_LEN])
{
	memset(n, 0, sizeof(*n));
	rmp_sha256((const u8 *)protocol, sizeof(protocol) - 1, n->h);
	memcpy(n->ck, n->h, RMP_HASH_LEN);
	memcpy(n->psk, psk, RMP_KEY_LEN);
	mix_hash(n, prologue, len);
}

/**
 * rmp_noise_write1 - initiator: first message
 * @n:		state
 * @secret:	32 fresh random bytes
 * @payload:	what to say
 * @len:	its bytes, at most RMP_NOISE_PAYLOAD_MAX
 * @msg:	to fill: @len + RMP_NOISE_OVERHEAD bytes
 *
 * Return: false when @secret is useless; @n is as before then, so another one can be tried.
 */
bool rmp_noise_write1(struct rmp_noise *n, const u8 secret[32], const void *payload, size_t len,
		      u8 *msg)
{
	if (!rmp_x25519_public(msg, secret))
		return false;
	mix_psk(n);
	write_e(n, secret, msg);
	encrypt_and_hash(n, msg + 32, payload, len);
	return true;
}

/**
 * rmp_noise_read1 - target: first message
 * @n:		state
 * @msg:	the message
 * @msg_len:	its bytes, any number
 * @payload:	to fill: @msg_len - RMP_NOISE_OVERHEAD bytes
 *
 * Return: false when it was not made with this cluster key; @n is wiped then.
 */
bool rmp_noise_read1(struct rmp_noise *n, const u8 *msg, size_t msg_len, void *payload)
{
	if (!msg_len_ok(msg_len))
		return fail(n);
	mix_psk(n);
	read_e(n, msg);
	return decrypt_and_hash(n, payload, msg + 32, msg_len - 32) || fail(n);
}

/**
 * rmp_noise_write2 - target: second message
 * @n:		state
 * @secret:	32 fresh random bytes
 * @payload:	what to say
 * @len:	its bytes, at most RMP_NOISE_PAYLOAD_MAX
 * @msg:	to fill: @len + RMP_NOISE_OVERHEAD bytes
 *
 * Return: false when @secret is useless or the initiator's public key is a bad one; @n is wiped
 * then.
 */
bool rmp_noise_write2(struct rmp_noise *n, const u8 secret[32], const void *payload, size_t len,
		      u8 *msg)
{
	if (!rmp_x25519_public(msg, secret))
		return fail(n);
	write_e(n, secret, msg);
	if (!mix_ee(n))
		return fail(n);
	encrypt_and_hash(n, msg + 32, payload, len);
	return true;
}

/**
 * rmp_noise_read2 - initiator: second message
 * @n:		state
 * @msg:	the message
 * @msg_len:	its bytes, any number
 * @payload:	to fill: @msg_len - RMP_NOISE_OVERHEAD bytes
 *
 * Return: false when it does not answer the first message with this cluster key; @n is wiped then.
 * Work on a copy where a forged message must not spoil the handshake.
 */
bool rmp_noise_read2(struct rmp_noise *n, const u8 *msg, size_t msg_len, void *payload)
{
	if (!msg_len_ok(msg_len))
		return fail(n);
	read_e(n, msg);
	return (mix_ee(n) && decrypt_and_hash(n, payload, msg + 32, msg_len - 32)) || fail(n);
}

/**
 * rmp_noise_split - session keys, and the end of the handshake
 * @n:		state; wiped
 * @to_target:	key of frames from initiator to target
 * @to_initiator: key of frames from target to initiator
 */
void rmp_noise_split(struct rmp_noise *n, u8 to_target[32], u8 to_initiator[32])
{
	u8 out[2][RMP_HASH_LEN];

	hkdf(n->ck, NULL, 0, out, 2);
	memcpy(to_target, out[0], 32);
	memcpy(to_initiator, out[1], 32);
	rmp_wipe(out, sizeof(out));
	rmp_wipe(n, sizeof(*n));
}
