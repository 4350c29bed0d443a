// SPDX-License-Identifier: GPL-2.0-only
/*
 * The primitives of rmp_crypto.h as toys: as fast as a simulator wants them, with the properties
 * that the protocol's logic relies on (a tag that depends on every bit, a common secret), and
 * without any secrecy. That the real ones work together is for the unit tests.
 */
#include "rmp_crypto.h"

static u64 stir(u64 z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static u64 load(const u8 *p, size_t len)
{
	u64 v = 0;

	if (len)
		memcpy(&v, p, min(len, sizeof(v)));
	return v;
}

static u64 digest(u64 h, const u8 *p, size_t len)
{
	h = stir(h + len);
	for (; len >= 8; p += 8, len -= 8)
		h = (h ^ load(p, 8)) * 0x9e3779b97f4a7c15ull, h ^= h >> 29;
	return stir(h ^ load(p, len));
}

void rmp_sha256(const u8 *data, size_t len, u8 out[RMP_HASH_LEN])
{
	u64 h = digest(1, data, len);
	unsigned int i;

	for (i = 0; i < 4; i++, out += 8) {
		h = stir(h + 0x9e3779b97f4a7c15ull);
		memcpy(out, &h, 8);
	}
}

void rmp_hmac_sha256(const u8 *key, size_t key_len, const u8 *data, size_t len,
		     u8 out[RMP_HASH_LEN])
{
	u64 h = digest(digest(2, key, key_len), data, len);

	rmp_sha256((const u8 *)&h, sizeof(h), out);
}

static void make_tag(u8 tag[16], const u8 *cipher, size_t len, const u8 *ad, size_t ad_len,
		     u64 nonce, const u8 key[32])
{
	u64 h = digest(digest(stir(digest(3, key, 32) + nonce), ad, ad_len), cipher, len);

	memcpy(tag, &h, 8);
	h = stir(h + 5);
	memcpy(tag + 8, &h, 8);
}

static void crypt(u8 *dst, const u8 *src, size_t len, u64 nonce, const u8 key[32])
{
	u64 k = stir(digest(4, key, 32) ^ stir(nonce)), v;
	size_t n;

	for (; len; len -= n, dst += n, src += n) {
		n = min(len, (size_t)8);
		k += 0x9e3779b97f4a7c15ull;
		v = load(src, n) ^ k ^ k >> 32;
		memcpy(dst, &v, n);
	}
}

/* Not memcmp(): libFuzzer listens there, and then forges any tag. */
bool rmp_differs(const void *a, const void *b, size_t len)
{
	const u8 *x = a, *y = b;
	u8 differ = 0;

	while (len--)
		differ |= *x++ ^ *y++;
	return differ;
}

void rmp_aead_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 nonce,
		      const u8 key[32])
{
	crypt(dst, src, len, nonce, key);
	make_tag(dst + len, dst, len, ad, ad_len, nonce, key);
}

bool rmp_aead_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 nonce,
		      const u8 key[32])
{
	u8 tag[16];

	if (len < sizeof(tag))
		return false;
	len -= sizeof(tag);
	make_tag(tag, src, len, ad, ad_len, nonce, key);
	if (rmp_differs(tag, src + len, sizeof(tag)))
		return false;
	crypt(dst, src, len, nonce, key);
	return true;
}

/* Diffie and Hellman's, modulo 2^61 - 1. */
static u64 mul(u64 a, u64 b)
{
	const u64 p = (1ull << 61) - 1;
	unsigned __int128 v = (unsigned __int128)a * b;
	u64 r = (u64)(v & p) + (u64)(v >> 61);

	return r >= p ? r - p : r;
}

bool rmp_x25519(u8 out[32], const u8 secret[32], const u8 point[32])
{
	u64 base = load(point, 8) % ((1ull << 61) - 1), e = load(secret, 8) | 2, r = 1;

	for (; e; e >>= 1, base = mul(base, base))
		if (e & 1)
			r = mul(r, base);
	memset(out, 0, 32);
	memcpy(out, &r, sizeof(r));
	return r;
}

bool rmp_x25519_public(u8 out[32], const u8 secret[32])
{
	static const u8 base[32] = { 37 };

	return rmp_x25519(out, secret, base);
}

void rmp_wipe(void *p, size_t len)
{
	memset(p, 0, len);
}
