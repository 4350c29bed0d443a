/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _RMP_PEER_H
#define _RMP_PEER_H

#include "rmp_priv.h"

struct rmp_peer *rmp_peer_by_id(struct rmp_node *node, const u8 *id);
struct rmp_peer *rmp_peer_by_name(struct rmp_node *node, const char *name);
void rmp_peer_at(struct rmp_peer *p, struct rmp_link *link, const u8 *addr);
void rmp_peer_unlink(struct rmp_node *node, struct rmp_peer *p);
int rmp_peer_add(struct rmp_node *node, const char *name, const u8 *addr, const char *ifname,
		 struct netlink_ext_ack *ack);
int rmp_peer_del(struct rmp_node *node, const char *name, struct netlink_ext_ack *ack);

#endif
