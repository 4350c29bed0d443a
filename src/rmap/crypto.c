// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's side of rmp_crypto.h. */
#include <crypto/algapi.h>
#include <crypto/chacha20poly1305.h>
#include <crypto/curve25519.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <linux/mutex.h>

#include "rmp_crypto.h"
#include "rmp_priv.h"

static struct crypto_shash *hmac;
static DEFINE_MUTEX(hmac_lock);		/* the key is part of the transform */

/* Context: any. */
void rmp_sha256(const u8 *data, size_t len, u8 out[RMP_HASH_LEN])
{
	sha256(data, len, out);
}

/* Context: process; allocates nothing. */
void rmp_hmac_sha256(const u8 *key, size_t key_len, const u8 *data, size_t len,
		     u8 out[RMP_HASH_LEN])
{
	int err;

	mutex_lock(&hmac_lock);
	err = crypto_shash_setkey(hmac, key, key_len);
	if (!err)
		err = crypto_shash_tfm_digest(hmac, data, len, out);
	mutex_unlock(&hmac_lock);
	/* Cannot happen with a software hash; never go on with what was in @out. */
	if (WARN_ON_ONCE(err))
		get_random_bytes(out, RMP_HASH_LEN);
}

/* Context: any. @dst may be @src. */
void rmp_aead_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 nonce,
		      const u8 key[32])
{
	chacha20poly1305_encrypt(dst, src, len, ad, ad_len, nonce, key);
}

/* Context: any. Nothing is written to @dst unless the tag is right. */
bool rmp_aead_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 nonce,
		      const u8 key[32])
{
	return chacha20poly1305_decrypt(dst, src, len, ad, ad_len, nonce, key);
}

bool rmp_x25519(u8 out[32], const u8 secret[32], const u8 point[32])
{
	return curve25519(out, secret, point);
}

bool rmp_x25519_public(u8 out[32], const u8 secret[32])
{
	return curve25519_generate_public(out, secret);
}

bool rmp_differs(const void *a, const void *b, size_t len)
{
	return crypto_memneq(a, b, len);
}

void rmp_wipe(void *p, size_t len)
{
	memzero_explicit(p, len);
}

/**
 * rmp_crc32c - CRC32C (Castagnoli), as every frame in clear carries it
 * @crc:	of what came before, 0 to begin with
 * @data:	bytes
 * @len:	how many
 *
 * Context: any. Neither inverted before nor after, as crc32c() of the kernel.
 * Return: the CRC of all.
 */
u32 rmp_crc32c(u32 crc, const void *data, u32 len)
{
	return memx_crc32c(crc, data, len);
}

int rmp_crypto_init(void)
{
	hmac = crypto_alloc_shash("hmac(sha256)", 0, 0);
	return PTR_ERR_OR_ZERO(hmac);
}

void rmp_crypto_exit(void)
{
	crypto_free_shash(hmac);
}
