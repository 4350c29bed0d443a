// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_cong.h"

#define PERIOD_US 10000000u /* how long a least round-trip time is believed, as in BBR */
/* A queue shorter than this is no congestion: softirq jitter, a full burst. */
#define RISE_US 1000u

void rmp_cong_init(struct rmp_cong *c)
{
	*c = (struct rmp_cong) { .cwnd = RMP_CWND_FIRST, .ssthresh = RMP_CWND_MAX };
	memset(c->min_us, 0xff, sizeof(c->min_us));
	memset(c->next_min_us, 0xff, sizeof(c->next_min_us));
}

static unsigned int class_of(u32 cost)
{
	return min_t(unsigned int, fls64(cost), RMP_CONG_CLASSES) - 1;
}

/* Take a sample. Return: true when the request has met no queue. */
static bool is_calm(struct rmp_cong *c, u64 now, u32 cost, u32 rtt_us)
{
	unsigned int n = class_of(cost);

	if (now >= c->period_end_us) {
		memcpy(c->min_us, c->next_min_us, sizeof(c->min_us));
		memset(c->next_min_us, 0xff, sizeof(c->next_min_us));
		c->period_end_us = now + PERIOD_US;
	}
	c->next_min_us[n] = min(c->next_min_us[n], rtt_us);
	c->min_us[n] = min(c->min_us[n], rtt_us);
	return rtt_us / 2 <= c->min_us[n] + RISE_US / 2;
}

static bool cut(struct rmp_cong *c, u64 now, u32 hold_us, u32 cwnd)
{
	if (now < c->hold_until_us)
		return false;
	c->hold_until_us = now + hold_us;
	c->acked = 0;
	c->cwnd = max_t(u32, cwnd, RMP_CWND_MIN);
	c->ssthresh = c->cwnd;
	return true;
}

static void grow(struct rmp_cong *c, u32 cost)
{
	if (c->cwnd < c->ssthresh) {
		c->cwnd += cost;
	} else {
		c->acked += cost;
		if (c->acked >= c->cwnd) {
			c->acked -= c->cwnd;
			c->cwnd++;
		}
	}
	c->cwnd = min_t(u32, c->cwnd, RMP_CWND_MAX);
}

/* Return: true when a round has ended in which every sample had met a queue. */
static bool queue_stays(struct rmp_cong *c, u32 cost)
{
	bool stays;

	c->round += cost;
	if (c->round < max_t(u32, c->cwnd, RMP_CONG_ROUND))
		return false;
	stays = c->sampled && !c->calm;
	c->round = 0;
	c->sampled = false;
	c->calm = false;
	return stays;
}

/**
 * rmp_cong_delivered - a request was answered
 * @c:		state
 * @now:	microseconds
 * @cost:	frames of the request and its reply, as counted when it began; at least 1
 * @rtt_us:	its round-trip time, or 0 when that says nothing about the network
 *
 * A round trip of more than twice the least one of its class plus RISE_US means a queue in the
 * network: the window does not grow, and when a whole round sees nothing else, an eighth is cut.
 * It grows only while it is what limits the session.
 *
 * Return: true when the window was cut.
 */
bool rmp_cong_delivered(struct rmp_cong *c, u64 now, u32 cost, u32 rtt_us)
{
	bool limited = 2 * c->in_flight >= c->cwnd, calm = true;

	c->in_flight -= min(c->in_flight, cost);
	if (rtt_us) {
		calm = is_calm(c, now, cost, rtt_us);
		c->sampled = true;
		c->calm |= calm;
	}
	if (limited && calm)
		grow(c, cost);
	return queue_stays(c, cost) && cut(c, now, rtt_us, c->cwnd - c->cwnd / 8);
}

/**
 * rmp_cong_loss - a frame was lost
 * @c:		state
 * @now:	microseconds
 * @srtt_us:	smoothed round-trip time
 * @timeout:	the timer found it (halve, RFC 5681), not a gap (to 7/10, RFC 9438)
 *
 * Return: true when the window was cut: at most once per round trip.
 */
bool rmp_cong_loss(struct rmp_cong *c, u64 now, u32 srtt_us, bool timeout)
{
	return cut(c, now, max(srtt_us, 1u), timeout ? c->cwnd / 2 : c->cwnd / 10 * 7);
}
