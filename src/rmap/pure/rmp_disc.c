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
 * rmp_advert_judge - what to do with an advertisement
 * @h:		of its peer
 * @up:		a session with the peer is up
 * @a:		the frame, valid and authentic
 *
 * One of an incarnation that is neither the known nor the proved one is of a peer that has just
 * begun anew, or an old one that somebody has recorded: only a handshake can tell. While a session
 * says that the proved one lives it changes nothing.
 *
 * Return: enum rmp_advert_use.
 */
enum rmp_advert_use rmp_advert_judge(const struct rmp_heard *h, bool up,
				     const struct rmp_advert *a)
{
	u64 incarnation = be64_to_cpu(a->incarnation), counter = be64_to_cpu(a->counter);

	if (incarnation == h->incarnation)
		return counter > h->counter ? RMP_ADVERT_TAKE : RMP_ADVERT_REPLAY;
	if (incarnation == h->confirmed)
		return counter > h->confirmed_counter ? RMP_ADVERT_TAKE : RMP_ADVERT_REPLAY;
	return up && h->confirmed ? RMP_ADVERT_HINT : RMP_ADVERT_TAKE;
}

/**
 * rmp_advert_take - an advertisement was taken
 * @h:		of its peer
 * @a:		the frame
 */
void rmp_advert_take(struct rmp_heard *h, const struct rmp_advert *a)
{
	h->incarnation = be64_to_cpu(a->incarnation);
	h->counter = be64_to_cpu(a->counter);
	if (h->incarnation == h->confirmed)
		h->confirmed_counter = h->counter;
}

/**
 * rmp_advert_confirm - a handshake has proved who is there
 * @h:		of the peer
 * @incarnation: as the handshake says
 * @counter:	of its last advertisement that was heard but not taken, or 0
 */
void rmp_advert_confirm(struct rmp_heard *h, u64 incarnation, u64 counter)
{
	if (h->confirmed != incarnation) {
		h->confirmed = incarnation;
		h->confirmed_counter = h->incarnation == incarnation ? h->counter : counter;
	}
	h->incarnation = incarnation;
	h->counter = h->confirmed_counter;
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
