// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_ini.h"

/* The empty echo that a void slot asks for: no data; its head is a struct rmp_echo of zeros. */
static const struct rmp_msg void_msg = { .head_len = sizeof(struct rmp_echo) };

/**
 * rmp_ini_init - a new initiator
 * @ini:	to fill
 * @mtu:	of the path, bytes
 * @rto_min_us:	floor of the retransmission timeout, microseconds
 * @rto_max_us:	its ceiling
 */
void rmp_ini_init(struct rmp_ini *ini, unsigned int mtu, u32 rto_min_us, u32 rto_max_us)
{
	memset(ini, 0, sizeof(*ini));
	rmp_rtt_init(&ini->rtt, rto_min_us, rto_max_us);
	rmp_ini_restart(ini, mtu, RMP_SLOTS_MAX);
}

/**
 * rmp_ini_restart - begin again with a target that knows nothing of this session
 * @ini:	initiator
 * @mtu:	of the path, bytes
 * @granted:	slots that the target grants
 *
 * All slots are free afterwards, with sequence numbers from the beginning; the shell submits
 * again what was under way, or fails it.
 */
void rmp_ini_restart(struct rmp_ini *ini, unsigned int mtu, u8 granted)
{
	rmp_geo_init(&ini->geo, mtu);
	rmp_cong_init(&ini->cong);
	memset(ini->slot, 0, sizeof(ini->slot));
	ini->free = ~0ULL;
	ini->unsettled = 0;
	ini->granted = granted;
}

/**
 * rmp_ini_resume - go on after the target was unreachable, with the same slots
 * @ini:	initiator
 * @now:	microseconds
 * @granted:	slots that the target grants
 *
 * Everything under way is probed at once.
 */
void rmp_ini_resume(struct rmp_ini *ini, u64 now, u8 granted)
{
	u64 busy = ~ini->free;

	ini->granted = granted;
	for (; busy; busy &= busy - 1) {
		struct rmp_ini_slot *s = &ini->slot[__ffs64(busy)];

		s->tries = 0;
		s->heard = false;
		s->deadline_us = now;
	}
}

/**
 * rmp_ini_reply_frames - frames of a reply at most
 * @ini:	initiator
 * @recv_max:	most bytes of data
 *
 * Return: frames.
 */
u32 rmp_ini_reply_frames(const struct rmp_ini *ini, u32 recv_max)
{
	u32 pages = DIV_ROUND_UP(recv_max, RMP_PAGE_SIZE);

	if (ini->geo.pages)
		return max(DIV_ROUND_UP(pages, ini->geo.pages), 1u);
	return max(pages * ini->geo.per_page, 1u);
}

/**
 * rmp_ini_start - begin a request
 * @ini:	initiator
 * @now:	microseconds
 * @req:	its shape
 *
 * One whose order matters does not begin while the target may still execute another such that was
 * given up: an old write must not come after a new one.
 *
 * Return: the slot; the shell sends all fragments of it. -EAGAIN: no slot is free, the congestion
 * window is full, or it would pass one that was given up; try again when a slot has become free.
 * -EINVAL: no such message can exist.
 */
int rmp_ini_start(struct rmp_ini *ini, u64 now, const struct rmp_ini_req *req)
{
	u64 free = ini->free & (ini->granted >= 64 ? ~0ULL : (1ULL << ini->granted) - 1);
	struct rmp_layout layout;
	struct rmp_ini_slot *s;
	unsigned int n;
	u32 cost;

	if (!rmp_layout_init(&layout, &ini->geo, &req->msg))
		return -EINVAL;
	cost = layout.nfrags + rmp_ini_reply_frames(ini, req->recv_max);
	if (!free || (req->ordered && ini->unsettled) || !rmp_cong_allows(&ini->cong, cost))
		return -EAGAIN;

	n = __ffs64(free);
	s = &ini->slot[n];
	s->req = layout;
	s->got = 0;
	s->nacked = 0;
	s->recv_max = req->recv_max;
	s->head_max = req->head_max;
	s->ordered = req->ordered;
	s->seq++;
	s->cost = cost;
	s->tries = 0;
	s->replied = false;
	s->heard = false;
	s->state = RMP_INI_BUSY;
	s->deadline_us = now + ini->rtt.rto_us;
	ini->free &= ~BIT_ULL(n);
	ini->cong.in_flight += cost;
	return n;
}

/**
 * rmp_ini_void - give up a request that is under way
 * @ini:	initiator
 * @now:	microseconds
 * @slot:	its slot
 *
 * The request's data is not touched from now on; whether it is executed stays unknown.
 */
void rmp_ini_void(struct rmp_ini *ini, u64 now, unsigned int slot)
{
	struct rmp_ini_slot *s = &ini->slot[slot];

	s->state = RMP_INI_VOID;
	if (s->ordered)
		ini->unsettled |= BIT_ULL(slot);
	s->tries = 0;
	s->got = 0;
	s->nacked = 0;
	s->replied = false;
	s->heard = false;
	s->deadline_us = now;
	rmp_layout_init(&s->req, &ini->geo, &void_msg);
}

/* From now on, whatever came before. */
static void set_timer(const struct rmp_ini *ini, struct rmp_ini_slot *s, u64 now)
{
	s->heard = false;
	s->deadline_us = now + rmp_rtt_backoff(&ini->rtt, s->tries);
}

static enum rmp_rx match(const struct rmp_ini *ini, const struct rmp_frame *f)
{
	const struct rmp_ini_slot *s = &ini->slot[f->slot];

	return s->state == RMP_INI_FREE || s->seq != f->seq ? RMP_RX_STALE : RMP_RX_PLACE;
}

/**
 * rmp_ini_check - what to do with a fragment of a reply
 * @ini:	initiator; not changed, for the frame is not authenticated yet
 * @f:		the frame
 * @l:		to fill for the first fragment that comes: the reply that it tells of
 * @piece:	to fill: what the fragment carries; empty when the slot is void
 *
 * Return: RMP_RX_PLACE: authenticate it, put it in place and call rmp_ini_placed(). Else drop it.
 */
enum rmp_rx rmp_ini_check(const struct rmp_ini *ini, const struct rmp_frame *f,
			  struct rmp_layout *l, struct rmp_piece *piece)
{
	const struct rmp_ini_slot *s = &ini->slot[f->slot];
	const struct rmp_layout *rep = &s->rep;
	enum rmp_rx rx = match(ini, f);

	if (rx != RMP_RX_PLACE)
		return rx;
	if (s->state == RMP_INI_VOID) {
		piece->head_len = 0;
		piece->nruns = 0;
		piece->len = 0;
		return RMP_RX_PLACE;
	}
	if (!s->replied) {
		rep = l;
		if (f->msg.data_len > s->recv_max || f->msg.head_len > s->head_max ||
		    !rmp_layout_init(l, &ini->geo, &f->msg))
			return RMP_RX_MALFORMED;
	} else if (!rmp_msg_equal(&rep->msg, &f->msg)) {
		return RMP_RX_MALFORMED;
	}
	if (f->frag >= rep->nfrags)
		return RMP_RX_MALFORMED;
	if (s->got & BIT_ULL(f->frag))
		return RMP_RX_DUPLICATE;
	rmp_layout_piece(rep, &ini->geo, f->frag, piece);
	return piece->len == f->len ? RMP_RX_PLACE : RMP_RX_MALFORMED;
}

static void complete(struct rmp_ini *ini, u64 now, const struct rmp_frame *f, struct rmp_act *act)
{
	struct rmp_ini_slot *s = &ini->slot[f->slot];
	u32 rtt = 0;

	if (!(f->flags & RMP_F_SLOW)) {
		rtt = max((u32)now - f->ts_echo, 1u);
		rmp_rtt_sample(&ini->rtt, rtt);
	}
	act->cut |= rmp_cong_delivered(&ini->cong, now, s->cost, rtt);
	act->done = s->state == RMP_INI_BUSY;
	s->state = RMP_INI_FREE;
	ini->free |= BIT_ULL(f->slot);
	ini->unsettled &= ~BIT_ULL(f->slot);
}

/* Fragments before @frag that are missing, and were not asked for. */
static u64 gap_before(const struct rmp_ini_slot *s, unsigned int frag)
{
	return (BIT_ULL(frag) - 1) & ~s->got & ~s->nacked;
}

/**
 * rmp_ini_placed - a fragment of a reply was authenticated and is in place
 * @ini:	initiator
 * @f:		the frame, for which rmp_ini_check() has just said RMP_RX_PLACE
 * @l:		what it has filled in
 *
 * Most fragments leave nothing to do, and need no clock.
 *
 * Return: true: the reply is complete, or this shows a gap: rmp_ini_settle() is to follow.
 */
bool rmp_ini_placed(struct rmp_ini *ini, const struct rmp_frame *f, const struct rmp_layout *l)
{
	struct rmp_ini_slot *s = &ini->slot[f->slot];

	if (f->slots)
		ini->granted = f->slots;
	if (s->state == RMP_INI_VOID)
		return true;
	if (!s->replied) {
		s->rep = *l;
		s->replied = true;
	}
	s->heard = true;
	s->got |= BIT_ULL(f->frag);
	return s->got == rmp_layout_all(&s->rep) || gap_before(s, f->frag);
}

/**
 * rmp_ini_settle - a reply is complete, or has a gap
 * @ini:	initiator
 * @now:	microseconds
 * @f:		the frame, for which rmp_ini_placed() has just said so
 * @act:	to fill: @done, @nack of the gap, @cut
 */
void rmp_ini_settle(struct rmp_ini *ini, u64 now, const struct rmp_frame *f, struct rmp_act *act)
{
	struct rmp_ini_slot *s = &ini->slot[f->slot];

	*act = (struct rmp_act) { .slot = f->slot };
	if (s->state == RMP_INI_VOID || s->got == rmp_layout_all(&s->rep)) {
		complete(ini, now, f, act);
		return;
	}
	act->nack = gap_before(s, f->frag);
	s->nacked |= act->nack;
	set_timer(ini, s, now);
	act->cut = rmp_cong_loss(&ini->cong, now, rmp_rtt_us(&ini->rtt), false);
}

/**
 * rmp_ini_nack - the target misses fragments of a request, or none and is executing it
 * @ini:	initiator
 * @now:	microseconds
 * @f:		the NACK frame, authenticated
 * @mask:	the fragments
 * @act:	to fill: @send, @cut
 *
 * Return: false when the slot has gone on.
 */
bool rmp_ini_nack(struct rmp_ini *ini, u64 now, const struct rmp_frame *f, u64 mask,
		  struct rmp_act *act)
{
	struct rmp_ini_slot *s = &ini->slot[f->slot];

	if (match(ini, f) != RMP_RX_PLACE)
		return false;
	*act = (struct rmp_act) { .slot = f->slot };
	act->send = mask & rmp_layout_all(&s->req);
	if (act->send)
		act->cut = rmp_cong_loss(&ini->cong, now, rmp_rtt_us(&ini->rtt), false);
	set_timer(ini, s, now);
	return true;
}

/**
 * rmp_ini_timeout - take one slot whose timer has run out
 * @ini:	initiator
 * @now:	microseconds
 * @act:	to fill: either @nack (the rest of a reply that has begun) or @send with @probe
 *		(the last fragment of the request: the target says what it misses, or answers
 *		again), and @cut when that is not the first time
 *
 * Return: false when there is none (any more).
 */
bool rmp_ini_timeout(struct rmp_ini *ini, u64 now, struct rmp_act *act)
{
	u64 busy = ~ini->free;

	for (; busy; busy &= busy - 1) {
		unsigned int n = __ffs64(busy);
		struct rmp_ini_slot *s = &ini->slot[n];

		if (s->deadline_us > now)
			continue;
		if (s->heard) {
			set_timer(ini, s, now);
			continue;
		}
		*act = (struct rmp_act) { .slot = n };
		if (s->replied) {
			act->nack = rmp_layout_all(&s->rep) & ~s->got;
			s->nacked = act->nack;
		} else {
			act->send = BIT_ULL(s->req.nfrags - 1);
			act->probe = true;
		}
		/*
		 * The first is only a probe, as in RFC 8985: the answer may be late, not lost. Gaps
		 * that it finds cut by themselves.
		 */
		if (s->tries)
			act->cut = rmp_cong_loss(&ini->cong, now, rmp_rtt_us(&ini->rtt), true);
		if (s->tries < 255)
			s->tries++;
		set_timer(ini, s, now);
		return true;
	}
	return false;
}

/**
 * rmp_ini_deadline - when rmp_ini_timeout() has something to do
 * @ini:	initiator
 *
 * Return: microseconds; 0 when nothing is under way.
 */
u64 rmp_ini_deadline(const struct rmp_ini *ini)
{
	u64 busy = ~ini->free, first = 0;

	for (; busy; busy &= busy - 1) {
		u64 d = ini->slot[__ffs64(busy)].deadline_us;

		if (!first || d < first)
			first = d;
	}
	return first;
}
