// SPDX-License-Identifier: GPL-2.0-only
/* Decisions of discovery: each rule of an advertisement broken once, names, replays, ages. */
#include "rmp_disc.h"
#include "t.h"

static struct rmp_advert advert(void)
{
	return (struct rmp_advert) {
		.type = RMP_T_ADVERT, .version = 1, .len = cpu_to_be16(112),
		.incarnation = cpu_to_be64(77), .counter = cpu_to_be64(5),
		.capacity = cpu_to_be64(1000), .free = cpu_to_be64(1000),
		.interval_ms = cpu_to_be32(1000), .mtu = cpu_to_be16(1500), .load = RMP_LOAD_OK,
		.security = RMP_SEC_NOISE, .name = "donor1",
	};
}

static struct rmp_advert solicit(void)
{
	struct rmp_advert a = advert();

	a.type = RMP_T_SOLICIT;
	a.capacity = 0;
	a.free = 0;
	a.interval_ms = 0;
	return a;
}

/* @with set to @value: is it taken? */
#define TAKEN(make, with, value)                              \
	({                                                    \
		struct rmp_advert a_ = make();                \
		a_.with = (value);                            \
		rmp_advert_is_valid(&a_, sizeof(a_));         \
	})

TEST(good_ones_are_taken)
{
	struct rmp_advert a = advert(), s = solicit();

	CHECK(rmp_advert_is_valid(&a, 112));
	CHECK(rmp_advert_is_valid(&s, 112));
	CHECK(rmp_advert_is_valid(&a, 1500));	/* padding */
	CHECK(!rmp_advert_is_valid(&a, 111));
	CHECK(!rmp_advert_is_valid(&a, 0));
}

TEST(bounds_of_each_field)
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		CHECK_EQ(TAKEN(advert, type, i), i == RMP_T_ADVERT);
		CHECK_EQ(TAKEN(solicit, type, i), i == RMP_T_SOLICIT);
		CHECK_EQ(TAKEN(advert, version, i), i == 1);
		CHECK_EQ(TAKEN(advert, load, i), i < 5);
		CHECK_EQ(TAKEN(advert, security, i), i < 2);
		CHECK_EQ(TAKEN(solicit, load, i), i == 0);
		CHECK_EQ(TAKEN(solicit, security, i), i < 2);
	}
	for (i = 0; i < 65536; i++) {
		CHECK_EQ(TAKEN(advert, len, cpu_to_be16(i)), i == 112);
		CHECK_EQ(TAKEN(advert, mtu, cpu_to_be16(i)), i >= 1500 && i <= 9000);
		CHECK_EQ(TAKEN(solicit, mtu, cpu_to_be16(i)), i >= 1500 && i <= 9000);
	}
	for (i = 0; i < 70000; i++)
		CHECK_EQ(TAKEN(advert, interval_ms, cpu_to_be32(i)), i >= 100 && i <= 60000);
	CHECK(!TAKEN(advert, interval_ms, U32_MAX));
	CHECK(!TAKEN(advert, incarnation, 0));
	CHECK(!TAKEN(solicit, incarnation, 0));
}

TEST(free_is_of_the_capacity)
{
	CHECK(TAKEN(advert, free, 0));
	CHECK(TAKEN(advert, free, cpu_to_be64(1000)));
	CHECK(!TAKEN(advert, free, cpu_to_be64(1001)));
	CHECK(!TAKEN(advert, capacity, cpu_to_be64(999)));
	CHECK(!TAKEN(advert, free, U64_MAX));
	CHECK(TAKEN(advert, capacity, U64_MAX));
}

TEST(a_solicitation_has_nothing_to_give)
{
	CHECK(!TAKEN(solicit, capacity, cpu_to_be64(1)));
	CHECK(!TAKEN(solicit, free, cpu_to_be64(1)));
	CHECK(!TAKEN(solicit, interval_ms, cpu_to_be32(1000)));
}

/* A random byte changed: never taken with what the rules forbid. */
TEST(random_bytes)
{
	unsigned int i, taken = 0;

	for (i = 0; i < 100000; i++) {
		struct rmp_advert a = t_below(2) ? advert() : solicit();
		u32 interval;

		((u8 *)&a)[t_below(sizeof(a))] = t_rand();
		if (!t_below(4))
			((u8 *)&a)[t_below(sizeof(a))] = t_rand();
		if (!rmp_advert_is_valid(&a, sizeof(a)))
			continue;
		taken++;
		interval = be32_to_cpu(a.interval_ms);
		CHECK(a.version == 1 && be16_to_cpu(a.len) == 112 && a.incarnation);
		CHECK(memchr(a.name, 0, sizeof(a.name)) && a.name[0]);
		CHECK(be64_to_cpu(a.free) <= be64_to_cpu(a.capacity));
		CHECK(a.type == RMP_T_ADVERT ? interval >= 100 && interval <= 60000 :
		      a.type == RMP_T_SOLICIT && !interval && !a.capacity);
	}
	CHECK(taken > 10000);
}

TEST(characters_of_a_name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-";
	char name[RMP_NAME_LEN] = "ab";
	int c;

	for (c = 1; c < 256; c++) {
		name[1] = (char)c;
		CHECK_EQ(rmp_name_is_valid(name, sizeof(name)), !!strchr(good, c));
	}
}

TEST(length_of_a_name)
{
	char name[RMP_NAME_LEN] = { 0 };
	unsigned int len;

	CHECK(!rmp_name_is_valid(name, sizeof(name)));
	CHECK(!rmp_name_is_valid(name, 0));
	for (len = 1; len < RMP_NAME_LEN; len++) {
		name[len - 1] = 'x';
		CHECK(rmp_name_is_valid(name, sizeof(name)));
	}
	name[RMP_NAME_LEN - 1] = 'x';
	CHECK(!rmp_name_is_valid(name, sizeof(name)));	/* no NUL */
}

TEST(nothing_hides_behind_a_name)
{
	unsigned int i;

	for (i = 3; i < RMP_NAME_LEN; i++) {
		char name[RMP_NAME_LEN] = "ab";

		name[i] = 'x';
		CHECK(!rmp_name_is_valid(name, sizeof(name)));
	}
}

static void says(struct rmp_advert *a, u64 incarnation, u64 counter)
{
	a->incarnation = cpu_to_be64(incarnation);
	a->counter = cpu_to_be64(counter);
}

static enum rmp_advert_use judge(const struct rmp_heard *h, bool up, u64 incarnation, u64 counter)
{
	struct rmp_advert a = { };

	says(&a, incarnation, counter);
	return rmp_advert_judge(h, up, &a);
}

TEST(replays_of_the_known_incarnation)
{
	struct rmp_heard h = { .incarnation = 77, .counter = 5 };
	unsigned int up;

	for (up = 0; up < 2; up++) {
		CHECK_EQ(judge(&h, up, 77, 6), RMP_ADVERT_TAKE);
		CHECK_EQ(judge(&h, up, 77, 5), RMP_ADVERT_REPLAY);
		CHECK_EQ(judge(&h, up, 77, 4), RMP_ADVERT_REPLAY);
		CHECK_EQ(judge(&h, up, 78, 1), RMP_ADVERT_TAKE);	/* nothing is proved yet */
	}
	h = (struct rmp_heard) { };
	CHECK_EQ(judge(&h, false, 1, 0), RMP_ADVERT_TAKE);
}

/* What was recorded of an earlier incarnation moves nothing while the proved one is there. */
TEST(another_incarnation_is_a_hint_while_a_session_is_up)
{
	struct rmp_heard h = { };
	struct rmp_advert a = { };

	says(&a, 77, 5);
	rmp_advert_take(&h, &a);
	rmp_advert_confirm(&h, 77, 0);
	CHECK_EQ(h.confirmed_counter, 5);
	CHECK_EQ(judge(&h, true, 66, 1000), RMP_ADVERT_HINT);
	CHECK_EQ(judge(&h, false, 66, 1000), RMP_ADVERT_TAKE);

	/* The session is down, and the old one was taken: the proved one still has its counter. */
	says(&a, 66, 1000);
	rmp_advert_take(&h, &a);
	CHECK_EQ(judge(&h, false, 77, 5), RMP_ADVERT_REPLAY);
	CHECK_EQ(judge(&h, false, 77, 6), RMP_ADVERT_TAKE);
	CHECK_EQ(judge(&h, false, 66, 1000), RMP_ADVERT_REPLAY);
	rmp_advert_confirm(&h, 77, 0);
	CHECK_EQ(h.incarnation, 77);
	CHECK_EQ(h.counter, 5);
}

TEST(a_handshake_proves_a_new_incarnation)
{
	struct rmp_heard h = { .incarnation = 77, .counter = 5, .confirmed = 77,
			       .confirmed_counter = 5 };

	CHECK_EQ(judge(&h, true, 88, 3), RMP_ADVERT_HINT);
	rmp_advert_confirm(&h, 88, 3);
	CHECK_EQ(judge(&h, true, 88, 3), RMP_ADVERT_REPLAY);
	CHECK_EQ(judge(&h, true, 88, 4), RMP_ADVERT_TAKE);
	CHECK_EQ(judge(&h, true, 77, 6), RMP_ADVERT_HINT);
	rmp_advert_confirm(&h, 99, 0);
	CHECK_EQ(judge(&h, true, 99, 1), RMP_ADVERT_TAKE);
}

TEST(ages)
{
	static const u32 intervals[] = { 1, 100, 1000, 60000, 71582788, 71582789, 1431655765,
					 1431655766, U32_MAX };
	unsigned int i, j;

	CHECK_EQ(rmp_peer_age(3000, 1000), RMP_AGE_FRESH);
	CHECK_EQ(rmp_peer_age(3001, 1000), RMP_AGE_SUSPECT);
	CHECK_EQ(rmp_peer_age(60000, 1000), RMP_AGE_SUSPECT);
	CHECK_EQ(rmp_peer_age(60001, 1000), RMP_AGE_FORGOTTEN);
	for (i = 0; i < ARRAY_SIZE(intervals); i++) {
		for (j = 0; j < 1000; j++) {
			u32 silent = t_rand() >> t_below(64);
			u64 n = intervals[i];

			CHECK_EQ(rmp_peer_age(silent, n), silent <= 3 * n ? RMP_AGE_FRESH :
				 silent <= 60 * n ? RMP_AGE_SUSPECT : RMP_AGE_FORGOTTEN);
		}
	}
}
