// SPDX-License-Identifier: GPL-2.0-only
/* What /proc/swaps says. */
#include "text.h"
#include "swap.h"

TEST(proc_swaps)
{
	struct swaps s;

	swaps_take(&s, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		   "/dev/dm-1                               partition\t999420\t\t1\t\t-2\n"
		   "/dev/memx0                              partition\t65532\t\t0\t\t7\n"
		   "/var/swap\\040file                       file\t\t4\t\t0\t\t-3\n");
	CHECK_EQ(s.n, 3);
	CHECK(swaps_find(&s, "memx0") == &s.v[1]);
	CHECK_EQ(s.v[1].bytes, 65532 * 1024);
	CHECK_EQ(s.v[1].priority, 7);
	CHECK(s.v[0].priority == -2);
	CHECK(!swaps_find(&s, "memx1"));
	CHECK(!swaps_find(&s, "memx"));
	CHECK(!swaps_find(&s, "/dev/memx0"));
	free(s.v);
}

TEST(no_swaps)
{
	static const char *const none[] = {
		"", "\n", "Filename\tType\tSize\tUsed\tPriority\n", "a b 1 2 3", "\na b c d e\n",
	};
	struct swaps s;
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		swaps_take(&s, none[i]);
		CHECK_EQ(s.n, 0);
		free(s.v);
	}
}

TEST(long_paths_do_no_harm)
{
	char text[1200];
	struct swaps s;
	size_t n;

	for (n = 1; n < 600; n += 7) {
		snprintf(text, sizeof(text), "x\n/%0*d partition 1 2 3\n", (int)n, 1);
		swaps_take(&s, text);
		CHECK(s.n <= 1);
		if (s.n)
			CHECK(strlen(s.v[0].disk) < NAME_BYTES);
		free(s.v);
	}
}
