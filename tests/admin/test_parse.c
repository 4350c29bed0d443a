// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, addresses and names as they come from a command line. */
#include "text.h"
#include "names.h"
#include "parse.h"

TEST(numbers)
{
	static const char *const none[] = { "", " 1", "1 ", "-1", "+1", "1.0", "0x", "0xg", "x1",
					    "1a", "18446744073709551616", "0x1ffffffffffffffff" };
	uint64_t n = 0;
	size_t i;

	CHECK(parse_uint("0", 0, 9, &n));
	CHECK_EQ(n, 0);
	CHECK(parse_uint("0x88B5", 0, 0xffff, &n));
	CHECK_EQ(n, 0x88b5);
	CHECK(parse_uint("18446744073709551615", 0, UINT64_MAX, &n));
	CHECK_EQ(n, UINT64_MAX);
	CHECK(parse_uint("010", 0, 99, &n));
	CHECK_EQ(n, 10);
	CHECK(parse_uint("9", 9, 9, &n));
	CHECK(!parse_uint("8", 9, 10, &n));
	CHECK(!parse_uint("11", 9, 10, &n));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (parse_uint(none[i], 0, UINT64_MAX, &n))
			T_FAIL("'%s' was taken", none[i]);
}

TEST(hardware_addresses)
{
	static const char *const none[] = {
		"", "52:54:00:12:34", "52:54:00:12:34:0", "52:54:00:12:34:011", "525400123401",
		"52:54:00-12-34-01", "52.54.00.12.34.01", "5g:54:00:12:34:01", "52:54:00:12:34:01 ",
		"5:254:00:12:34:01", ":::::::::::::::::", "52:54:00:12:34::1", "eth1",
	};
	static const uint8_t is[MAC_BYTES] = { 0x52, 0x54, 0, 0xab, 0xcd, 0xff };
	uint8_t mac[MAC_BYTES] = { 0 };
	char text[MAC_TEXT];
	size_t i;

	CHECK(parse_mac("52:54:00:ab:CD:ff", mac));
	CHECK_MEM(mac, is, MAC_BYTES);
	CHECK_TEXT(format_mac(text, mac), "52:54:00:ab:cd:ff");
	CHECK(parse_mac("52-54-00-ab-cd-ff", mac));
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (parse_mac(none[i], mac))
			T_FAIL("'%s' was taken", none[i]);
}

TEST(hexadecimal)
{
	static const uint8_t is[4] = { 0x01, 0x9a, 0xbc, 0xff };
	uint8_t bytes[4] = { 0 }, many[32];
	char text[65];
	int i;

	CHECK(parse_hex("019ABCff", bytes, 4));
	CHECK_MEM(bytes, is, 4);
	CHECK_TEXT(format_hex(text, is, 4), "019abcff");
	CHECK(!parse_hex("", bytes, 4));
	CHECK(!parse_hex("019abcf", bytes, 4));
	CHECK(!parse_hex("019abcff0", bytes, 4));
	CHECK(!parse_hex("019abcfg", bytes, 4));
	CHECK(!parse_hex("0x9abcff", bytes, 4));
	CHECK(!parse_hex("01 abcff", bytes, 4));
	for (i = 0; i < 100; i++) {
		uint8_t back[32];

		t_fill(many, sizeof(many));
		CHECK(parse_hex(format_hex(text, many, sizeof(many)), back, sizeof(back)));
		CHECK_MEM(many, back, sizeof(many));
	}
}

TEST(names)
{
	CHECK(name_is_valid("a", NAME_CHARS));
	CHECK(name_is_valid("Swap-0_x.y", NAME_CHARS));
	CHECK(name_is_valid("1234567890123456789012345678901", NAME_CHARS));
	CHECK(!name_is_valid("12345678901234567890123456789012", NAME_CHARS));
	CHECK(!name_is_valid("", NAME_CHARS));
	CHECK(!name_is_valid("a b", NAME_CHARS));
	CHECK(!name_is_valid("a/b", NAME_CHARS));
	CHECK(!name_is_valid("\xc3\xa4", NAME_CHARS));
	CHECK(ifname_is_valid("eth1"));
	CHECK(ifname_is_valid("br-lan.100"));
	CHECK(ifname_is_valid("123456789012345"));
	CHECK(!ifname_is_valid("1234567890123456"));
	CHECK(!ifname_is_valid(""));
	CHECK(!ifname_is_valid("."));
	CHECK(!ifname_is_valid(".."));
	CHECK(!ifname_is_valid("a/b"));
	CHECK(!ifname_is_valid("a b"));
	CHECK(!ifname_is_valid("eth1:0"));
}

TEST(words_of_the_wire)
{
	struct peer p = { .have_seen = true };
	uint8_t security = 9;

	CHECK(security_number("none", &security));
	CHECK_EQ(security, SECURITY_NONE);
	CHECK(security_number("psk", &security));
	CHECK_EQ(security, SECURITY_NOISE);
	CHECK(!security_number("noise", &security));
	CHECK_TEXT(security_name(255), "unknown");
	CHECK_TEXT(load_name(3), "full");
	CHECK_TEXT(load_name(255), "unknown");
	CHECK_TEXT(session_name(2), "up");
	CHECK_TEXT(session_name(3), "unknown");
	CHECK_TEXT(peer_state(&p), "ok");
	p.load = 1;
	CHECK_TEXT(peer_state(&p), "pressured");
	p.suspect = true;
	CHECK_TEXT(peer_state(&p), "suspect");
	p.have_seen = false;
	CHECK_TEXT(peer_state(&p), "unheard");
	strcpy(p.problem, "another key");
	CHECK_TEXT(peer_state(&p), "problem");
}
