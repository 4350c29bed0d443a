// SPDX-License-Identifier: GPL-2.0-only
/* Tables of text. */
#include <unistd.h>

#include "text.h"
#include "command.h"
#include "table.h"

static char *printed;
static size_t size;

/* What @t prints; valid until the next. */
static const char *print(struct table *t, unsigned int indent)
{
	FILE *to;

	free(printed);
	to = open_memstream(&printed, &size);
	table_print(t, to, indent);
	fclose(to);
	return printed;
}

TEST(columns_are_as_wide_as_what_is_in_them)
{
	struct table t;

	table_init(&t, "NAME|X|LAST");
	table_cell(&t, "%s", "a");
	table_cell(&t, "%d", 12345);
	table_cell(&t, "%s", "end");
	CHECK_TEXT(print(&t, 0), "NAME  X      LAST\n"
				 "a     12345  end\n");
}

TEST(no_blanks_at_the_end)
{
	struct table t;

	table_init(&t, "A|B|C");
	table_cell(&t, "%s", "long one");
	table_cell(&t, "%s", "");
	table_cell(&t, "%s", "");
	table_cell(&t, "%s", "");
	table_cell(&t, "%s", "b");
	CHECK_TEXT(print(&t, 2), "  A         B  C\n"
				 "  long one\n"
				 "            b\n");
}

TEST(only_the_head)
{
	struct table t;

	table_init(&t, "ONE");
	CHECK_TEXT(print(&t, 0), "ONE\n");
}

TEST(a_terminal_is_not_driven)
{
	struct table t;

	table_init(&t, "A");
	table_cell(&t, "%s", "\033[2J\n\x7f\xc3\xa4");
	CHECK_TEXT(print(&t, 0), "A\n?[2J??\xc3\xa4\n");
}

/* The example that every administrator sees first. */
TEST(servers)
{
	struct peer peer[3] = {
		{ .have_rtt = true, .have_seen = true, .name = "donor1", .ifname = "eth1",
		  .addr = { 0x52, 0x54, 0, 0x12, 0x34, 1 }, .capacity = 48ULL << 30,
		  .free = 48ULL << 30, .rtt_us = 21, .seen_ms = 400 },
		{ .have_rtt = true, .have_seen = true, .name = "donor2", .ifname = "eth1",
		  .addr = { 0x52, 0x54, 0, 0x12, 0x34, 2 }, .capacity = 32ULL << 30,
		  .free = 30ULL << 30, .rtt_us = 23, .seen_ms = 100 },
		{ .name = "d3", .ifname = "eth1", .suspect = true,
		  .addr = { 0x52, 0x54, 0, 0x12, 0x34, 3 } },
	};
	struct peers peers = { .v = peer, .n = 3 };
	FILE *file = tmpfile();
	char text[512] = "";
	int out = dup(1);

	REQUIRE(file && out >= 0);
	fflush(stdout);
	dup2(fileno(file), 1);
	print_peers(&peers, 0);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	rewind(file);
	CHECK(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	CHECK_TEXT(text,
		   "NAME    ADDRESS            LINK  STATE    CAPACITY  FREE    RTT    SEEN\n"
		   "donor1  52:54:00:12:34:01  eth1  ok       48 GiB    48 GiB  21 us  0.4 s ago\n"
		   "donor2  52:54:00:12:34:02  eth1  ok       32 GiB    30 GiB  23 us  0.1 s ago\n"
		   "d3      52:54:00:12:34:03  eth1  unheard  -         -       -      never\n");
	free(printed);
	printed = NULL;
}
