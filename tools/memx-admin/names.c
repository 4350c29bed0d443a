// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words for the numbers of the wire. The only file that sees the wire's header: its types do
 * not go together with those that netlink's headers bring along.
 */
#include <stddef.h>
#include <string.h>

#include "rmp_wire.h"

#include "names.h"

static_assert(RMP_NODE_ID_LEN == ID_BYTES, "node id");
static_assert(RMP_NAME_LEN == NAME_BYTES, "name");
static_assert(RMP_KEY_LEN == KEY_BYTES, "key");
static_assert(RMP_DATA_MAX == PING_BYTES_MAX, "ping");
static_assert(RMP_MTU_MIN == MTU_LEAST && RMP_MTU_MAX == MTU_MOST, "MTU");
static_assert(RMP_ETHERTYPE == ETHERTYPE_DEFAULT, "EtherType");
static_assert((int)RMP_SEC_NONE == SECURITY_NONE, "security");
static_assert((int)RMP_SEC_NOISE == SECURITY_NOISE, "security");

static const char *const securities[] = {
	[RMP_SEC_NONE] = "none",
	[RMP_SEC_NOISE] = "psk",
};

static const char *const loads[RMP_LOAD_NR] = {
	[RMP_LOAD_OK] = "ok",
	[RMP_LOAD_PRESSURED] = "pressured",
	[RMP_LOAD_DRAINING] = "draining",
	[RMP_LOAD_FULL] = "full",
	[RMP_LOAD_NONE] = "stopped",
};

static const char *const sessions[] = { "none", "connecting", "up" };

static const char *word(const char *const *words, size_t count, uint8_t number)
{
	return number < count ? words[number] : "unknown";
}

const char *security_name(uint8_t security)
{
	return word(securities, ARRAY_SIZE(securities), security);
}

bool security_number(const char *name, uint8_t *security)
{
	uint8_t i;

	for (i = 0; i < ARRAY_SIZE(securities); i++) {
		if (!strcmp(name, securities[i])) {
			*security = i;
			return true;
		}
	}
	return false;
}

const char *load_name(uint8_t load)
{
	return word(loads, ARRAY_SIZE(loads), load);
}

bool load_is_ok(uint8_t load)
{
	return load == RMP_LOAD_OK;
}

const char *session_name(uint8_t session)
{
	return word(sessions, ARRAY_SIZE(sessions), session);
}

/* What keeps it from being used comes first. */
const char *peer_state(const struct peer *p)
{
	if (p->problem[0])
		return "problem";
	if (!p->have_seen)
		return "unheard";
	if (p->suspect)
		return "suspect";
	return load_name(p->load);
}
