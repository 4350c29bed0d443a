/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Noise_NNpsk0_25519_ChaChaPoly_SHA256 (noiseprotocol.org, revision 34):
 *
 *	-> psk, e
 *	<- e, ee
 *
 * Both ends prove that they know the cluster key; the session keys follow from two ephemeral keys,
 * so a key that leaks later opens no old session.
 */
#ifndef _RMP_NOISE_H
#define _RMP_NOISE_H

#include "rmp_crypto.h"
#include "rmp_wire.h"

/**
 * struct rmp_noise - handshake state
 * @h:		hash of the transcript
 * @ck:		chaining key
 * @k:		key of the current payload
 * @psk:	the cluster key
 * @e:		own ephemeral secret
 * @re:		the other's ephemeral public key
 */
struct rmp_noise {
	u8 h[RMP_HASH_LEN];
	u8 ck[RMP_HASH_LEN];
	u8 k[RMP_HASH_LEN];
	u8 psk[RMP_KEY_LEN];
	u8 e[32];
	u8 re[32];
};

/* Bytes that a message is longer than its payload. */
#define RMP_NOISE_OVERHEAD	(32 + RMP_TAG_LEN)
#define RMP_NOISE_PAYLOAD_MAX	240
#define RMP_NOISE_PROLOGUE_MAX	256

void rmp_noise_init(struct rmp_noise *n, const void *prologue, size_t len,
		    const u8 psk[RMP_KEY_LEN]);
bool rmp_noise_write1(struct rmp_noise *n, const u8 secret[32], const void *payload, size_t len,
		      u8 *msg);
bool rmp_noise_read1(struct rmp_noise *n, const u8 *msg, size_t msg_len, void *payload);
bool rmp_noise_write2(struct rmp_noise *n, const u8 secret[32], const void *payload, size_t len,
		      u8 *msg);
bool rmp_noise_read2(struct rmp_noise *n, const u8 *msg, size_t msg_len, void *payload);
void rmp_noise_split(struct rmp_noise *n, u8 to_target[32], u8 to_initiator[32]);

#endif
