// SPDX-License-Identifier: GPL-2.0-only
/* Does the steps of a plan. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memx_netlink.h"

#include "change.h"
#include "child.h"
#include "command.h"
#include "device.h"
#include "steps.h"

#define MODULE_S	60
#define POLL_NS		50000000	/* 50 ms: for network devices and servers */
#define SETTLE_S	2	/* two intervals of advertisements: others may be on their way */

/* Sends a change over a connection of its own: a module may have been loaded a moment ago. */
#define WITH_CONN(family, call)                         \
	({                                              \
		struct conn conn;                       \
		bool done_ = conn_open(&conn, family, true); \
							\
		if (done_) {                            \
			done_ = call;                   \
			conn_close(&conn);              \
		}                                       \
		done_;                                  \
	})

static bool nap(deadline end)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	if (!deadline_left(end))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static int become_modprobe(void *name)
{
	execlp("modprobe", "modprobe", name, NULL);
	say("modprobe cannot be run: %s", strerror(errno));
	return EXIT_REFUSED;
}

static bool load_module(const struct step *s)
{
	char name[NAME_BYTES];
	int result;

	strcpy(name, s->name);
	result = child_run(become_modprobe, name, deadline_in(MODULE_S));
	if (result)
		say("modprobe %s failed; 'memx-admin doctor' tells why", s->name);
	return !result;
}

static enum step_end wait_device(struct run *run, const struct step *s)
{
	struct netdev dev;

	while (!netdev_read(&dev, s->name)) {
		if (!nap(run->end)) {
			say("there is no network device %s", s->name);
			return STEP_LATE;
		}
	}
	return STEP_DONE;
}

/* Return: bytes that servers in good health have free. */
static uint64_t free_bytes(struct conn *conn, bool *known)
{
	struct peers peers;
	uint64_t bytes = 0;
	size_t i;

	*known = query_peers(conn, &peers);
	for (i = 0; i < peers.n; i++) {
		const struct peer *p = &peers.v[i];

		if (p->have_seen && !p->suspect && !p->problem[0] && load_is_ok(p->load))
			bytes += p->free;
	}
	free(peers.v);
	return bytes;
}

/*
 * What one server has is taken when no other comes: volumes occupy memory only where they are
 * written, and half a swap space at boot is better than none.
 */
static enum step_end wait_servers(struct run *run, const struct step *s)
{
	char have[UNITS_TEXT], want[UNITS_TEXT];
	deadline end = run->end;
	bool known, any = false;
	struct conn conn;
	uint64_t bytes;

	if (!conn_open(&conn, MEMX_RMAP_GENL, true))
		return STEP_FAILED;
	do {
		bytes = free_bytes(&conn, &known);
		if (bytes && !any) {
			any = true;
			end = deadline_in(SETTLE_S) < end ? deadline_in(SETTLE_S) : end;
		}
	} while (known && (!bytes || bytes < s->bytes) && nap(end));
	conn_close(&conn);
	if (!known)
		return STEP_FAILED;
	if (!bytes) {
		say("no server with free memory was heard; 'memx-admin servers' lists those that "
		    "are known");
		return STEP_LATE;
	}
	if (bytes < s->bytes)
		say("the servers heard so far have %s free, less than the %s that the volumes "
		    "have", format_size(have, bytes), format_size(want, s->bytes));
	return STEP_DONE;
}

/* Return: false, having told why, when there is none. */
static bool find_volume(const char *name, struct volume *v)
{
	struct volumes volumes = { 0 };
	bool found = false;
	size_t i;

	if (!WITH_CONN(MEMX_CLIENT_GENL, query_volumes(&conn, &volumes)))
		return false;
	for (i = 0; i < volumes.n; i++) {
		if (strcmp(volumes.v[i].name, name))
			continue;
		*v = volumes.v[i];
		v->place = NULL;
		v->places = 0;
		found = true;
	}
	free_volumes(&volumes);
	if (!found)
		say("there is no volume of this name");
	return found;
}

static bool run_swap_on(const struct conf_volume *want)
{
	int priority = want->have_priority ? (int)want->priority : PRIORITY_NONE;
	struct volume v;

	return find_volume(want->name, &v) && swap_on(&v, priority, deadline_in(SWAP_ON_S));
}

static enum step_end run_swap_off(struct run *run, const struct step *s)
{
	switch (swap_off(s->disk, run->end)) {
	case SWAP_OFF_DONE:
		return STEP_DONE;
	case SWAP_OFF_LATE:
		return STEP_LATE;
	default:
		return STEP_FAILED;
	}
}

static bool create(const struct conf_volume *want)
{
	struct volume_wish w = { .name = want->name, .size = want->size,
				 .have_timeout = want->have_timeout,
				 .loss_timeout_s = want->loss_timeout_s };
	char path[DEVICE_PATH_MAX];
	struct volume made;
	bool done;

	done = WITH_CONN(MEMX_CLIENT_GENL, change_volume_create(&conn, &w, &made)) &&
	       device_wait_plain(made.disk, path);
	free(made.place);
	return done;
}

static bool change_volume(const struct run *run, const struct step *s)
{
	struct volume_wish w = { .name = s->name, .size = s->bytes, .force = run->force };

	switch (s->kind) {
	case STEP_VOLUME_RESIZE:
		return WITH_CONN(MEMX_CLIENT_GENL, change_volume_resize(&conn, &w));
	case STEP_VOLUME_SET:
		w.have_timeout = true;
		w.loss_timeout_s = s->volume->loss_timeout_s;
		return WITH_CONN(MEMX_CLIENT_GENL, change_volume_set(&conn, &w));
	default:
		return WITH_CONN(MEMX_CLIENT_GENL, change_volume_destroy(&conn, &w));
	}
}

static bool change_link(const struct step *s)
{
	const struct conf_link *l = s->link;
	const struct conf_peer *p = s->peer;

	switch (s->kind) {
	case STEP_LINK_ADD:
		return WITH_CONN(MEMX_RMAP_GENL,
				 change_link_add(&conn, l->ifname, l->ethertype, l->mtu));
	case STEP_LINK_DEL:
		return WITH_CONN(MEMX_RMAP_GENL, change_link_del(&conn, s->name));
	case STEP_PEER_ADD:
		return WITH_CONN(MEMX_RMAP_GENL,
				 change_peer_add(&conn, p->name, p->mac, p->ifname));
	default:
		return WITH_CONN(MEMX_RMAP_GENL, change_peer_del(&conn, s->name));
	}
}

static bool change_server(const struct run *run, const struct step *s)
{
	switch (s->kind) {
	case STEP_SERVER_START:
		return WITH_CONN(MEMX_SERVER_GENL, change_server_start(&conn, s->bytes));
	case STEP_SERVER_SET:
		return WITH_CONN(MEMX_SERVER_GENL, change_server_set(&conn, s->bytes));
	default:
		return WITH_CONN(MEMX_SERVER_GENL, server_stop(&conn, run->force));
	}
}

static enum step_end end_of(bool done)
{
	return done ? STEP_DONE : STEP_FAILED;
}

static enum step_end do_step(struct run *run, const struct step *s)
{
	switch (s->kind) {
	case STEP_MODULE:
		return end_of(load_module(s));
	case STEP_NODE:
		return end_of(WITH_CONN(MEMX_RMAP_GENL, change_node(&conn, &s->wish)));
	case STEP_KEY:
		return end_of(WITH_CONN(MEMX_RMAP_GENL,
					key_load(&conn, s->file ? s->file : DEFAULT_KEY)));
	case STEP_WAIT_DEVICE:
		return wait_device(run, s);
	case STEP_DEVICE_UP:
		return end_of(netdev_up(s->name));
	case STEP_LINK_DEL:
	case STEP_LINK_ADD:
	case STEP_PEER_DEL:
	case STEP_PEER_ADD:
		return end_of(change_link(s));
	case STEP_SERVER_START:
	case STEP_SERVER_SET:
	case STEP_SERVER_STOP:
		return end_of(change_server(run, s));
	case STEP_WAIT_SERVERS:
		return wait_servers(run, s);
	case STEP_VOLUME_CREATE:
		return end_of(create(s->volume));
	case STEP_VOLUME_RESIZE:
	case STEP_VOLUME_SET:
	case STEP_VOLUME_DESTROY:
		return end_of(change_volume(run, s));
	case STEP_SWAP_ON:
		return end_of(run_swap_on(s->volume));
	case STEP_SWAP_OFF:
		return run_swap_off(run, s);
	}
	return STEP_FAILED;
}

static bool is_word_of(const char *object, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(object, word, n) && object[n] == ' ';
}

/* Whether a step of @object, or of one of all "volumes", did not end well before step @n. */
static bool has_failed(const struct run *run, const struct plan *plan, size_t n, const char *object)
{
	bool all = !strcmp(object, "volumes");
	size_t i;

	for (i = 0; i < n; i++)
		if (run->step_end[i] != STEP_DONE &&
		    (all ? is_word_of(plan->step[i].object, "volume")
			 : !strcmp(plan->step[i].object, object)))
			return true;
	return false;
}

static bool is_left(const struct run *run, const struct plan *plan, size_t n)
{
	const struct step *s = &plan->step[n];
	int i;

	if (s->anyway)
		return false;
	for (i = 0; i < NEEDS_MAX && s->needs[i][0]; i++)
		if (has_failed(run, plan, n, s->needs[i]))
			return true;
	return has_failed(run, plan, n, s->object);
}

/* Late is the lesser evil: the caller can try again. */
static void count(struct run *run, enum step_end end)
{
	if (end == STEP_FAILED)
		run->exit_code = EXIT_REFUSED;
	else if (end == STEP_LATE && run->exit_code == EXIT_OK)
		run->exit_code = EXIT_LATE;
}

void steps_run(struct run *run, const struct plan *plan)
{
	size_t i;

	/* While a link is taken away and added again, no page of this process may be missing. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	for (i = 0; i < plan->n; i++) {
		const struct step *s = &plan->step[i];

		say_about(run->command, s->object);
		run->step_end[i] = is_left(run, plan, i) ? STEP_LEFT : do_step(run, s);
		count(run, run->step_end[i]);
	}
	say_about(run->command, NULL);
}
