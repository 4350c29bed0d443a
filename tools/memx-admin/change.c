// SPDX-License-Identifier: GPL-2.0-only
/* Requests that change something. */
#include "memx_netlink.h"

#include "change.h"
#include "decode.h"

const struct node_number_of node_numbers[NODE_NUMBERS] = {
	[NODE_INTERVAL] = { "interval", 100, 60000, MEMX_RMAP_NODE_A_INTERVAL_MS },
	[NODE_RTO_MIN] = { "rto-min", 100, UINT32_MAX, MEMX_RMAP_NODE_A_RTO_MIN_US },
	[NODE_RTO_MAX] = { "rto-max", 1000, UINT32_MAX, MEMX_RMAP_NODE_A_RTO_MAX_US },
	[NODE_INCAST] = { "incast", 1, UINT32_MAX, MEMX_RMAP_NODE_A_INCAST_FRAMES },
	[NODE_REKEY] = { "rekey", 1, 30 * 24 * 3600, MEMX_RMAP_NODE_A_REKEY_S },
};

uint32_t node_number(const struct node *node, enum node_number i)
{
	const uint32_t number[NODE_NUMBERS] = {
		[NODE_INTERVAL] = node->interval_ms, [NODE_RTO_MIN] = node->rto_min_us,
		[NODE_RTO_MAX] = node->rto_max_us, [NODE_INCAST] = node->incast_frames,
		[NODE_REKEY] = node->rekey_s,
	};

	return number[i];
}

bool change_node(struct conn *conn, const struct node_wish *w)
{
	struct nl_msg *msg = conn_request(conn, MEMX_RMAP_CMD_NODE_SET);
	struct nlattr *nest = nla_nest_start(msg, MEMX_RMAP_A_NODE);
	int i;

	if (w->name[0])
		nla_put_string(msg, MEMX_RMAP_NODE_A_NAME, w->name);
	if (w->have_id)
		nla_put(msg, MEMX_RMAP_NODE_A_ID, sizeof(w->id), w->id);
	if (w->have_security)
		nla_put_u8(msg, MEMX_RMAP_NODE_A_SECURITY, w->security);
	for (i = 0; i < NODE_NUMBERS; i++)
		if (w->have[i])
			nla_put_u32(msg, node_numbers[i].attr, w->number[i]);
	nla_nest_end(msg, nest);
	return conn_call(conn, msg, NULL, NULL);
}

static bool change_link(struct conn *conn, uint8_t cmd, const char *ifname, uint32_t ethertype,
			uint32_t mtu)
{
	struct nl_msg *msg = conn_request(conn, cmd);
	struct nlattr *nest = nla_nest_start(msg, MEMX_RMAP_A_LINK);

	nla_put_string(msg, MEMX_RMAP_LINK_A_IFNAME, ifname);
	if (ethertype)
		nla_put_u16(msg, MEMX_RMAP_LINK_A_ETHERTYPE, (uint16_t)ethertype);
	if (mtu)
		nla_put_u32(msg, MEMX_RMAP_LINK_A_MTU, mtu);
	nla_nest_end(msg, nest);
	return conn_call(conn, msg, NULL, NULL);
}

bool change_link_add(struct conn *conn, const char *ifname, uint32_t ethertype, uint32_t mtu)
{
	return change_link(conn, MEMX_RMAP_CMD_LINK_ADD, ifname, ethertype, mtu);
}

bool change_link_del(struct conn *conn, const char *ifname)
{
	return change_link(conn, MEMX_RMAP_CMD_LINK_DEL, ifname, 0, 0);
}

bool change_peer_add(struct conn *conn, const char *name, const uint8_t mac[MAC_BYTES],
		     const char *ifname)
{
	struct nl_msg *msg = conn_request(conn, MEMX_RMAP_CMD_PEER_ADD);
	struct nlattr *nest = nla_nest_start(msg, MEMX_RMAP_A_PEER);

	nla_put_string(msg, MEMX_RMAP_PEER_A_NAME, name);
	nla_put(msg, MEMX_RMAP_PEER_A_ADDR, MAC_BYTES, mac);
	nla_put_string(msg, MEMX_RMAP_PEER_A_IFNAME, ifname);
	nla_nest_end(msg, nest);
	return conn_call(conn, msg, NULL, NULL);
}

bool change_peer_del(struct conn *conn, const char *name)
{
	struct nl_msg *msg = conn_request(conn, MEMX_RMAP_CMD_PEER_DEL);
	struct nlattr *nest = nla_nest_start(msg, MEMX_RMAP_A_PEER);

	nla_put_string(msg, MEMX_RMAP_PEER_A_NAME, name);
	nla_nest_end(msg, nest);
	return conn_call(conn, msg, NULL, NULL);
}

static bool change_capacity(struct conn *conn, uint8_t cmd, uint64_t bytes)
{
	struct nl_msg *msg = conn_request(conn, cmd);

	nla_put_u64(msg, MEMX_SERVER_A_CAPACITY, bytes);
	return conn_call(conn, msg, NULL, NULL);
}

bool change_server_start(struct conn *conn, uint64_t bytes)
{
	return change_capacity(conn, MEMX_SERVER_CMD_START, bytes);
}

bool change_server_set(struct conn *conn, uint64_t bytes)
{
	return change_capacity(conn, MEMX_SERVER_CMD_SET, bytes);
}

bool change_server_stop(struct conn *conn, bool force)
{
	struct nl_msg *msg = conn_request(conn, MEMX_SERVER_CMD_STOP);

	if (force)
		nla_put_flag(msg, MEMX_SERVER_A_FORCE);
	return conn_call(conn, msg, NULL, NULL);
}

static bool change_volume(struct conn *conn, uint8_t cmd, const struct volume_wish *w,
			  conn_answer answer, void *arg)
{
	struct nl_msg *msg = conn_request(conn, cmd);
	struct nlattr *nest = nla_nest_start(msg, MEMX_CLIENT_A_VOLUME);

	nla_put_string(msg, MEMX_CLIENT_VOLUME_A_NAME, w->name);
	if (w->size)
		nla_put_u64(msg, MEMX_CLIENT_VOLUME_A_SIZE, w->size);
	if (w->have_timeout)
		nla_put_u32(msg, MEMX_CLIENT_VOLUME_A_LOSS_TIMEOUT_S, w->loss_timeout_s);
	if (w->force)
		nla_put_flag(msg, MEMX_CLIENT_VOLUME_A_FORCE);
	nla_nest_end(msg, nest);
	return conn_call(conn, msg, answer, arg);
}

static void got_volume(const struct nlattr *head, int len, void *arg)
{
	decode_volume(head, len, arg);
}

bool change_volume_create(struct conn *conn, const struct volume_wish *w, struct volume *made)
{
	*made = (struct volume){ 0 };
	return change_volume(conn, MEMX_CLIENT_CMD_VOLUME_CREATE, w, got_volume, made);
}

bool change_volume_resize(struct conn *conn, const struct volume_wish *w)
{
	return change_volume(conn, MEMX_CLIENT_CMD_VOLUME_RESIZE, w, NULL, NULL);
}

bool change_volume_set(struct conn *conn, const struct volume_wish *w)
{
	return change_volume(conn, MEMX_CLIENT_CMD_VOLUME_SET, w, NULL, NULL);
}

bool change_volume_destroy(struct conn *conn, const struct volume_wish *w)
{
	return change_volume(conn, MEMX_CLIENT_CMD_VOLUME_DESTROY, w, NULL, NULL);
}
