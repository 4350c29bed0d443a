// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving. A frame of a session is checked, authenticated and put in place in softirq; a frame
 * of discovery or of a handshake waits for process context in a bounded queue. What arrived is
 * only read, never written to: the buffer may be shared with others, even with the page store of
 * a node on this machine.
 */
#include <linux/highmem.h>
#include <linux/skbuff.h>

#include "rmp_crypto.h"
#include "sess.h"
#include "trace.h"

/*
 * Plain text or cipher text that does not lie in one piece; used with BH off, never across a call
 * out of this file.
 */
static u8 __percpu *scratch;

int rmp_rx_init(void)
{
	scratch = __alloc_percpu(RMP_MTU_MAX, 64);
	return scratch ? 0 : -ENOMEM;
}

void rmp_rx_exit(void)
{
	free_percpu(scratch);
}

struct slow_cb {
	struct rmp_link *link;
};
#define SLOW_CB(skb) ((struct slow_cb *)(skb)->cb)

/* Bytes of a discovery or handshake frame that mean something; the rest is padding. */
#define SLOW_FRAME_MAX	256

/*
 * Of @len bytes of a fragment from @from on. It may be a compound page; highmem maps one at a
 * time.
 */
static u32 crc_frag(u32 crc, const skb_frag_t *frag, u32 from, u32 len)
{
	u32 at = skb_frag_off(frag) + from, part;

	for (; len; at += part, len -= part) {
		u8 *p = kmap_local_page(skb_frag_page(frag) + (at >> PAGE_SHIFT));

		part = min_t(u32, len, PAGE_SIZE - offset_in_page(at));
		crc = rmp_crc32c(crc, p + offset_in_page(at), part);
		kunmap_local(p);
	}
	return crc;
}

static bool crc_ok(const struct rmp_in *in)
{
	struct rmp_hdr hdr = in->hdr;
	struct sk_buff *skb = in->skb;
	u32 crc = 0, len = in->f.len, skipped = RMP_HDR_LEN, n;
	unsigned int i;

	hdr.hcrc = 0;
	if (rmp_crc32c(0, &hdr, sizeof(hdr)) != be32_to_cpu(in->hdr.hcrc))
		return false;
	if (unlikely(skb_has_frag_list(skb))) {
		u8 *buf = this_cpu_ptr(scratch);

		skb_copy_bits(skb, RMP_HDR_LEN, buf, len);
		return rmp_crc32c(0, buf, len) == be32_to_cpu(in->hdr.pcrc);
	}
	/* A driver may leave any part of the frame, even the header, in fragments. */
	n = min(skb_headlen(skb), skipped + len);
	if (n > skipped)
		crc = rmp_crc32c(crc, skb->data + skipped, n - skipped);
	len -= n - min(n, skipped);
	skipped -= min(n, skipped);
	for (i = 0; i < skb_shinfo(skb)->nr_frags && len; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		n = min(skb_frag_size(frag), skipped + len);
		if (n > skipped)
			crc = crc_frag(crc, frag, skipped, n - skipped);
		len -= n - min(n, skipped);
		skipped -= min(n, skipped);
	}
	return !len && crc == be32_to_cpu(in->hdr.pcrc);
}

struct in_part {
	struct sk_buff	*skb;	/* or */
	const u8	*buf;
	u32		pos;
};

static void take_part(void *arg, struct page *page, u32 off, u32 len)
{
	struct in_part *a = arg;
	u8 *p = kmap_local_page(page);

	if (a->skb)
		skb_copy_bits(a->skb, a->pos, p + off, len);
	else
		memcpy(p + off, a->buf + a->pos, len);
	kunmap_local(p);
	a->pos += len;
}

static void scatter(struct in_part *a, const struct rmp_piece *piece, void *head,
		    const struct rmp_src *dst)
{
	unsigned int i;

	if (piece->head_len) {
		if (a->skb)
			skb_copy_bits(a->skb, a->pos, head, piece->head_len);
		else
			memcpy(head, a->buf + a->pos, piece->head_len);
		a->pos += piece->head_len;
	}
	for (i = 0; i < piece->nruns; i++)
		rmp_for_each_part(dst, &piece->run[i], take_part, a);
}

static bool open_plain(struct rmp_in *in, const struct rmp_piece *piece, void *head,
		       const struct rmp_src *dst)
{
	struct in_part a = { .skb = in->skb, .pos = RMP_HDR_LEN };

	if (!crc_ok(in)) {
		rmp_count(in->kp->end->node, RX_BADCRC);
		return false;
	}
	scatter(&a, piece, head, dst);
	return true;
}

static bool decrypt(struct rmp_in *in, u8 *dst, const u8 *src, u64 nonce)
{
	if (rmp_aead_decrypt(dst, src, in->f.len + RMP_TAG_LEN, (const u8 *)&in->hdr,
			     sizeof(in->hdr), nonce, in->kp->recv_key)) {
		rmp_replay_mark(&in->kp->replay, nonce);
		return true;
	}
	rmp_count(in->kp->end->node, RX_BADTAG);
	return false;
}

static bool open_sealed(struct rmp_in *in, const struct rmp_piece *piece, void *head,
			const struct rmp_src *dst)
{
	u32 len = in->f.len + RMP_TAG_LEN;
	u64 nonce = be64_to_cpu(in->hdr.counter);
	u8 *buf = this_cpu_ptr(scratch);
	struct in_part a = { .buf = buf };
	const u8 *src = buf;

	if (!rmp_replay_fresh(&in->kp->replay, nonce)) {
		rmp_count(in->kp->end->node, RX_REPLAYED);
		return false;
	}
	if (skb_headlen(in->skb) >= RMP_HDR_LEN + len)
		src = in->skb->data + RMP_HDR_LEN;
	else
		skb_copy_bits(in->skb, RMP_HDR_LEN, buf, len);

	if (piece->nruns == 1 && !piece->head_len && (dst->page || dst->whole)) {
		u32 n = piece->run[0].pos / RMP_PAGE_SIZE;
		u8 *p = kmap_local_page(dst->page ? dst->page[n] : dst->bv[n].bv_page);
		bool ok = decrypt(in, p + piece->run[0].pos % RMP_PAGE_SIZE, src, nonce);

		kunmap_local(p);
		return ok;
	}
	if (!decrypt(in, buf, src, nonce))
		return false;
	scatter(&a, piece, head, dst);
	return true;
}

/**
 * rmp_in_open - authenticate a frame and put its bytes in place
 * @in:		the frame
 * @piece:	what it carries; shorter than the frame's body when the rest does not matter
 * @head:	where the message's head goes, when it is in this frame
 * @dst:	where the data goes
 *
 * Context: softirq; the lock of the session is held.
 * Return: false: nothing was written, the frame is dropped and counted.
 */
bool rmp_in_open(struct rmp_in *in, const struct rmp_piece *piece, void *head,
		 const struct rmp_src *dst)
{
	return in->kp->security == RMP_SEC_NOISE ? open_sealed(in, piece, head, dst)
						 : open_plain(in, piece, head, dst);
}

/**
 * rmp_in_open_body - authenticate a frame that carries no part of a message
 * @in:		the frame
 * @body:	to fill
 * @len:	bytes wanted: all of the body, or 0
 *
 * Context and return as rmp_in_open().
 */
bool rmp_in_open_body(struct rmp_in *in, void *body, u32 len)
{
	struct rmp_piece piece = { .head_len = len, .len = len };

	return rmp_in_open(in, &piece, body, NULL);
}

static void slow_queue(struct rmp_link *link, struct sk_buff *skb)
{
	struct rmp_node *node = link->node;

	if (skb_queue_len_lockless(&node->slow) >= RMP_SLOW_MAX || skb_pfmemalloc(skb)) {
		rmp_count(node, RX_OVERLOAD);
		kfree_skb(skb);
		return;
	}
	rmp_link_get(link);
	SLOW_CB(skb)->link = link;
	skb_queue_tail(&node->slow, skb);
	queue_work(node->wq, &node->slow_work);
}

/* Context: any; a frame that was queued and that nobody will look at. */
void rmp_slow_drop(struct sk_buff *skb)
{
	struct rmp_link *link = SLOW_CB(skb)->link;

	kfree_skb(skb);
	rmp_link_put(link);
}

/**
 * rmp_slow_work - take frames of discovery and handshakes
 * @work:	node->slow_work
 *
 * Context: process.
 */
void rmp_slow_work(struct work_struct *work)
{
	struct rmp_node *node = container_of(work, struct rmp_node, slow_work);
	u8 frame[SLOW_FRAME_MAX];
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&node->slow))) {
		struct rmp_link *link = SLOW_CB(skb)->link;
		u32 len = min_t(u32, skb->len, sizeof(frame));
		u8 src[ETH_ALEN];

		memset(frame, 0, sizeof(frame));
		skb_copy_bits(skb, 0, frame, len);
		ether_addr_copy(src, eth_hdr(skb)->h_source);
		if (frame[0] == RMP_T_ADVERT || frame[0] == RMP_T_SOLICIT)
			rmp_disc_rx(node, link, src, frame, len);
		else
			rmp_hs_rx(node, link, src, frame, skb->len);
		rmp_slow_drop(skb);
		cond_resched();
	}
}

static void session_frame(struct rmp_node *node, struct rmp_in *in)
{
	u32 tag;

	if (!rmp_frame_parse(&in->f, &in->hdr, in->skb->len - RMP_HDR_LEN)) {
		rmp_count(node, RX_MALFORMED);
		return;
	}
	in->kp = rmp_keypair_find(node, in->f.session);
	if (!in->kp) {
		rmp_count(node, RX_UNKNOWN);
		return;
	}
	tag = in->kp->security == RMP_SEC_NOISE ? RMP_TAG_LEN : 0;
	if (in->f.len + tag > in->skb->len - RMP_HDR_LEN ||
	    in->f.len + tag > RMP_MTU_MAX - RMP_HDR_LEN) {
		rmp_count(node, RX_MALFORMED);
		return;
	}
	trace_rmp_rx(&in->f);
	if (in->kp->end->initiator)
		rmp_sess_rx(rmp_sess_of(in->kp->end), in);
	else
		rmp_tsess_rx(rmp_tsess_of(in->kp->end), in);
}

/**
 * rmp_rx - take a frame that is addressed to us
 * @link:	over which link
 * @skb:	the frame, data after the Ethernet header; freed
 *
 * Context: softirq, RCU read side.
 */
void rmp_rx(struct rmp_link *link, struct sk_buff *skb)
{
	struct rmp_node *node = link->node;
	struct rmp_in in = { .skb = skb };

	rmp_count(node, RX_FRAMES);
	rmp_count_n(node, RX_BYTES, skb->len);
	if (unlikely(skb->len < RMP_HDR_LEN || skb_copy_bits(skb, 0, &in.hdr, sizeof(in.hdr)))) {
		rmp_count(node, RX_MALFORMED);
		kfree_skb(skb);
		return;
	}
	if (in.hdr.type && in.hdr.type <= RMP_T_RESP) {
		slow_queue(link, skb);
		return;
	}
	session_frame(node, &in);
	napi_consume_skb(skb, 1);	/* softirq: to the cache that from_system() takes from */
}

/**
 * rmp_rx_shared - read a broadcast frame
 * @link:	over which link
 * @skb:	the frame; stays the caller's
 *
 * Context: softirq, RCU read side.
 */
void rmp_rx_shared(struct rmp_link *link, const struct sk_buff *skb)
{
	struct sk_buff *clone;
	u8 type;

	rmp_count(link->node, RX_FRAMES);
	rmp_count_n(link->node, RX_BYTES, skb->len);
	if (skb_copy_bits(skb, 0, &type, 1) || (type != RMP_T_ADVERT && type != RMP_T_SOLICIT)) {
		rmp_count(link->node, RX_MALFORMED);
		return;
	}
	clone = skb_clone((struct sk_buff *)skb, GFP_ATOMIC | __GFP_NOWARN | __GFP_NOMEMALLOC);
	if (clone)
		slow_queue(link, clone);
}
