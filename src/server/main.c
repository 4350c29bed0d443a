// SPDX-License-Identifier: GPL-2.0-only
/* The module: a store in each network namespace, and the netlink family. */
#include <linux/module.h>

#include "srv.h"

unsigned int memx_srv_net_id;

static int __net_init net_init(struct net *net)
{
	return memx_srv_init(memx_srv_of(net), net);
}

static void __net_exit net_exit(struct net *net)
{
	memx_srv_exit(memx_srv_of(net));
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &memx_srv_net_id,
	.size = sizeof(struct memx_srv),
};

static int __init srv_init(void)
{
	/*
	 * A device, as RMAP's node: registered after it, so in each namespace made after it and
	 * gone before it.
	 */
	int err = register_pernet_device(&net_ops);

	if (err)
		return err;
	err = memx_srv_netlink_init();
	if (err)
		unregister_pernet_device(&net_ops);
	return err;
}

/*
 * No store holds extents: each would hold the module.
 *
 * 1. No request of an administrator (netlink).
 * 2. Stores stop, each as store.c says.
 * 3. Extents freed shortly before are with RCU: kfree_rcu() calls nothing of ours.
 */
static void __exit srv_exit(void)
{
	memx_srv_netlink_exit();
	unregister_pernet_device(&net_ops);
}

module_init(srv_init);
module_exit(srv_exit);
MODULE_DESCRIPTION("MemX server: donates memory to other machines");
MODULE_LICENSE("GPL");
MODULE_VERSION(MEMX_VERSION);
