/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRC32C without a detour. Since 6.14 crc32c() is the processor's instruction; before, it went
 * through a crypto transformation, which for the 22 calls of a 4 KiB read cost 4.2 thousand
 * instructions of 30 (`make bench-path`). The value is the same.
 */
#ifndef _MEMX_CRC32C_H
#define _MEMX_CRC32C_H

#include <linux/crc32c.h>
#include <linux/version.h>

#if defined(CONFIG_X86_64) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#include <asm/cpufeature.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

static inline u64 memx_crc32q(u64 crc, u64 v)
{
	asm("crc32q %1, %0" : "+r"(crc) : "rm"(v));
	return crc;
}

static inline u32 memx_crc32b(u32 crc, u8 v)
{
	asm("crc32b %1, %0" : "+r"(crc) : "rm"(v));
	return crc;
}

static inline u32 memx_crc32c(u32 seed, const void *data, unsigned int len)
{
	const u64 *word = data;
	const u8 *byte;
	u64 crc = seed;

	if (!static_cpu_has(X86_FEATURE_XMM4_2))
		return crc32c(seed, data, len);
	for (; len >= 4 * sizeof(*word); len -= 4 * sizeof(*word), word += 4) {
		crc = memx_crc32q(crc, get_unaligned(word));
		crc = memx_crc32q(crc, get_unaligned(word + 1));
		crc = memx_crc32q(crc, get_unaligned(word + 2));
		crc = memx_crc32q(crc, get_unaligned(word + 3));
	}
	for (; len >= sizeof(*word); len -= sizeof(*word))
		crc = memx_crc32q(crc, get_unaligned(word++));
	for (byte = (const u8 *)word; len; len--)
		crc = memx_crc32b(crc, *byte++);
	return crc;
}
#else
static inline u32 memx_crc32c(u32 seed, const void *data, unsigned int len)
{
	return crc32c(seed, data, len);
}
#endif

#endif
