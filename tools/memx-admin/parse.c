// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, addresses and names as they come from a command line. */
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

bool parse_uint(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long n;

	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return false;
	errno = 0;
	n = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno || n < least || n > most)
		return false;
	*value = n;
	return true;
}

/* Return: the value of a digit, or -1. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Return: the value of two digits, or -1. */
static int octet(const char *text)
{
	int high = digit(text[0]);
	int low = high < 0 ? -1 : digit(text[1]);

	return low < 0 ? -1 : high << 4 | low;
}

bool parse_mac(const char *text, uint8_t mac[MAC_BYTES])
{
	int i;

	if (strlen(text) != MAC_TEXT - 1 || (text[2] != ':' && text[2] != '-'))
		return false;
	for (i = 0; i < MAC_BYTES; i++) {
		int value = octet(text + 3 * i);

		if (value < 0 || (i && text[3 * i - 1] != text[2]))
			return false;
		mac[i] = (uint8_t)value;
	}
	return true;
}

bool parse_hex(const char *text, uint8_t *bytes, size_t n)
{
	size_t i;

	if (strlen(text) != 2 * n)
		return false;
	for (i = 0; i < n; i++) {
		int value = octet(text + 2 * i);

		if (value < 0)
			return false;
		bytes[i] = (uint8_t)value;
	}
	return true;
}

const char *format_hex(char *text, const uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	text[2 * n] = '\0';
	return text;
}

const char *format_mac(char text[MAC_TEXT], const uint8_t mac[MAC_BYTES])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return text;
}

bool name_is_valid(const char *name, size_t most)
{
	size_t n = strlen(name);

	return n && n <= most &&
	       n == strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789.-_");
}

bool ifname_is_valid(const char *name)
{
	const char *c;

	if (!*name || strlen(name) >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (c = name; *c; c++)
		if (*c == '/' || *c == ':' || !isgraph((unsigned char)*c))
			return false;
	return true;
}
