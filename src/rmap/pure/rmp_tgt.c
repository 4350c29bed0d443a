// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_tgt.h"

/**
 * rmp_tgt_init - a new target
 * @tgt:	to fill
 * @mtu:	of the path, bytes
 * @nslots:	slots, 1 to RMP_SLOTS_MAX
 */
void rmp_tgt_init(struct rmp_tgt *tgt, unsigned int mtu, u8 nslots)
{
	memset(tgt, 0, sizeof(*tgt));
	rmp_geo_init(&tgt->geo, mtu);
	tgt->nslots = nslots;
}

static enum rmp_rx check_new(const struct rmp_tgt *tgt, const struct rmp_frame *f,
			     struct rmp_layout *l, struct rmp_piece *piece)
{
	if (!rmp_layout_init(l, &tgt->geo, &f->msg) || f->frag >= l->nfrags)
		return RMP_RX_MALFORMED;
	rmp_layout_piece(l, &tgt->geo, f->frag, piece);
	return piece->len == f->len ? RMP_RX_NEW : RMP_RX_MALFORMED;
}

static enum rmp_rx check_current(const struct rmp_tgt *tgt, const struct rmp_frame *f,
				 struct rmp_layout *l, struct rmp_piece *piece)
{
	const struct rmp_tgt_slot *s = &tgt->slot[f->slot];
	bool probe = f->flags & RMP_F_PROBE;

	switch (s->state) {
	case RMP_TGT_ARRIVING:
		/*
		 * The initiator gave up the request and made its slot void: see rmp_ini_void().
		 * Nothing was executed.
		 */
		if (!rmp_msg_equal(&s->req.msg, &f->msg))
			return check_new(tgt, f, l, piece);
		if (f->frag >= s->req.nfrags)
			return RMP_RX_MALFORMED;
		if (s->got & BIT_ULL(f->frag))
			return probe ? RMP_RX_AGAIN : RMP_RX_DUPLICATE;
		rmp_layout_piece(&s->req, &tgt->geo, f->frag, piece);
		return piece->len == f->len ? RMP_RX_PLACE : RMP_RX_MALFORMED;
	default:
		return probe ? RMP_RX_AGAIN : RMP_RX_DUPLICATE;
	}
}

/**
 * rmp_tgt_check - what to do with a fragment of a request
 * @tgt:	target; not changed, for the frame is not authenticated yet
 * @f:		the frame
 * @l:		to fill for RMP_RX_NEW: the request that it begins
 * @piece:	to fill for RMP_RX_PLACE and RMP_RX_NEW: what the fragment carries
 *
 * Return: RMP_RX_PLACE, RMP_RX_NEW: authenticate it, put it in place (for RMP_RX_NEW into fresh
 * pages; what the slot held is to be freed) and call rmp_tgt_placed(). RMP_RX_AGAIN: authenticate
 * it and call rmp_tgt_placed(). Else drop it.
 */
enum rmp_rx rmp_tgt_check(const struct rmp_tgt *tgt, const struct rmp_frame *f,
			  struct rmp_layout *l, struct rmp_piece *piece)
{
	const struct rmp_tgt_slot *s = &tgt->slot[f->slot];

	if (f->slot >= tgt->nslots)
		return RMP_RX_MALFORMED;
	if (f->seq == s->seq && s->state != RMP_TGT_IDLE)
		return check_current(tgt, f, l, piece);
	if (f->seq == s->seq + 1 && (s->state == RMP_TGT_IDLE || s->state == RMP_TGT_ANSWERED))
		return check_new(tgt, f, l, piece);
	return RMP_RX_STALE;
}

static void nack_gap(struct rmp_tgt_slot *s, const struct rmp_frame *f, struct rmp_act *act)
{
	u64 missing = rmp_layout_all(&s->req) & ~s->got;

	if (f->flags & RMP_F_PROBE)
		s->nacked = 0;
	else
		missing &= BIT_ULL(f->frag) - 1;
	act->nack = missing & ~s->nacked;
	s->nacked |= act->nack;
}

/**
 * rmp_tgt_placed - a frame was authenticated, and its fragment, if any, is in place
 * @tgt:	target
 * @f:		the frame
 * @rx:		what rmp_tgt_check() has just said
 * @l:		what it has filled in
 * @act:	to fill: @done (execute the request), @nack, @alive, @send (the reply once more)
 */
void rmp_tgt_placed(struct rmp_tgt *tgt, const struct rmp_frame *f, enum rmp_rx rx,
		    const struct rmp_layout *l, struct rmp_act *act)
{
	struct rmp_tgt_slot *s = &tgt->slot[f->slot];

	*act = (struct rmp_act) { .slot = f->slot };
	if (rx == RMP_RX_NEW) {
		s->seq = f->seq;
		s->state = RMP_TGT_ARRIVING;
		s->got = 0;
		s->nacked = 0;
		s->req = *l;
	}
	s->ts = f->ts;
	if (s->state == RMP_TGT_ANSWERED) {
		act->send = rmp_layout_all(&s->rep);
		return;
	}
	if (s->state == RMP_TGT_EXECUTING) {
		act->alive = true;
		return;
	}
	s->got |= BIT_ULL(f->frag);
	if (s->got == rmp_layout_all(&s->req)) {
		s->state = RMP_TGT_EXECUTING;
		act->done = true;
		return;
	}
	nack_gap(s, f, act);
}

/**
 * rmp_tgt_reply - the request in a slot is answered, executed or not
 * @tgt:	target
 * @slot:	slot
 * @msg:	shape of the reply
 * @status:	enum rmp_status
 * @slow:	it was executed in process context
 * @act:	to fill: @send
 *
 * Return: false when no such message can exist; the slot is as before then.
 */
bool rmp_tgt_reply(struct rmp_tgt *tgt, unsigned int slot, const struct rmp_msg *msg, u8 status,
		   bool slow, struct rmp_act *act)
{
	struct rmp_tgt_slot *s = &tgt->slot[slot];

	if (!rmp_layout_init(&s->rep, &tgt->geo, msg))
		return false;
	s->state = RMP_TGT_ANSWERED;
	s->status = status;
	s->slow = slow;
	*act = (struct rmp_act) { .slot = slot, .send = rmp_layout_all(&s->rep) };
	return true;
}

/**
 * rmp_tgt_nack - the initiator misses fragments of a reply
 * @tgt:	target
 * @f:		the NACK frame, authenticated
 * @mask:	the fragments
 * @act:	to fill: @send
 *
 * Return: false when the slot has gone on.
 */
bool rmp_tgt_nack(struct rmp_tgt *tgt, const struct rmp_frame *f, u64 mask, struct rmp_act *act)
{
	struct rmp_tgt_slot *s = &tgt->slot[f->slot];

	if (f->slot >= tgt->nslots || s->state != RMP_TGT_ANSWERED || s->seq != f->seq)
		return false;
	s->ts = f->ts;
	*act = (struct rmp_act) { .slot = f->slot, .send = mask & rmp_layout_all(&s->rep) };
	return true;
}
