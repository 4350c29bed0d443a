// SPDX-License-Identifier: GPL-2.0-only
/* What is wrong, in sentences. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "memx_netlink.h"

#include "names.h"
#include "problems.h"
#include "say.h"
#include "units.h"

static void __attribute__((format(printf, 2, 3))) add(struct problems *p, const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	p->text = get_memory(p->text, p->n + 1, sizeof(*p->text));
	p->text[p->n++] = text;
}

static void of_links(const struct view *v, struct problems *p)
{
	size_t i;

	if (!v->links.n)
		add(p, "there is no link; 'memx-admin link add IFNAME' adds one");
	if (v->node.security == SECURITY_NOISE && !v->keys.n)
		add(p, "no cluster key is loaded; 'memx-admin key set' loads it");
	for (i = 0; i < v->links.n; i++)
		if (!v->links.v[i].carrier)
			add(p, "link %s is down", v->links.v[i].ifname);
}

static void of_peer(const struct peer *peer, struct problems *p)
{
	char ago[UNITS_TEXT];

	if (peer->problem[0])
		add(p, "server %s: %s", peer->name, peer->problem);
	if (!peer->have_seen)
		add(p, "server %s was never heard", peer->name);
	else if (peer->suspect)
		add(p, "server %s was last heard %s", peer->name, format_ago(ago, peer->seen_ms));
	else if (!load_is_ok(peer->load))
		add(p, "server %s is %s", peer->name, load_name(peer->load));
}

static void of_volume(const struct volume *v, struct problems *p)
{
	char lost[UNITS_TEXT];

	if (v->waiting)
		add(p, "volume %s: %" PRIu32 " requests wait for a server that is out of reach",
		    v->name, v->waiting);
	if (v->lost)
		add(p, "volume %s: %s were lost with a server; reading them is an I/O error until "
		    "they are written", v->name, format_size(lost, v->lost));
	if (v->errors)
		add(p, "volume %s: %" PRIu64 " requests ended with an I/O error", v->name,
		    v->errors);
}

static const struct {
	int counter;
	const char *what;
} drops[] = {
	{ MEMX_RMAP_COUNTER_A_RX_FOREIGN, "of another cluster or with another security" },
	{ MEMX_RMAP_COUNTER_A_RX_BADTAG, "that were forged or damaged" },
	{ MEMX_RMAP_COUNTER_A_RX_BADCRC, "that were damaged" },
	{ MEMX_RMAP_COUNTER_A_RX_MALFORMED, "that break the protocol's rules" },
	{ MEMX_RMAP_COUNTER_A_RX_OVERLOAD, "that came faster than they could be checked" },
};

static void of_counters(const struct node *node, struct problems *p)
{
	size_t i;

	for (i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
		if (node->counter[drops[i].counter])
			add(p, "%" PRIu64 " frames %s were dropped",
			    node->counter[drops[i].counter], drops[i].what);
}

void problems_find(const struct view *v, struct problems *p)
{
	size_t i;

	*p = (struct problems){ 0 };
	of_links(v, p);
	for (i = 0; i < v->peers.n; i++)
		of_peer(&v->peers.v[i], p);
	if (v->have_server && v->server.capacity && !load_is_ok(v->server.load))
		add(p, "the server of this machine is %s", load_name(v->server.load));
	for (i = 0; v->have_volumes && i < v->volumes.n; i++)
		of_volume(&v->volumes.v[i], p);
	of_counters(&v->node, p);
}

void problems_free(struct problems *p)
{
	while (p->n)
		free(p->text[--p->n]);
	free(p->text);
	p->text = NULL;
}
