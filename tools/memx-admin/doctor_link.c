// SPDX-License-Identifier: GPL-2.0-only
/* The links: whether they are there, carry what they should, and take frames where they must. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define NET		"/sys/class/net"
#define DEPTH_MOST	8	/* the kernel's own bound of devices on one another */

const struct link *doctor_link(const struct doctor *d, const char *ifname)
{
	size_t i;

	for (i = 0; i < d->view.links.n; i++)
		if (!strcmp(d->view.links.v[i].ifname, ifname))
			return &d->view.links.v[i];
	return NULL;
}

static bool device_line(const struct doctor *d, const char *ifname, const char *file, char *line,
			size_t size)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), NET "/%s/%s", ifname, file);
	return root_line(&d->root, path, line, size);
}

static bool device_there(const struct doctor *d, const char *ifname)
{
	char line[32];

	return device_line(d, ifname, "ifindex", line, sizeof(line));
}

static void look_device(struct doctor *d, const struct check *c)
{
	size_t i;

	if (!root_has(&d->root, NET))
		return;
	for (i = 0; i < d->conf.links; i++)
		if (!device_there(d, d->conf.link[i].ifname))
			found(d, c, d->conf.link[i].ifname, NULL, NULL);
}

static void look_missing(struct doctor *d, const struct check *c)
{
	size_t i;

	for (i = 0; d->have_rmap && i < d->conf.links; i++)
		if (!doctor_link(d, d->conf.link[i].ifname) &&
		    device_there(d, d->conf.link[i].ifname))
			found(d, c, d->conf.link[i].ifname, NULL, NULL);
}

static void look_none(struct doctor *d, const struct check *c)
{
	if (d->have_rmap && !d->view.links.n && !d->conf.links)
		found(d, c, NULL, NULL, NULL);
}

static void look_down(struct doctor *d, const struct check *c)
{
	size_t i;

	for (i = 0; i < d->view.links.n; i++)
		if (!d->view.links.v[i].carrier)
			found(d, c, d->view.links.v[i].ifname, NULL, NULL);
}

static void look_mtu_wanted(struct doctor *d, const struct check *c)
{
	char wish[16], use[16];
	size_t i;

	for (i = 0; i < d->conf.links; i++) {
		const struct conf_link *w = &d->conf.link[i];
		const struct link *l = doctor_link(d, w->ifname);

		if (!l || l->mtu >= w->mtu)
			continue;
		snprintf(wish, sizeof(wish), "%" PRIu32, w->mtu);
		snprintf(use, sizeof(use), "%" PRIu32, l->mtu);
		found(d, c, w->ifname, wish, use);
	}
}

/* What is below a device. A walk calls @at for each, with how many VLANs were passed before. */
struct walk {
	struct doctor *d;
	const struct check *check;
	const struct link *link;
	void (*at)(const struct walk *w, const char *ifname, bool lowest, int vlans);
};

static bool is_kind(const struct doctor *d, const char *ifname, const char *kind)
{
	char path[PATH_BYTES], wish[32], *text;
	bool is;

	snprintf(path, sizeof(path), NET "/%s/uevent", ifname);
	snprintf(wish, sizeof(wish), "DEVTYPE=%s\n", kind);
	text = root_text(&d->root, path, NULL);
	is = text && strstr(text, wish);
	free(text);
	return is;
}

static void walk_below(const struct walk *w, const char *ifname, int vlans, int depth)
{
	char path[PATH_BYTES], **names;
	size_t i, n;

	snprintf(path, sizeof(path), NET "/%s", ifname);
	n = root_names(&w->d->root, path, "lower_", &names);
	if (depth)
		w->at(w, ifname, !n, vlans);
	vlans += is_kind(w->d, ifname, "vlan");
	for (i = 0; i < n && depth < DEPTH_MOST; i++)
		walk_below(w, names[i] + strlen("lower_"), vlans, depth + 1);
	names_free(names, n);
}

static void walk_all(struct doctor *d, const struct check *c,
		     void (*at)(const struct walk *w, const char *ifname, bool lowest, int vlans))
{
	size_t i;

	for (i = 0; i < d->view.links.n; i++) {
		const struct walk w = { .d = d, .check = c, .link = &d->view.links.v[i], .at = at };

		walk_below(&w, w.link->ifname, 0, 0);
	}
}

static void check_mtu(const struct walk *w, const char *ifname, bool lowest, int vlans)
{
	char line[16], use[16], below[IFNAME_BYTES + 32];

	(void)lowest;
	(void)vlans;
	if (!device_line(w->d, ifname, "mtu", line, sizeof(line)) ||
	    strtoul(line, NULL, 10) >= w->link->mtu)
		return;
	snprintf(use, sizeof(use), "%" PRIu32, w->link->mtu);
	snprintf(below, sizeof(below), "%s below it carries %s", ifname, line);
	found(w->d, w->check, w->link->ifname, use, below);
}

static void look_mtu_below(struct doctor *d, const struct check *c)
{
	walk_all(d, c, check_mtu);
}

static void look_packet(struct doctor *d, const struct check *c)
{
	size_t i;

	for (i = 0; i < d->view.links.n; i++)
		if (!d->view.links.v[i].ingress)
			found(d, c, d->view.links.v[i].ifname, NULL, NULL);
}

/*
 * The kernel's hook on a lowest device looks for frames with the tag of the link itself, if that is
 * a VLAN, and for none of another (hooks_add() of memx_rmap).
 */
static void check_hook(const struct walk *w, const char *ifname, bool lowest, int vlans)
{
	int known = is_kind(w->d, w->link->ifname, "vlan");

	if (lowest && vlans > known)
		found(w->d, w->check, w->link->ifname, ifname, "a VLAN lies between them");
}

/* A device whose lower one is in another namespace has its number, but no name for it. */
static void check_elsewhere(struct doctor *d, const struct check *c, const char *ifname)
{
	char of_link[16], of_lower[16], path[PATH_BYTES], **names;
	size_t n;

	snprintf(path, sizeof(path), NET "/%s", ifname);
	n = root_names(&d->root, path, "lower_", &names);
	names_free(names, n);
	if (!n && (is_kind(d, ifname, "vlan") || is_kind(d, ifname, "macvlan")) &&
	    device_line(d, ifname, "ifindex", of_link, sizeof(of_link)) &&
	    device_line(d, ifname, "iflink", of_lower, sizeof(of_lower)) &&
	    strcmp(of_link, of_lower))
		found(d, c, ifname, "the device below it", "it is in another network namespace");
}

static void look_stacked(struct doctor *d, const struct check *c)
{
	size_t i;

	walk_all(d, c, check_hook);
	for (i = 0; i < d->view.links.n; i++)
		check_elsewhere(d, c, d->view.links.v[i].ifname);
}

const struct check link_checks[] = {
	{ "link-device", ERROR, "memx.conf has the link {1}, and there is no such network device",
	  "'ip -br link' lists the devices; correct memx.conf, then run 'memx-admin apply'",
	  look_device },
	{ "link-missing", ERROR, "memx.conf has the link {1}, and it is not in use",
	  "run 'memx-admin apply', which says why", look_missing },
	{ "link-none", ERROR, "there is no link, so MemX speaks to nobody",
	  "run 'memx-admin link add IFNAME --save'", look_none },
	{ "link-down", ERROR, "link {1} is down",
	  "run 'ip link set {1} up'; then look at the cable, and at the port of the switch",
	  look_down },
	{ "mtu-wanted", WARNING,
	  "memx.conf asks for frames of {2} bytes on link {1}, and {3} are used",
	  "run 'ip link set {1} mtu {2}', and set it in the configuration of the network",
	  look_mtu_wanted },
	{ "mtu-below", ERROR, "link {1} uses frames of {2} bytes, and {3}",
	  "give all devices below {1} the MTU that it has, or {1} theirs", look_mtu_below },
	{ "link-packet", WARNING,
	  "link {1} receives without the ingress hook, so frames are lost while memory is short",
	  "load memx_rmap without the parameter ingress=0, on a kernel that has "
	  "CONFIG_NETFILTER_INGRESS", look_packet },
	{ "link-stacked", WARNING,
	  "link {1} has no hook on {2}, for {3}: frames can be lost while memory is short",
	  "make the lowest device the link, or a VLAN directly on it", look_stacked },
	{ 0 }
};
