// SPDX-License-Identifier: GPL-2.0-only
/* The steps from what runs to what is wanted: both are given here, and the plan is text. */
#include "text.h"
#include "names.h"
#include "plan.h"

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)

static struct inifile file;
static struct conf conf;
static struct running r;

/* What runs, in room that needs no allocation. */
static struct link links[4];
static struct key keys[2];
static struct peer peers[4];
static struct volume volumes[4];
static struct swap swaps[4];
static struct netdev netdevs[4];

static void want(const char *text)
{
	conf_free(&conf);
	inifile_free(&file);
	inifile_take(&file, "f", text);
	if (!conf_take(&conf, &file))
		T_FAIL("not a file: '%s'", text);
}

/* Nothing is loaded. */
static void nothing_runs(void)
{
	r = (struct running){
		.links.v = links, .keys.v = keys, .peers.v = peers, .volumes.v = volumes,
		.swaps.v = swaps, .netdev = netdevs, .machine_bytes = 16 * GIB, .host = "box",
	};
}

/* All modules, and a node as the kernel begins it. */
static void modules_run(void)
{
	nothing_runs();
	r.have_rmap = r.have_server = r.have_client = true;
	r.node = (struct node){ .name = "box", .security = SECURITY_NOISE, .interval_ms = 1000,
				.rto_min_us = 1000, .rto_max_us = 2000, .incast_frames = 64,
				.rekey_s = 120 };
}

static void have_key(bool secondary)
{
	keys[r.keys.n++] = (struct key){ .id = 1, .secondary = secondary };
}

static void have_device(const char *ifname, bool up, uint32_t mtu)
{
	struct netdev *d = &netdevs[r.netdevs++];

	*d = (struct netdev){ .up = up, .mtu = mtu };
	strcpy(d->ifname, ifname);
}

static void have_link(const char *ifname, uint16_t ethertype, uint32_t mtu)
{
	struct link *l = &links[r.links.n++];

	*l = (struct link){ .ethertype = ethertype, .mtu = mtu };
	strcpy(l->ifname, ifname);
}

static struct peer *have_peer(const char *name, uint8_t last, const char *ifname, bool is_static)
{
	struct peer *p = &peers[r.peers.n++];

	*p = (struct peer){ .addr = { 0x52, 0x54, 0, 0, 0, last }, .is_static = is_static };
	strcpy(p->name, name);
	strcpy(p->ifname, ifname);
	return p;
}

static struct volume *have_volume(const char *name, uint64_t size)
{
	struct volume *v = &volumes[r.volumes.n];

	*v = (struct volume){ .size = size, .loss_timeout_s = 600 };
	strcpy(v->name, name);
	snprintf(v->disk, sizeof(v->disk), "memx%zu", r.volumes.n++);
	return v;
}

static void have_swap(const struct volume *v, int priority)
{
	struct swap *s = &swaps[r.swaps.n++];

	*s = (struct swap){ .bytes = v->size, .priority = priority };
	strcpy(s->disk, v->disk);
}

static char *text_of(const struct plan *p)
{
	char *text = NULL;
	size_t size, i;
	FILE *to = open_memstream(&text, &size);

	for (i = 0; i < p->n; i++)
		fprintf(to, "%s: %s\n", p->step[i].object, p->step[i].text);
	for (i = 0; i < p->notes.n; i++)
		fprintf(to, "note: %s\n", p->notes.v[i]);
	for (i = 0; i < p->faults.n; i++)
		fprintf(to, "fault: %s\n", p->faults.v[i]);
	fclose(to);
	return text;
}

static const struct parts all = { .node = true, .server = true, .volumes = true };
static const struct parts only_node = { .node = true };
static const struct parts only_server = { .server = true };
static const struct parts only_volumes = { .volumes = true };

static void plan_is(const struct parts *parts, const char *steps)
{
	struct plan p;
	char *text;

	plan_apply(&p, &conf, &r, parts);
	text = text_of(&p);
	CHECK_TEXT(text, steps);
	free(text);
	plan_free(&p);
}

static void down_is(const struct parts *parts, bool force, const char *steps)
{
	struct plan p;
	char *text;

	plan_down(&p, &r, parts, force);
	text = text_of(&p);
	CHECK_TEXT(text, steps);
	free(text);
	plan_free(&p);
}

TEST(no_section_wants_nothing_of_what_runs)
{
	want("# [node]\n");
	nothing_runs();
	plan_is(&all, "");
	modules_run();
	have_link("eth9", 0x88b5, 1500);
	have_volume("v0", GIB);
	r.server.capacity = GIB;
	plan_is(&all, "");
}

TEST(all_from_nothing)
{
	want("[node]\nname=a\ninterval=500\n[link eth1]\nmtu=9000\n[server]\ncapacity=50%\n"
	     "[peer d3]\naddress=52:54:00:00:00:03\nlink=eth1\n"
	     "[volume s]\nsize=2G\nuse=swap\npriority=5\n[volume b]\nsize=1G\nloss-timeout=9\n");
	nothing_runs();
	plan_is(&all, "module memx_rmap: load\n"
		"node: set its name to a, set security to psk, set interval to 500\n"
		"key: load /etc/memx/cluster.key\n"
		"link eth1: wait until the network device exists\n"
		"link eth1: bring it up\n"
		"link eth1: add, MTU 9000 at most\n"
		"server d3: add, address 52:54:00:00:00:03 on link eth1\n"
		"module memx_server: load\n"
		"server: start, donating 8 GiB\n"
		"module memx_client: load\n"
		"servers: wait for 3 GiB of free memory\n"
		"volume s: create with 2 GiB\n"
		"volume s: swap on, priority 5\n"
		"volume b: create with 1 GiB, loss-timeout 9 s\n");
	plan_is(&only_server, "module memx_server: load\nserver: start, donating 8 GiB\n");
	plan_is(&only_volumes, "module memx_client: load\n"
		"servers: wait for 3 GiB of free memory\n"
		"volume s: create with 2 GiB\nvolume s: swap on, priority 5\n"
		"volume b: create with 1 GiB, loss-timeout 9 s\n");
}

TEST(as_it_is_wanted)
{
	struct volume *s;

	want("[node]\n[link eth1]\n[server]\ncapacity=1G\n[peer d3]\n"
	     "address=52:54:00:00:00:03\nlink=eth1\n[volume s]\nsize=2G\nuse=swap\npriority=5\n"
	     "loss-timeout=600\n[volume b]\nsize=1G\n");
	modules_run();
	have_key(false);
	have_device("eth1", true, 1500);
	have_link("eth1", 0x88b5, 1500);
	have_peer("d3", 3, "eth1", true);
	r.server.capacity = GIB;
	s = have_volume("s", 2 * GIB);
	have_swap(s, 5);
	have_volume("b", GIB)->loss_timeout_s = 7;
	plan_is(&all, "");
}

TEST(node)
{
	want("[node]\nid=000102030405060708090a0b0c0d0e0f\nsecurity=none\nrto-min=1000\n"
	     "rto-max=3000\nincast=65\nrekey=121\n");
	modules_run();
	strcpy(r.node.name, "other");
	plan_is(&only_node, "node: set its name to box, set its id, set security to none, "
		"set rto-max to 3000, set incast to 65, set rekey to 121\n");
	/* A machine whose name is none for a node keeps the one it has. */
	r.host[0] = '\0';
	r.node.have_id = true;
	memcpy(r.node.id, conf.node.id, ID_BYTES);
	r.node.security = SECURITY_NONE;
	r.node.rto_max_us = 3000;
	r.node.incast_frames = 65;
	r.node.rekey_s = 121;
	plan_is(&only_node, "");
}

TEST(key)
{
	want("[node]\nkey-file=/k\n");
	modules_run();
	plan_is(&only_node, "key: load /k\n");
	have_key(true);
	plan_is(&only_node, "key: load /k\n");
	have_key(false);
	plan_is(&only_node, "");
	want("[node]\nsecurity=none\n");
	r.keys.n = 0;
	r.node.security = SECURITY_NONE;
	plan_is(&only_node, "");
}

TEST(link_by_its_device)
{
	want("[node]\nsecurity=none\n[link eth1]\n");
	modules_run();
	r.node.security = SECURITY_NONE;
	plan_is(&only_node, "link eth1: wait until the network device exists\n"
		"link eth1: bring it up\nlink eth1: add\n");
	have_device("eth1", false, 1500);
	plan_is(&only_node, "link eth1: bring it up\nlink eth1: add\n");
	netdevs[0].up = true;
	plan_is(&only_node, "link eth1: add\n");
	have_link("eth1", 0x88b5, 1500);
	plan_is(&only_node, "");
	netdevs[0].up = false;
	plan_is(&only_node, "link eth1: bring it up\n");
	/* The kernel knows better than a look that failed. */
	r.netdevs = 0;
	plan_is(&only_node, "");
}

/* A link is added again only if that changes something. */
TEST(link_by_its_numbers)
{
	static const char again[] = "link eth1: take it away to change its EtherType or MTU\n";
	static const struct { const char *conf; uint32_t device, now; bool again; } is[] = {
		{ "mtu=9000", 9000, 9000, false }, { "mtu=9000", 9000, 1500, true },
		{ "mtu=9000", 1500, 1500, false }, { "mtu=9000", 4000, 4000, false },
		{ "mtu=1500", 9000, 9000, true }, { "mtu=1500", 9000, 1500, false },
		{ "# mtu", 9000, 1500, false }, { "ethertype=0x88b5", 1500, 1500, false },
		{ "ethertype=0x88b6", 1500, 1500, true },
	};
	struct plan p;
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
		snprintf(text, sizeof(text), "[node]\nsecurity=none\n[link eth1]\n%s\n", is[i].conf);
		want(text);
		modules_run();
		r.node.security = SECURITY_NONE;
		have_device("eth1", true, is[i].device);
		have_link("eth1", 0x88b5, is[i].now);
		plan_apply(&p, &conf, &r, &only_node);
		CHECK_EQ(p.n, is[i].again ? 2 : 0);
		if (p.n == 2) {
			char *steps = text_of(&p);

			CHECK(!strncmp(steps, again, strlen(again)));
			CHECK_EQ(p.step[1].kind, STEP_LINK_ADD);
			free(steps);
		}
		plan_free(&p);
	}
}

TEST(peer)
{
	struct peer *p;

	want("[node]\nsecurity=none\n[peer d3]\naddress=52:54:00:00:00:03\nlink=eth1\n");
	modules_run();
	r.node.security = SECURITY_NONE;
	have_link("eth1", 0x88b5, 1500);
	static const char add[] = "server d3: add, address 52:54:00:00:00:03 on link eth1\n"
				  "note: link eth1 is not in f; it is left as it is\n";
	static const char note[] = "note: link eth1 is not in f; it is left as it is\n";
	static const char other[] = "server d3: remove it to change its address\n"
				    "server d3: add, address 52:54:00:00:00:03 on link eth1\n"
				    "note: link eth1 is not in f; it is left as it is\n";

	plan_is(&only_node, add);
	p = have_peer("d3", 3, "eth1", true);
	plan_is(&only_node, note);
	p->addr[5] = 4;
	plan_is(&only_node, other);
	p->addr[5] = 3;
	strcpy(p->ifname, "eth2");
	plan_is(&only_node, other);
	p->have_seen = true;
	plan_is(&only_node, note);
	p->is_static = false;
	plan_is(&only_node, note);
	p->addr[5] = 4;
	plan_is(&only_node, "note: link eth1 is not in f; it is left as it is\n"
		"fault: server d3: another one, with address 52:54:00:00:00:04, calls itself "
		"so\n");
}

TEST(server)
{
	want("[server]\ncapacity=1G\n");
	modules_run();
	plan_is(&only_server, "server: start, donating 1 GiB\n");
	r.server.capacity = 2 * GIB;
	plan_is(&only_server, "server: donate 1 GiB from now on\n");
	r.server.capacity = 512 * MIB;
	plan_is(&only_server, "server: donate 1 GiB from now on\n");
	r.server.capacity = GIB;
	plan_is(&only_server, "");
	want("[node]\n");
	plan_is(&only_server, "note: the server runs, but f has no section [server]; it is left as "
		"it is\n");
	r.server.capacity = 0;
	plan_is(&only_server, "");
}

TEST(server_in_part_and_in_whole_extents)
{
	want("[server]\ncapacity=33%\n");
	modules_run();
	r.machine_bytes = 1000 * MIB;
	CHECK_EQ(plan_capacity(&conf, &r), 328 * MIB);
	r.server.capacity = 328 * MIB;
	plan_is(&only_server, "");
	want("[server]\ncapacity=11M\n");
	r.server.capacity = 8 * MIB;
	plan_is(&only_server, "");
}

TEST(server_goes_down_to_what_is_promised)
{
	want("[server]\ncapacity=8M\n");
	modules_run();
	r.server.capacity = 64 * MIB;
	r.server.reserved = 16 * MIB;
	plan_is(&only_server, "server: donate 16 MiB from now on\n"
		"fault: server: 16 MiB are promised to clients; the capacity cannot go down to "
		"8 MiB before they free some\n");
	r.server.capacity = 16 * MIB;
	plan_is(&only_server, "fault: server: 16 MiB are promised to clients; the capacity cannot "
		"go down to 8 MiB before they free some\n");
	r.server.reserved = 8 * MIB;
	plan_is(&only_server, "server: donate 8 MiB from now on\n");
}

TEST(volume_that_runs)
{
	struct volume *v;

	want("[volume v]\nsize=1G\nloss-timeout=30\n");
	modules_run();
	v = have_volume("v", 512 * MIB);
	plan_is(&only_volumes, "volume v: grow from 512 MiB to 1 GiB\n"
		"volume v: set its loss-timeout to 30 s\n");
	v->size = GIB;
	v->loss_timeout_s = 30;
	plan_is(&only_volumes, "");
	v->size = 2 * GIB;
	plan_is(&only_volumes, "fault: volume v: it has 2 GiB and cannot shrink to 1 GiB; destroy "
		"it and apply again, if what it holds is not needed\n");
}

/* Whatever the file says, no step of apply takes a volume away. */
TEST(volumes_are_never_destroyed)
{
	static const char *const file_of[] = {
		"[node]\n", "[volume v]\nsize=1M\n", "[volume w]\nsize=1G\n",
		"[volume v]\nsize=9G\nuse=swap\n",
	};
	struct plan p;
	size_t i, k;

	for (i = 0; i < sizeof(file_of) / sizeof(file_of[0]); i++) {
		want(file_of[i]);
		modules_run();
		have_volume("v", GIB);
		plan_apply(&p, &conf, &r, &all);
		for (k = 0; k < p.n; k++)
			CHECK(p.step[k].kind != STEP_VOLUME_DESTROY &&
			      p.step[k].kind != STEP_SWAP_OFF);
		plan_free(&p);
	}
	want("[volume w]\nsize=1G\n");
	plan_is(&only_volumes, "servers: wait for 1 GiB of free memory\n"
		"volume w: create with 1 GiB\n"
		"note: volume v is not in f; it is left as it is\n");
}

TEST(swap)
{
	struct volume *v;

	want("[volume v]\nsize=1G\nuse=swap\npriority=5\n");
	modules_run();
	v = have_volume("v", GIB);
	plan_is(&only_volumes, "servers: wait for one\nvolume v: swap on, priority 5\n");
	have_swap(v, 5);
	plan_is(&only_volumes, "");
	swaps[0].priority = -2;
	plan_is(&only_volumes, "fault: volume v: it is swapped on with priority -2, not 5; run "
		"'swapoff /dev/memx0' and apply again\n");
	want("[volume v]\nsize=1G\nuse=swap\n");
	plan_is(&only_volumes, "");
	want("[volume v]\nsize=2G\nuse=swap\n");
	plan_is(&only_volumes, "volume v: grow from 1 GiB to 2 GiB\n"
		"note: volume v: its swap space stays as large as it is until 'swapoff "
		"/dev/memx0' and the next 'memx-admin apply'\n");
	want("[volume v]\nsize=1G\n");
	plan_is(&only_volumes, "fault: volume v: it is swapped on, but its use is block; run "
		"'swapoff /dev/memx0' first\n");
	/* A device of another volume says nothing of this one. */
	want("[volume v]\nsize=1G\nuse=swap\n");
	strcpy(swaps[0].disk, "memx00");
	plan_is(&only_volumes, "servers: wait for one\nvolume v: swap on\n");
}

TEST(at_boot)
{
	struct parts boot = only_volumes;

	boot.boot_only = true;
	want("[volume a]\nsize=1G\nboot=yes\n[volume b]\nsize=2G\n[volume c]\nsize=4G\nboot=no\n");
	modules_run();
	plan_is(&boot, "servers: wait for 1 GiB of free memory\nvolume a: create with 1 GiB\n");
	have_volume("a", GIB);
	have_volume("b", GIB);
	plan_is(&boot, "");
	plan_is(&only_volumes, "volume b: grow from 1 GiB to 2 GiB\n"
		"servers: wait for 4 GiB of free memory\nvolume c: create with 4 GiB\n");
}

TEST(steps_know_what_they_need)
{
	struct plan p;

	want("[link eth1]\n[peer d3]\naddress=52:54:00:00:00:03\nlink=eth1\n"
	     "[volume s]\nsize=2G\nuse=swap\n");
	modules_run();
	r.have_client = false;
	have_device("eth1", true, 1500);
	plan_apply(&p, &conf, &r, &all);
	CHECK_EQ(p.n, 7);
	if (p.n == 7) {
		CHECK_TEXT(p.step[1].needs[1], "key");
		CHECK_TEXT(p.step[2].needs[1], "link eth1");
		CHECK_EQ(p.step[4].kind, STEP_WAIT_SERVERS);
		CHECK_EQ(p.step[4].bytes, 2 * GIB);
		CHECK_TEXT(p.step[5].needs[0], "module memx_client");
		CHECK_TEXT(p.step[5].needs[1], "servers");
		CHECK_TEXT(p.step[6].needs[0], "servers");
	}
	plan_free(&p);
}

TEST(down)
{
	modules_run();
	down_is(&all, false, "");
	have_link("eth1", 0x88b5, 1500);
	have_peer("heard", 1, "eth1", false);
	have_peer("added", 2, "eth1", true);
	have_volume("b", GIB);
	have_swap(have_volume("s", GIB), 3);
	r.server.capacity = GIB;
	down_is(&all, false, "volume b: destroy\nvolume s: swap off\nvolume s: destroy\n"
		"server: stop\nserver added: remove\nlink eth1: take it away\n");
	down_is(&only_volumes, false, "volume b: destroy\nvolume s: swap off\nvolume s: destroy\n");
	down_is(&only_server, false, "server: stop\n");
}

TEST(down_keeps_links_that_are_needed)
{
	modules_run();
	have_link("eth1", 0x88b5, 1500);
	have_volume("b", GIB);
	down_is(&only_node, false, "fault: the links stay: volume b uses them; 'memx-admin down' "
		"without --part takes it away first\n");
	down_is(&only_node, true, "link eth1: take it away\n");
	r.volumes.n = 0;
	r.server.capacity = GIB;
	down_is(&only_node, false, "link eth1: take it away\n");
	r.server.extents = 1;
	down_is(&only_node, false, "fault: the links stay: clients have pages in the memory of "
		"this machine; --force takes the links from them\n");
	down_is(&only_node, true, "link eth1: take it away\n");
	nothing_runs();
	down_is(&all, true, "");
	conf_free(&conf);
	inifile_free(&file);
}
