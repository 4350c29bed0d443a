// SPDX-License-Identifier: GPL-2.0-only
/* Sizes and times as people write and read them. */
#include "text.h"
#include "rank.h"
#include "units.h"

#define KIB	1024ULL
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define TIB	(1024 * GIB)

TEST(sizes_that_are_sizes)
{
	static const struct { const char *text; uint64_t bytes; } is[] = {
		{ "0", 0 }, { "4096", 4096 }, { "64G", 64 * GIB }, { "64g", 64 * GIB },
		{ "48GiB", 48 * GIB }, { "48 GiB", 48 * GIB }, { "1K", KIB }, { "3MiB", 3 * MIB },
		{ "2 T", 2 * TIB }, { "1P", 1024 * TIB }, { "15E", 15ULL << 60 },
		{ "18446744073709551615", UINT64_MAX }, { "007M", 7 * MIB },
		{ "17179869183G", 17179869183 * GIB },
	};
	size_t i;

	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		uint64_t bytes = 1;
		bool good = parse_size(is[i].text, &bytes);

		if (!good || bytes != is[i].bytes)
			T_FAIL("'%s' is %" PRIu64, is[i].text, bytes);
	}
}

TEST(sizes_that_are_none)
{
	static const char *const none[] = {
		"", " ", "G", "-1", "+1", "1.5G", "64GB", "64Gb", "64GIB", "64iB", "64B", "64 ",
		" 64G", "64G ", "64  G", "64Q", "0x10", "64GiBs", "1e9", "six", "16E",
		"18446744073709551616", "17179869184G", "99999999999999999999999999999",
		"0000000000000000000000000000000000000000000000000000000000000000000000000001",
	};
	uint64_t bytes;
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (parse_size(none[i], &bytes))
			T_FAIL("'%s' was taken", none[i]);
}

TEST(what_is_printed_is_read_back)
{
	char text[UNITS_TEXT];
	uint64_t bytes;
	int i;

	for (i = 0; i < 1000; i++) {
		uint64_t n = (1 + t_below(1023)) << (10 * t_below(6));

		format_size(text, n);
		if (n >= KIB && (!parse_size(text, &bytes) || bytes != n))
			T_FAIL("%" PRIu64 " is printed '%s'", n, text);
	}
}

TEST(sizes_printed)
{
	char text[UNITS_TEXT];

	CHECK_TEXT(format_size(text, 0), "0 B");
	CHECK_TEXT(format_size(text, 1023), "1023 B");
	CHECK_TEXT(format_size(text, 1024), "1 KiB");
	CHECK_TEXT(format_size(text, 1536), "1.5 KiB");
	CHECK_TEXT(format_size(text, 48 * GIB), "48 GiB");
	CHECK_TEXT(format_size(text, 48 * GIB - 1), "47.9 GiB");
	CHECK_TEXT(format_size(text, TIB - 1), "1023.9 GiB");
	CHECK_TEXT(format_size(text, UINT64_MAX), "15.9 EiB");
	CHECK_TEXT(format_size(text, 4 * MIB), "4 MiB");
}

TEST(percent)
{
	static const char *const none[] = { "", "%", "0%", "101%", "50", "5 %", "-5%", "050%%",
					    "1000%", "x%", "50%x", "0x5%" };
	unsigned int percent = 0;
	size_t i;

	CHECK(parse_percent("1%", &percent));
	CHECK_EQ(percent, 1);
	CHECK(parse_percent("100%", &percent));
	CHECK_EQ(percent, 100);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (parse_percent(none[i], &percent))
			T_FAIL("'%s' was taken", none[i]);
	CHECK_EQ(percent_of(200, 50), 100);
	CHECK_EQ(percent_of(199, 50), 99);
	CHECK_EQ(percent_of(UINT64_MAX, 100), UINT64_MAX);
	CHECK_EQ(percent_of(24 * GIB, 75), 18 * GIB);
}

TEST(times_printed)
{
	char text[UNITS_TEXT];

	CHECK_TEXT(format_us(text, 0), "0 us");
	CHECK_TEXT(format_us(text, 21), "21 us");
	CHECK_TEXT(format_us(text, 9999), "9999 us");
	CHECK_TEXT(format_us(text, 12345), "12.3 ms");
	CHECK_TEXT(format_us(text, 1250000), "1.2 s");
	CHECK_TEXT(format_ago(text, 0), "0.0 s ago");
	CHECK_TEXT(format_ago(text, 449), "0.4 s ago");
	CHECK_TEXT(format_ago(text, 59999), "59.9 s ago");
	CHECK_TEXT(format_ago(text, 60000), "1 min ago");
	CHECK_TEXT(format_ago(text, 3600 * 1000), "1 h ago");
	CHECK_TEXT(format_ago(text, UINT32_MAX), "49 d ago");
	CHECK_TEXT(format_ns_as_us(text, 21349), "21.3");
	CHECK_TEXT(format_ns_as_us(text, UINT32_MAX), "4294967.2");
}

/* Against the definition: the least value that so many percent are not above. */
TEST(nearest_rank)
{
	uint32_t sorted[200];
	size_t n, below;
	unsigned int p;

	for (n = 1; n <= 200; n++) {
		for (below = 0; below < n; below++)
			sorted[below] = (uint32_t)below;
		for (p = 1; p <= 100; p++) {
			for (below = 1; below * 100 < n * p; below++)
				;
			CHECK_EQ(rank(sorted, n, p), sorted[below - 1]);
		}
	}
}
