// SPDX-License-Identifier: GPL-2.0-only
/* What both ends of a session have in common: key pairs, sending, opening. Follows table.c, tx.c
 * and rx.c. */
#include "node.h"
#include "rmp_crypto.h"

struct keypair *keypair_new(struct end *end)
{
	struct node *n = end->node;
	struct keypair *kp;
	unsigned int i;

	for (i = 0; i < INDEXES; i++) {
		u32 at = (n->next_index + i) % INDEXES;

		if (n->kp[at])
			continue;
		kp = calloc(1, sizeof(*kp));
		kp->end = end;
		kp->local = (u32)rnd(n->w) << INDEX_BITS | at;
		n->kp[at] = kp;
		n->next_index = at + 1;
		n->nkeypairs++;
		return kp;
	}
	return NULL;
}

void keypair_drop(struct keypair *kp)
{
	struct node *n;

	if (!kp)
		return;
	n = kp->end->node;
	n->kp[kp->local % INDEXES] = NULL;
	n->nkeypairs--;
	kp->dropped = true;
	if (!kp->in_hand)
		free(kp);
}

/* A frame has found it. */
void keypair_get(struct keypair *kp)
{
	kp->in_hand++;
	kp->end->in_hand++;
}

static void really_free(struct end *end)
{
	struct tsess *ts = (struct tsess *)((char *)end - offsetof(struct tsess, end));

	if (end->initiator) {
		free((char *)end - offsetof(struct sess, end));
		return;
	}
	free(ts->slot);
	free(ts);
}

/* The frame is through. */
void keypair_put(struct keypair *kp)
{
	struct end *end = kp->end;

	if (!--kp->in_hand && kp->dropped)
		free(kp);
	if (!--end->in_hand && end->freed)
		really_free(end);
}

/* Nobody refers to it any more but frames in hand, which find it dead. */
void end_free(struct end *end)
{
	end->dead = true;
	end->freed = true;
	if (!end->in_hand)
		really_free(end);
}

struct keypair *keypair_find(struct node *n, u32 index)
{
	struct keypair *kp = n->kp[index % INDEXES];

	return kp && kp->local == index && kp->counter ? kp : NULL;
}

static u8 *place(const struct src *src, const struct rmp_run *run)
{
	if (!src->page)
		return src->data + run->pos;
	return src->page[run->pos / RMP_PAGE_SIZE]->b + run->pos % RMP_PAGE_SIZE;
}

static u8 *put_run(u8 *at, const struct src *src, const struct rmp_run *run)
{
	memcpy(at, place(src, run), run->len);
	return at + run->len;
}

static u32 protect(struct keypair *kp, struct rmp_hdr *hdr, u8 *body, u32 len)
{
	if (kp->security == RMP_SEC_NOISE) {
		u64 nonce = kp->counter++;

		hdr->counter = cpu_to_be64(nonce);
		rmp_aead_encrypt(body, body, len, (u8 *)hdr, sizeof(*hdr), nonce, kp->send_key);
		return RMP_TAG_LEN;
	}
	hdr->hcrc = 0;
	hdr->pcrc = cpu_to_be32(crc32c(0, body, len));
	hdr->hcrc = cpu_to_be32(crc32c(0, hdr, sizeof(*hdr)));
	return 0;
}

void tx_build(struct end *end, struct rmp_frame *f, const struct rmp_piece *p,
	      const struct src *src)
{
	struct keypair *kp = end->cur;
	u8 frame[RMP_MTU_MAX], *body = frame + RMP_HDR_LEN, *at = body;
	struct rmp_hdr hdr;
	unsigned int i;
	u32 len;

	if (end->dead || !kp)
		return;
	f->session = kp->remote;
	f->len = p->len;
	f->ts = now_us(end->node);
	rmp_frame_build(&hdr, f);
	if (p->head_len) {
		memcpy(at, src->head, p->head_len);
		at += p->head_len;
	}
	for (i = 0; i < p->nruns; i++)
		at = put_run(at, src, &p->run[i]);
	len = RMP_HDR_LEN + p->len + protect(kp, &hdr, body, p->len);
	memcpy(frame, &hdr, sizeof(hdr));
	note(end->node->w, "tx node %llu type %llu slot %llu seq %llu frag %llu flags %llx",
	     end->node->index, f->type, f->slot, f->seq, f->frag, f->flags);
	/* Ethernet pads to 60 bytes. */
	net_send(end->node, end->peer, frame, len, max(len, 46u));
}

void tx_nack(struct end *end, const struct rmp_frame *like, u64 mask)
{
	struct rmp_nack body = { .mask = cpu_to_be64(mask) };
	struct rmp_piece piece = { .head_len = sizeof(body), .len = sizeof(body) };
	struct src src = { .head = &body };
	struct rmp_frame f = {
		.type = RMP_T_NACK, .flags = like->flags & RMP_F_REPLY, .slot = like->slot,
		.seq = like->seq, .ts_echo = like->ts_echo,
	};

	end->node->w->stats.nacks++;
	tx_build(end, &f, &piece, &src);
}

void tx_control(struct end *end, u8 type, u32 ts_echo)
{
	struct rmp_frame f = { .type = type, .ts_echo = ts_echo };
	static const struct rmp_piece none;

	tx_build(end, &f, &none, NULL);
}

static const u8 *take_run(const u8 *at, const struct src *dst, const struct rmp_run *run)
{
	memcpy(place(dst, run), at, run->len);
	return at + run->len;
}

static void scatter(const u8 *at, const struct rmp_piece *p, void *head, const struct src *dst)
{
	unsigned int i;

	if (p->head_len) {
		memcpy(head, at, p->head_len);
		at += p->head_len;
	}
	for (i = 0; i < p->nruns; i++)
		at = take_run(at, dst, &p->run[i]);
}

static bool crc_ok(const struct in *in)
{
	struct rmp_hdr hdr = in->hdr;

	hdr.hcrc = 0;
	return crc32c(0, &hdr, sizeof(hdr)) == be32_to_cpu(in->hdr.hcrc) &&
	       crc32c(0, in->raw->data + RMP_HDR_LEN, in->f.len) == be32_to_cpu(in->hdr.pcrc);
}

/* The body in clear. Return: NULL when the frame is not authentic. */
static const u8 *open_any(struct in *in, u8 *buf)
{
	struct world *w = in->kp->end->node->w;
	const u8 *body = in->raw->data + RMP_HDR_LEN;
	u64 nonce = be64_to_cpu(in->hdr.counter);

	if (in->kp->security != RMP_SEC_NOISE) {
		w->stats.bad += !crc_ok(in);
		return crc_ok(in) || w->brk == BRK_IGNORE_CRC ? body : NULL;
	}
	if (!rmp_replay_fresh(&in->kp->replay, nonce) && w->brk != BRK_IGNORE_REPLAY) {
		w->stats.replayed++;
		return NULL;
	}
	if (!rmp_aead_decrypt(buf, body, in->f.len + RMP_TAG_LEN, (u8 *)&in->hdr, sizeof(in->hdr),
			      nonce, in->kp->recv_key)) {
		w->stats.bad++;
		return w->brk == BRK_IGNORE_CRC ? body : NULL;
	}
	rmp_replay_mark(&in->kp->replay, nonce);
	return buf;
}

bool in_open(struct in *in, const struct rmp_piece *p, void *head, const struct src *dst)
{
	struct world *w = in->kp->end->node->w;
	bool sealed = in->kp->security == RMP_SEC_NOISE;
	u8 buf[RMP_MTU_MAX];
	const u8 *body = open_any(in, buf);

	if (!body)
		return false;
	if (in->raw->damaged &&
	    in->raw->damaged_at < RMP_HDR_LEN + in->f.len + (sealed ? RMP_TAG_LEN : 0))
		fail(w, "node %u took a frame that was damaged at byte %u",
		     in->kp->end->node->index, in->raw->damaged_at);
	if (sealed && in->raw->origin->taken)
		fail(w, "node %u took a frame twice", in->kp->end->node->index);
	in->raw->origin->taken = true;
	scatter(body, p, head, dst);
	return true;
}

bool in_open_body(struct in *in, void *body, u32 len)
{
	struct rmp_piece p = { .head_len = len, .len = len };

	return in_open(in, &p, body, NULL);
}

void count_drop(struct node *n, const struct rmp_frame *f, enum rmp_rx rx)
{
	struct stats *s = &n->w->stats;

	if (rx == RMP_RX_STALE)
		s->stale++;
	else if (rx == RMP_RX_DUPLICATE)
		s->duplicates++;
	else
		s->malformed++;
	note(n->w, "drop node %llu type %llu slot %llu seq %llu frag %llu why %llu", n->index,
	     f->type, f->slot, f->seq, f->frag, rx);
}
