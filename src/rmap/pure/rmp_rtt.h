/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Round-trip time of a session and the retransmission timeout that follows from it, by the rules
 * of RFC 6298 with a clock in microseconds.
 */
#ifndef _RMP_RTT_H
#define _RMP_RTT_H

#include "rmp_env.h"

#define RMP_RTO_MIN_US          2000u /* default floor; a LAN round trip is 20 to 500 us */
#define RMP_RTO_MAX_US		500000u		/* default ceiling */
#define RMP_RTO_FIRST_US	50000u		/* before the first sample */

/**
 * struct rmp_rtt - estimator
 * @srtt8:	smoothed round-trip time, in eighths of a microsecond; 0 before the first sample
 * @var4:	mean deviation, in quarters of a microsecond
 * @rto_us:	timeout before backoff
 * @min_us:	floor of the timeout
 * @max_us:	ceiling of the timeout, also with backoff
 */
struct rmp_rtt {
	u32	srtt8;
	u32	var4;
	u32	rto_us;
	u32	min_us;
	u32	max_us;
};

void rmp_rtt_init(struct rmp_rtt *r, u32 min_us, u32 max_us);
void rmp_rtt_limits(struct rmp_rtt *r, u32 min_us, u32 max_us);
void rmp_rtt_sample(struct rmp_rtt *r, u32 rtt_us);
u32 rmp_rtt_backoff(const struct rmp_rtt *r, unsigned int tries);

static inline u32 rmp_rtt_us(const struct rmp_rtt *r)
{
	return r->srtt8 / 8;
}

#endif
