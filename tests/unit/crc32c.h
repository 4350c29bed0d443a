/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CRC32C as RMAP uses it, bit by bit: what the kernel's crc32c(0, ...) says, which begins with 0
 * and inverts nothing at the end.
 */
#ifndef _CRC32C_H
#define _CRC32C_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t crc32c_more(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;
	unsigned int bit;

	while (len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static inline uint32_t crc32c(const void *data, size_t len)
{
	return crc32c_more(0, data, len);
}

#endif
