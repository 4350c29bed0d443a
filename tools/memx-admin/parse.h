/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, addresses and names as they come from a command line. */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_BYTES	6
#define MAC_TEXT	18	/* with the NUL */

/* Decimal, or hexadecimal after 0x. Return: false when it is none, or out of bounds. */
bool parse_uint(const char *text, uint64_t least, uint64_t most, uint64_t *value);

/* "52:54:00:12:34:01" or with dashes. Return: false when it is none. */
bool parse_mac(const char *text, uint8_t mac[MAC_BYTES]);

/* Exactly @n bytes as 2 * @n digits. Return: false when it is not. */
bool parse_hex(const char *text, uint8_t *bytes, size_t n);

/* @text must hold 2 * @n + 1 bytes. */
const char *format_hex(char *text, const uint8_t *bytes, size_t n);
const char *format_mac(char text[MAC_TEXT], const uint8_t mac[MAC_BYTES]);

/* Letters, digits, dots, dashes and underscores, 1 to @most: what every name in MemX is made of. */
bool name_is_valid(const char *name, size_t most);

/* A name that the kernel takes for a network device. */
bool ifname_is_valid(const char *name);

#endif
