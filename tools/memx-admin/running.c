// SPDX-License-Identifier: GPL-2.0-only
/* What runs on this machine. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "memx_netlink.h"

#include "command.h"
#include "running.h"

/* Return: false with errno. */
static bool ask_device(unsigned long what, struct ifreq *req)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return false;
	err = ioctl(fd, what, req) ? errno : 0;
	close(fd);
	errno = err;
	return !err;
}

bool netdev_read(struct netdev *dev, const char *ifname)
{
	struct ifreq req = { 0 };

	*dev = (struct netdev){ 0 };
	strcpy(dev->ifname, ifname);
	strcpy(req.ifr_name, ifname);
	if (!ask_device(SIOCGIFFLAGS, &req))
		return false;
	dev->up = req.ifr_flags & IFF_UP;
	if (!ask_device(SIOCGIFMTU, &req))
		return false;
	dev->mtu = (uint32_t)req.ifr_mtu;
	return true;
}

bool netdev_up(const char *ifname)
{
	struct ifreq req = { 0 };

	strcpy(req.ifr_name, ifname);
	if (ask_device(SIOCGIFFLAGS, &req)) {
		req.ifr_flags |= IFF_UP;
		if (ask_device(SIOCSIFFLAGS, &req))
			return true;
	}
	say("cannot bring it up: %s", strerror(errno));
	return false;
}

/* A module that is not loaded has nothing that runs. */
static bool read_rmap(struct running *r)
{
	struct conn conn;
	bool done;

	r->have_rmap = conn_open(&conn, MEMX_RMAP_GENL, false);
	if (!r->have_rmap)
		return true;
	done = query_node(&conn, &r->node) && query_links(&conn, &r->links) &&
	       query_keys(&conn, &r->keys) && query_peers(&conn, &r->peers);
	conn_close(&conn);
	return done;
}

static bool read_server(struct running *r)
{
	struct conn conn;
	bool done;

	r->have_server = conn_open(&conn, MEMX_SERVER_GENL, false);
	if (!r->have_server)
		return true;
	done = query_server(&conn, &r->server);
	conn_close(&conn);
	return done;
}

static bool read_volumes(struct running *r)
{
	struct conn conn;
	bool done;

	r->have_client = conn_open(&conn, MEMX_CLIENT_GENL, false);
	if (!r->have_client)
		return true;
	done = query_volumes(&conn, &r->volumes) && swaps_read(&r->swaps);
	conn_close(&conn);
	return done;
}

/* As memx_rmap makes a node's first name of it. */
static void read_host(struct running *r)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (gethostname(name, sizeof(name) - 1))
		return;
	name[strcspn(name, ".")] = '\0';
	name[NAME_CHARS] = '\0';
	if (name_is_valid(name, NAME_CHARS))
		strcpy(r->host, name);
}

bool running_read(struct running *r, const struct conf *conf)
{
	size_t i;

	*r = (struct running){ .machine_bytes = machine_bytes() };
	read_host(r);
	for (i = 0; conf && i < conf->links; i++) {
		r->netdev = get_memory(r->netdev, r->netdevs + 1, sizeof(*r->netdev));
		r->netdevs += netdev_read(&r->netdev[r->netdevs], conf->link[i].ifname);
	}
	return read_rmap(r) && read_server(r) && read_volumes(r);
}

void running_free(struct running *r)
{
	free(r->links.v);
	free(r->keys.v);
	free(r->peers.v);
	free(r->swaps.v);
	free(r->netdev);
	free_volumes(&r->volumes);
}
