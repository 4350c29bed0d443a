// SPDX-License-Identifier: GPL-2.0-only
/* The module: a client in each network namespace, and the netlink family. */
#include <linux/module.h>

#include "clt.h"

unsigned int memx_clt_net_id;

static int __net_init net_init(struct net *net)
{
	struct memx_clt *clt = memx_clt_of(net);

	clt->net = net;
	clt->node = rmp_node(net);
	mutex_init(&clt->admin);
	mutex_init(&clt->lock);
	INIT_LIST_HEAD(&clt->vols);
	ratelimit_state_init(&clt->event_limit, HZ, 20);
	ratelimit_set_flags(&clt->event_limit, RATELIMIT_MSG_ON_RELEASE);
	/* Pages that are written to free memory wait for what runs here: it has a rescuer. */
	clt->wq = alloc_workqueue("memx_client", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return clt->wq ? 0 : -ENOMEM;
}

static void __net_exit net_exit(struct net *net)
{
	struct memx_clt *clt = memx_clt_of(net);

	memx_clt_destroy_all(clt);
	destroy_workqueue(clt->wq);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.exit = net_exit,
	.id = &memx_clt_net_id,
	.size = sizeof(struct memx_clt),
};

static int __init clt_init(void)
{
	/*
	 * A device, as RMAP's node: registered after it, so in each namespace made after it and
	 * gone before it.
	 */
	int err = register_pernet_device(&net_ops);

	if (err)
		return err;
	err = memx_clt_netlink_init();
	if (err)
		unregister_pernet_device(&net_ops);
	return err;
}

/* There is no volume: each would hold the module. */
static void __exit clt_exit(void)
{
	memx_clt_netlink_exit();
	unregister_pernet_device(&net_ops);
}

module_init(clt_init);
module_exit(clt_exit);
MODULE_DESCRIPTION("MemX client: memory of other machines as block devices");
MODULE_LICENSE("GPL");
MODULE_VERSION(MEMX_VERSION);
