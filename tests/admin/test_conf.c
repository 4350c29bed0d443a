// SPDX-License-Identifier: GPL-2.0-only
/* memx.conf: what it wants, and every fault with its line. */
#include "text.h"
#include "told.h"
#include "conf.h"
#include "names.h"

static struct inifile file;
static struct conf conf;

static bool take(const char *text)
{
	bool good;

	conf_free(&conf);
	inifile_free(&file);
	inifile_take(&file, "f", text);
	told_begin();
	good = conf_take(&conf, &file);
	told_end();
	return good;
}

/* The file has exactly these faults. */
static void faulty(const char *text, const char *faults)
{
	CHECK(!take(text));
	CHECK_TEXT(told, faults);
}

static void good(const char *text)
{
	if (!take(text))
		T_FAIL("'%s' was refused: %s", text, told);
	CHECK_TEXT(told, "");
}

TEST(nothing_is_wanted)
{
	good("");
	CHECK(!conf.any);
	good("# [node]\n\n;x=y\n");
	CHECK(!conf.any);
	good("[node]\n");
	CHECK(conf.any);
	CHECK_EQ(conf.node.security, SECURITY_NOISE);
	CHECK_TEXT(conf.node.name, "");
	CHECK(!conf.have_server && !conf.links && !conf.peers && !conf.volumes && !conf.key_file);
}

TEST(all_of_a_node)
{
	good("[node]\nname=a.b-c_d\nid=000102030405060708090a0b0c0d0e0f\nsecurity=none\n"
	     "key-file=/x/y\ninterval=100\nrto-min=100\nrto-max=4294967295\nincast=1\nrekey=3\n");
	CHECK_TEXT(conf.node.name, "a.b-c_d");
	CHECK(conf.node.have_id);
	CHECK_EQ(conf.node.id[15], 15);
	CHECK_EQ(conf.node.security, SECURITY_NONE);
	CHECK_TEXT(conf.key_file, "/x/y");
	CHECK_EQ(conf.node.number[NODE_INTERVAL], 100);
	CHECK_EQ(conf.node.number[NODE_RTO_MIN], 100);
	CHECK_EQ(conf.node.number[NODE_RTO_MAX], UINT32_MAX);
	CHECK_EQ(conf.node.number[NODE_INCAST], 1);
	CHECK_EQ(conf.node.number[NODE_REKEY], 3);
	CHECK(conf.node.have[NODE_REKEY]);
}

TEST(links_peers_and_server)
{
	good("[link eth1]\n[link eth2]\nethertype=0x88b6\nmtu=9000\n[server]\ncapacity=48G\n"
	     "[peer d3]\naddress=52-54-00-12-34-03\nlink=eth2\n");
	CHECK_EQ(conf.links, 2);
	CHECK_TEXT(conf.link[0].ifname, "eth1");
	CHECK_EQ(conf.link[0].ethertype + conf.link[0].mtu, 0);
	CHECK_EQ(conf.link[1].ethertype, 0x88b6);
	CHECK_EQ(conf.link[1].mtu, 9000);
	CHECK(conf.have_server);
	CHECK_EQ(conf.capacity, 48ULL << 30);
	CHECK_EQ(conf.percent, 0);
	CHECK_TEXT(conf.peer[0].name, "d3");
	CHECK_TEXT(conf.peer[0].ifname, "eth2");
	CHECK_EQ(conf.peer[0].mac[5], 3);
	good("[server]\ncapacity=50%\n");
	CHECK_EQ(conf.percent, 50);
}

TEST(volumes)
{
	good("[volume a]\nsize=64 GiB\n[volume b]\nsize=1M\nuse=swap\npriority=0\nboot=yes\n"
	     "loss-timeout=0\n[volume c]\npriority=5\nuse=swap\nsize=5G\nboot=no\n"
	     "[volume d]\nsize=5G\nuse=block\n");
	CHECK_EQ(conf.volumes, 4);
	CHECK_EQ(conf.volume[0].size, 64ULL << 30);
	CHECK(!conf.volume[0].swap && !conf.volume[0].boot && !conf.volume[0].have_timeout &&
	      !conf.volume[0].have_priority);
	CHECK(conf.volume[1].swap && conf.volume[1].boot && conf.volume[1].have_timeout &&
	      conf.volume[1].have_priority);
	CHECK_EQ(conf.volume[2].priority, 5);
	CHECK(!conf.volume[2].boot && !conf.volume[3].swap);
}

TEST(faults_of_the_form)
{
	faulty("\n x = 1\n", "memx-admin: f:2: 'x' is in no section\n");
	faulty("[nod]\nx=1\n", "memx-admin: f:1: there is no section [nod]; there are [node], "
	       "[link IFNAME], [server], [peer NAME] and [volume NAME]\n");
	faulty("[node\nx=1\n", "memx-admin: f:1: this is neither [SECTION] nor KEY=VALUE\n");
	faulty("[node]\nname\n", "memx-admin: f:2: this is neither [SECTION] nor KEY=VALUE\n");
	faulty("[link]\n", "memx-admin: f:1: [link] needs a name: [link IFNAME]\n");
	faulty("[volume]\n", "memx-admin: f:1: [volume] needs a name: [volume NAME]\n");
	faulty("[server a]\n", "memx-admin: f:1: [server] takes no name, so not 'a'\n");
	faulty("[link a]\n\n[link  a]\n", "memx-admin: f:3: [link a] is there already, in line 1\n");
	faulty("[node]\nname=a\nname=a\n", "memx-admin: f:3: name is in this section already\n");
	faulty("[node]\nname=\n", "memx-admin: f:2: name has no value\n");
	faulty("[link a]\nmut=9000\n", "memx-admin: f:2: there is no key 'mut' in [link]; there are "
	       "ethertype, mtu\n");
	faulty("[link a]\nMTU=9000\n", "memx-admin: f:2: there is no key 'MTU' in [link]; there are "
	       "ethertype, mtu\n");
	faulty("[link a b]\n", "memx-admin: f:1: 'a b' is no name of a network device: it takes 1 "
	       "to 15 characters\n");
}

TEST(what_is_missing_is_told_with_the_line_of_its_section)
{
	faulty("[server]\n\n[node]\n", "memx-admin: f:1: capacity is missing in [server], such as "
	       "capacity=48G or capacity=50%\n");
	faulty("\n[peer a]\nlink=eth1\n", "memx-admin: f:2: address is missing in [peer], such as "
	       "address=52:54:00:12:34:03\n");
	faulty("[peer a]\naddress=52:54:00:12:34:03\n\n", "memx-admin: f:1: link is missing in "
	       "[peer], such as link=eth1\n");
	faulty("[volume a]\n[volume b]\nsize=1G\n", "memx-admin: f:1: size is missing in [volume], "
	       "such as size=64G\n");
	/* A value that is wrong is not missing. */
	faulty("[volume a]\nsize=1Q\n", "memx-admin: f:2: size is a size such as 64G or 512M (in "
	       "binary units), not '1Q'\n");
	faulty("[volume a]\nsize=1G\npriority=3\n",
	       "memx-admin: f:1: priority is for use=swap only\n");
}

TEST(values_that_are_wrong)
{
	static const struct { const char *section, *line, *fault; } is[] = {
		{ "node", "name=a b", "'a b' is no name: it takes 1 to 31 letters, digits, dots, "
		  "dashes and underscores" },
		{ "node", "id=12", "id is 32 hexadecimal digits, not '12'" },
		{ "node", "security=full", "security is psk or none, not 'full'" },
		{ "node", "key-file=key", "key-file is a path that begins with /, not 'key'" },
		{ "node", "interval=99", "interval is a number from 100 to 60000, not '99'" },
		{ "link a", "mtu=1499", "mtu is a number from 1500 to 9000, not '1499'" },
		{ "link a", "ethertype=5", "ethertype is a number from 1536 to 65535, not '5'" },
		{ "server", "capacity=101%", "capacity is a size such as 48G (in binary units), or "
		  "a part of this machine's memory such as 50%, not '101%'" },
		{ "server", "capacity=0", "capacity is a size such as 48G (in binary units), or "
		  "a part of this machine's memory such as 50%, not '0'" },
	};
	char text[128], fault[256];
	size_t i;

	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		snprintf(text, sizeof(text), "[%s]\n# c\n%s\n", is[i].section, is[i].line);
		snprintf(fault, sizeof(fault), "memx-admin: f:3: %s\n", is[i].fault);
		faulty(text, fault);
	}
	faulty("[volume a]\nsize=1G\nuse=disk\nboot=1\nloss-timeout=x\npriority=32768\n",
	       "memx-admin: f:3: use is swap or block, not 'disk'\n"
	       "memx-admin: f:4: boot is yes or no, not '1'\n"
	       "memx-admin: f:5: loss-timeout is a number from 0 to 4294967295, not 'x'\n"
	       "memx-admin: f:6: priority is a number from 0 to 32767, not '32768'\n");
	faulty("[peer a]\nlink=a/b\naddress=1\n", "memx-admin: f:2: 'a/b' is no name of a network "
	       "device: it takes 1 to 15 characters\n"
	       "memx-admin: f:3: address is a hardware address such as 52:54:00:12:34:03, not "
	       "'1'\n");
}

/* Whatever is in it, it is taken or refused. */
TEST(rubbish_does_no_harm)
{
	static const char piece[][16] = {
		"[node]", "[link eth0]", "[", "]", "=", "\n", "\n", "\n", " ", ";", "#", "size=1G",
		"[volume a]", "[peer p]", "[server]", "name", "use=swap", "\xff", "\r", "\t", ":",
	};
	char text[512];
	int i;

	for (i = 0; i < 3000; i++) {
		text[0] = '\0';
		while (strlen(text) < 300 && t_below(40))
			strcat(text, piece[t_below(sizeof(piece) / sizeof(piece[0]))]);
		if (!take(text) && !told[0])
			T_FAIL("refused in silence: '%s'", text);
	}
	conf_free(&conf);
	inifile_free(&file);
}
