// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_pmtu.h"

#define SECOND_US	1000000ull
/* Tries in a row after a handshake that found less than the path's MTU; */
#define TRIES		3
/* later ones come at growing distances. */
#define AGAIN_S		10
#define AGAIN_MAX_S	600

/**
 * rmp_pmtu_try - MTU of an INIT
 * @path:	MTU that the ends of the path promise
 * @attempt:	INITs before it that were not answered
 *
 * Most with the path's MTU: a peer that was away is likely to be met by one of those.
 *
 * Return: the MTU.
 */
u16 rmp_pmtu_try(u16 path, u32 attempt)
{
	const u16 mtus[] = { path, path, path, min_t(u16, path, RMP_MTU_PAGE), RMP_MTU_MIN };

	return mtus[attempt % ARRAY_SIZE(mtus)];
}

/**
 * rmp_pmtu_found - a handshake was done
 * @p:		path
 * @now:	microseconds
 * @path:	MTU that its ends promise
 * @mtu:	MTU of the handshake
 */
void rmp_pmtu_found(struct rmp_pmtu *p, u64 now, u16 path, u16 mtu)
{
	if (p->path == path && p->found == mtu)
		return;
	p->path = path;
	p->found = mtu;
	p->tries = 0;
	p->due_us = now + SECOND_US;
}

/**
 * rmp_pmtu_next - is a larger MTU to be tried?
 * @p:		path
 * @now:	microseconds
 * @path:	MTU that its ends promise now
 *
 * Return: enum rmp_pmtu_act.
 */
enum rmp_pmtu_act rmp_pmtu_next(struct rmp_pmtu *p, u64 now, u16 path)
{
	u64 again_s = AGAIN_S;

	if (p->path != path) {
		p->path = path;
		p->tries = 0;
		p->due_us = now;
	}
	if (p->found >= path || now < p->due_us)
		return RMP_PMTU_WAIT;
	p->tries++;
	if (p->tries <= TRIES) {
		p->due_us = now + SECOND_US;
		return RMP_PMTU_TRY;
	}
	again_s = min(again_s << min(p->tries - TRIES - 1, 8u), (u64)AGAIN_MAX_S);
	p->due_us = now + again_s * SECOND_US;
	return p->tries == TRIES + 1 ? RMP_PMTU_TELL : RMP_PMTU_TRY;
}

/**
 * rmp_pmtu_wait_us - time until rmp_pmtu_next() has something to say
 * @p:		path
 * @now:	microseconds
 *
 * Return: microseconds; U64_MAX when the session has what the path promises.
 */
u64 rmp_pmtu_wait_us(const struct rmp_pmtu *p, u64 now)
{
	if (p->found >= p->path)
		return U64_MAX;
	return p->due_us > now ? p->due_us - now : 0;
}
