// SPDX-License-Identifier: GPL-2.0-only
/* What a disk line of xl says: target=NAME[,key=value]... */
#include "memx_xbk_target.h"

static const char script_name[] = "block-memx";

static size_t word(const char *p)
{
	return strcspn(p, ",");
}

/* Value of the last backend=, which wins as in the script; NULL when there is none. */
static const char *backend(const char *target, size_t *len)
{
	static const char key[] = "backend=";
	const size_t n = sizeof(key) - 1;
	const char *p = target + word(target), *found = NULL;

	while (*p == ',') {
		p++;
		if (!strncmp(p, key, n)) {
			found = p + n;
			*len = word(found);
		}
		p += word(p);
	}
	return found;
}

/**
 * memx_xbk_is_ours - is a virtual disk for this backend?
 * @script:	node `script` of it, a path
 * @target:	node `params` of it
 *
 * Return: true when the script is block-memx and the target does not ask for another backend.
 */
bool memx_xbk_is_ours(const char *script, const char *target)
{
	const char *slash = strrchr(script, '/'), *value;
	size_t len;

	if (strcmp(slash ? slash + 1 : script, script_name))
		return false;
	value = backend(target, &len);
	return !value || (len == 4 && !strncmp(value, "memx", 4));
}

/**
 * memx_xbk_target_name - name of the volume
 * @target:	node `params`
 * @name:	to fill
 * @size:	room there
 *
 * Return: false when there is none, or it is too long; @name is empty then.
 */
bool memx_xbk_target_name(const char *target, char *name, size_t size)
{
	size_t len = word(target);

	name[0] = 0;
	if (!len || len >= size)
		return false;
	memcpy(name, target, len);
	name[len] = 0;
	return true;
}

static const char *hex(const char *p, u32 *value)
{
	unsigned int digits;

	*value = 0;
	for (digits = 0; digits < 6; digits++, p++) {
		u32 c = (u8)*p;

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*value = *value << 4 | ((c | 0x20) - 'a' + 10);
		else
			break;
	}
	return digits ? p : NULL;
}

/**
 * memx_xbk_parse_device - device numbers as block scripts write them
 * @text:	MAJOR:MINOR in hexadecimal
 * @major:	of 12 bits
 * @minor:	of 20 bits
 *
 * Return: false when it is anything else.
 */
bool memx_xbk_parse_device(const char *text, u32 *major, u32 *minor)
{
	const char *p = hex(text, major);

	if (!p || *p != ':')
		return false;
	p = hex(p + 1, minor);
	return p && !*p && *major < 1U << 12 && *minor < 1U << 20;
}
