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

static __always_inline u64 memx_crc32q_8(u64 crc, const u64 *p)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < 8; i++)
		crc = memx_crc32q(crc, p + i);
	return crc;
}

/* Of a known, small number of words: no call, no loop. */
static __always_inline u32 memx_crc32c_words(u32 seed, const u64 *word, unsigned int n)
{
	u64 crc = seed;
	unsigned int i;

	if (!static_cpu_has(X86_FEATURE_XMM4_2))
		return crc32c(seed, word, n * sizeof(*word));
#pragma GCC unroll 8
	for (i = 0; i < n; i++)
		crc = memx_crc32q(crc, word + i);
	return crc;
}

/* The processor reads words at any address. */
static inline u32 memx_crc32c(u32 seed, const void *data, unsigned int len)
{
	const u64 *word = data;
	const u8 *byte;
	u64 crc = seed;

	if (!static_cpu_has(X86_FEATURE_XMM4_2))
		return crc32c(seed, data, len);
	for (; len >= 32 * sizeof(*word); len -= 32 * sizeof(*word), word += 32) {
		crc = memx_crc32q_8(crc, word);
		crc = memx_crc32q_8(crc, word + 8);
		crc = memx_crc32q_8(crc, word + 16);
		crc = memx_crc32q_8(crc, word + 24);
	}
	for (; len >= 8 * sizeof(*word); len -= 8 * sizeof(*word), word += 8)
		crc = memx_crc32q_8(crc, word);
	for (; len >= sizeof(*word); len -= sizeof(*word))
		crc = memx_crc32q(crc, word++);
	for (byte = (const u8 *)word; len; len--)
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
