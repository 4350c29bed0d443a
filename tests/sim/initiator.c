// SPDX-License-Identifier: GPL-2.0-only
/* The initiator's side of frames. Follows src/rmap/ini.c, function by function. */
#include "load.h"
#include "node.h"

#define DEAD_TRIES	4
#define DEAD_US		1000000
#define STUCK_TRIES	16
#define STUCK_AGAIN_US	5000000

static const struct rmp_echo void_echo;

static void send_request(struct sess *s, unsigned int slot, u64 mask, bool probe)
{
	struct rmp_ini_slot *is = &s->ini.slot[slot];
	struct req *rq = s->rq[slot];
	struct src src = rq ? (struct src) { .head = rq->head, .data = rq->data } :
			      (struct src) { .head = &void_echo };
	struct rmp_frame f = {
		.type = RMP_T_REQ, .slot = slot, .seq = is->seq, .msg = is->req.msg,
		.flags = (!rq || rq->echo ? RMP_F_ECHO : 0) | (probe ? RMP_F_PROBE : 0),
	};
	struct rmp_piece piece;

	for (; mask; mask &= mask - 1) {
		f.frag = __ffs64(mask);
		rmp_layout_piece(&is->req, &s->ini.geo, f.frag, &piece);
		tx_build(&s->end, &f, &piece, &src);
	}
}

static void count_asked(struct sess *s, int frames)
{
	s->asked += frames;
	s->end.node->reply_frames += frames;
}

static bool incast_allows(const struct sess *s, u32 frames)
{
	return rmp_ini_idle(&s->ini) || s->end.node->w->brk == BRK_NO_INCAST ||
	       s->end.node->reply_frames + frames <= s->end.node->incast_frames;
}

static void arm_timer(struct sess *s, u64 now, u64 deadline)
{
	struct world *w = s->end.node->w;
	u64 wait_ns = (deadline > now ? deadline - now : 1) * NS_PER_US;

	if (w->brk == BRK_NO_TIMER)
		return;
	if (timer_armed(&s->timer) && s->timer.at_ns <= w->now_ns + wait_ns)
		return;
	timer_arm(w, &s->timer, wait_ns);
}

static void unlink_waiting(struct sess *s, struct req *rq)
{
	*(rq->prev ? &rq->prev->next : &s->first) = rq->next;
	*(rq->next ? &rq->next->prev : &s->last) = rq->prev;
	rq->prev = rq->next = NULL;
}

static void add_waiting(struct sess *s, struct req *rq)
{
	rq->prev = s->last;
	rq->next = NULL;
	*(s->last ? &s->last->next : &s->first) = rq;
	s->last = rq;
}

static void begin(struct sess *s, struct req *rq, unsigned int slot, u32 frames, u64 now)
{
	struct rmp_ini_slot *is = &s->ini.slot[slot];

	unlink_waiting(s, rq);
	rq->state = RQ_ACTIVE;
	rq->slot = slot;
	rq->cost = frames;
	rq->starts++;
	rq->ran_before = rq->ran_in;
	rq->ideal = is->req.nfrags;
	s->rq[slot] = rq;
	count_asked(s, frames);
	send_request(s, slot, rmp_layout_all(&is->req), false);
	arm_timer(s, now, is->deadline_us);
}

static void kick(struct sess *s)
{
	u64 now = now_us(s->end.node);

	while (s->state == SESS_UP && s->first) {
		struct req *rq = s->first;
		struct rmp_ini_req shape = {
			.msg = { .head_len = rq->head_len, .data_len = rq->send_len,
				 .present = rq->present },
			.recv_max = rq->recv_len, .head_max = rq->rep_head_max,
			.ordered = rq->ordered,
		};
		u32 frames = rmp_ini_reply_frames(&s->ini, rq->recv_len);
		int slot;

		if (!incast_allows(s, frames))
			return;
		slot = rmp_ini_start(&s->ini, now, &shape);
		if (slot < 0)
			return;
		begin(s, rq, slot, frames, now);
	}
}

static struct req *take_active(struct sess *s, unsigned int slot)
{
	struct req *rq = s->rq[slot];

	s->rq[slot] = NULL;
	rq->state = RQ_OWNER;
	count_asked(s, -rq->cost);
	return rq;
}

void sess_fail(struct req *lost, int err)
{
	while (lost) {
		struct req *rq = lost;

		lost = rq->next;
		rq->prev = rq->next = NULL;
		rq->err = err;
		rq->done(rq);
	}
}

void sess_submit(struct sess *s, struct req *rq)
{
	rq->err = 0;
	rq->sess = s;
	rq->state = RQ_WAITING;
	add_waiting(s, rq);
	kick(s);
}

bool sess_cancel(struct sess *s, struct req *rq)
{
	u64 now = now_us(s->end.node);

	if (rq->sess != s || rq->state == RQ_OWNER)
		return false;
	if (rq->state == RQ_WAITING) {
		unlink_waiting(s, rq);
		rq->state = RQ_OWNER;
	} else {
		take_active(s, rq->slot);
		s->voided[rq->slot] = rq->id;
		rmp_ini_void(&s->ini, now, rq->slot);
		if (s->end.node->w->brk == BRK_NO_VOID) {
			s->ini.slot[rq->slot].state = RMP_INI_FREE;
			s->ini.free |= BIT_ULL(rq->slot);
			s->ini.unsettled = 0;
		}
		if (s->state == SESS_UP)
			arm_timer(s, now, now);
	}
	rq->err = -ECANCELED;
	rq->done(rq);
	return true;
}

void sess_restart(struct sess *s, u16 mtu, u8 granted, struct req **lost)
{
	struct req *waiting = s->first;
	unsigned int i;

	s->first = s->last = NULL;
	for (i = 0; i < RMP_SLOTS_MAX; i++) {
		struct req *rq = s->rq[i];

		if (!rq)
			continue;
		rq->state = RQ_WAITING;
		count_asked(s, -rq->cost);
		s->rq[i] = NULL;
		if (s->end.node->w->brk != BRK_NO_REISSUE || lost)
			add_waiting(s, rq);
	}
	rmp_ini_restart(&s->ini, mtu, granted);
	s->was_up = false;
	s->end.mtu = mtu;
	while (waiting) {
		struct req *next = waiting->next;

		add_waiting(s, waiting);
		waiting = next;
	}
	if (lost) {
		*lost = s->first;
		s->first = s->last = NULL;
		for (waiting = *lost; waiting; waiting = waiting->next)
			waiting->state = RQ_OWNER;
	}
}

void sess_set_state(struct sess *s, u8 state)
{
	struct node *n = s->end.node;

	if (s->state == state)
		return;
	s->state = state;
	note(n->w, "session of node %llu to %llu is %llu", n->index, s->end.peer, state);
	if (!s->end.dead)
		timer_arm(n->w, &s->work, 0);
}

static void sess_up(struct sess *s)
{
	u64 now = now_us(s->end.node), deadline;

	s->ponged = true;
	s->was_up = true;
	if (s->state == SESS_UP)
		return;
	sess_set_state(s, SESS_UP);
	load_settled(s, 0);
	rmp_ini_resume(&s->ini, now, s->ini.granted);
	deadline = rmp_ini_deadline(&s->ini);
	if (deadline)
		arm_timer(s, now, deadline);
	kick(s);
}

static struct req *reply(struct sess *s, struct in *in, u64 now)
{
	struct req *rq = s->rq[in->f.slot];
	struct src dst = { .data = rq ? rq->data : NULL };
	struct world *w = s->end.node->w;
	struct rmp_layout layout;
	struct rmp_piece piece;
	struct rmp_act act;
	enum rmp_rx rx;
	bool was_void = s->ini.slot[in->f.slot].state == RMP_INI_VOID;
	unsigned int nfrags;

	rx = rmp_ini_check(&s->ini, &in->f, &layout, &piece);
	if (rx != RMP_RX_PLACE) {
		count_drop(s->end.node, &in->f, rx);
		return NULL;
	}
	if (!in_open(in, &piece, rq ? rq->rep_head : NULL, &dst))
		return NULL;
	s->end.heard_us = now;
	if (!rmp_ini_placed(&s->ini, &in->f, &layout))
		return NULL;
	rmp_ini_settle(&s->ini, now, &in->f, &act);
	w->stats.window_cuts += act.cut;
	if (act.nack) {
		struct rmp_frame f = {
			.flags = RMP_F_REPLY, .slot = act.slot, .seq = in->f.seq
		};

		tx_nack(&s->end, &f, act.nack);
	}
	if (was_void)
		load_settled(s, s->voided[act.slot]);
	if (!act.done)
		return NULL;
	nfrags = s->ini.slot[act.slot].rep.nfrags;
	rq = take_active(s, act.slot);
	rq->ideal += nfrags;
	rq->status = in->f.status;
	rq->rep_head_len = in->f.msg.head_len;
	rq->rep_present = in->f.msg.present;
	rq->rep_len = in->f.msg.data_len;
	return rq;
}

static void nacked(struct sess *s, struct in *in, u64 now)
{
	struct world *w = s->end.node->w;
	struct rmp_nack body;
	struct rmp_act act;

	if (!in_open_body(in, &body, sizeof(body)))
		return;
	s->end.heard_us = now;
	if (!rmp_ini_nack(&s->ini, now, &in->f, be64_to_cpu(body.mask), &act)) {
		count_drop(s->end.node, &in->f, RMP_RX_STALE);
		return;
	}
	w->stats.window_cuts += act.cut;
	w->stats.retransmits += hweight64(act.send);
	send_request(s, act.slot, act.send, false);
}

void sess_rx(struct sess *s, struct in *in)
{
	u64 now = now_us(s->end.node);
	struct req *rq = NULL;

	switch (in->f.type) {
	case RMP_T_REP:
		rq = reply(s, in, now);
		break;
	case RMP_T_NACK:
		nacked(s, in, now);
		break;
	case RMP_T_PONG:
		if (in_open_body(in, NULL, 0) &&
		    (in->kp == s->end.cur || s->end.node->w->brk == BRK_STALE_KEYS))
			sess_up(s);
		break;
	case RMP_T_BYE:
		if (in_open_body(in, NULL, 0))
			sess_set_state(s, SESS_CONNECTING);
		break;
	default:
		count_drop(s->end.node, &in->f, RMP_RX_MALFORMED);
	}
	if (s->first)
		kick(s);
	if (!rq)
		return;
	rq->done(rq);
	if (s->end.node->w->brk == BRK_COMPLETE_TWICE && chance(s->end.node->w, 10000))
		rq->done(rq);
}

static void stuck(struct sess *s)
{
	struct node *n = s->end.node;

	if (s->hint || now_us(n) < s->keyed_us + STUCK_AGAIN_US || n->w->brk == BRK_NO_STUCK)
		return;
	note(n->w, "stuck-- node %llu session %llu", n->index, s->end.id);
	s->hint = true;
	timer_arm(n->w, &s->work, 0);
}

static void timed_out(struct sess *s, const struct rmp_act *act)
{
	struct rmp_ini_slot *is = &s->ini.slot[act->slot];
	struct world *w = s->end.node->w;

	w->stats.timeouts++;
	check_timeouts(w);
	note(w, "timeout node %llu slot %llu tries %llu rtt %llu cwnd %llu", s->end.node->index,
	     act->slot, is->tries, rmp_rtt_us(&s->ini.rtt), s->ini.cong.cwnd);
	w->stats.window_cuts += act->cut;
	if (act->nack) {
		struct rmp_frame f = {
			.flags = RMP_F_REPLY, .slot = act->slot, .seq = is->seq
		};

		tx_nack(&s->end, &f, act->nack);
	}
	if (act->send) {
		w->stats.retransmits += hweight64(act->send);
		send_request(s, act->slot, act->send, act->probe);
	}
	if (w->brk == BRK_NO_BACKOFF)
		is->deadline_us = now_us(s->end.node) + 50;
}

void sess_timer(void *arg)
{
	struct sess *s = arg;
	u64 now = now_us(s->end.node), deadline;
	struct rmp_act act;

	while (s->state == SESS_UP && rmp_ini_timeout(&s->ini, now, &act)) {
		timed_out(s, &act);
		if (s->ini.slot[act.slot].tries >= DEAD_TRIES && now - s->end.heard_us > DEAD_US)
			sess_set_state(s, SESS_CONNECTING);
		else if (s->ini.slot[act.slot].tries >= STUCK_TRIES)
			stuck(s);
	}
	deadline = rmp_ini_deadline(&s->ini);
	if (s->state == SESS_UP && deadline)
		arm_timer(s, now, deadline);
}
