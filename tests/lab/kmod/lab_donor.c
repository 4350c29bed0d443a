// SPDX-License-Identifier: GPL-2.0-only
/*
 * A donor that answers as it is told: what a real one does only when its memory is short, or in a
 * race. It keeps nothing, and each page that is read from it is full of VALUE. It serves on the
 * node of the network namespace of who loads it, and has to be unloaded before that goes.
 *
 * Parameters in /sys/module/lab_donor/parameters, statuses as in enum rmp_status:
 *	open	 status for EXTENT_OPEN		opens	 how many were asked for
 *	data	 status for READ, WRITE, ZERO	load	 advertised, enum rmp_load
 *	hold	 requests of this op (enum memx_op) wait until another one is told
 *	held	 how many wait
 */
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "memx_wire.h"
#include "rmp.h"

#define VALUE		0x5a5a5a5a5a5a5a5aULL
#define CAPACITY	(64 * MEMX_EXTENT_PAGES)

static struct rmp_node *node;
static DEFINE_SPINLOCK(lock);		/* @waiting, @held */
static LIST_HEAD(waiting);
static unsigned int open, data, load, hold, held, opens;
module_param(held, uint, 0444);
module_param(opens, uint, 0444);

static void extent_open(struct rmp_treq *rq)
{
	struct memx_extent_rep *rep = (struct memx_extent_rep *)rq->rep_head;

	rq->status = open;
	if (open != RMP_OK)
		return;
	*rep = (struct memx_extent_rep) { .handle = cpu_to_be64(opens) };
	rq->rep_head_len = sizeof(*rep);
}

static void volume_release(struct rmp_treq *rq)
{
	*(struct memx_volume_rep *)rq->rep_head = (struct memx_volume_rep) { };
	rq->rep_head_len = sizeof(struct memx_volume_rep);
}

static void read(struct rmp_treq *rq)
{
	unsigned int i, n = be16_to_cpu(((struct memx_data_req *)rq->head)->count);

	rq->status = data;
	if (data != RMP_OK)
		return;
	for (i = 0; i < n; i++)
		((__be64 *)rq->rep_head)[i] = cpu_to_be64(VALUE);
	rq->rep_head_len = n * sizeof(__be64);
	rq->rep_len = n * RMP_PAGE_SIZE;
}

static void answer(struct rmp_treq *rq)
{
	switch (rq->head[0]) {
	case MEMX_OP_EXTENT_OPEN:
		extent_open(rq);
		break;
	case MEMX_OP_VOLUME_RELEASE:
		volume_release(rq);
		break;
	case MEMX_OP_READ:
		read(rq);
		break;
	default:
		rq->status = data;
	}
	rmp_reply(rq);
}

static void request(void *priv, struct rmp_treq *rq)
{
	bool waits;

	spin_lock_bh(&lock);
	opens += rq->head[0] == MEMX_OP_EXTENT_OPEN;
	waits = hold && rq->head[0] == hold;
	if (waits) {
		list_add_tail(&rq->list, &waiting);
		held++;
	}
	spin_unlock_bh(&lock);
	if (!waits)
		answer(rq);
}

static struct page *page_get(void *priv)
{
	return alloc_page(GFP_ATOMIC | __GFP_NOWARN);
}

static void page_put(void *priv, struct page **page, unsigned int n)
{
	for (; n--; page++) {
		if (*page)
			put_page(*page);
		*page = NULL;
	}
}

static void peer_up(void *priv, const u8 *peer_id, u64 incarnation)
{
}

static const struct rmp_service service = {
	.page_get = page_get,
	.page_put = page_put,
	.request = request,
	.peer_up = peer_up,
};

static void let_go(void)
{
	struct rmp_treq *rq, *next;
	LIST_HEAD(list);

	spin_lock_bh(&lock);
	list_splice_init(&waiting, &list);
	held = 0;
	spin_unlock_bh(&lock);
	list_for_each_entry_safe(rq, next, &list, list)
		answer(rq);
}

static int told(const char *value, const struct kernel_param *param)
{
	int err = param_set_uint(value, param);

	if (err || !node)
		return err;
	if (param->arg == &load)
		rmp_service_announce(node, load, CAPACITY,
				     load == RMP_LOAD_FULL ? 0 : CAPACITY);
	if (param->arg == &hold)
		let_go();
	return 0;
}

static const struct kernel_param_ops ops = { .set = told, .get = param_get_uint };
module_param_cb(open, &ops, &open, 0644);
module_param_cb(data, &ops, &data, 0644);
module_param_cb(load, &ops, &load, 0644);
module_param_cb(hold, &ops, &hold, 0644);

static int __init lab_donor_init(void)
{
	int err;

	node = rmp_node(current->nsproxy->net_ns);
	err = rmp_service_register(node, &service, NULL);
	if (!err)
		rmp_service_announce(node, load, CAPACITY, load == RMP_LOAD_FULL ? 0 : CAPACITY);
	return err;
}

static void __exit lab_donor_exit(void)
{
	rmp_service_announce(node, RMP_LOAD_NONE, 0, 0);
	hold = 0;
	let_go();
	rmp_service_unregister(node);
}

module_init(lab_donor_init);
module_exit(lab_donor_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A donor that answers as the lab's tests tell it");
