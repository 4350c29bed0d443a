// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames that need process context: discovery and handshakes. What means something of each is
 * copied into a ring that was there before: they come as well when the system has no memory, and
 * in buffers that it wants back (skb_pfmemalloc()).
 *
 * Each kind has a ring and a work of its own. A client gets its server back by the answers to its
 * INITs: neither a flood of others' frames nor the memory that an INIT needs here holds them up.
 */
#include <linux/slab.h>

#include "rmp_crypto.h"
#include "sess.h"

static_assert(sizeof(struct rmp_advert) <= RMP_SLOW_BYTES);
static_assert(RMP_INIT_LEN <= RMP_SLOW_BYTES && RMP_RESP_LEN <= RMP_SLOW_BYTES);

static const u16 sizes[RMP_SLOW_NR] = {
	[RMP_SLOW_RESP] = 32, [RMP_SLOW_INIT] = 64, [RMP_SLOW_DISC] = 128,
};

static struct rmp_slow *ring_of(struct rmp_node *node, u8 type)
{
	return &node->slow[type == RMP_T_RESP ? RMP_SLOW_RESP :
			   type == RMP_T_INIT ? RMP_SLOW_INIT : RMP_SLOW_DISC];
}

/**
 * rmp_slow_take - have a frame looked at in process context
 * @link:	over which link it came
 * @skb:	the frame, data after the Ethernet header; only read
 * @type:	its first byte, one of RMP_T_ADVERT to RMP_T_RESP
 *
 * Context: softirq. Allocates nothing.
 */
void rmp_slow_take(struct rmp_link *link, const struct sk_buff *skb, u8 type)
{
	struct rmp_slow *q = ring_of(link->node, type);
	struct rmp_slow_frame *f;

	spin_lock_bh(&q->lock);
	if (q->n == q->size) {
		spin_unlock_bh(&q->lock);
		rmp_count(link->node, RX_OVERLOAD);
		return;
	}
	f = &q->frame[(q->first + q->n++) % q->size];
	memset(f->bytes, 0, sizeof(f->bytes));
	skb_copy_bits(skb, 0, f->bytes, min_t(u32, skb->len, sizeof(f->bytes)));
	f->len = skb->len;
	ether_addr_copy(f->src, eth_hdr(skb)->h_source);
	f->link = link;
	rmp_link_get(link);
	spin_unlock_bh(&q->lock);
	queue_work(q->wq, &q->work);
}

static bool take_first(struct rmp_slow *q, struct rmp_slow_frame *f)
{
	bool any;

	spin_lock_bh(&q->lock);
	any = q->n;
	if (any) {
		*f = q->frame[q->first];
		q->first = (q->first + 1) % q->size;
		q->n--;
	}
	spin_unlock_bh(&q->lock);
	return any;
}

static void slow_work(struct work_struct *work)
{
	struct rmp_slow *q = container_of(work, struct rmp_slow, work);
	struct rmp_slow_frame f;

	while (take_first(q, &f)) {
		struct rmp_node *node = f.link->node;

		if (f.bytes[0] == RMP_T_ADVERT || f.bytes[0] == RMP_T_SOLICIT)
			rmp_disc_rx(node, f.link, f.src, f.bytes,
				    min_t(u32, f.len, sizeof(f.bytes)));
		else
			rmp_hs_rx(node, f.link, f.src, f.bytes, f.len);
		rmp_link_put(f.link);
		cond_resched();
	}
}

/**
 * rmp_slow_init - rings and works of a node
 * @node:	node; its workqueue exists
 *
 * Return: 0 or -ENOMEM; then rmp_slow_exit() is called nevertheless.
 */
int rmp_slow_init(struct rmp_node *node)
{
	unsigned int i;

	for (i = 0; i < RMP_SLOW_NR; i++) {
		struct rmp_slow *q = &node->slow[i];

		spin_lock_init(&q->lock);
		INIT_WORK(&q->work, slow_work);
		/* What an INIT allocates is not on the way of our own pages: no rescuer for it. */
		q->wq = i == RMP_SLOW_INIT ? system_long_wq : node->wq;
		q->size = sizes[i];
		q->frame = kvcalloc(q->size, sizeof(*q->frame), GFP_KERNEL);
		if (!q->frame)
			return -ENOMEM;
	}
	return 0;
}

/* What waits is dropped. No frame comes any more. */
void rmp_slow_exit(struct rmp_node *node)
{
	struct rmp_slow_frame f;
	unsigned int i;

	for (i = 0; i < RMP_SLOW_NR; i++) {
		struct rmp_slow *q = &node->slow[i];

		if (!q->frame)
			continue;
		while (take_first(q, &f))
			rmp_link_put(f.link);
		flush_work(&q->work);
		kvfree(q->frame);
	}
}
