// SPDX-License-Identifier: GPL-2.0-only
/* Life of a node, one per network namespace. */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "rmp_crypto.h"
#include "rmp_disc.h"
#include "rmp_rtt.h"
#include "rmp_priv.h"

#define INTERVAL_MS	1000
#define INCAST_FRAMES	1024	/* 1.5 MB at MTU 1500: what a small switch can hold for one port */
#define REKEY_S		3600

unsigned int rmp_net_id;

/**
 * rmp_node - the node of a network namespace
 * @net:	network namespace
 *
 * Return: the node; it lives as long as the namespace and memx_rmap do.
 */
struct rmp_node *rmp_node(struct net *net)
{
	return rmp_node_of(net);
}
EXPORT_SYMBOL_GPL(rmp_node);

const u8 *rmp_node_id(const struct rmp_node *node)
{
	return node->id;
}
EXPORT_SYMBOL_GPL(rmp_node_id);

u64 rmp_node_incarnation(const struct rmp_node *node)
{
	return node->incarnation;
}
EXPORT_SYMBOL_GPL(rmp_node_incarnation);

/* The id that follows from a hardware address: the same after each boot. */
void rmp_node_id_from(struct rmp_node *node, const u8 *addr)
{
	u8 hash[RMP_HASH_LEN];

	rmp_sha256(addr, ETH_ALEN, hash);
	memcpy(node->id, hash, RMP_NODE_ID_LEN);
}

static void default_name(struct rmp_node *node)
{
	unsigned int i;

	strscpy(node->name, init_utsname()->nodename, sizeof(node->name));
	for (i = 0; node->name[i]; i++)
		if (node->name[i] == '.')
			break;
	memset(node->name + i, 0, sizeof(node->name) - i);
	if (!rmp_name_is_valid(node->name, sizeof(node->name))) {
		memset(node->name, 0, sizeof(node->name));
		strscpy(node->name, "memx", sizeof(node->name));
	}
}

static int __net_init node_init(struct net *net)
{
	struct rmp_node *node = rmp_node_of(net);
	int err = -ENOMEM;

	node->net = net;
	get_random_bytes(node->id, sizeof(node->id));
	do
		node->incarnation = get_random_u64();
	while (!node->incarnation);
	default_name(node);
	node->security = RMP_SEC_NOISE;
	node->interval_ms = INTERVAL_MS;
	node->rto_min_us = RMP_RTO_MIN_US;
	node->rto_max_us = RMP_RTO_MAX_US;
	node->incast_frames = INCAST_FRAMES;
	node->rekey_s = REKEY_S;
	mutex_init(&node->lock);
	spin_lock_init(&node->key_lock);
	INIT_LIST_HEAD(&node->links);

	node->stats = alloc_percpu(struct rmp_stats);
	if (!node->stats)
		return -ENOMEM;
	/*
	 * Reconnecting is on the way of pages that are written to free memory: it has a rescuer
	 * thread.
	 */
	node->wq = alloc_workqueue("memx_rmap", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!node->wq)
		goto free_stats;
	err = rmp_slow_init(node);
	if (!err)
		err = rmp_sess_node_init(node);
	if (err)
		goto free_slow;
	rmp_disc_init(node);
	return 0;

free_slow:
	rmp_slow_exit(node);
	destroy_workqueue(node->wq);
	node->wq = NULL;
free_stats:
	free_percpu(node->stats);
	return err;
}

/*
 * Client and server of the namespace have gone before us: no session is open and no service
 * registered.
 *
 * 1. No frame comes in (links).
 * 2. Frames that wait for process context are dropped with their work.
 * 3. Nothing advertises (discovery); peers are forgotten.
 * 4. Targets' sessions end, key pairs are freed.
 */
static void __net_exit node_exit(struct net *net)
{
	struct rmp_node *node = rmp_node_of(net);

	rmp_link_del_all(node);
	rmp_slow_exit(node);
	rmp_disc_exit(node);
	rmp_sess_node_exit(node);
	destroy_workqueue(node->wq);
	free_percpu(node->stats);
	rmp_wipe(&node->keys, sizeof(node->keys));
}

static struct pernet_operations node_ops = {
	.init = node_init,
	.exit = node_exit,
	.id = &rmp_net_id,
	.size = sizeof(struct rmp_node),
};

static int __init rmp_init(void)
{
	int err;

	err = rmp_crypto_init();
	if (err)
		return err;
	err = rmp_rx_init();
	if (err)
		goto exit_crypto;
	/* A device, so that links of a namespace are taken away before its devices go. */
	err = register_pernet_device(&node_ops);
	if (err)
		goto exit_rx;
	err = rmp_link_module_init();
	if (err)
		goto exit_nodes;
	err = rmp_netlink_init();
	if (err)
		goto exit_links;
	return 0;

exit_links:
	rmp_link_module_exit();
exit_nodes:
	unregister_pernet_device(&node_ops);
exit_rx:
	rmp_rx_exit();
exit_crypto:
	rmp_crypto_exit();
	return err;
}

static void __exit rmp_exit(void)
{
	rmp_netlink_exit();
	rmp_link_module_exit();
	unregister_pernet_device(&node_ops);
	rcu_barrier();
	rmp_rx_exit();
	rmp_crypto_exit();
}

/* Names of volumes follow the rules of names of nodes. */
EXPORT_SYMBOL_GPL(rmp_name_is_valid);

module_init(rmp_init);
module_exit(rmp_exit);
MODULE_DESCRIPTION("RMAP, the reliable transport of MemX above Ethernet");
MODULE_LICENSE("GPL");
MODULE_VERSION(MEMX_VERSION);
MODULE_SOFTDEP("pre: crc32c");
