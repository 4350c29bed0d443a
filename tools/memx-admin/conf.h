/* SPDX-License-Identifier: GPL-2.0-only */
/* What /etc/memx/memx.conf wants of this machine: memx.conf(5). */
#ifndef CONF_H
#define CONF_H

#include "change.h"
#include "inifile.h"
#include "model.h"

#define DEFAULT_CONF	"/etc/memx/memx.conf"
#define PRIORITY_MOST	32767	/* of swapon(2) */
#define TIMEOUT_MOST	UINT32_MAX

struct conf_link {
	char ifname[IFNAME_BYTES];
	uint32_t ethertype;		/* 0: the default */
	uint32_t mtu;			/* 0: that of the device */
	size_t line;
};

struct conf_peer {
	char name[NAME_BYTES];
	char ifname[IFNAME_BYTES];
	bool have_mac;
	uint8_t mac[MAC_BYTES];
	size_t line;
};

struct conf_volume {
	char name[NAME_BYTES];
	uint64_t size;
	bool swap;
	bool have_priority;
	uint32_t priority;
	bool boot;
	bool have_timeout;
	uint32_t loss_timeout_s;
	size_t line;
};

struct conf {
	const char *path;
	bool any;			/* there is a section: something is wanted */
	struct node_wish node;
	char *key_file;			/* NULL: DEFAULT_KEY */
	bool have_server;
	uint64_t capacity;		/* 0: a part of the machine's */
	unsigned int percent;
	size_t server_line;
	struct conf_link *link;
	size_t links;
	struct conf_peer *peer;
	size_t peers;
	struct conf_volume *volume;
	size_t volumes;
};

/*
 * Understands all of @f, which must outlive @conf. Return: false when something is wrong; each
 * fault has been told, with file and line.
 */
bool conf_take(struct conf *conf, const struct inifile *f);
void conf_free(struct conf *conf);

#endif
