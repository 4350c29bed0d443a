/* SPDX-License-Identifier: GPL-2.0-only */
/* What memx.conf asks for, as far as the checks care. */
#ifndef DOCTOR_CONF_H
#define DOCTOR_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "doctor_root.h"
#include "model.h"

struct wanted_link {
	char ifname[IFNAME_BYTES];
	uint32_t mtu;			/* 0: that of the device */
};

struct wanted_volume {
	char name[NAME_BYTES];
	bool swap;
	bool boot;
};

struct wanted {
	bool there;			/* there is a file */
	char fault[SENTENCE_BYTES];	/* why it cannot be used; empty: it can */
	bool key;			/* security is psk, and there is a link */
	char key_file[PATH_BYTES];
	bool server;
	struct wanted_link *link;
	size_t links;
	struct wanted_volume *volume;
	size_t volumes;
};

void wanted_read(struct wanted *w, const struct root *root);
void wanted_free(struct wanted *w);

/* A volume is to be there before the root file system is mounted. */
bool wanted_at_boot(const struct wanted *w);

#endif
