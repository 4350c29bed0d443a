/* SPDX-License-Identifier: GPL-2.0-only */
/* What runs on this machine, as far as memx.conf(5) is about it. */
#ifndef RUNNING_H
#define RUNNING_H

#include "conf.h"
#include "query.h"
#include "swap.h"

struct netdev {
	char ifname[IFNAME_BYTES];
	bool up;
	uint32_t mtu;
};

struct running {
	bool have_rmap;			/* the modules that are loaded */
	bool have_server;
	bool have_client;
	struct node node;
	struct links links;
	struct keys keys;
	struct peers peers;
	struct server server;
	struct volumes volumes;
	struct swaps swaps;
	struct netdev *netdev;		/* those of the file that exist */
	size_t netdevs;
	uint64_t machine_bytes;
	char host[NAME_BYTES];		/* as a node would call itself; empty: no name for a node */
};

/* Looks at it, and at the network devices that @conf names. Return: false, having told why. */
bool running_read(struct running *r, const struct conf *conf);
void running_free(struct running *r);

bool netdev_read(struct netdev *dev, const char *ifname);
bool netdev_up(const char *ifname);

#endif
