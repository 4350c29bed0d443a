// SPDX-License-Identifier: GPL-2.0-only
/* The steps from what runs to what is wanted. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memx_netlink.h"

#include "keyfile.h"
#include "names.h"
#include "plan.h"
#include "say.h"
#include "units.h"

#define EXTENT_BYTES	(4ULL << 20)	/* the kernel donates whole ones */

static void __attribute__((format(printf, 2, 3))) tell(struct texts *t, const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	t->v = get_memory(t->v, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = text;
}

/* @object: "KIND" or "KIND NAME". The pointer holds until the next step is added. */
static struct step *add(struct plan *p, enum step_kind kind, const char *object, const char *name)
{
	struct step *s;

	p->step = get_memory(p->step, p->n + 1, sizeof(*p->step));
	s = &p->step[p->n++];
	*s = (struct step){ .kind = kind };
	snprintf(s->object, sizeof(s->object), "%s%s%s", object, name ? " " : "",
		 name ? name : "");
	snprintf(s->name, sizeof(s->name), "%s", name ? name : "");
	return s;
}

static void __attribute__((format(printf, 2, 3))) describe(struct step *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->text, sizeof(s->text), fmt, args);
	va_end(args);
}

static void needs(struct step *s, const char *object, const char *name)
{
	int i = s->needs[0][0] ? 1 : 0;

	snprintf(s->needs[i], OBJECT_TEXT, "%s%s%s", object, name ? " " : "", name ? name : "");
}

static void load(struct plan *p, const char *module, bool loaded)
{
	if (!loaded)
		describe(add(p, STEP_MODULE, "module", module), "load");
}

/* Node */

/* More text at the end of a step's. */
static void __attribute__((format(printf, 2, 3))) append(struct step *s, const char *fmt, ...)
{
	size_t n = strlen(s->text);
	va_list args;

	va_start(args, fmt);
	if (n && n + 2 < sizeof(s->text))
		n += (size_t)snprintf(s->text + n, sizeof(s->text) - n, ", ");
	vsnprintf(s->text + n, sizeof(s->text) - n, fmt, args);
	va_end(args);
}

static void wish_name(struct step *s, const struct conf *c, const struct running *r)
{
	const char *name = c->node.name[0] ? c->node.name : r->host;

	if (!name[0] || (r->have_rmap && !strcmp(name, r->node.name)))
		return;
	strcpy(s->wish.name, name);
	append(s, "set its name to %s", name);
}

static void wish_id(struct step *s, const struct conf *c, const struct running *r)
{
	if (!c->node.have_id ||
	    (r->node.have_id && !memcmp(c->node.id, r->node.id, ID_BYTES)))
		return;
	s->wish.have_id = true;
	memcpy(s->wish.id, c->node.id, ID_BYTES);
	append(s, "set its id");
}

static void plan_node(struct plan *p, const struct conf *c, const struct running *r)
{
	struct step *s = add(p, STEP_NODE, "node", NULL);
	int i;

	wish_name(s, c, r);
	wish_id(s, c, r);
	if (!r->have_rmap || c->node.security != r->node.security) {
		s->wish.have_security = true;
		s->wish.security = c->node.security;
		append(s, "set security to %s", security_name(c->node.security));
	}
	for (i = 0; i < NODE_NUMBERS; i++) {
		uint32_t number = c->node.number[i];

		if (!c->node.have[i] || (r->have_rmap && number == node_number(&r->node, i)))
			continue;
		s->wish.have[i] = true;
		s->wish.number[i] = number;
		append(s, "set %s to %" PRIu32, node_numbers[i].name, number);
	}
	needs(s, "module", MEMX_RMAP_GENL);
	if (!s->text[0])
		p->n--;
}

static void plan_key(struct plan *p, const struct conf *c, const struct running *r)
{
	struct step *s;
	size_t i;

	if (c->node.security == SECURITY_NONE)
		return;
	for (i = 0; i < r->keys.n; i++)
		if (!r->keys.v[i].secondary)
			return;
	s = add(p, STEP_KEY, "key", NULL);
	s->file = c->key_file;
	needs(s, "module", MEMX_RMAP_GENL);
	describe(s, "load %s", c->key_file ? c->key_file : DEFAULT_KEY);
}

static const struct link *find_link(const struct running *r, const char *ifname)
{
	size_t i;

	for (i = 0; i < r->links.n; i++)
		if (!strcmp(r->links.v[i].ifname, ifname))
			return &r->links.v[i];
	return NULL;
}

static const struct netdev *find_netdev(const struct running *r, const char *ifname)
{
	size_t i;

	for (i = 0; i < r->netdevs; i++)
		if (!strcmp(r->netdev[i].ifname, ifname))
			return &r->netdev[i];
	return NULL;
}

/* What the kernel would use of the wanted MTU on this device. */
static uint32_t mtu_of(const struct conf_link *want, const struct netdev *dev)
{
	return want->mtu < dev->mtu || dev->mtu < MTU_LEAST ? want->mtu : dev->mtu;
}

static bool is_as_wanted(const struct conf_link *want, const struct link *have,
			 const struct netdev *dev)
{
	return have->ethertype == (want->ethertype ? want->ethertype : ETHERTYPE_DEFAULT) &&
	       (!want->mtu || !dev || have->mtu == mtu_of(want, dev));
}

static void plan_link_add(struct plan *p, const struct conf_link *want)
{
	struct step *s = add(p, STEP_LINK_ADD, "link", want->ifname);

	s->link = want;
	needs(s, "module", MEMX_RMAP_GENL);
	needs(s, "key", NULL);
	describe(s, "add");
	if (want->ethertype)
		append(s, "EtherType 0x%04" PRIx32, want->ethertype);
	if (want->mtu)
		append(s, "MTU %" PRIu32 " at most", want->mtu);
}

static void plan_link(struct plan *p, const struct conf_link *want, const struct running *r)
{
	const struct netdev *dev = find_netdev(r, want->ifname);
	const struct link *have = find_link(r, want->ifname);

	if (!dev && !have)
		describe(add(p, STEP_WAIT_DEVICE, "link", want->ifname),
			 "wait until the network device exists");
	if (dev ? !dev->up : !have)
		describe(add(p, STEP_DEVICE_UP, "link", want->ifname), "bring it up");
	if (have && is_as_wanted(want, have, dev))
		return;
	if (have)
		describe(add(p, STEP_LINK_DEL, "link", want->ifname),
			 "take it away to change its EtherType or MTU");
	plan_link_add(p, want);
}

static void plan_peer(struct plan *p, const struct conf_peer *want, const struct running *r)
{
	const struct peer *have = NULL;
	char mac[MAC_TEXT];
	struct step *s;
	size_t i;

	for (i = 0; i < r->peers.n; i++)
		if (!strcmp(r->peers.v[i].name, want->name))
			have = &r->peers.v[i];
	/* One that was heard on another link is there as well. */
	if (have && !memcmp(have->addr, want->mac, MAC_BYTES) &&
	    (have->have_seen || !strcmp(have->ifname, want->ifname)))
		return;
	if (have && !have->is_static) {
		tell(&p->faults, "server %s: another one, with address %s, calls itself so",
		     want->name, format_mac(mac, have->addr));
		return;
	}
	if (have)
		describe(add(p, STEP_PEER_DEL, "server", want->name),
			 "remove it to change its address");
	s = add(p, STEP_PEER_ADD, "server", want->name);
	s->peer = want;
	needs(s, "module", MEMX_RMAP_GENL);
	needs(s, "link", want->ifname);
	describe(s, "add, address %s on link %s", format_mac(mac, want->mac), want->ifname);
}

static void note_links(struct plan *p, const struct conf *c, const struct running *r)
{
	size_t i, k;

	for (i = 0; i < r->links.n; i++) {
		for (k = 0; k < c->links; k++)
			if (!strcmp(c->link[k].ifname, r->links.v[i].ifname))
				break;
		if (k == c->links)
			tell(&p->notes, "link %s is not in %s; it is left as it is",
			     r->links.v[i].ifname, c->path);
	}
}

static void plan_node_part(struct plan *p, const struct conf *c, const struct running *r)
{
	size_t i;

	load(p, MEMX_RMAP_GENL, r->have_rmap);
	plan_node(p, c, r);
	plan_key(p, c, r);
	for (i = 0; i < c->links; i++)
		plan_link(p, &c->link[i], r);
	for (i = 0; i < c->peers; i++)
		plan_peer(p, &c->peer[i], r);
	note_links(p, c, r);
}

/* Server */

uint64_t plan_capacity(const struct conf *c, const struct running *r)
{
	uint64_t bytes = c->percent ? percent_of(r->machine_bytes, c->percent) : c->capacity;

	return bytes / EXTENT_BYTES * EXTENT_BYTES;
}

static bool server_runs(const struct running *r)
{
	return r->have_server && r->server.capacity;
}

static void plan_capacity_step(struct plan *p, enum step_kind kind, uint64_t bytes)
{
	char size[UNITS_TEXT], text[UNITS_TEXT];
	struct step *s = add(p, kind, "server", NULL);

	s->bytes = bytes;
	needs(s, "module", MEMX_SERVER_GENL);
	snprintf(text, sizeof(text), "%s", format_size(size, bytes));
	describe(s, kind == STEP_SERVER_START ? "start, donating %s" : "donate %s from now on",
		 text);
}

static void plan_server_part(struct plan *p, const struct conf *c, const struct running *r)
{
	uint64_t want = plan_capacity(c, r);
	char promised[UNITS_TEXT], wanted[UNITS_TEXT];

	if (!c->have_server) {
		if (server_runs(r))
			tell(&p->notes, "the server runs, but %s has no section [server]; it is "
			     "left as it is", c->path);
		return;
	}
	load(p, MEMX_SERVER_GENL, r->have_server);
	if (!server_runs(r)) {
		plan_capacity_step(p, STEP_SERVER_START, want);
		return;
	}
	if (want < r->server.reserved) {
		tell(&p->faults, "server: %s are promised to clients; the capacity cannot go down "
		     "to %s before they free some",
		     format_size(promised, r->server.reserved), format_size(wanted, want));
		want = r->server.reserved;
	}
	if (want != r->server.capacity)
		plan_capacity_step(p, STEP_SERVER_SET, want);
}

/* Volumes */

static const struct volume *find_volume(const struct running *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->volumes.n; i++)
		if (!strcmp(r->volumes.v[i].name, name))
			return &r->volumes.v[i];
	return NULL;
}

static const struct swap *swap_of(const struct running *r, const struct volume *v)
{
	return v ? swaps_find(&r->swaps, v->disk) : NULL;
}

static void plan_size(struct plan *p, const struct conf_volume *want, const struct volume *have,
		      const struct swap *swap)
{
	char now[UNITS_TEXT], size[UNITS_TEXT];
	struct step *s;

	format_size(now, have->size);
	format_size(size, want->size);
	if (want->size < have->size) {
		tell(&p->faults, "volume %s: it has %s and cannot shrink to %s; destroy it and "
		     "apply again, if what it holds is not needed", want->name, now, size);
		return;
	}
	if (want->size == have->size)
		return;
	s = add(p, STEP_VOLUME_RESIZE, "volume", want->name);
	s->bytes = want->size;
	describe(s, "grow from %s to %s", now, size);
	if (swap)
		tell(&p->notes, "volume %s: its swap space stays as large as it is until 'swapoff "
		     "/dev/%s' and the next 'memx-admin apply'", want->name, have->disk);
}

static void plan_timeout(struct plan *p, const struct conf_volume *want, const struct volume *have)
{
	struct step *s;

	if (!want->have_timeout || want->loss_timeout_s == have->loss_timeout_s)
		return;
	s = add(p, STEP_VOLUME_SET, "volume", want->name);
	s->volume = want;
	describe(s, "set its loss-timeout to %" PRIu32 " s", want->loss_timeout_s);
}

static void check_swap(struct plan *p, const struct conf_volume *want, const struct volume *have,
		       const struct swap *swap)
{
	if (!want->swap)
		tell(&p->faults, "volume %s: it is swapped on, but its use is block; run 'swapoff "
		     "/dev/%s' first", want->name, have->disk);
	else if (want->have_priority && swap->priority != (int)want->priority)
		tell(&p->faults, "volume %s: it is swapped on with priority %d, not %" PRIu32
		     "; run 'swapoff /dev/%s' and apply again", want->name, swap->priority,
		     want->priority, have->disk);
}

static bool is_wanted(const struct conf_volume *v, const struct parts *parts)
{
	return v->boot || !parts->boot_only;
}

/* What changes of volumes that run needs no server. */
static void plan_changes(struct plan *p, const struct conf *c, const struct running *r,
			 const struct parts *parts)
{
	size_t i;

	for (i = 0; i < c->volumes; i++) {
		const struct conf_volume *want = &c->volume[i];
		const struct volume *have = find_volume(r, want->name);
		const struct swap *swap = swap_of(r, have);

		if (!have || !is_wanted(want, parts))
			continue;
		plan_size(p, want, have, swap);
		plan_timeout(p, want, have);
		if (swap)
			check_swap(p, want, have, swap);
	}
}

static void plan_create(struct plan *p, const struct conf_volume *want)
{
	struct step *s = add(p, STEP_VOLUME_CREATE, "volume", want->name);
	char size[UNITS_TEXT];

	s->volume = want;
	needs(s, "module", MEMX_CLIENT_GENL);
	needs(s, "servers", NULL);
	describe(s, "create with %s", format_size(size, want->size));
	if (want->have_timeout)
		append(s, "loss-timeout %" PRIu32 " s", want->loss_timeout_s);
}

static void plan_swap_on(struct plan *p, const struct conf_volume *want)
{
	struct step *s = add(p, STEP_SWAP_ON, "volume", want->name);

	s->volume = want;
	needs(s, "servers", NULL);
	describe(s, "swap on");
	if (want->have_priority)
		append(s, "priority %" PRIu32, want->priority);
}

/* What they have to have free. Return: whether a server is needed at all. */
static bool need_servers(const struct conf *c, const struct running *r, const struct parts *parts,
			 uint64_t *bytes)
{
	bool any = false;
	size_t i;

	*bytes = 0;
	for (i = 0; i < c->volumes; i++) {
		const struct conf_volume *want = &c->volume[i];
		const struct volume *have = find_volume(r, want->name);

		if (!is_wanted(want, parts) || (have && (!want->swap || swap_of(r, have))))
			continue;
		any = true;
		if (!have)
			*bytes += want->size;
	}
	return any;
}

static void note_volumes(struct plan *p, const struct conf *c, const struct running *r)
{
	size_t i, k;

	for (i = 0; i < r->volumes.n; i++) {
		for (k = 0; k < c->volumes; k++)
			if (!strcmp(c->volume[k].name, r->volumes.v[i].name))
				break;
		if (k == c->volumes)
			tell(&p->notes, "volume %s is not in %s; it is left as it is",
			     r->volumes.v[i].name, c->path);
	}
}

static void plan_volumes_part(struct plan *p, const struct conf *c, const struct running *r,
			      const struct parts *parts)
{
	char size[UNITS_TEXT];
	struct step *s;
	uint64_t bytes;
	size_t i;

	note_volumes(p, c, r);
	plan_changes(p, c, r, parts);
	if (!need_servers(c, r, parts, &bytes))
		return;
	load(p, MEMX_CLIENT_GENL, r->have_client);
	s = add(p, STEP_WAIT_SERVERS, "servers", NULL);
	s->bytes = bytes;
	describe(s, bytes ? "wait for %s of free memory" : "wait for one",
		 format_size(size, bytes));
	for (i = 0; i < c->volumes; i++) {
		const struct conf_volume *want = &c->volume[i];
		const struct volume *have = find_volume(r, want->name);

		if (!is_wanted(want, parts))
			continue;
		if (!have)
			plan_create(p, want);
		if (want->swap && !swap_of(r, have))
			plan_swap_on(p, want);
	}
}

void plan_apply(struct plan *p, const struct conf *c, const struct running *r,
		const struct parts *parts)
{
	*p = (struct plan){ 0 };
	if (!c->any)
		return;
	if (parts->node)
		plan_node_part(p, c, r);
	if (parts->server)
		plan_server_part(p, c, r);
	if (parts->volumes)
		plan_volumes_part(p, c, r, parts);
}

/* Down */

static void down_volumes(struct plan *p, const struct running *r, bool force)
{
	size_t i;

	for (i = 0; i < r->volumes.n; i++) {
		const struct volume *v = &r->volumes.v[i];
		struct step *s;

		if (swap_of(r, v)) {
			s = add(p, STEP_SWAP_OFF, "volume", v->name);
			strcpy(s->disk, v->disk);
			describe(s, "swap off");
		}
		s = add(p, STEP_VOLUME_DESTROY, "volume", v->name);
		s->anyway = force;
		describe(s, "destroy");
	}
}

/*
 * Links that are still needed are kept: without them the machine would wait for its own swap space,
 * and clients for this server.
 */
static bool links_are_free(struct plan *p, const struct running *r, const struct parts *parts)
{
	if (!parts->volumes && r->volumes.n) {
		tell(&p->faults, "the links stay: volume %s uses them; 'memx-admin down' without "
		     "--part takes it away first", r->volumes.v[0].name);
		return false;
	}
	if (!parts->server && r->server.extents) {
		tell(&p->faults, "the links stay: clients have pages in the memory of this "
		     "machine; --force takes the links from them");
		return false;
	}
	return true;
}

static void down_node(struct plan *p, const struct running *r, bool force)
{
	struct step *s;
	size_t i;

	for (i = 0; i < r->peers.n; i++) {
		if (!r->peers.v[i].is_static)
			continue;
		s = add(p, STEP_PEER_DEL, "server", r->peers.v[i].name);
		needs(s, "volumes", NULL);
		describe(s, "remove");
	}
	for (i = 0; i < r->links.n; i++) {
		s = add(p, STEP_LINK_DEL, "link", r->links.v[i].ifname);
		s->anyway = force;
		needs(s, "volumes", NULL);
		needs(s, "server", NULL);
		describe(s, "take it away");
	}
}

void plan_down(struct plan *p, const struct running *r, const struct parts *parts, bool force)
{
	*p = (struct plan){ 0 };
	if (parts->volumes)
		down_volumes(p, r, force);
	if (parts->server && server_runs(r))
		describe(add(p, STEP_SERVER_STOP, "server", NULL), "stop");
	if (parts->node && (force || links_are_free(p, r, parts)))
		down_node(p, r, force);
}

static void free_texts(struct texts *t)
{
	while (t->n)
		free(t->v[--t->n]);
	free(t->v);
}

void plan_free(struct plan *p)
{
	free(p->step);
	free_texts(&p->notes);
	free_texts(&p->faults);
	*p = (struct plan){ 0 };
}
