// SPDX-License-Identifier: GPL-2.0-only
/*
 * The primitives of rmp_crypto.h written straight from their documents, as the oracle of the tests:
 * FIPS 180-4, RFC 2104, RFC 8439, RFC 7748. Slow, and not in constant time: never for anything but
 * tests.
 */
#include <stdlib.h>

#include "refcrypto.h"

/* ---- SHA-256 ---- */

static u32 ror32(u32 x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

/* The first 32 bits of the fraction of the square (@power 2) or cube (3) root of @prime: the
 * constants' definition. */
static u32 root_fraction(u32 prime, int power)
{
	unsigned __int128 target = (unsigned __int128)prime << (32 * power), x = 0;
	int bit;

	for (bit = 36; bit >= 0; bit--) {
		unsigned __int128 y = x | (unsigned __int128)1 << bit;

		if ((power == 2 ? y * y : y * y * y) <= target)
			x = y;
	}
	return (u32)x;
}

static u32 next_prime(u32 p)
{
	u32 d;

	do {
		p++;
		for (d = 2; d < p && p % d; d++)
			;
	} while (d != p);
	return p;
}

static void sha256_block(u32 h[8], const u32 k[64], const u8 *p)
{
	u32 w[64], s[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 |
		       p[4 * i + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + (ror32(w[i - 15], 7) ^ ror32(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       w[i - 7] + (ror32(w[i - 2], 17) ^ ror32(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, h, sizeof(s));
	for (i = 0; i < 64; i++) {
		t1 = s[7] + (ror32(s[4], 6) ^ ror32(s[4], 11) ^ ror32(s[4], 25)) +
		     ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
		t2 = (ror32(s[0], 2) ^ ror32(s[0], 13) ^ ror32(s[0], 22)) +
		     ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof(*s));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		h[i] += s[i];
}

void rmp_sha256(const u8 *data, size_t len, u8 out[RMP_HASH_LEN])
{
	static u32 k[64], start[8];
	size_t padded = (len + 9 + 63) / 64 * 64, i;
	u8 *buf = calloc(1, padded);
	u32 h[8], p = 1;

	if (!buf)
		abort();
	if (!k[0]) {
		for (i = 0; i < 64; i++) {
			p = next_prime(p);
			k[i] = root_fraction(p, 3);
			if (i < 8)
				start[i] = root_fraction(p, 2);
		}
	}
	if (len)
		memcpy(buf, data, len);
	buf[len] = 0x80;
	for (i = 0; i < 8; i++)
		buf[padded - 1 - i] = (u8)((u64)len * 8 >> 8 * i);
	memcpy(h, start, sizeof(h));
	for (i = 0; i < padded; i += 64)
		sha256_block(h, k, buf + i);
	for (i = 0; i < RMP_HASH_LEN; i++)
		out[i] = (u8)(h[i / 4] >> (24 - 8 * (i % 4)));
	free(buf);
}

void rmp_hmac_sha256(const u8 *key, size_t key_len, const u8 *data, size_t len,
		     u8 out[RMP_HASH_LEN])
{
	u8 block[64] = {0}, outer[64 + RMP_HASH_LEN], *inner = malloc(64 + len);
	int i;

	if (!inner)
		abort();
	if (key_len > sizeof(block))
		rmp_sha256(key, key_len, block);
	else if (key_len)
		memcpy(block, key, key_len);
	for (i = 0; i < 64; i++) {
		inner[i] = block[i] ^ 0x36;
		outer[i] = block[i] ^ 0x5c;
	}
	if (len)
		memcpy(inner + 64, data, len);
	rmp_sha256(inner, 64 + len, outer + 64);
	rmp_sha256(outer, sizeof(outer), out);
	free(inner);
}

/* ---- arithmetic modulo 2^(n*w) - c, in n limbs of w bits ---- */

#define LIMBS 15

struct field {
	int n, w;
	u64 c;
};

static const struct field f1305 = {13, 10, 5};	 /* 2^130 - 5 */
static const struct field f25519 = {15, 17, 19}; /* 2^255 - 19 */

typedef u64 num[LIMBS];

/* The low n*w bits of @len bytes, little-endian; bits above are folded in by nobody: the caller has
 * none or wants none. */
static void load(const struct field *f, num a, const u8 *p, int len)
{
	int i;

	memset(a, 0, sizeof(num));
	for (i = 0; i < 8 * len && i < f->n * f->w; i++)
		a[i / f->w] |= (u64)(p[i / 8] >> i % 8 & 1) << i % f->w;
}

static void carry(const struct field *f, num a)
{
	u64 mask = (1ULL << f->w) - 1, over;
	int i, round;

	for (round = 0; round < 3; round++) {
		over = 0;
		for (i = 0; i < f->n; i++) {
			a[i] += over;
			over = a[i] >> f->w;
			a[i] &= mask;
		}
		a[0] += over * f->c;
	}
}

static void store(const struct field *f, u8 *p, int len, const num a)
{
	num r, s;
	int i;

	memcpy(r, a, sizeof(num));
	carry(f, r);
	/* r < 2^(nw) now; it is r - p when r + c reaches 2^(nw) */
	memcpy(s, r, sizeof(num));
	s[0] += f->c;
	for (i = 0; i < f->n - 1; i++) {
		s[i + 1] += s[i] >> f->w;
		s[i] &= (1ULL << f->w) - 1;
	}
	if (s[i] >> f->w) {
		s[i] &= (1ULL << f->w) - 1;
		memcpy(r, s, sizeof(num));
	}
	memset(p, 0, len);
	for (i = 0; i < 8 * len && i < f->n * f->w; i++)
		p[i / 8] |= (u8)((r[i / f->w] >> i % f->w & 1) << i % 8);
}

static void add(const struct field *f, num out, const num a, const num b)
{
	int i;

	for (i = 0; i < f->n; i++)
		out[i] = a[i] + b[i];
	carry(f, out);
}

/* a - b + 4p, so that no limb goes below zero */
static void sub(const struct field *f, num out, const num a, const num b)
{
	u64 full = (1ULL << f->w) - 1;
	int i;

	for (i = 0; i < f->n; i++)
		out[i] = a[i] + 4 * (i ? full : full - f->c + 1) - b[i];
	carry(f, out);
}

static void mul(const struct field *f, num out, const num a, const num b)
{
	u64 t[2 * LIMBS] = {0};
	int i, j;

	for (i = 0; i < f->n; i++)
		for (j = 0; j < f->n; j++)
			t[i + j] += a[i] * b[j];
	for (i = 0; i < f->n; i++)
		out[i] = t[i] + f->c * t[i + f->n];
	carry(f, out);
}

/* ---- ChaCha20-Poly1305 ---- */

static u32 rol32(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static void quarter(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b, *d = rol32(*d ^ *a, 16);
	*c += *d, *b = rol32(*b ^ *c, 12);
	*a += *b, *d = rol32(*d ^ *a, 8);
	*c += *d, *b = rol32(*b ^ *c, 7);
}

static u32 load32(const u8 *p)
{
	return p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static void chacha20_block(u8 out[64], const u8 key[32], u32 block, const u8 nonce[12])
{
	u32 s[16], x[16];
	int i;

	for (i = 0; i < 4; i++)
		s[i] = load32((const u8 *)"expand 32-byte k" + 4 * i);
	for (i = 0; i < 8; i++)
		s[4 + i] = load32(key + 4 * i);
	s[12] = block;
	for (i = 0; i < 3; i++)
		s[13 + i] = load32(nonce + 4 * i);
	memcpy(x, s, sizeof(x));
	for (i = 0; i < 10; i++) {
		quarter(&x[0], &x[4], &x[8], &x[12]);
		quarter(&x[1], &x[5], &x[9], &x[13]);
		quarter(&x[2], &x[6], &x[10], &x[14]);
		quarter(&x[3], &x[7], &x[11], &x[15]);
		quarter(&x[0], &x[5], &x[10], &x[15]);
		quarter(&x[1], &x[6], &x[11], &x[12]);
		quarter(&x[2], &x[7], &x[8], &x[13]);
		quarter(&x[3], &x[4], &x[9], &x[14]);
	}
	for (i = 0; i < 64; i++)
		out[i] = (u8)((x[i / 4] + s[i / 4]) >> 8 * (i % 4));
}

void ref_chacha20(u8 *dst, const u8 *src, size_t len, const u8 key[32], u32 block,
		  const u8 nonce[12])
{
	u8 stream[64];
	size_t i;

	for (i = 0; i < len; i++) {
		if (i % 64 == 0)
			chacha20_block(stream, key, block++, nonce);
		dst[i] = src[i] ^ stream[i % 64];
	}
}

void ref_poly1305(u8 tag[16], const u8 *msg, size_t len, const u8 key[32])
{
	u8 part[17], clamped[16];
	num h = {0}, r, m;
	unsigned int over = 0;
	size_t i;

	memcpy(clamped, key, 16);
	for (i = 3; i < 16; i += 4)
		clamped[i] &= 15;
	for (i = 4; i < 16; i += 4)
		clamped[i] &= 252;
	load(&f1305, r, clamped, 16);
	for (i = 0; i < len; i += 16) {
		size_t n = min(len - i, (size_t)16);

		memcpy(part, msg + i, n);
		part[n] = 1;
		load(&f1305, m, part, (int)n + 1);
		add(&f1305, h, h, m);
		mul(&f1305, h, h, r);
	}
	store(&f1305, tag, 16, h);
	for (i = 0; i < 16; i++) {
		over += tag[i] + key[16 + i];
		tag[i] = (u8)over;
		over >>= 8;
	}
}

/* RFC 8439, 2.8, with any nonce. */
void ref_aead_tag(u8 tag[16], const u8 *cipher, size_t len, const u8 *ad, size_t ad_len,
		  const u8 nonce[12], const u8 key[32])
{
	size_t ad_room = (ad_len + 15) / 16 * 16, room = (len + 15) / 16 * 16;
	u8 one_time[64], *msg = calloc(1, ad_room + room + 16);
	int i;

	if (!msg)
		abort();
	if (ad_len)
		memcpy(msg, ad, ad_len);
	if (len)
		memcpy(msg + ad_room, cipher, len);
	for (i = 0; i < 8; i++) {
		msg[ad_room + room + i] = (u8)((u64)ad_len >> 8 * i);
		msg[ad_room + room + 8 + i] = (u8)((u64)len >> 8 * i);
	}
	chacha20_block(one_time, key, 0, nonce);
	ref_poly1305(tag, msg, ad_room + room + 16, one_time);
	free(msg);
}

static void noise_nonce(u8 out[12], u64 nonce)
{
	int i;

	memset(out, 0, 4);
	for (i = 0; i < 8; i++)
		out[4 + i] = (u8)(nonce >> 8 * i);
}

void rmp_aead_encrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 nonce,
		      const u8 key[32])
{
	u8 n[12];

	noise_nonce(n, nonce);
	ref_chacha20(dst, src, len, key, 1, n);
	ref_aead_tag(dst + len, dst, len, ad, ad_len, n, key);
}

bool rmp_aead_decrypt(u8 *dst, const u8 *src, size_t len, const u8 *ad, size_t ad_len, u64 nonce,
		      const u8 key[32])
{
	u8 n[12], tag[16];

	if (len < sizeof(tag))
		return false;
	len -= sizeof(tag);
	noise_nonce(n, nonce);
	ref_aead_tag(tag, src, len, ad, ad_len, n, key);
	if (rmp_differs(tag, src + len, sizeof(tag)))
		return false;
	ref_chacha20(dst, src, len, key, 1, n);
	return true;
}

/* ---- X25519 ---- */

static void invert(num out, const num a)
{
	num r = {1};
	int i;

	/* a^(p - 2); p - 2 = 2^255 - 21 has all bits set but 2 and 4 */
	for (i = 254; i >= 0; i--) {
		mul(&f25519, r, r, r);
		if (i != 2 && i != 4)
			mul(&f25519, r, r, a);
	}
	memcpy(out, r, sizeof(num));
}

static void swap_if(u8 bit, num a, num b)
{
	num t;

	if (bit) {
		memcpy(t, a, sizeof(num));
		memcpy(a, b, sizeof(num));
		memcpy(b, t, sizeof(num));
	}
}

/* One step of the Montgomery ladder of RFC 7748, section 5. */
static void ladder_step(const num x1, num x2, num z2, num x3, num z3)
{
	static const num a24 = {121665};
	const struct field *f = &f25519;
	num a, aa, b, bb, e, c, d, da, cb;

	add(f, a, x2, z2);
	mul(f, aa, a, a);
	sub(f, b, x2, z2);
	mul(f, bb, b, b);
	sub(f, e, aa, bb);
	add(f, c, x3, z3);
	sub(f, d, x3, z3);
	mul(f, da, d, a);
	mul(f, cb, c, b);
	add(f, x3, da, cb);
	mul(f, x3, x3, x3);
	sub(f, z3, da, cb);
	mul(f, z3, z3, z3);
	mul(f, z3, z3, x1);
	mul(f, x2, aa, bb);
	mul(f, z2, a24, e);
	add(f, z2, z2, aa);
	mul(f, z2, z2, e);
}

bool rmp_x25519(u8 out[32], const u8 secret[32], const u8 point[32])
{
	static const u8 zero[32];
	num x1, x2 = {1}, z2 = {0}, x3, z3 = {1};
	u8 k[32], bit, swapped = 0;
	int i;

	memcpy(k, secret, 32);
	k[0] &= 248;
	k[31] = (k[31] & 127) | 64;
	load(&f25519, x1, point, 32); /* its highest bit does not count */
	memcpy(x3, x1, sizeof(num));
	for (i = 254; i >= 0; i--) {
		bit = k[i / 8] >> i % 8 & 1;
		swap_if(swapped ^ bit, x2, x3);
		swap_if(swapped ^ bit, z2, z3);
		swapped = bit;
		ladder_step(x1, x2, z2, x3, z3);
	}
	swap_if(swapped, x2, x3);
	swap_if(swapped, z2, z3);
	invert(z2, z2);
	mul(&f25519, x2, x2, z2);
	store(&f25519, out, 32, x2);
	return memcmp(out, zero, 32) != 0;
}

bool rmp_x25519_public(u8 out[32], const u8 secret[32])
{
	static const u8 base[32] = {9}, zero[32];

	return memcmp(secret, zero, 32) && rmp_x25519(out, secret, base);
}

bool rmp_differs(const void *a, const void *b, size_t len)
{
	return memcmp(a, b, len) != 0;
}

void rmp_wipe(void *p, size_t len)
{
	memset(p, 0, len);
}
