// SPDX-License-Identifier: GPL-2.0-only
/* What memx.conf asks for, and what is in use. */
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

static const struct volume *volume_of(const struct doctor *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->view.volumes.n; i++)
		if (!strcmp(d->view.volumes.v[i].name, name))
			return &d->view.volumes.v[i];
	return NULL;
}

static void look_server(struct doctor *d, const struct check *c)
{
	const struct view *v = &d->view;

	if (d->have_rmap && d->conf.have_server && !(v->have_server && v->server.capacity))
		found(d, c, NULL, NULL, NULL);
}

static void look_volume(struct doctor *d, const struct check *c)
{
	size_t i;

	for (i = 0; d->have_rmap && i < d->conf.volumes; i++)
		if (!volume_of(d, d->conf.volume[i].name))
			found(d, c, d->conf.volume[i].name, NULL, NULL);
}

/* /proc/swaps begins each line with a device: that of a volume, or any of ours. */
static bool swaps_have(const char *swaps, const struct volume *v)
{
	char wish[NAME_BYTES + 16];

	if (v)
		snprintf(wish, sizeof(wish), "\n/dev/%s ", v->disk);
	else
		snprintf(wish, sizeof(wish), "\n/dev/memx");
	return strstr(swaps, wish);
}

static void look_swap(struct doctor *d, const struct check *c)
{
	char *swaps = root_text(&d->root, "/proc/swaps", NULL);
	size_t i;

	for (i = 0; swaps && i < d->conf.volumes; i++) {
		const struct conf_volume *w = &d->conf.volume[i];
		const struct volume *v = volume_of(d, w->name);

		/* A volume that is not there has been told. */
		if (w->swap && (v || !d->have_rmap) && !swaps_have(swaps, v))
			found(d, c, w->name, NULL, NULL);
	}
	free(swaps);
}

const struct check use_checks[] = {
	{ "server-stopped", ERROR, "memx.conf asks this machine to donate memory, and it does not",
	  "run 'systemctl start memx-server', and 'journalctl -b -u memx-server' when it fails",
	  look_server },
	{ "volume-missing", ERROR, "memx.conf has the volume {1}, and it is not there",
	  "run 'systemctl start memx-volumes', and 'journalctl -b -u memx-volumes' when it fails",
	  look_volume },
	{ "swap-unused", ERROR,
	  "memx.conf has the volume {1} as swap, and it is not in use as such",
	  "run 'memx-admin apply', which says why", look_swap },
	{ 0 }
};
