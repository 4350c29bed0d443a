// SPDX-License-Identifier: GPL-2.0-only
/* Disk lines of xl: whose disk it is, its volume, its device. */
#include "t.h"
#include "memx_xbk_target.h"

#define SCRIPT	"/etc/xen/scripts/block-memx"

TEST(ours)
{
	CHECK(memx_xbk_is_ours(SCRIPT, "data"));
	CHECK(memx_xbk_is_ours("block-memx", "data"));
	CHECK(memx_xbk_is_ours("/usr/local/etc/xen/scripts/block-memx", "data,size=4G"));
	CHECK(memx_xbk_is_ours(SCRIPT, "data,backend=memx"));
	CHECK(memx_xbk_is_ours(SCRIPT, "data,size=4G,backend=memx,create=yes"));
	CHECK(memx_xbk_is_ours(SCRIPT, "data,backend=blkback,backend=memx"));
}

TEST(not_ours)
{
	CHECK(!memx_xbk_is_ours("/etc/xen/scripts/block", "/dev/sda"));
	CHECK(!memx_xbk_is_ours("/etc/xen/scripts/block-memx/block", "data"));
	CHECK(!memx_xbk_is_ours("/etc/xen/scripts/block-memx2", "data"));
	CHECK(!memx_xbk_is_ours("/etc/xen/scripts/xblock-memx", "data"));
	CHECK(!memx_xbk_is_ours("", "data"));
	CHECK(!memx_xbk_is_ours(SCRIPT, "data,backend=blkback"));
	CHECK(!memx_xbk_is_ours(SCRIPT, "data,backend=memx,backend=blkback"));
	CHECK(!memx_xbk_is_ours(SCRIPT, "data,backend=memx2"));
	CHECK(!memx_xbk_is_ours(SCRIPT, "data,backend="));
	CHECK(!memx_xbk_is_ours(SCRIPT, "data,backend=mem"));
}

TEST(a_name_is_no_key)
{
	CHECK(memx_xbk_is_ours(SCRIPT, "backend=blkback"));
	CHECK(memx_xbk_is_ours(SCRIPT, "data,xbackend=blkback"));
	CHECK(memx_xbk_is_ours(SCRIPT, "data,,"));
}

TEST(names)
{
	char name[8];

	CHECK(memx_xbk_target_name("data", name, sizeof(name)) && !strcmp(name, "data"));
	CHECK(memx_xbk_target_name("data,size=1G", name, sizeof(name)) && !strcmp(name, "data"));
	CHECK(memx_xbk_target_name("seven77", name, sizeof(name)) && !strcmp(name, "seven77"));
	CHECK(!memx_xbk_target_name("eight888", name, sizeof(name)) && !*name);
	CHECK(!memx_xbk_target_name("", name, sizeof(name)) && !*name);
	CHECK(!memx_xbk_target_name(",size=1G", name, sizeof(name)) && !*name);
}

TEST(devices)
{
	static const char * const wrong[] = {
		"", ":", "fe", "fe:", ":3", "fe:3 ", " fe:3", "fe:3:1", "0xfe:3", "1000:0", "fe:100000",
		"fffffff:0", "fe:3g", "-1:0",
	};
	unsigned int i;
	u32 major, minor;

	REQUIRE(memx_xbk_parse_device("fe:1f", &major, &minor));
	CHECK_EQ(major, 0xfe);
	CHECK_EQ(minor, 0x1f);
	REQUIRE(memx_xbk_parse_device("103:ABCDE", &major, &minor));
	CHECK_EQ(major, 0x103);
	CHECK_EQ(minor, 0xabcde);
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK(!memx_xbk_parse_device(wrong[i], &major, &minor));
}
