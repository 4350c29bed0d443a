// SPDX-License-Identifier: GPL-2.0-only
/* The servers, as a machine that needs them sees them. */
#include <inttypes.h>

#include "memx_netlink.h"

#include "doctor.h"
#include "names.h"
#include "units.h"

static bool is_client(const struct doctor *d)
{
	return d->have_rmap && (d->conf.volumes || d->view.volumes.n);
}

static uint64_t counter(const struct doctor *d, int which)
{
	return d->have_rmap ? d->view.node.counter[which] : 0;
}

static void look_key(struct doctor *d, const struct check *c)
{
	if (d->have_rmap && d->view.node.security == SECURITY_NOISE && !d->view.keys.n)
		found(d, c, NULL, NULL, NULL);
}

static void look_foreign(struct doctor *d, const struct check *c)
{
	uint64_t n = counter(d, MEMX_RMAP_COUNTER_A_RX_FOREIGN);
	char frames[UNITS_TEXT];

	snprintf(frames, sizeof(frames), "%" PRIu64, n);
	if (n)
		found(d, c, frames, NULL, NULL);
}

/* Return: the first link that is up, where a server ought to be heard and none was; or NULL. */
static const struct link *silent_link(const struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->view.peers.n; i++)
		if (d->view.peers.v[i].have_seen)
			return NULL;
	for (i = 0; is_client(d) && i < d->view.links.n; i++)
		if (d->view.links.v[i].carrier)
			return &d->view.links.v[i];
	return NULL;
}

static void tell(struct doctor *d, const struct check *c, const struct link *link)
{
	char ethertype[16];

	snprintf(ethertype, sizeof(ethertype), "0x%04x", link->ethertype);
	found(d, c, link->ifname, ethertype, NULL);
}

static void look_silence(struct doctor *d, const struct check *c)
{
	const struct link *link = silent_link(d);

	if (link && !counter(d, MEMX_RMAP_COUNTER_A_RX_FRAMES))
		tell(d, c, link);
}

/* Where frames of another cluster are all that comes, that is said above. */
static void look_no_server(struct doctor *d, const struct check *c)
{
	const struct link *link = silent_link(d);

	if (link && counter(d, MEMX_RMAP_COUNTER_A_RX_FRAMES) &&
	    !counter(d, MEMX_RMAP_COUNTER_A_RX_FOREIGN))
		tell(d, c, link);
}

static void look_unheard(struct doctor *d, const struct check *c)
{
	char ago[UNITS_TEXT], text[UNITS_TEXT + 32];
	size_t i;

	for (i = 0; i < d->view.peers.n; i++) {
		const struct peer *p = &d->view.peers.v[i];

		if (p->have_seen && !p->suspect)
			continue;
		if (p->have_seen)
			snprintf(text, sizeof(text), "last heard %s",
				 format_ago(ago, p->seen_ms));
		else
			snprintf(text, sizeof(text), "never heard");
		found(d, c, p->name, text, p->ifname);
	}
}

static void look_problem(struct doctor *d, const struct check *c)
{
	size_t i;

	for (i = 0; i < d->view.peers.n; i++)
		if (d->view.peers.v[i].problem[0])
			found(d, c, d->view.peers.v[i].name, d->view.peers.v[i].problem, NULL);
}

static void look_mtu(struct doctor *d, const struct check *c)
{
	char theirs[16], ours[IFNAME_BYTES + 32];
	size_t i;

	for (i = 0; i < d->view.peers.n; i++) {
		const struct peer *p = &d->view.peers.v[i];
		const struct link *l = doctor_link(d, p->ifname);

		if (!l || !p->mtu || p->mtu == l->mtu)
			continue;
		snprintf(theirs, sizeof(theirs), "%" PRIu32, p->mtu);
		snprintf(ours, sizeof(ours), "%" PRIu32 " on %s", l->mtu, l->ifname);
		found(d, c, p->name, theirs, ours);
	}
}

const struct check server_checks[] = {
	{ "key-unloaded", ERROR, "no cluster key is in the kernel, so no link can be added",
	  "run 'memx-admin key set FILE'", look_key },
	{ "other-cluster", WARNING,
	  "{1} frames of machines with another cluster key, or with another security, were dropped",
	  "compare 'memx-admin key list' and 'memx-admin node' of these machines; copy the right "
	  "key file to the wrong one, and run 'memx-admin key set' there. 'memx-admin events' "
	  "shows who sends them", look_foreign },
	{ "nothing-heard", ERROR, "nothing of MemX arrives on link {1}, and a server is needed",
	  "start a server in that network ('memx-admin server start'); if there is one, a switch "
	  "or the cloud filters EtherType {2} or broadcasts: try 'memx-admin add-server', or "
	  "another '--ethertype' for the links of all machines", look_silence },
	{ "no-server", ERROR, "frames of MemX arrive on link {1}, and none is of a server",
	  "start one in that network ('memx-admin server start'); if there is one, its broadcasts "
	  "are filtered: 'memx-admin add-server' finds it by its address", look_no_server },
	{ "server-unheard", WARNING, "server {1} was {2}",
	  "see whether it is up, with a link in the network of {3}; 'memx-admin remove-server {1}' "
	  "forgets it", look_unheard },
	{ "server-problem", ERROR, "server {1} {2}",
	  "run 'memx-admin doctor' there, and compare 'memx-admin key list' and 'memx-admin node'",
	  look_problem },
	{ "mtu-server", WARNING,
	  "server {1} takes frames of {2} bytes, this machine {3}: the smaller size is used",
	  "give both ends, and the switches between them, the same MTU", look_mtu },
	{ 0 }
};
