/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cryptographic primitives that the pure parts use. The kernel's are in crypto.c, on
 * lib/crypto; the tests bring slow ones of their own. The AEAD is ChaCha20-Poly1305 (RFC 8439) with
 * the nonce of Noise: four zero bytes, then the 64-bit counter, little-endian.
 */
#ifndef _RMP_CRYPTO_H
#define _RMP_CRYPTO_H

#include "rmp_env.h"

#define RMP_HASH_LEN	32

void rmp_sha256(const u8 *data, size_t len, u8 out[RMP_HASH_LEN]);
void rmp_hmac_sha256(const u8 *key, size_t key_len, const u8 *data, size_t len,
		     u8 out[RMP_HASH_LEN]);
void rmp_aead_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
		      u64 nonce, const u8 key[32]);
bool rmp_aead_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len,
		      u64 nonce, const u8 key[32]);
bool rmp_x25519(u8 out[32], const u8 secret[32], const u8 point[32]);
bool rmp_x25519_public(u8 out[32], const u8 secret[32]);
bool rmp_differs(const void *a, const void *b, size_t len);	/* in constant time */
void rmp_wipe(void *p, size_t len);

#endif
