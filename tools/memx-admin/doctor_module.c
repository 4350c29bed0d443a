// SPDX-License-Identifier: GPL-2.0-only
/* What the bytes of a kernel module tell of it. */
#include <string.h>

#include "doctor_module.h"
#include "parse.h"

#define SHA1_BYTES	20

/* Of an ELF note: bytes of the owner and of the id, type NT_GNU_BUILD_ID, owner. */
static const char note[] = "\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU";

bool module_id(const char *text, size_t size, char id[MODULE_ID_TEXT])
{
	const char *at = memmem(text, size, note, sizeof(note));

	id[0] = '\0';
	if (!at || (size_t)(text + size - at) < sizeof(note) + SHA1_BYTES)
		return false;
	format_hex(id, (const uint8_t *)at + sizeof(note), SHA1_BYTES);
	return true;
}

bool module_is_signed(const char *text, size_t size)
{
	static const char end[] = "~Module signature appended~\n";
	size_t n = sizeof(end) - 1;

	return size >= n && !memcmp(text + size - n, end, n);
}
