// SPDX-License-Identifier: GPL-2.0-only
/* Round-trip time and timeout against RFC 6298 in floating point, and by exact numbers. */
#include "rmp_rtt.h"
#include "t.h"

/* RFC 6298, 2.2 and 2.3, in microseconds. */
struct oracle {
	double srtt, var;
	bool any;
};

static double oracle_sample(struct oracle *o, double r)
{
	double k;

	if (!o->any) {
		o->srtt = r;
		o->var = r / 2;
	} else {
		double d = o->srtt > r ? o->srtt - r : r - o->srtt;

		o->var = 0.75 * o->var + 0.25 * d;
		o->srtt = 0.875 * o->srtt + 0.125 * r;
	}
	o->any = true;
	k = 4 * o->var;
	return o->srtt + (k > 1 ? k : 1);
}

TEST(before_the_first_sample)
{
	struct rmp_rtt r;

	rmp_rtt_init(&r, RMP_RTO_MIN_US, RMP_RTO_MAX_US);
	CHECK_EQ(r.rto_us, 50000);
	CHECK_EQ(rmp_rtt_us(&r), 0);
	rmp_rtt_init(&r, 60000, 70000);
	CHECK_EQ(r.rto_us, 60000);
	rmp_rtt_init(&r, 10, 20000);
	CHECK_EQ(r.rto_us, 20000);
}

TEST(exact_samples)
{
	struct rmp_rtt r;

	rmp_rtt_init(&r, 1, 1000000);
	rmp_rtt_sample(&r, 100);	/* srtt 100, var 50 */
	CHECK_EQ(rmp_rtt_us(&r), 100);
	CHECK_EQ(r.rto_us, 300);
	rmp_rtt_sample(&r, 100);	/* var 37.5: 150 in quarters */
	CHECK_EQ(r.rto_us, 250);
	rmp_rtt_sample(&r, 180);	/* var 28.125 + 20, srtt 110 */
	CHECK_EQ(rmp_rtt_us(&r), 110);
	CHECK_EQ(r.var4, 193);
	CHECK_EQ(r.rto_us, 303);
	rmp_rtt_sample(&r, 30);		/* below the mean: its distance counts too */
	CHECK_EQ(rmp_rtt_us(&r), 100);
	CHECK_EQ(r.var4, 225);
}

TEST(a_sample_of_nothing_counts_one)
{
	struct rmp_rtt r;

	rmp_rtt_init(&r, 1, 1000000);
	rmp_rtt_sample(&r, 0);
	CHECK_EQ(rmp_rtt_us(&r), 1);
	CHECK_EQ(r.rto_us, 3);
	rmp_rtt_sample(&r, 0);
	CHECK_EQ(rmp_rtt_us(&r), 1);
}

/* A stopped machine, again and again: sums stay in 32 bits. */
TEST(largest_samples)
{
	struct rmp_rtt r;
	unsigned int i;

	rmp_rtt_init(&r, 1, U32_MAX);
	for (i = 0; i < 1000; i++) {
		rmp_rtt_sample(&r, i % 2 ? U32_MAX : 0);
		CHECK(rmp_rtt_us(&r) <= 60000000);
		CHECK(r.var4 <= 4 * 60000000u);
		CHECK(r.rto_us >= rmp_rtt_us(&r));
	}
}

TEST(random_samples_against_rfc_6298)
{
	unsigned int round, i;

	for (round = 0; round < 200; round++) {
		u32 base = 1 + t_below(100000), spread = 1 + t_below(base);
		struct oracle o = { 0 };
		struct rmp_rtt r;

		rmp_rtt_init(&r, 1, U32_MAX);
		for (i = 0; i < 300; i++) {
			u32 sample = base + t_below(spread) + (t_below(50) ? 0 : t_below(9 * base));
			double rto = oracle_sample(&o, sample);

			rmp_rtt_sample(&r, sample);
			/* rounding down: an eighth of the mean, four quarters of the deviation */
			CHECK(r.srtt8 / 8.0 <= o.srtt + 1 && r.srtt8 / 8.0 >= o.srtt - 1);
			CHECK(r.rto_us <= rto + 9 && r.rto_us >= rto - 9);
		}
	}
}

TEST(limits_hold)
{
	struct rmp_rtt r;
	unsigned int i;

	rmp_rtt_init(&r, 2000, 500000);
	for (i = 0; i < 50; i++)
		rmp_rtt_sample(&r, 30);
	CHECK_EQ(r.rto_us, 2000);
	rmp_rtt_sample(&r, 5000000);
	CHECK_EQ(r.rto_us, 500000);
	rmp_rtt_limits(&r, 10, 300000);
	CHECK_EQ(r.rto_us, 300000);
	rmp_rtt_limits(&r, 400000, 600000);
	CHECK_EQ(r.rto_us, 400000);
}

TEST(backoff_doubles_to_the_ceiling)
{
	struct rmp_rtt r;
	unsigned int tries;

	rmp_rtt_init(&r, 2000, 500000);
	while (r.rto_us > 2000)
		rmp_rtt_sample(&r, 100);
	for (tries = 0; tries < 8; tries++)
		CHECK_EQ(rmp_rtt_backoff(&r, tries), 2000u << tries);
	for (; tries <= 255; tries++)
		CHECK_EQ(rmp_rtt_backoff(&r, tries), 500000);
	rmp_rtt_limits(&r, U32_MAX, U32_MAX);
	CHECK_EQ(rmp_rtt_backoff(&r, 255), U32_MAX);
}
