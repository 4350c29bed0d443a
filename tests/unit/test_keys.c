// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_crypto.h"
#include "rmp_keys.h"
#include "t.h"

static struct rmp_key make(u8 fill)
{
	u8 psk[RMP_KEY_LEN];
	struct rmp_key key;

	memset(psk, fill, sizeof(psk));
	rmp_key_derive(&key, psk);
	return key;
}

static bool all_zero(const void *p, size_t len)
{
	const u8 *b = p;

	while (len && !*b)
		b++, len--;
	return !len;
}

/* Computed with another implementation of HMAC-SHA256 (Python's hmac) from key 00 01 ... 1f. */
TEST(keys_known_answers)
{
	struct rmp_key key;
	u8 psk[RMP_KEY_LEN], advert[32];
	unsigned int i;

	for (i = 0; i < sizeof(psk); i++)
		psk[i] = (u8)i;
	rmp_key_derive(&key, psk);
	CHECK_EQ(key.id, 0x3095c0ac);
	t_hex("cd642da6a8f65ba230bd5d4f45dddaefdd6f9bb55c0e88807b04ce76c41bd4df", advert);
	CHECK_MEM(key.advert, advert, 32);
	CHECK_MEM(key.psk, psk, 32);
}

TEST(keys_differ_in_every_derived_part)
{
	struct rmp_key a = make(1), b = make(2);

	CHECK(a.id != b.id);
	CHECK(rmp_differs(a.advert, b.advert, 32));
	CHECK(rmp_differs(a.advert, a.psk, 32));
}

TEST(keys_none)
{
	struct rmp_keys keys = {0};

	CHECK(!rmp_keys_find(&keys, 0));
	CHECK(!rmp_keys_find(&keys, 1));
	CHECK(!rmp_keys_try(&keys, 0));
	CHECK(!rmp_keys_try(&keys, 1));
	CHECK(!rmp_keys_remove(&keys, 0));
	CHECK(!rmp_keys_remove(&keys, 1));
}

/* How an administrator rolls a key: the new one accepted everywhere, then used everywhere, then the
 * old one removed. */
TEST(keys_rolling)
{
	struct rmp_key old = make(1), new = make(2);
	struct rmp_keys keys = {0};

	rmp_keys_set(&keys, &old, false);
	CHECK_EQ(rmp_keys_try(&keys, 0)->id, old.id);
	CHECK_EQ(rmp_keys_try(&keys, 1)->id, old.id);
	rmp_keys_set(&keys, &new, true);
	CHECK_EQ(rmp_keys_try(&keys, 0)->id, old.id);
	CHECK_EQ(rmp_keys_try(&keys, 1)->id, new.id);
	CHECK_EQ(rmp_keys_try(&keys, 2)->id, old.id);
	rmp_keys_set(&keys, &new, false);
	CHECK_EQ(rmp_keys_try(&keys, 0)->id, new.id);
	REQUIRE(rmp_keys_find(&keys, old.id));
	CHECK_MEM(rmp_keys_find(&keys, old.id), &old, sizeof(old));
	CHECK(rmp_keys_remove(&keys, old.id));
	CHECK(!rmp_keys_find(&keys, old.id));
	REQUIRE(rmp_keys_find(&keys, new.id));
	CHECK_MEM(rmp_keys_find(&keys, new.id), &new, sizeof(new));
	CHECK(!rmp_keys_remove(&keys, old.id));
}

TEST(keys_removing_the_primary_promotes)
{
	struct rmp_key a = make(1), b = make(2);
	struct rmp_keys keys = {0};

	rmp_keys_set(&keys, &a, false);
	rmp_keys_set(&keys, &b, true);
	CHECK(rmp_keys_remove(&keys, a.id));
	REQUIRE(rmp_keys_try(&keys, 0));
	CHECK_EQ(rmp_keys_try(&keys, 0)->id, b.id);
	CHECK_EQ(rmp_keys_try(&keys, 1)->id, b.id);
	CHECK(rmp_keys_remove(&keys, b.id));
	CHECK(all_zero(&keys, sizeof(keys)));
}

/* Random commands against a list of ids; whatever is no longer valid must be gone from memory too.
 */
TEST(keys_random_against_list)
{
	struct rmp_key all[6];
	struct rmp_keys keys = {0};
	u32 list[3];
	unsigned int n = 0, step, i, j;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		all[i] = make((u8)(i + 1));
	for (step = 0; step < 20000; step++) {
		const struct rmp_key *key = &all[t_below(ARRAY_SIZE(all))];
		bool known = false, secondary = t_below(2), removing = t_below(3) == 0;

		for (i = j = 0; i < n; i++) {
			if (list[i] == key->id)
				known = true;
			else
				list[j++] = list[i];
		}
		n = j;
		if (removing) {
			CHECK_EQ(rmp_keys_remove(&keys, key->id), known);
		} else {
			rmp_keys_set(&keys, key, secondary);
			if (secondary) {
				n = min(n, 1U);
				list[n++] = key->id;
			} else {
				list[1] = list[0];
				list[0] = key->id;
				n = min(n + 1, 2U);
			}
		}
		for (i = 0; i < RMP_KEYS_MAX; i++) {
			CHECK_EQ(keys.key[i].id, i < n ? list[i] : 0);
			if (i >= n)
				CHECK(all_zero(&keys.key[i], sizeof(keys.key[i])));
		}
		for (i = 0; i < ARRAY_SIZE(all); i++) {
			const struct rmp_key *found = rmp_keys_find(&keys, all[i].id);
			bool valid =
				(n > 0 && list[0] == all[i].id) || (n > 1 && list[1] == all[i].id);

			CHECK_EQ(found != NULL, valid);
			if (found)
				CHECK_MEM(found, &all[i], sizeof(all[i]));
		}
	}
}
