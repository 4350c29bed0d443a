// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_disc.h"

#define INTERVAL_MIN_MS	100
#define INTERVAL_MAX_MS	60000

/**
 * rmp_name_is_valid - may this be the name of a node?
 * @name:	letters, digits, '.', '_' and '-', then NULs to the end
 * @size:	bytes of the field
 *
 * Return: true when it is. Names go into terminals, logs and shell scripts.
 */
bool rmp_name_is_valid(const char *name, size_t size)
{
	size_t i, len = 0;

	while (len < size && name[len])
		len++;
	if (!len || len == size)
		return false;
	for (i = 0; i < size; i++) {
		char c = name[i];

		if (i >= len ? c != 0
			     : !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				 (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

/**
 * rmp_advert_is_valid - check an ADVERT or SOLICIT frame, but for its MAC
 * @a:		the frame
 * @len:	its bytes, padding included
 *
 * Return: false when it breaks a rule.
 */
bool rmp_advert_is_valid(const struct rmp_advert *a, u32 len)
{
	u32 interval = be32_to_cpu(a->interval_ms);
	u16 mtu = be16_to_cpu(a->mtu);

	if (len < sizeof(*a) || be16_to_cpu(a->len) != sizeof(*a) || a->version != RMP_VERSION ||
	    a->security > RMP_SEC_NOISE || a->load >= RMP_LOAD_NR || mtu < RMP_MTU_MIN ||
	    mtu > RMP_MTU_MAX || !a->incarnation ||
	    !rmp_name_is_valid((const char *)a->name, sizeof(a->name)))
		return false;
	if (a->type == RMP_T_SOLICIT)
		return !a->capacity && !a->free && !interval && !a->load;
	return a->type == RMP_T_ADVERT && interval >= INTERVAL_MIN_MS &&
	       interval <= INTERVAL_MAX_MS && be64_to_cpu(a->free) <= be64_to_cpu(a->capacity);
}

/**
 * rmp_advert_is_new - is this one no replay?
 * @known_incarnation: of the peer as last heard
 * @known_counter: of its last advertisement
 * @a:		the frame, valid and authentic
 *
 * An old incarnation cannot be told from a new one here; what it says is a hint until a session
 * confirms it.
 *
 * Return: true when it is new.
 */
bool rmp_advert_is_new(u64 known_incarnation, u64 known_counter, const struct rmp_advert *a)
{
	return be64_to_cpu(a->incarnation) != known_incarnation ||
	       be64_to_cpu(a->counter) > known_counter;
}

/**
 * rmp_peer_age - how a peer is that was silent for a while
 * @silent_ms:	milliseconds since it was heard
 * @interval_ms: of its advertisements
 *
 * Return: enum rmp_age.
 */
enum rmp_age rmp_peer_age(u32 silent_ms, u32 interval_ms)
{
	if (silent_ms > (u64)interval_ms * RMP_FORGET_INTERVALS)
		return RMP_AGE_FORGOTTEN;
	return silent_ms > (u64)interval_ms * RMP_SUSPECT_INTERVALS ? RMP_AGE_SUSPECT
								    : RMP_AGE_FRESH;
}
