// SPDX-License-Identifier: GPL-2.0-only
/*
 * Congestion window: exact numbers, and a storm against the words of docs/PROTOCOL.md, section
 * 11.
 */
#include "rmp_cong.h"
#include "t.h"

TEST(first_window)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	CHECK_EQ(c.cwnd, 128);
	CHECK(rmp_cong_allows(&c, 5000));	/* nothing under way */
	c.in_flight = 100;
	CHECK(rmp_cong_allows(&c, 28));
	CHECK(!rmp_cong_allows(&c, 29));
}

TEST(doubles_in_a_round_trip_while_used)
{
	struct rmp_cong c;
	unsigned int i;

	rmp_cong_init(&c);
	c.in_flight = 128;
	for (i = 0; i < 32; i++) {
		CHECK(!rmp_cong_delivered(&c, 1000, 4, 100));
		c.in_flight += 8;
	}
	CHECK_EQ(c.cwnd, 256);
	CHECK_EQ(c.in_flight, 256);
}

TEST(unused_window_stays)
{
	struct rmp_cong c;
	unsigned int i;

	rmp_cong_init(&c);
	for (i = 0; i < 1000; i++) {
		c.in_flight = 63;
		rmp_cong_delivered(&c, 1000, 4, 100);
		CHECK_EQ(c.in_flight, 59);
	}
	CHECK_EQ(c.cwnd, 128);
	c.in_flight = 64;
	rmp_cong_delivered(&c, 1000, 4, 100);
	CHECK_EQ(c.cwnd, 132);
}

TEST(one_per_window_above_the_threshold)
{
	struct rmp_cong c;
	unsigned int i;

	rmp_cong_init(&c);
	c.cwnd = c.ssthresh = 200;
	for (i = 0; i < 50; i++) {
		CHECK_EQ(c.cwnd, 200);
		c.in_flight = 200;
		rmp_cong_delivered(&c, 1000, 4, 100);
	}
	CHECK_EQ(c.cwnd, 201);
	CHECK_EQ(c.acked, 0);
}

TEST(never_above_the_largest)
{
	struct rmp_cong c;
	unsigned int i;

	rmp_cong_init(&c);
	for (i = 0; i < 2000; i++) {
		c.in_flight = c.cwnd;
		rmp_cong_delivered(&c, 1000, 50, 100);
		CHECK(c.cwnd <= 4096);
	}
	CHECK_EQ(c.cwnd, 4096);
}

TEST(cut_once_in_a_round_trip)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	c.cwnd = 1000;
	CHECK(rmp_cong_loss(&c, 5000, 300, false));
	CHECK_EQ(c.cwnd, 700);
	CHECK_EQ(c.ssthresh, 700);
	CHECK(!rmp_cong_loss(&c, 5000, 300, true));
	CHECK(!rmp_cong_loss(&c, 5299, 300, true));
	CHECK_EQ(c.cwnd, 700);
	CHECK(rmp_cong_loss(&c, 5300, 300, true));
	CHECK_EQ(c.cwnd, 350);
	CHECK(rmp_cong_loss(&c, 6000, 0, true));
	CHECK_EQ(c.cwnd, 175);
	/* before the first sample: one microsecond */
	CHECK(!rmp_cong_loss(&c, 6000, 0, true));
	CHECK(rmp_cong_loss(&c, 6001, 0, true));
	CHECK_EQ(c.cwnd, 87);
	CHECK(rmp_cong_loss(&c, 9000, 0, true));
	CHECK_EQ(c.cwnd, 64);
}

/* Of 16 frames each, so that 16 of them are the least round. Return: cuts. */
static unsigned int round_of(struct rmp_cong *c, u64 now, unsigned int n, u32 rtt)
{
	unsigned int cuts = 0;

	while (n--)
		cuts += rmp_cong_delivered(c, now, 16, rtt);
	return cuts;
}

TEST(queue_that_stays)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	c.cwnd = 200;
	CHECK_EQ(round_of(&c, 1000, 16, 100), 0);
	CHECK_EQ(round_of(&c, 2000, 16, 1201), 0);	/* not above 2 x 100 + 1000 */
	CHECK_EQ(round_of(&c, 3000, 15, 1202), 0);
	CHECK_EQ(c.cwnd, 200);
	CHECK_EQ(round_of(&c, 3000, 1, 1202), 1);
	CHECK_EQ(c.cwnd, 175);
	CHECK_EQ(round_of(&c, 4201, 16, 5000), 0);	/* within that round trip */
	CHECK_EQ(round_of(&c, 4202, 16, 5000), 1);
	CHECK_EQ(c.cwnd, 154);
}

TEST(late_answers_cut_nothing)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	c.cwnd = 200;
	round_of(&c, 1000, 16, 100);
	CHECK_EQ(round_of(&c, 2000, 15, 90000), 0);
	CHECK_EQ(round_of(&c, 3000, 1, 110), 0);	/* the one that was spared */
	CHECK_EQ(round_of(&c, 300000, 15, 90000), 0);
	CHECK_EQ(round_of(&c, 600000, 1, 90000), 1);
}

TEST(a_round_is_a_window)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	c.cwnd = 1600;
	round_of(&c, 1000, 100, 100);
	CHECK_EQ(round_of(&c, 2000, 99, 5000), 0);
	CHECK_EQ(round_of(&c, 2000, 1, 5000), 1);
}

TEST(no_growth_in_a_queue)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	rmp_cong_delivered(&c, 1000, 16, 100);
	c.in_flight = 128;
	rmp_cong_delivered(&c, 2000, 16, 1202);
	CHECK_EQ(c.cwnd, 128);
	c.in_flight = 128;
	rmp_cong_delivered(&c, 2000, 16, 1201);
	CHECK_EQ(c.cwnd, 144);
}

TEST(like_with_like)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	rmp_cong_delivered(&c, 1000, 4, 100);
	CHECK_EQ(round_of(&c, 2000, 16, 5000), 0);	/* a larger one takes longer */
	CHECK_EQ(c.min_us[2], 100);
	CHECK_EQ(c.min_us[4], 5000);
	rmp_cong_delivered(&c, 1000, 1000, 7000);	/* all that are as large as can be */
	CHECK_EQ(c.min_us[RMP_CONG_CLASSES - 1], 7000);
}

TEST(replies_that_say_nothing)
{
	struct rmp_cong c;

	rmp_cong_init(&c);
	round_of(&c, 1000, 16, 100);
	CHECK_EQ(round_of(&c, 90000, 32, 0), 0);
	CHECK_EQ(c.min_us[4], 100);
}

/* A path that has become slower is believed after two periods of ten seconds. */
TEST(least_round_trip_is_forgotten)
{
	struct rmp_cong c;
	u64 now = 1000;

	rmp_cong_init(&c);
	rmp_cong_delivered(&c, now, 1, 100);
	for (now += 10000000; now < 19000000; now += 500000)
		rmp_cong_delivered(&c, now, 1, 4000);
	CHECK_EQ(c.min_us[0], 100);
	for (; now < 33000000; now += 500000)
		rmp_cong_delivered(&c, now, 1, 4000);
	CHECK_EQ(c.min_us[0], 4000);
}

/* The slow truth: the same rules, with all samples kept. */
struct oracle {
	double cwnd, ssthresh, acked, in_flight;
	double hold;
};

static void oracle_cut(struct oracle *o, u64 now, u32 hold, double cwnd)
{
	if (now < o->hold)
		return;
	o->hold = (double)now + hold;
	o->cwnd = cwnd > 64 ? cwnd : 64;
	o->ssthresh = o->cwnd;
	o->acked = 0;
}

static void oracle_delivered(struct oracle *o, u32 cost)
{
	bool used = o->in_flight >= o->cwnd / 2;

	o->in_flight -= cost;
	if (!used)
		return;
	if (o->cwnd < o->ssthresh) {
		o->cwnd += cost;
	} else if ((o->acked += cost) >= o->cwnd) {
		o->acked -= o->cwnd;
		o->cwnd++;
	}
	if (o->cwnd > 4096)
		o->cwnd = 4096;
}

TEST(random_against_the_rules)
{
	unsigned int round, i;

	for (round = 0; round < 50; round++) {
		struct oracle o = { .cwnd = 128, .ssthresh = 4096 };
		unsigned int losses = 20 + t_below(500);
		struct rmp_cong c;
		u64 now = 1;

		rmp_cong_init(&c);
		for (i = 0; i < 5000; i++) {
			u32 cost = 1 + t_below(50), srtt = t_below(300);

			now += t_below(100);
			while (rmp_cong_allows(&c, 50) && t_below(16)) {
				c.in_flight += 50;
				o.in_flight += 50;
			}
			if (!t_below(losses)) {
				bool timeout = t_below(2);

				rmp_cong_loss(&c, now, srtt, timeout);
				oracle_cut(&o, now, srtt ? srtt : 1, timeout ?
					   (u32)o.cwnd / 2 : (u32)o.cwnd / 10 * 7);
			}
			if (cost > c.in_flight)
				continue;
			rmp_cong_delivered(&c, now, cost, t_below(2) ? 150 : 0);
			oracle_delivered(&o, cost);
			CHECK(c.cwnd == o.cwnd && c.in_flight == o.in_flight && c.acked == o.acked);
			CHECK(c.cwnd >= 64 && c.cwnd <= 4096);
		}
	}
}
