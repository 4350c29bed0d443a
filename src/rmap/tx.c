// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: frames are built under the session's lock, so that the data they refer to belongs to a
 * request that is still under way, and given to the device after it.
 *
 * Without encryption the pages of a message are referenced, not copied; with it, one pass of the
 * cipher reads them and writes the frame.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "rmp_crypto.h"
#include "sess.h"
#include "trace.h"

/* For tests of the reserve: the system's allocator is not asked. */
static bool reserve_only;
module_param(reserve_only, bool, 0644);
MODULE_PARM_DESC(reserve_only,
		 "Send every frame of a session from its preallocated reserve (for tests)");

/*
 * No emergency memory: that is for those who free some. What fails here goes out from the
 * reserve.
 */
#define GFP_FRAME	(GFP_ATOMIC | __GFP_NOMEMALLOC | __GFP_NOWARN)

/* Of frames that carry @mtu bytes. */
static struct rmp_reserve *reserve_for(struct rmp_end *end, u16 mtu)
{
	return mtu > end->reserve.mtu ? &end->large : &end->reserve;
}

static struct sk_buff *from_reserve(struct rmp_end *end, struct rmp_reserve *r, u16 mtu)
{
	unsigned int i;

	lockdep_assert_held(&end->lock);
	if (r->mtu < mtu)
		return NULL;
	for (i = 0; i < r->n; i++) {
		struct sk_buff *skb = r->skb[(r->next + i) % r->n];

		if (skb_cloned(skb))
			continue;
		r->next = (r->next + i + 1) % r->n;
		skb_trim(skb, 0);
		/*
		 * The clone is the twin that was allocated along: no memory is needed once the
		 * twin is free.
		 */
		skb = skb_clone(skb, GFP_FRAME);
		if (skb)
			rmp_count(end->node, TX_RESERVE);
		return skb;
	}
	return NULL;
}

/*
 * A frame from the caches of the network's own receive path where it fits into a page: those are
 * refilled by what rmp_rx() gives back, so a page in or out needs no slab. Context: BH off.
 */
static struct sk_buff *from_system(u32 room)
{
	u32 size = SKB_DATA_ALIGN(room) + SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb;
	void *data;

	if (size > PAGE_SIZE)
		return alloc_skb(room, GFP_FRAME);
	data = napi_alloc_frag(size);
	if (unlikely(!data))
		return NULL;
	skb = napi_build_skb(data, size);
	if (unlikely(!skb))
		skb_free_frag(data);
	return skb;
}

/*
 * A frame with room for @linear bytes. From the reserve there is room for a whole frame: *@copy
 * says that everything must be copied into it, because its pages cannot be given away with the
 * clone.
 */
static struct sk_buff *frame_alloc(struct rmp_end *end, struct net_device *dev, u32 linear,
				   bool *copy)
{
	u32 headroom = LL_RESERVED_SPACE(dev);
	struct sk_buff *skb = NULL;

	if (likely(!READ_ONCE(reserve_only)))
		skb = from_system(headroom + linear + dev->needed_tailroom);
	if (likely(skb)) {
		skb_reserve(skb, headroom);
		return skb;
	}
	*copy = true;
	return from_reserve(end, reserve_for(end, end->mtu), end->mtu);
}

/**
 * rmp_for_each_part - go through a run of a message's data that lies in parts of pages
 * @src:	where the data lies; rmp_src_page() has said that it is not one page
 * @run:	the run
 * @fn:		called for each part
 * @arg:	passed on
 */
void rmp_for_each_part(const struct rmp_src *src, const struct rmp_run *run,
		       void (*fn)(void *arg, struct page *page, u32 off, u32 len), void *arg)
{
	u32 pos = run->pos, left = run->len;
	unsigned int i;

	for (i = 0; i < src->nr_bv && left; i++) {
		const struct bio_vec *bv = &src->bv[i];
		u32 len;

		if (pos >= bv->bv_len) {
			pos -= bv->bv_len;
			continue;
		}
		len = min(left, bv->bv_len - pos);
		fn(arg, bv->bv_page, bv->bv_offset + pos, len);
		left -= len;
		pos = 0;
	}
}

static noinline void put_copy(void *arg, struct page *page, u32 off, u32 len)
{
	struct sk_buff *skb = arg;

	memcpy_from_page(skb_put(skb, len), page, off, len);
}

static void copy_runs(struct sk_buff *skb, const struct rmp_piece *piece, const struct rmp_src *src)
{
	unsigned int i;

	for (i = 0; i < piece->nruns; i++) {
		const struct rmp_run *run = &piece->run[i];
		struct page *page = rmp_src_page(src, run);

		if (likely(page))
			put_copy(skb, page, run->pos % RMP_PAGE_SIZE, run->len);
		else
			rmp_for_each_part(src, run, put_copy, skb);
	}
}

/* Return: the CRC, gone on with. */
static __always_inline u32 put_ref(struct sk_buff *skb, u32 crc, struct page *page, u32 off,
				   u32 len)
{
	void *p = kmap_local_page(page);

	crc = rmp_crc32c(crc, p + off, len);
	kunmap_local(p);
	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, off, len, len);
	return crc;
}

struct ref_arg {
	struct sk_buff	*skb;
	u32		crc;
};

static void put_part(void *arg, struct page *page, u32 off, u32 len)
{
	struct ref_arg *a = arg;

	a->crc = put_ref(a->skb, a->crc, page, off, len);
}

/* The same for a run that lies in parts of pages. */
static noinline u32 put_parts(struct sk_buff *skb, u32 crc, const struct rmp_src *src,
			      const struct rmp_run *run)
{
	struct ref_arg a = { .skb = skb, .crc = crc };

	rmp_for_each_part(src, run, put_part, &a);
	return a.crc;
}

static bool can_refer(const struct rmp_src *src)
{
	unsigned int i;

	if (!src || src->page)
		return true;
	if (unlikely(src->copy))
		return false;
	for (i = 0; i < src->nr_bv; i++)
		if (!sendpage_ok(src->bv[i].bv_page))
			return false;
	return true;
}

/* Body of a frame in clear: copied, or the pages referenced. */
static void fill_plain(struct sk_buff *skb, struct rmp_hdr *hdr, const struct rmp_piece *piece,
		       const struct rmp_src *src, bool copy)
{
	void *body = skb_tail_pointer(skb);
	unsigned int i;
	u32 crc = 0;

	if (piece->head_len)
		__skb_put_data(skb, src->head, piece->head_len);
	if (unlikely(copy)) {
		copy_runs(skb, piece, src);
		crc = rmp_crc32c(0, body, piece->len);
	} else {
		if (piece->head_len)
			crc = rmp_crc32c(0, body, piece->head_len);
		for (i = 0; i < piece->nruns; i++) {
			const struct rmp_run *run = &piece->run[i];
			struct page *page = rmp_src_page(src, run);

			crc = likely(page) ? put_ref(skb, crc, page, run->pos % RMP_PAGE_SIZE,
						     run->len)
					   : put_parts(skb, crc, src, run);
		}
	}
	hdr->pcrc = cpu_to_be32(crc);
	hdr->hcrc = cpu_to_be32(rmp_hdr_crc(hdr));
}

/*
 * Body of an encrypted frame: one pass where the plain text lies in one place, else gathered
 * first.
 */
static void fill_sealed(struct sk_buff *skb, struct rmp_hdr *hdr, const struct rmp_piece *piece,
			const struct rmp_src *src, const u8 *key, u64 nonce)
{
	u8 *body = skb_tail_pointer(skb);
	struct page *page = NULL;

	if (piece->nruns == 1 && !piece->head_len)
		page = rmp_src_page(src, &piece->run[0]);
	if (page) {
		u8 *p = kmap_local_page(page);

		skb_put(skb, piece->len + RMP_TAG_LEN);
		rmp_aead_encrypt(body, p + piece->run[0].pos % RMP_PAGE_SIZE, piece->len,
				 (u8 *)hdr, sizeof(*hdr), nonce, key);
		kunmap_local(p);
		return;
	}
	if (piece->head_len)
		skb_put_data(skb, src->head, piece->head_len);
	copy_runs(skb, piece, src);
	skb_put(skb, RMP_TAG_LEN);
	rmp_aead_encrypt(body, body, piece->len, (u8 *)hdr, sizeof(*hdr), nonce, key);
}

/**
 * struct out - a message on its way out: what its frames have in common
 * @end:	session
 * @q:		where the frames go
 * @dev:	device; until BH is on again
 * @src:	what the message is made of
 * @f:		header in host order
 * @hdr:	header, but for frag, len and protection
 * @sealed:	encrypted
 * @copy:	its pages cannot be referenced
 * @first:	the first frame: the others have its Ethernet header
 */
struct out {
	struct rmp_end		*end;
	struct sk_buff_head	*q;
	struct net_device	*dev;
	const struct rmp_src	*src;
	struct rmp_frame	*f;
	struct rmp_hdr		hdr;
	bool			sealed;
	bool			copy;
	struct sk_buff		*first;
};

/* Return: false when nothing can be sent. Context: BH off, which holds up RCU as well. */
static bool out_begin(struct out *o, struct rmp_end *end, struct sk_buff_head *q,
		      struct rmp_frame *f, const struct rmp_src *src)
{
	struct rmp_keypair *kp = end->cur;

	lockdep_assert_held(&end->lock);
	if (end->dead || !kp || !end->path.link)
		return false;
	o->dev = rcu_dereference_bh(end->path.link->dev);
	if (!o->dev) {
		rmp_count(end->node, TX_DROPS);
		return false;
	}
	o->end = end;
	o->q = q;
	o->src = src;
	o->f = f;
	o->sealed = kp->security == RMP_SEC_NOISE;
	o->copy = o->sealed || !can_refer(src);
	o->first = NULL;
	f->session = kp->remote;
	rmp_frame_build(&o->hdr, f);
	return true;
}

static bool put_ll_header(struct out *o, struct sk_buff *skb)
{
	const struct sk_buff *first = o->first;

	if (first) {
		u32 len = skb_network_offset(first);

		memcpy(__skb_push(skb, len), first->data, len);
		return true;
	}
	o->first = skb;
	return dev_hard_header(skb, o->dev, ntohs(skb->protocol), o->end->path.addr,
			       o->dev->dev_addr, skb->len) >= 0;
}

static void out_frame(struct out *o, unsigned int frag, const struct rmp_piece *piece)
{
	struct rmp_keypair *kp = o->end->cur;
	bool copy = o->copy;
	struct sk_buff *skb;
	struct rmp_hdr *hdr;

	skb = frame_alloc(o->end, o->dev,
			  RMP_HDR_LEN + (copy ? piece->len : piece->head_len) +
				  (o->sealed ? RMP_TAG_LEN : 0),
			  &copy);
	if (unlikely(!skb))
		goto drop;
	hdr = __skb_put(skb, sizeof(*hdr));
	*hdr = o->hdr;
	rmp_frame_fragment(hdr, frag, piece->len);
	if (o->sealed) {
		u64 nonce = atomic64_fetch_inc(&kp->counter);

		hdr->counter = cpu_to_be64(nonce);
		fill_sealed(skb, hdr, piece, o->src, kp->send_key, nonce);
	} else {
		fill_plain(skb, hdr, piece, o->src, copy);
	}
	skb->dev = o->dev;
	skb->protocol = o->end->path.link->ethertype;
	skb_reset_network_header(skb);
	if (unlikely(!put_ll_header(o, skb))) {
		o->first = NULL;
		kfree_skb(skb);
		goto drop;
	}
	skb_reset_mac_header(skb);
	dev_hold(o->dev);
	if (trace_rmp_tx_enabled()) {
		o->f->frag = frag;
		o->f->len = piece->len;
		trace_rmp_tx(o->f);
	}
	__skb_queue_tail(o->q, skb);
	return;
drop:
	rmp_count(o->end->node, TX_DROPS);
}

/**
 * rmp_tx_message - build frames of a message
 * @end:	session; its lock is held
 * @q:		to put the frames on
 * @f:		header of all; session, frag and len are filled in here
 * @l:		the message
 * @geo:	geometry of the path
 * @mask:	which fragments
 * @src:	what it is made of
 *
 * Context: softirq, or BH off. Reclaim-safe: allocates without reclaim, or takes a frame of the
 * session's reserve. Where that is empty too the frame is dropped and counted, as if the network
 * had lost it.
 */
void rmp_tx_message(struct rmp_end *end, struct sk_buff_head *q, struct rmp_frame *f,
		    const struct rmp_layout *l, const struct rmp_geo *geo, u64 mask,
		    const struct rmp_src *src)
{
	struct rmp_piece piece;
	struct out o;

	if (!out_begin(&o, end, q, f, src))
		return;
	for (; mask; mask &= mask - 1) {
		rmp_layout_piece(l, geo, __ffs64(mask), &piece);
		out_frame(&o, __ffs64(mask), &piece);
	}
}

/* A message of one frame that is no request and no reply. */
static void lone_frame(struct rmp_end *end, struct sk_buff_head *q, struct rmp_frame *f,
		       const struct rmp_piece *piece, const struct rmp_src *src)
{
	struct out o;

	f->ts = rmp_now_us();
	if (out_begin(&o, end, q, f, src))
		out_frame(&o, 0, piece);
}

static const struct rmp_piece no_piece;

/**
 * rmp_tx_nack - ask for fragments
 * @end:	session; its lock is held
 * @q:		to put the frame on
 * @like:	slot, seq, flags (RMP_F_REPLY or not) and ts_echo
 * @mask:	the fragments
 */
void rmp_tx_nack(struct rmp_end *end, struct sk_buff_head *q, const struct rmp_frame *like,
		 u64 mask)
{
	struct rmp_nack body = { .mask = cpu_to_be64(mask) };
	struct rmp_frame f = {
		.type = RMP_T_NACK,
		.flags = like->flags & RMP_F_REPLY,
		.slot = like->slot,
		.seq = like->seq,
		.ts_echo = like->ts_echo,
	};
	struct rmp_piece piece = { .head_len = sizeof(body), .len = sizeof(body) };
	struct rmp_src src = { .head = &body };

	rmp_count(end->node, TX_NACKS);
	lone_frame(end, q, &f, &piece, &src);
}

/**
 * rmp_tx_control - PING, PONG or BYE
 * @end:	session; its lock is held
 * @q:		to put the frame on
 * @type:	enum rmp_type
 * @ts_echo:	time stamp that is answered
 */
void rmp_tx_control(struct rmp_end *end, struct sk_buff_head *q, u8 type, u32 ts_echo)
{
	struct rmp_frame f = { .type = type, .ts_echo = ts_echo };

	lone_frame(end, q, &f, &no_piece, NULL);
}

/**
 * rmp_tx_send - send the frames that were built
 * @node:	node
 * @q:		them; empty afterwards
 *
 * Context: no session lock is held.
 */
void rmp_tx_send(struct rmp_node *node, struct sk_buff_head *q)
{
	u32 frames = 0, bytes = 0, drops = 0;
	struct sk_buff *skb;
	unsigned int flags;

	/* What we send frees memory: the driver may dip into the reserves for it. */
	flags = memalloc_noreclaim_save();
	while ((skb = __skb_dequeue(q))) {
		struct net_device *dev = skb->dev;
		u32 len = skb->len;
		int rc = dev_queue_xmit(skb);

		if (likely(!net_xmit_eval(rc))) {
			frames++;
			bytes += len;
		} else {
			drops++;
		}
		dev_put(dev);
	}
	memalloc_noreclaim_restore(flags);
	rmp_count_n(node, TX_FRAMES, frames);
	rmp_count_n(node, TX_BYTES, bytes);
	if (unlikely(drops))
		rmp_count_n(node, TX_DROPS, drops);
}

static struct sk_buff *small_frame(struct net_device *dev, u32 len)
{
	struct sk_buff *skb = alloc_skb(LL_RESERVED_SPACE(dev) + len + dev->needed_tailroom,
					GFP_ATOMIC | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, LL_RESERVED_SPACE(dev));
	return skb;
}

/* Add the Ethernet header, and send it. Context: process, RCU. */
static void send_plain(struct rmp_link *link, struct net_device *dev, const u8 *dst,
		       struct sk_buff *skb)
{
	struct sk_buff_head q;

	skb->dev = dev;
	skb->protocol = link->ethertype;
	skb_reset_network_header(skb);
	if (dev_hard_header(skb, dev, ntohs(skb->protocol), dst, dev->dev_addr, skb->len) < 0) {
		rmp_count(link->node, TX_DROPS);
		kfree_skb(skb);
		return;
	}
	skb_reset_mac_header(skb);
	dev_hold(dev);
	__skb_queue_head_init(&q);
	__skb_queue_tail(&q, skb);
	local_bh_disable();
	rmp_tx_send(link->node, &q);
	local_bh_enable();
}

/**
 * rmp_tx_plain - send a frame of discovery
 * @link:	over which link
 * @dst:	to whom
 * @frame:	what follows the Ethernet header
 * @len:	its bytes
 *
 * Context: process.
 */
void rmp_tx_plain(struct rmp_link *link, const u8 *dst, const void *frame, u32 len)
{
	struct net_device *dev;
	struct sk_buff *skb;

	rcu_read_lock();
	dev = rcu_dereference(link->dev);
	skb = dev ? small_frame(dev, len) : NULL;
	if (skb) {
		skb_put_data(skb, frame, len);
		send_plain(link, dev, dst, skb);
	} else if (dev) {
		rmp_count(link->node, TX_DROPS);
	}
	rcu_read_unlock();
}

/* Zeros need no memory of their own. */
static void refer_zeros(struct sk_buff *skb, u32 len)
{
	while (len) {
		u32 n = min_t(u32, len, PAGE_SIZE);

		get_page(ZERO_PAGE(0));
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, ZERO_PAGE(0), 0, n, n);
		len -= n;
	}
}

static struct sk_buff *padded_frame(struct rmp_end *end, struct net_device *dev,
				    const void *frame, u32 len, u32 pad)
{
	struct sk_buff *skb = READ_ONCE(reserve_only) ? NULL : small_frame(dev, len);
	struct rmp_reserve *r = reserve_for(end, pad);

	if (skb) {
		skb_put_data(skb, frame, len);
		refer_zeros(skb, pad - len);
		return skb;
	}
	if (end->initiator && rmp_sess_of(end)->hs_reserve.mtu >= pad)
		r = &rmp_sess_of(end)->hs_reserve;
	spin_lock_bh(&end->lock);
	skb = from_reserve(end, r, pad);
	spin_unlock_bh(&end->lock);
	if (skb) {
		skb_put_data(skb, frame, len);
		skb_put_zero(skb, pad - len);
	}
	return skb;
}

/**
 * rmp_tx_padded - send a frame of a handshake
 * @end:	whose; of an initiator it may use the emergency reserves: it frees memory
 * @path:	to whom
 * @frame:	what follows the Ethernet header
 * @len:	its bytes
 * @pad:	bytes of the frame with its padding, more than @len
 *
 * Context: process. Reclaim-safe: where the system has nothing, a frame of the session's reserve.
 */
void rmp_tx_padded(struct rmp_end *end, const struct rmp_path *path, const void *frame, u32 len,
		   u32 pad)
{
	unsigned int flags = end->initiator ? memalloc_noreclaim_save() : 0;
	struct net_device *dev;
	struct sk_buff *skb;

	rcu_read_lock();
	dev = rcu_dereference(path->link->dev);
	skb = dev ? padded_frame(end, dev, frame, len, pad) : NULL;
	if (skb)
		send_plain(path->link, dev, path->addr, skb);
	else
		rmp_count(end->node, TX_DROPS);
	rcu_read_unlock();
	if (end->initiator)
		memalloc_noreclaim_restore(flags);
}
