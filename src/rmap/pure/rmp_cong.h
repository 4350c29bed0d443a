/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Congestion window of a session, in frames of both directions: a request costs its own frames
 * and those of the reply that it asks for. Grown as in RFC 5681, cut by loss and by a queue that
 * stays: one that no request of a whole round was spared, as in CoDel (RFC 8289), because a
 * single late answer is only a busy processor.
 */
#ifndef _RMP_CONG_H
#define _RMP_CONG_H

#include "rmp_env.h"

#define RMP_CWND_FIRST	128	/* two full requests at MTU 1500 */
#define RMP_CWND_MIN	64	/* one full request at MTU 1500 */
#define RMP_CWND_MAX	4096	/* above what RMP_SLOTS_MAX full requests cost at MTU 1500 */

/*
 * Requests are compared with those of like size, by powers of two of their cost: 16 pages take
 * longer than one.
 */
#define RMP_CONG_CLASSES	7
/* A round is a window's worth of frames that came back, but at least five full requests. */
#define RMP_CONG_ROUND	256

/**
 * struct rmp_cong - congestion state
 * @cwnd:	window
 * @ssthresh:	below it the window doubles each round trip
 * @acked:	frames that came back since the window last grew by one
 * @in_flight:	cost of all requests under way
 * @min_us:	least round-trip time of the current and the previous period, for each class
 * @next_min_us: least of the current period
 * @period_end_us: when the current period ends
 * @hold_until_us: no further cut before: one per round trip
 * @round:	cost of what came back in this round
 * @sampled:	a round-trip time was measured in this round
 * @calm:	and one of them had met no queue
 */
struct rmp_cong {
	u32	cwnd;
	u32	ssthresh;
	u32	acked;
	u32	in_flight;
	u32	min_us[RMP_CONG_CLASSES];
	u32	next_min_us[RMP_CONG_CLASSES];
	u64	period_end_us;
	u64	hold_until_us;
	u32	round;
	bool	sampled;
	bool	calm;
};

void rmp_cong_init(struct rmp_cong *c);
bool rmp_cong_delivered(struct rmp_cong *c, u64 now, u32 cost, u32 rtt_us);
bool rmp_cong_loss(struct rmp_cong *c, u64 now, u32 srtt_us, bool timeout);

static inline bool rmp_cong_allows(const struct rmp_cong *c, u32 cost)
{
	return !c->in_flight || c->in_flight + cost <= c->cwnd;
}

#endif
