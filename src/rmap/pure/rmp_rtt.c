// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_rtt.h"

/* A sample above this is a stopped machine, not a network; it also keeps the sums below 32 bits. */
#define SAMPLE_MAX_US	60000000u

void rmp_rtt_init(struct rmp_rtt *r, u32 min_us, u32 max_us)
{
	r->srtt8 = 0;
	r->var4 = 0;
	r->rto_us = RMP_RTO_FIRST_US;
	rmp_rtt_limits(r, min_us, max_us);
}

/**
 * rmp_rtt_limits - change floor and ceiling of the timeout
 * @r:		estimator
 * @min_us:	floor, microseconds
 * @max_us:	ceiling, microseconds, at least @min_us
 */
void rmp_rtt_limits(struct rmp_rtt *r, u32 min_us, u32 max_us)
{
	r->min_us = min_us;
	r->max_us = max_us;
	r->rto_us = clamp(r->rto_us, min_us, max_us);
}

/**
 * rmp_rtt_sample - take one measured round trip
 * @r:		estimator
 * @rtt_us:	the sample, of a frame whose time stamp came back (RFC 7323: unambiguous when sent
 *		again)
 *
 * RFC 6298, 2.2 and 2.3: alpha 1/8, beta 1/4, K 4; the clock's granularity is one microsecond.
 */
void rmp_rtt_sample(struct rmp_rtt *r, u32 rtt_us)
{
	u32 err, srtt;

	rtt_us = clamp(rtt_us, 1u, SAMPLE_MAX_US);
	if (!r->srtt8) {
		r->srtt8 = rtt_us * 8;
		r->var4 = rtt_us * 2;
	} else {
		srtt = r->srtt8 / 8;
		err = rtt_us > srtt ? rtt_us - srtt : srtt - rtt_us;
		r->var4 += err - r->var4 / 4;
		r->srtt8 += rtt_us - srtt;
	}
	r->rto_us = clamp(r->srtt8 / 8 + max(r->var4, 1u), r->min_us, r->max_us);
}

/**
 * rmp_rtt_backoff - timeout of the next transmission
 * @r:		estimator
 * @tries:	how often the timer has run out already
 *
 * Return: microseconds: the timeout doubled @tries times, at most the ceiling.
 */
u32 rmp_rtt_backoff(const struct rmp_rtt *r, unsigned int tries)
{
	return min_t(u64, (u64)r->rto_us << min(tries, 16u), r->max_us);
}
