/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRC32C without a detour. Since 6.14 crc32c() is the processor's instruction; before, it went
 * through a crypto transformation, which for the 22 calls of a 4 KiB read cost 4.2 thousand
 * instructions of 30 (`make bench-path`); and long runs of the instruction leave a
 * loop little of its own. The value is the same.
 */
#ifndef _MEMX_CRC32C_H
#define _MEMX_CRC32C_H

#include <linux/crc32c.h>
#include <linux/version.h>

#if defined(CONFIG_X86_64) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#include <asm/cpufeature.h>

static inline u64 memx_crc32q(u64 crc, const u64 *p)
{
	asm("crc32q %1, %0" : "+r"(crc) : "m"(*p));
	return crc;
}

static inline u32 memx_crc32b(u32 crc, u8 v)
{
	asm("crc32b %1, %0" : "+r"(crc) : "rm"(v));
	return crc;
}

/* Of @n words, at most 32, a number that the compiler knows: no loop. */
static __always_inline u64 memx_crc32q_n(u64 crc, const u64 *word, unsigned int n)
{
	unsigned int i;

#pragma GCC unroll 32
	for (i = 0; i < n; i++)
		crc = memx_crc32q(crc, word + i);
	return crc;
}

/* The same: no call either. */
static __always_inline u32 memx_crc32c_words(u32 seed, const u64 *word, unsigned int n)
{
	if (!static_cpu_has(X86_FEATURE_XMM4_2))
		return crc32c(seed, word, n * sizeof(*word));
	return memx_crc32q_n(seed, word, n);
}

/* The processor reads words at any address. */
static inline u32 memx_crc32c(u32 seed, const void *data, unsigned int len)
{
	unsigned int n = len / sizeof(u64), part;
	const u64 *word = data;
	const u8 *byte;
	u64 crc = seed;

	if (!static_cpu_has(X86_FEATURE_XMM4_2))
		return crc32c(seed, data, len);
	for (; n >= 32; n -= 32, word += 32)
		crc = memx_crc32q_n(crc, word, 32);
#pragma GCC unroll 5
	for (part = 16; part; part /= 2) {
		if (n & part) {
			crc = memx_crc32q_n(crc, word, part);
			word += part;
		}
	}
	for (byte = (const u8 *)word, len %= sizeof(u64); len; len--)
		crc = memx_crc32b(crc, *byte++);
	return crc;
}
#else
static inline u32 memx_crc32c_words(u32 seed, const u64 *word, unsigned int n)
{
	return crc32c(seed, word, n * sizeof(*word));
}

static inline u32 memx_crc32c(u32 seed, const void *data, unsigned int len)
{
	return crc32c(seed, data, len);
}
#endif

#endif
