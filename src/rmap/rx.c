// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving. A frame of a session is checked, authenticated and put in place in softirq; a frame
 * of discovery or of a handshake waits for process context (slow.c). What arrived is
 * only read, never written to: the buffer may be shared with others, even with the page store of
 * a node on this machine.
 */
#include <linux/highmem.h>
#include <linux/skbuff.h>

#include "rmp_crypto.h"
#include "sess.h"
#include "trace.h"

/* A driver leaves the header in the linear part and each page in a fragment, or all in one. */
#define PARTS_MAX	4

/**
 * struct body - the body of a frame, in contiguous parts
 * @part:	them
 * @n:		how many
 * @off:	bytes of the first one that were taken
 */
struct body {
	struct kvec	part[PARTS_MAX];
	unsigned int	n;
	unsigned int	off;
};

/**
 * struct scratch - what is needed for one frame, and too large for the stack, which is cleared
 * @hdr:	its header
 * @body:	its body
 * @buf:	plain text or cipher text that does not lie in one piece
 *
 * Per CPU, used with BH off, and only until rmp_in_open() has returned: nothing is sent before, so
 * no other frame comes meanwhile.
 */
struct scratch {
	struct rmp_hdr	hdr;
	struct body	body;
	u8		buf[RMP_MTU_MAX] __aligned(64);
};

static struct scratch __percpu *scratch;

int rmp_rx_init(void)
{
	scratch = alloc_percpu(struct scratch);
	return scratch ? 0 : -ENOMEM;
}

void rmp_rx_exit(void)
{
	free_percpu(scratch);
}

/* In parts that lie elsewhere, or too many: copied into one. */
static void gather(struct sk_buff *skb, u32 len, struct body *b)
{
	b->part[0].iov_base = this_cpu_ptr(scratch)->buf;
	b->part[0].iov_len = len;
	b->n = 1;
	skb_copy_bits(skb, RMP_HDR_LEN, b->part[0].iov_base, len);
}

/* The same, where it does not lie in one part. */
static noinline void find_parts(struct sk_buff *skb, u32 len, struct body *b)
{
	u32 linear = skb_headlen(skb), left = len;
	unsigned int i;

	if (linear < RMP_HDR_LEN || skb_has_frag_list(skb)) {
		gather(skb, len, b);
		return;
	}
	b->n = 0;
	if (linear > RMP_HDR_LEN) {
		b->part[b->n++] = (struct kvec) { skb->data + RMP_HDR_LEN, linear - RMP_HDR_LEN };
		left -= linear - RMP_HDR_LEN;
	}
	for (i = 0; left; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		u32 n = min(skb_frag_size(frag), left);

		if (b->n == PARTS_MAX || PageHighMem(skb_frag_page(frag))) {
			gather(skb, len, b);
			return;
		}
		b->part[b->n++] = (struct kvec) { skb_frag_address(frag), n };
		left -= n;
	}
}

/*
 * The first @len bytes after the header; the frame has them. In one part of memory: what a page
 * of the sender came in on a virtual wire, or a small frame of any driver.
 */
static __always_inline struct body *find_body(struct sk_buff *skb, u32 len)
{
	const skb_frag_t *frag = &skb_shinfo(skb)->frags[0];
	struct body *b = &this_cpu_ptr(scratch)->body;
	u32 linear = skb_headlen(skb);

	b->off = 0;
	b->n = 1;
	b->part[0].iov_len = len;
	if (linear >= RMP_HDR_LEN + len)
		b->part[0].iov_base = skb->data + RMP_HDR_LEN;
	else if (linear == RMP_HDR_LEN && skb_shinfo(skb)->nr_frags &&
		 skb_frag_size(frag) >= len && !PageHighMem(skb_frag_page(frag)))
		b->part[0].iov_base = skb_frag_address(frag);
	else
		find_parts(skb, len, b);
	return b;
}

static __always_inline bool crc_ok(struct rmp_hdr *hdr, const struct body *b)
{
	u32 crc = be32_to_cpu(hdr->hcrc);
	unsigned int i;

	hdr->hcrc = 0;
	if (rmp_hdr_crc(hdr) != crc)
		return false;
	crc = rmp_crc32c(0, b->part[0].iov_base, b->part[0].iov_len);
	for (i = 1; i < b->n; i++)
		crc = rmp_crc32c(crc, b->part[i].iov_base, b->part[i].iov_len);
	return crc == be32_to_cpu(hdr->pcrc);
}

/* Go on to the next part. Return: bytes of this one that went to @to. */
static noinline u32 finish_part(struct body *b, void *to)
{
	u32 n = b->part[0].iov_len - b->off;

	memcpy(to, b->part[0].iov_base + b->off, n);
	b->off = 0;
	b->n--;
	memmove(b->part, b->part + 1, b->n * sizeof(b->part[0]));
	return n;
}

/* The next @len bytes of a body. */
static __always_inline void take(struct body *b, void *to, u32 len)
{
	while (unlikely(len > b->part[0].iov_len - b->off)) {
		u32 n = finish_part(b, to);

		to += n;
		len -= n;
	}
	memcpy(to, b->part[0].iov_base + b->off, len);
	b->off += len;
}

static void take_part(void *arg, struct page *page, u32 off, u32 len)
{
	u8 *p = kmap_local_page(page);

	take(arg, p + off, len);
	kunmap_local(p);
}

static __always_inline void scatter(struct body *b, const struct rmp_piece *piece,
				    void *head, const struct rmp_src *dst)
{
	unsigned int i;

	if (piece->head_len)
		take(b, head, piece->head_len);
	for (i = 0; i < piece->nruns; i++) {
		const struct rmp_run *run = &piece->run[i];
		struct page *page = rmp_src_page(dst, run);

		if (likely(page)) {
			u8 *p = kmap_local_page(page);

			take(b, p + run->pos % RMP_PAGE_SIZE, run->len);
			kunmap_local(p);
		} else {
			rmp_for_each_part(dst, run, take_part, b);
		}
	}
}

static __always_inline bool open_plain(struct rmp_in *in, const struct rmp_piece *piece,
				       void *head, const struct rmp_src *dst)
{
	struct body *b = find_body(in->skb, in->f.len);

	if (unlikely(!crc_ok(&this_cpu_ptr(scratch)->hdr, b))) {
		rmp_count(in->kp->end->node, RX_BADCRC);
		return false;
	}
	scatter(b, piece, head, dst);
	return true;
}

static bool decrypt(struct rmp_in *in, u8 *dst, const u8 *src, u64 nonce)
{
	const struct rmp_hdr *hdr = &this_cpu_ptr(scratch)->hdr;

	if (rmp_aead_decrypt(dst, src, in->f.len + RMP_TAG_LEN, (const u8 *)hdr, sizeof(*hdr),
			     nonce, in->kp->recv_key)) {
		rmp_replay_mark(&in->kp->replay, nonce);
		return true;
	}
	rmp_count(in->kp->end->node, RX_BADTAG);
	return false;
}

static bool open_sealed(struct rmp_in *in, const struct rmp_piece *piece, void *head,
			const struct rmp_src *dst)
{
	u64 nonce = be64_to_cpu(this_cpu_ptr(scratch)->hdr.counter);
	u8 *buf = this_cpu_ptr(scratch)->buf;
	struct page *page = NULL;
	struct body *b;

	if (!rmp_replay_fresh(&in->kp->replay, nonce)) {
		rmp_count(in->kp->end->node, RX_REPLAYED);
		return false;
	}
	b = find_body(in->skb, in->f.len + RMP_TAG_LEN);
	if (b->n > 1)
		gather(in->skb, in->f.len + RMP_TAG_LEN, b);

	if (piece->nruns == 1 && !piece->head_len)
		page = rmp_src_page(dst, &piece->run[0]);
	if (page) {
		u8 *p = kmap_local_page(page);
		bool ok = decrypt(in, p + piece->run[0].pos % RMP_PAGE_SIZE, b->part[0].iov_base,
				  nonce);

		kunmap_local(p);
		return ok;
	}
	if (!decrypt(in, buf, b->part[0].iov_base, nonce))
		return false;
	b->part[0].iov_base = buf;
	scatter(b, piece, head, dst);
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

static void session_frame(struct rmp_node *node, struct rmp_in *in, const struct rmp_hdr *hdr)
{
	u32 tag;

	if (!rmp_frame_parse(&in->f, hdr, in->skb->len - RMP_HDR_LEN)) {
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

/* Copy the header. Return: false when the frame has none. */
static __always_inline bool take_header(const struct sk_buff *skb, struct rmp_hdr *hdr)
{
	if (unlikely(skb_headlen(skb) < sizeof(*hdr)))
		return !skb_copy_bits(skb, 0, hdr, sizeof(*hdr));
	memcpy(hdr, skb->data, sizeof(*hdr));
	return true;
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
	struct rmp_hdr *hdr = &this_cpu_ptr(scratch)->hdr;
	struct rmp_node *node = link->node;
	struct rmp_in in = { .skb = skb };

	rmp_count(node, RX_FRAMES);
	rmp_count_n(node, RX_BYTES, skb->len);
	if (unlikely(!take_header(skb, hdr))) {
		rmp_count(node, RX_MALFORMED);
		kfree_skb(skb);
		return;
	}
	if (unlikely(hdr->type && hdr->type <= RMP_T_RESP)) {
		rmp_slow_take(link, skb, hdr->type);
		kfree_skb(skb);
		return;
	}
	session_frame(node, &in, hdr);
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
	u8 type;

	rmp_count(link->node, RX_FRAMES);
	rmp_count_n(link->node, RX_BYTES, skb->len);
	if (skb_copy_bits(skb, 0, &type, 1) || (type != RMP_T_ADVERT && type != RMP_T_SOLICIT)) {
		rmp_count(link->node, RX_MALFORMED);
		return;
	}
	rmp_slow_take(link, skb, type);
}
