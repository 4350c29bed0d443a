// SPDX-License-Identifier: GPL-2.0-only
/* What doctor says of links, servers and volumes that the kernel tells of. */
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"
#include "doctor.h"
#include "memx_netlink.h"
#include "names.h"

static struct doctor d;
static struct link links[2];
static struct key keys[1];
static struct peer peers[2];
static struct volume volumes[1];
static struct conf_link wanted_links[1];
static struct conf_volume wanted_volumes[1];
static char folder[64];

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static void __attribute__((format(printf, 2, 3))) put(const char *path, const char *fmt, ...)
{
	char name[PATH_BYTES], *slash;
	va_list args;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", folder, path);
	for (slash = strchr(name + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(name, 0700);
		*slash = '/';
	}
	f = fopen(name, "w");
	if (!f) {
		printf("cannot make %s\n", name);
		exit(2);
	}
	va_start(args, fmt);
	vfprintf(f, fmt, args);
	va_end(args);
	fclose(f);
}

static void put_device(const char *name, int index, int iflink, const char *kind, int mtu)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", name);
	put(path, "%d\n", index);
	snprintf(path, sizeof(path), "/sys/class/net/%s/iflink", name);
	put(path, "%d\n", iflink);
	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", name);
	put(path, "%d\n", mtu);
	snprintf(path, sizeof(path), "/sys/class/net/%s/uevent", name);
	put(path, "%s%s\nINTERFACE=%s\n", kind ? "DEVTYPE=" : "", kind ? kind : "", name);
}

static void put_below(const char *upper, const char *lower)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/sys/class/net/%s/lower_%s", upper, lower);
	put(path, "a link in sysfs\n");
}

/* A client on which all is well: eth1 is its link, donor1 serves it, swap0 is in use. */
static void begin(void)
{
	strcpy(folder, "/tmp/memx-doctor-XXXXXX");
	if (!mkdtemp(folder))
		exit(2);
	links[0] = (struct link){ .ifname = "eth1", .ethertype = 0x88b5, .mtu = 1500,
				  .carrier = true, .ingress = true };
	keys[0] = (struct key){ .id = 1 };
	peers[0] = (struct peer){ .have_id = true, .have_seen = true, .name = "donor1",
				  .ifname = "eth1", .seen_ms = 300, .mtu = 1500 };
	volumes[0] = (struct volume){ .name = "swap0", .disk = "memx0" };
	wanted_links[0] = (struct conf_link){ .ifname = "eth1" };
	wanted_volumes[0] = (struct conf_volume){ .name = "swap0", .swap = true };
	d = (struct doctor){ .have_rmap = true };
	d.view.node.security = SECURITY_NOISE;
	d.view.node.counter[MEMX_RMAP_COUNTER_A_RX_FRAMES] = 10;
	d.view.links.v = links;
	d.view.links.n = 1;
	d.view.keys.v = keys;
	d.view.keys.n = 1;
	d.view.peers.v = peers;
	d.view.peers.n = 1;
	d.view.have_volumes = true;
	d.view.volumes.v = volumes;
	d.view.volumes.n = 1;
	d.conf.link = wanted_links;
	d.conf.links = 1;
	d.conf.volume = wanted_volumes;
	d.conf.volumes = 1;
	d.conf.node.security = SECURITY_NONE;
	put("/proc/swaps", "Filename\n/dev/memx0   partition 1 0 0\n");
	put("/proc/sys/kernel/osrelease", "6.1.0\n");
	put("/lib/modules/6.1.0/modules.dep", "updates/memx_rmap.ko:\n");
	put("/lib/modules/6.1.0/updates/memx_rmap.ko", "module");
	put("/sys/module/memx_rmap/initstate", "live\n");
	put_device("eth1", 3, 3, NULL, 1500);
	if (!root_use(&d.root, folder))
		exit(2);
}

/* What was made is thrown away; what is static must not be freed. */
static void end(void)
{
	close(d.root.fd);
	memset(&d.view, 0, sizeof(d.view));
	memset(&d.conf, 0, sizeof(d.conf));
	doctor_free(&d);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The ids of all findings, with a blank after each. */
static const char *found_ids(void)
{
	static char text[512];
	size_t i, n = 0;

	doctor_run(&d);
	text[0] = '\0';
	for (i = 0; i < d.findings; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ", d.finding[i].check->id);
	return text;
}

static const struct finding none = { .sentence = "none", .remedy = "none" };

static const struct finding *finding(size_t i)
{
	return i < d.findings ? &d.finding[i] : &none;
}

#define CHECK_FOUND(ids) CHECK_TEXT(found_ids(), ids)
#define CHECK_SENTENCE(i, text) CHECK_TEXT(finding(i)->sentence, text)

TEST(all_is_well)
{
	begin();
	CHECK_FOUND("");
	CHECK_EQ(d.unseens, 0);
	end();
}

TEST(nothing_is_asked_of_a_kernel_that_did_not_answer)
{
	begin();
	d.have_rmap = false;
	memset(&d.view, 0, sizeof(d.view));
	CHECK_FOUND("");
	end();
}

TEST(a_link_of_the_configuration_is_not_in_use)
{
	begin();
	d.view.links.n = 0;
	CHECK_FOUND("link-missing ");
	CHECK_SENTENCE(0, "memx.conf has the link eth1, and it is not in use");
	end();
}

TEST(no_link_at_all)
{
	begin();
	d.view.links.n = 0;
	d.conf.links = 0;
	CHECK_FOUND("link-none ");
	end();
}

TEST(a_link_is_down)
{
	begin();
	links[0].carrier = false;
	CHECK_FOUND("link-down ");
	CHECK_SENTENCE(0, "link eth1 is down");
	end();
}

TEST(a_smaller_mtu_than_asked_for)
{
	begin();
	wanted_links[0].mtu = 9000;
	CHECK_FOUND("mtu-wanted ");
	CHECK_SENTENCE(0, "memx.conf asks for frames of 9000 bytes on link eth1, and 1500 are used");
	end();
	begin();
	wanted_links[0].mtu = 1500;
	CHECK_FOUND("");
	end();
}

TEST(a_device_below_carries_less)
{
	begin();
	links[0].mtu = peers[0].mtu = 9000;
	put_device("eth1", 3, 3, "bridge", 9000);
	put_device("eth7", 4, 4, NULL, 9000);
	put_device("eth8", 5, 5, NULL, 1500);
	put_below("eth1", "eth7");
	CHECK_FOUND("");
	put_below("eth1", "eth8");
	CHECK_FOUND("mtu-below ");
	CHECK_SENTENCE(0, "link eth1 uses frames of 9000 bytes, and eth8 below it carries 1500");
	end();
}

TEST(a_link_without_the_ingress_hook)
{
	begin();
	links[0].ingress = false;
	CHECK_FOUND("link-packet ");
	end();
}

TEST(a_vlan_directly_on_a_device_is_hooked)
{
	begin();
	put_device("eth1", 3, 4, "vlan", 1500);
	put_device("eth7", 4, 4, NULL, 1500);
	put_below("eth1", "eth7");
	CHECK_FOUND("");
	end();
}

TEST(the_lowest_device_is_below_a_vlan_that_is_not_the_link)
{
	begin();
	put_device("eth1", 3, 3, "bridge", 1500);
	put_device("eth7.5", 4, 5, "vlan", 1500);
	put_device("eth7", 5, 5, NULL, 1500);
	put_below("eth1", "eth7.5");
	put_below("eth7.5", "eth7");
	CHECK_FOUND("link-stacked ");
	CHECK_SENTENCE(0, "link eth1 has no hook on eth7, for a VLAN lies between them: frames can be "
			  "lost while memory is short");
	end();
}

TEST(two_vlans_on_one_another)
{
	begin();
	put_device("eth1", 3, 4, "vlan", 1500);
	put_device("eth7.5", 4, 5, "vlan", 1500);
	put_device("eth7", 5, 5, NULL, 1500);
	put_below("eth1", "eth7.5");
	put_below("eth7.5", "eth7");
	CHECK_FOUND("link-stacked ");
	end();
}

TEST(the_device_below_is_in_another_namespace)
{
	begin();
	put_device("eth1", 3, 17, "macvlan", 1500);
	CHECK_FOUND("link-stacked ");
	end();
	begin();
	put_device("eth1", 3, 17, NULL, 1500);	/* an end of veth has its peer there */
	CHECK_FOUND("");
	end();
}

TEST(no_key_in_the_kernel)
{
	begin();
	d.view.keys.n = 0;
	CHECK_FOUND("key-unloaded ");
	d.view.node.security = SECURITY_NONE;
	end();
	begin();
	d.view.keys.n = 0;
	d.view.node.security = SECURITY_NONE;
	CHECK_FOUND("");
	end();
}

TEST(frames_of_another_cluster)
{
	begin();
	d.view.node.counter[MEMX_RMAP_COUNTER_A_RX_FOREIGN] = 3;
	CHECK_FOUND("other-cluster ");
	CHECK_SENTENCE(0, "3 frames of machines with another cluster key, or with another security, "
			  "were dropped");
	end();
}

TEST(another_cluster_is_all_that_is_heard)
{
	begin();
	d.view.peers.n = 0;
	d.view.node.counter[MEMX_RMAP_COUNTER_A_RX_FOREIGN] = 3;
	CHECK_FOUND("other-cluster ");
	end();
}

TEST(nothing_is_heard)
{
	begin();
	d.view.peers.n = 0;
	d.view.node.counter[MEMX_RMAP_COUNTER_A_RX_FRAMES] = 0;
	CHECK_FOUND("nothing-heard ");
	CHECK(strstr(finding(0)->remedy, "EtherType 0x88b5"));
	end();
}

TEST(a_link_that_is_down_is_why_nothing_is_heard)
{
	begin();
	links[0].carrier = false;
	d.view.peers.n = 0;
	d.view.node.counter[MEMX_RMAP_COUNTER_A_RX_FRAMES] = 0;
	CHECK_FOUND("link-down ");
	end();
}

TEST(a_donor_needs_no_server)
{
	begin();
	d.view.peers.n = d.view.volumes.n = d.conf.volumes = 0;
	d.view.node.counter[MEMX_RMAP_COUNTER_A_RX_FRAMES] = 0;
	CHECK_FOUND("");
	end();
}

TEST(others_are_heard_and_no_server)
{
	begin();
	d.view.peers.n = 0;
	CHECK_FOUND("no-server ");
	end();
}

TEST(a_server_that_was_never_heard)
{
	begin();
	peers[1] = (struct peer){ .name = "donor3", .ifname = "eth1", .is_static = true };
	d.view.peers.n = 2;
	CHECK_FOUND("server-unheard ");
	CHECK_SENTENCE(0, "server donor3 was never heard");
	end();
}

TEST(a_server_that_is_silent)
{
	begin();
	peers[0].suspect = true;
	peers[0].seen_ms = 5000;
	CHECK_FOUND("server-unheard ");
	CHECK_SENTENCE(0, "server donor1 was last heard 5.0 s ago");
	end();
}

TEST(a_server_that_does_not_answer)
{
	begin();
	strcpy(peers[0].problem, "does not answer");
	CHECK_FOUND("server-problem ");
	CHECK_SENTENCE(0, "server donor1 does not answer");
	end();
}

TEST(a_server_with_another_mtu)
{
	begin();
	links[0].mtu = 9000;
	put_device("eth1", 3, 3, NULL, 9000);
	CHECK_FOUND("mtu-server ");
	CHECK_SENTENCE(0, "server donor1 takes frames of 1500 bytes, this machine 9000 on eth1: the "
			  "smaller size is used");
	end();
}

TEST(a_server_with_a_larger_mtu)
{
	begin();
	peers[0].mtu = 9000;
	CHECK_FOUND("mtu-server ");
	end();
}

TEST(memory_that_is_not_donated)
{
	begin();
	d.conf.have_server = true;
	CHECK_FOUND("server-stopped ");
	end();
	begin();
	d.conf.have_server = d.view.have_server = true;
	CHECK_FOUND("server-stopped ");
	end();
	begin();
	d.conf.have_server = d.view.have_server = true;
	d.view.server.capacity = 1;
	CHECK_FOUND("");
	end();
}

TEST(a_volume_that_is_not_there)
{
	begin();
	d.view.volumes.n = 0;
	CHECK_FOUND("volume-missing ");
	CHECK_SENTENCE(0, "memx.conf has the volume swap0, and it is not there");
	end();
	begin();
	d.view.volumes.n = 0;
	put("/proc/swaps", "Filename\n");
	CHECK_FOUND("volume-missing ");
	end();
}

TEST(swap_that_is_not_in_use)
{
	begin();
	put("/proc/swaps", "Filename\n/dev/memx01  partition 1 0 0\n/dev/sda2 partition 1 0 0\n");
	CHECK_FOUND("swap-unused ");
	end();
}

/* Remedies are commands: what the sentences are filled with comes from the system. */
TEST(a_terminal_is_not_driven)
{
	begin();
	strcpy(peers[0].problem, "\033[2J{1}");
	CHECK_FOUND("server-problem ");
	CHECK_SENTENCE(0, "server donor1 ?[2J{1}");
	end();
}
