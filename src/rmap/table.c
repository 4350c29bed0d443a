// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a node's key pairs: what finds the session of a frame. And what both ends of a
 * session have in common.
 */
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "sess.h"

/* Least room for Ethernet, VLAN tags and what a stacked device may add in front. */
#define RESERVE_HEADROOM	128

/**
 * rmp_keypair_new - a key pair with an index of its own, invisible to frames until
 * rmp_keypair_publish()
 * @end:	whose
 *
 * Context: process; may sleep.
 * Return: the key pair, NULL when memory or indexes ran out.
 */
struct rmp_keypair *rmp_keypair_new(struct rmp_end *end)
{
	struct rmp_sess_table *table = end->node->table;
	unsigned int i, flags = 0;
	struct rmp_keypair *kp;

	/* An initiator's pages may wait for it: from the emergency reserves, there are few. */
	if (end->initiator)
		flags = memalloc_noreclaim_save();
	kp = kzalloc(sizeof(*kp), RMP_GFP_RECONNECT);
	if (end->initiator)
		memalloc_noreclaim_restore(flags);
	if (!kp)
		return NULL;
	kp->end = end;
	spin_lock_bh(&table->lock);
	for (i = 0; i < RMP_INDEXES; i++) {
		u32 n = (table->next + i) % RMP_INDEXES;

		if (rcu_access_pointer(table->kp[n]))
			continue;
		/*
		 * The upper bits are random: a frame for an earlier owner of the entry does not
		 * fit.
		 */
		kp->local = get_random_u32() << RMP_INDEX_BITS | n;
		rcu_assign_pointer(table->kp[n], kp);
		table->next = n + 1;
		spin_unlock_bh(&table->lock);
		return kp;
	}
	spin_unlock_bh(&table->lock);
	kfree(kp);
	return NULL;
}

/**
 * rmp_keypair_publish - the keys are complete: frames may come
 * @kp:		key pair
 *
 * Frames are counted from 1: a key pair whose counter is 0 is not found by rmp_keypair_find().
 */
void rmp_keypair_publish(struct rmp_keypair *kp)
{
	atomic64_set_release(&kp->counter, 1);
}

static void free_keypair(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct rmp_keypair, rcu));
}

/**
 * rmp_keypair_drop - take a key pair out of the table and free it
 * @kp:		key pair, or NULL
 *
 * Context: any. Frames that have found it already still use it: RCU.
 */
void rmp_keypair_drop(struct rmp_keypair *kp)
{
	struct rmp_sess_table *table;

	if (!kp)
		return;
	table = kp->end->node->table;
	spin_lock_bh(&table->lock);
	RCU_INIT_POINTER(table->kp[kp->local % RMP_INDEXES], NULL);
	spin_unlock_bh(&table->lock);
	call_rcu(&kp->rcu, free_keypair);
}

void rmp_end_init(struct rmp_end *end, struct rmp_node *node, bool initiator)
{
	end->node = node;
	end->initiator = initiator;
	spin_lock_init(&end->lock);
	kref_init(&end->ref);
	INIT_LIST_HEAD(&end->list);
}

void rmp_end_get(struct rmp_end *end)
{
	kref_get(&end->ref);
}

static void end_release(struct kref *ref)
{
	rmp_tsess_free(rmp_tsess_of(container_of(ref, struct rmp_end, ref)));
}

/* Only targets are counted: an initiator's end goes with rmp_sess_close(). */
void rmp_end_put(struct rmp_end *end)
{
	kref_put(&end->ref, end_release);
}

/**
 * rmp_end_drop_keys - no frame finds this end any more
 * @end:	session; its lock is held
 */
void rmp_end_drop_keys(struct rmp_end *end)
{
	lockdep_assert_held(&end->lock);
	rmp_keypair_drop(end->cur);
	rmp_keypair_drop(end->prev);
	rmp_keypair_drop(end->next);
	end->cur = NULL;
	end->prev = NULL;
	end->next = NULL;
}

/**
 * rmp_end_set_path - frames go this way from now on
 * @end:	session; its lock is held
 * @path:	the way; the reference of its link changes hands, and the old one's comes back in it
 */
void rmp_end_set_path(struct rmp_end *end, struct rmp_path *path)
{
	lockdep_assert_held(&end->lock);
	if (end->initiator && end->path.link != path->link) {
		struct rmp_sess *s = rmp_sess_of(end);

		if (end->path.link)
			atomic_sub(s->asked, &end->path.link->reply_frames);
		if (path->link)
			atomic_add(s->asked, &path->link->reply_frames);
	}
	swap(end->path, *path);
}

/**
 * rmp_reserve_init - allocate a session's reserve of frames
 * @r:		to fill
 * @mtu:	of the path
 * @gfp:	how to ask for them
 *
 * One full request: that is the most that must go out while the system has no memory;
 * retransmissions use the same frames again.
 *
 * Context: process; sleeps as @gfp says.
 * Return: 0, or -ENOMEM: then it is empty.
 */
int rmp_reserve_init(struct rmp_reserve *r, u16 mtu, gfp_t gfp)
{
	struct rmp_geo geo;
	unsigned int n;

	rmp_geo_init(&geo, mtu);
	n = geo.pages ? RMP_PAGES_MAX / geo.pages : RMP_PAGES_MAX * geo.per_page;
	n++;			/* a head of its own */
	r->next = 0;
	r->mtu = mtu;
	r->skb = kcalloc(n, sizeof(*r->skb), gfp);
	if (!r->skb) {
		r->mtu = 0;
		return -ENOMEM;
	}
	for (r->n = 0; r->n < n; r->n++) {
		struct sk_buff *skb = alloc_skb_fclone(RESERVE_HEADROOM + mtu, gfp);

		if (!skb) {
			rmp_reserve_free(r);
			return -ENOMEM;
		}
		skb_reserve(skb, RESERVE_HEADROOM);
		r->skb[r->n] = skb;
	}
	return 0;
}

void rmp_reserve_free(struct rmp_reserve *r)
{
	while (r->n)
		kfree_skb(r->skb[--r->n]);
	kfree(r->skb);
	r->skb = NULL;
	r->mtu = 0;
}
