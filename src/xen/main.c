// SPDX-License-Identifier: GPL-2.0-only
/* Backend of virtual disks of Xen guests: memx_xen.ko. */
#include <linux/module.h>
#include <xen/xen.h>

#include "xbk.h"

struct workqueue_struct *memx_xbk_wq, *memx_xbk_end_wq;

static unsigned int max_queues;
module_param(max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "most queues of a disk (1 to 16; default: CPUs, at most 4)");

static unsigned int max_ring_page_order = MEMX_XBK_RING_ORDER_MAX;
module_param(max_ring_page_order, uint, 0644);
MODULE_PARM_DESC(max_ring_page_order, "largest ring of a queue, pages as a power of two (0 to 4)");

static bool persistent_grants = true;
module_param(persistent_grants, bool, 0644);
MODULE_PARM_DESC(persistent_grants, "pages of guests that ask for it stay mapped");

/* What a guest that connects from now on is offered. */
unsigned int memx_xbk_max_queues(void)
{
	return max_queues;
}

unsigned int memx_xbk_max_ring_order(void)
{
	return min_t(unsigned int, READ_ONCE(max_ring_page_order), MEMX_XBK_RING_ORDER_MAX);
}

bool memx_xbk_persistent(void)
{
	return READ_ONCE(persistent_grants);
}

static int __init xbk_init(void)
{
	int err = -ENOMEM;

	if (!xen_domain())
		return -ENODEV;
	max_queues = max_queues ? min_t(unsigned int, max_queues, MEMX_XBK_QUEUES_MAX) :
				  min_t(unsigned int, num_online_cpus(), 4);
	memx_xbk_wq = alloc_workqueue("memx_xen", WQ_UNBOUND, 0);
	if (!memx_xbk_wq)
		return err;
	memx_xbk_end_wq = alloc_workqueue("memx_xen_end", WQ_UNBOUND, 0);
	if (!memx_xbk_end_wq)
		goto destroy_wq;
	err = memx_xbk_claim_init();
	if (err)
		goto destroy_end_wq;
	return 0;

destroy_end_wq:
	destroy_workqueue(memx_xbk_end_wq);
destroy_wq:
	destroy_workqueue(memx_xbk_wq);
	return err;
}

/*
 * 1. No disk is ours; connections are on their way out.
 * 2. They end, with the volumes' requests.
 * 3. Nobody queues a step any more.
 */
static void __exit xbk_exit(void)
{
	memx_xbk_claim_exit();
	destroy_workqueue(memx_xbk_end_wq);
	destroy_workqueue(memx_xbk_wq);
}

module_init(xbk_init);
module_exit(xbk_exit);
MODULE_DESCRIPTION("MemX volumes as disks of Xen guests");
MODULE_LICENSE("GPL");
MODULE_VERSION(MEMX_VERSION);
MODULE_ALIAS("xen-backend:vbd");
