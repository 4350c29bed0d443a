// SPDX-License-Identifier: GPL-2.0-only
/*
 * The initiator's side of a session's frames: requests into slots, replies into the requester's
 * pages.
 *
 * A request is in one of three places: in the session's queue of those that wait for a slot or
 * the window, in a slot, or with its owner. It moves only under the session's lock, so it
 * completes once.
 */
#include "sess.h"
#include "trace.h"

enum {
	RQ_OWNER,		/* with its owner */
	RQ_WAITING,
	RQ_ACTIVE,
};

/* A peer that leaves this many probes of one request unanswered, */
#define DEAD_TRIES	4
/* and is silent this long, is unreachable. */
#define DEAD		HZ
/*
 * A request that gets nowhere in so many tries, while the peer is heard: its frames have become too
 * long for the path, perhaps. A handshake finds out, but not one after the other.
 */
#define STUCK_TRIES	16
#define STUCK_AGAIN	(5 * HZ)

static const struct rmp_echo void_echo;

/* Build the frames in @mask of the request in a slot; of a void slot the empty echo. */
static void send_request(struct rmp_sess *s, u64 now, unsigned int slot, u64 mask, bool probe,
			 struct sk_buff_head *q)
{
	struct rmp_ini_slot *is = &s->ini.slot[slot];
	struct rmp_req *rq = s->rq[slot];
	struct rmp_frame f = {
		.type = RMP_T_REQ, .slot = slot, .seq = is->seq, .msg = is->req.msg, .ts = now,
		.flags = (!rq || rq->echo ? RMP_F_ECHO : 0) | (probe ? RMP_F_PROBE : 0),
	};

	rmp_tx_message(&s->end, q, &f, &is->req, &s->ini.geo, mask, &s->src[slot]);
}

static void send_again(struct rmp_sess *s, u64 now, const struct rmp_act *act,
		       struct sk_buff_head *q)
{
	rmp_count_n(s->end.node, RETRANSMITS, hweight64(act->send));
	s->src[act->slot].copy = true;
	send_request(s, now, act->slot, act->send, act->probe, q);
}

static void count_asked(struct rmp_sess *s, int frames)
{
	s->asked += frames;
	if (s->end.path.link)
		atomic_add(frames, &s->end.path.link->reply_frames);
}

/*
 * Incast: do not ask for more reply frames than our own port can take; a session with nothing
 * under way may always go on.
 */
static bool incast_allows(const struct rmp_sess *s, u32 frames)
{
	const struct rmp_link *link = s->end.path.link;

	return rmp_ini_idle(&s->ini) || !link ||
	       atomic_read(&link->reply_frames) + frames <= READ_ONCE(s->end.node->incast_frames);
}

static void arm_timer(struct rmp_sess *s, u64 now, u64 deadline)
{
	/*
	 * One that fires early is harmless: it looks at the slots and is armed again. So most
	 * requests leave it alone.
	 */
	if (s->timer_us && s->timer_us <= deadline)
		return;
	s->timer_us = deadline;
	hrtimer_start(&s->timer, ns_to_ktime((deadline > now ? deadline - now : 1) * NSEC_PER_USEC),
		      HRTIMER_MODE_REL_SOFT);
}

/* Give a request a slot and send it. Return: false when it has to wait. */
static bool begin(struct rmp_sess *s, struct rmp_req *rq, struct sk_buff_head *q)
{
	struct rmp_ini_req shape = {
		.msg = { .head_len = rq->head_len,
			 .data_len = rq->send_len,
			 .present = rq->present },
		.recv_max = rq->recv_len,
		.head_max = rq->rep_head_max,
		.ordered = rq->ordered,
	};
	u32 frames = rmp_ini_reply_frames(&s->ini, rq->recv_len);
	u64 now;
	int slot;

	if (s->state != RMP_SESS_UP || !incast_allows(s, frames))
		return false;
	now = rmp_now_us();
	slot = rmp_ini_start(&s->ini, now, &shape);
	if (slot < 0)
		return false;
	rq->slot = slot;
	rq->cost = frames;
	s->rq[slot] = rq;
	s->src[slot] = (struct rmp_src) {
		.head = rq->head, .bv = rq->bv, .nr_bv = rq->nr_bv, .whole = rq->whole,
	};
	count_asked(s, frames);
	rmp_count(s->end.node, TX_REQUESTS);
	send_request(s, now, slot, rmp_layout_all(&s->ini.slot[slot].req), false, q);
	arm_timer(s, now, s->ini.slot[slot].deadline_us);
	return true;
}

/**
 * rmp_sess_kick - move waiting requests into slots
 * @s:		session; its lock is held
 * @q:		for the frames
 */
void rmp_sess_kick(struct rmp_sess *s, struct sk_buff_head *q)
{
	struct rmp_req *rq, *next;

	lockdep_assert_held(&s->end.lock);
	list_for_each_entry_safe(rq, next, &s->waiting, list) {
		if (!begin(s, rq, q))
			return;
		list_del(&rq->list);
		rq->state = RQ_ACTIVE;
	}
}

/* Take the request out of its slot; the slot itself is the caller's business. */
static struct rmp_req *take_active(struct rmp_sess *s, unsigned int slot)
{
	struct rmp_req *rq = s->rq[slot];

	s->rq[slot] = NULL;
	rq->state = RQ_OWNER;
	count_asked(s, -rq->cost);
	return rq;
}

static void finish_all(struct list_head *list, int err)
{
	struct rmp_req *rq, *next;

	list_for_each_entry_safe(rq, next, list, list) {
		list_del(&rq->list);
		rq->err = err;
		rq->done(rq);
	}
}

/* One that cannot be sent would hold up all behind it. */
static bool is_possible(const struct rmp_req *rq)
{
	struct rmp_msg msg = { .head_len = rq->head_len, .data_len = rq->send_len,
			       .present = rq->present };

	return rmp_msg_valid(&msg) && rq->recv_len <= RMP_DATA_MAX;
}

/**
 * rmp_submit - begin a request
 * @s:		session
 * @rq:		request
 *
 * It waits as long as the peer is unreachable; rmp_cancel() ends that.
 *
 * Context: any but hardirq. Reclaim-safe.
 */
void rmp_submit(struct rmp_sess *s, struct rmp_req *rq)
{
	struct sk_buff_head q;

	__skb_queue_head_init(&q);
	rq->err = 0;
	if (WARN_ON_ONCE(!is_possible(rq))) {
		rq->err = -EINVAL;
		rq->done(rq);
		return;
	}
	spin_lock_bh(&s->end.lock);
	if (unlikely(s->end.dead)) {
		spin_unlock_bh(&s->end.lock);
		rq->err = -ESHUTDOWN;
		rq->done(rq);
		return;
	}
	rq->sess = s;
	/* Pairs with rmp_cancel(): who sees it here sees where. */
	if (list_empty(&s->waiting) && begin(s, rq, &q)) {
		smp_store_release(&rq->state, RQ_ACTIVE);
	} else {
		smp_store_release(&rq->state, RQ_WAITING);
		list_add_tail(&rq->list, &s->waiting);
	}
	spin_unlock_bh(&s->end.lock);
	rmp_tx_send(s->end.node, &q);
}
EXPORT_SYMBOL_GPL(rmp_submit);

/**
 * rmp_cancel - end a request that was submitted
 * @s:		the session it was submitted to
 * @rq:		request
 *
 * The request completes with -ECANCELED before this returns, unless it has completed already or
 * is just about to: then its done() is called, or was, by another context. Whether the peer
 * executes it stays unknown.
 *
 * Context: any but hardirq.
 * Return: true when it was cancelled by this call.
 */
bool rmp_cancel(struct rmp_sess *s, struct rmp_req *rq)
{
	bool mine = true;
	u64 now = rmp_now_us();
	u8 state;

	spin_lock_bh(&s->end.lock);
	/* Its owner may just be giving it to another session. */
	state = smp_load_acquire(&rq->state);
	if (rq->sess != s) {
		mine = false;
	} else if (state == RQ_WAITING) {
		list_del(&rq->list);
		rq->state = RQ_OWNER;
	} else if (state == RQ_ACTIVE) {
		take_active(s, rq->slot);
		s->src[rq->slot] = (struct rmp_src) { .head = &void_echo };
		rmp_ini_void(&s->ini, now, rq->slot);
		if (s->state == RMP_SESS_UP)
			arm_timer(s, now, now);
	} else {
		mine = false;
	}
	spin_unlock_bh(&s->end.lock);
	if (mine) {
		rq->err = -ECANCELED;
		rq->done(rq);
	}
	return mine;
}
EXPORT_SYMBOL_GPL(rmp_cancel);

/**
 * rmp_sess_restart - begin again with a target that knows nothing of this session
 * @s:		session; its lock is held
 * @mtu:	of the path
 * @granted:	slots
 * @lost:	when not NULL: all requests go there, to be failed; else they wait for a slot
 *		again, oldest first
 */
void rmp_sess_restart(struct rmp_sess *s, u16 mtu, u8 granted, struct list_head *lost)
{
	LIST_HEAD(active);
	unsigned int i;

	lockdep_assert_held(&s->end.lock);
	for (i = 0; i < RMP_SLOTS_MAX; i++) {
		if (!s->rq[i])
			continue;
		s->rq[i]->state = RQ_WAITING;
		list_add_tail(&s->rq[i]->list, &active);
		count_asked(s, -s->rq[i]->cost);
		s->rq[i] = NULL;
	}
	s->confirmed = false;
	rmp_ini_restart(&s->ini, mtu, granted);
	s->end.mtu = mtu;
	list_splice(&active, &s->waiting);
	if (lost) {
		struct rmp_req *rq;

		list_splice_init(&s->waiting, lost);
		list_for_each_entry(rq, lost, list)
			rq->state = RQ_OWNER;
	}
}

/* Fail requests taken by rmp_sess_restart(). Context: no lock is held. */
void rmp_sess_fail(struct list_head *lost, int err)
{
	finish_all(lost, err);
}

/**
 * rmp_sess_set_state - the one writer of a session's state
 * @s:		session; its lock is held
 * @state:	enum rmp_sess_state
 */
void rmp_sess_set_state(struct rmp_sess *s, u8 state)
{
	lockdep_assert_held(&s->end.lock);
	if (s->state == state)
		return;
	s->state = state;
	trace_rmp_session_state(s->end.id, state);
	if (!s->end.dead)
		mod_delayed_work(s->end.node->wq, &s->work, 0);
}

/**
 * rmp_sess_up - the target has answered a PING: requests may go
 * @s:		session; its lock is held
 * @q:		for the frames
 */
void rmp_sess_up(struct rmp_sess *s, struct sk_buff_head *q)
{
	u64 now = rmp_now_us(), deadline;

	s->ponged = true;
	s->confirmed = true;
	if (s->state == RMP_SESS_UP)
		return;
	rmp_sess_set_state(s, RMP_SESS_UP);
	rmp_ini_resume(&s->ini, now, s->ini.granted);
	deadline = rmp_ini_deadline(&s->ini);
	if (deadline)
		arm_timer(s, now, deadline);
	rmp_sess_kick(s, q);
}

static void count_drop(struct rmp_node *node, const struct rmp_frame *f, enum rmp_rx rx)
{
	unsigned int counter = rx == RMP_RX_STALE ? MEMX_RMAP_COUNTER_A_RX_STALE :
			       rx == RMP_RX_DUPLICATE ? MEMX_RMAP_COUNTER_A_RX_DUPLICATES :
			       MEMX_RMAP_COUNTER_A_RX_MALFORMED;

	this_cpu_inc(node->stats->n[counter]);
	trace_rmp_drop(f, counter);
}

/*
 * A reply is complete, or has a gap. Not inline: most fragments are neither, and need no room on
 * the stack for it, which is cleared. Return: the request, when it is through.
 */
static noinline struct rmp_req *settle(struct rmp_sess *s, struct rmp_in *in,
				       struct sk_buff_head *q)
{
	struct rmp_req *rq;
	struct rmp_act act;

	rmp_ini_settle(&s->ini, rmp_now_us(), &in->f, &act);
	if (act.cut)
		rmp_count(s->end.node, WINDOW_CUTS);
	if (act.nack) {
		struct rmp_frame f = { .flags = RMP_F_REPLY, .slot = act.slot, .seq = in->f.seq };

		rmp_tx_nack(&s->end, q, &f, act.nack);
	}
	if (!act.done)
		return NULL;
	rq = take_active(s, act.slot);
	rq->status = in->f.status;
	rq->rep_head_len = in->f.msg.head_len;
	rq->rep_present = in->f.msg.present;
	rq->rep_len = in->f.msg.data_len;
	return rq;
}

/* A fragment of a reply. Return: the request, when this completes it. */
static __always_inline struct rmp_req *reply(struct rmp_sess *s, struct rmp_in *in,
					     struct sk_buff_head *q)
{
	struct rmp_req *rq = s->rq[in->f.slot];
	struct rmp_layout layout;
	struct rmp_piece piece;
	enum rmp_rx rx;

	rx = rmp_ini_check(&s->ini, &in->f, &layout, &piece);
	if (rx != RMP_RX_PLACE) {
		count_drop(s->end.node, &in->f, rx);
		return NULL;
	}
	if (!rmp_in_open(in, &piece, rq ? rq->rep_head : NULL, &s->src[in->f.slot]))
		return NULL;
	s->end.heard = jiffies;
	return rmp_ini_placed(&s->ini, &in->f, &layout) ? settle(s, in, q) : NULL;
}

static void nacked(struct rmp_sess *s, struct rmp_in *in, struct sk_buff_head *q)
{
	u64 now = rmp_now_us();
	struct rmp_nack body;
	struct rmp_act act;

	if (!rmp_in_open_body(in, &body, sizeof(body)))
		return;
	s->end.heard = jiffies;
	rmp_count(s->end.node, RX_NACKS);
	if (!rmp_ini_nack(&s->ini, now, &in->f, be64_to_cpu(body.mask), &act)) {
		count_drop(s->end.node, &in->f, RMP_RX_STALE);
		return;
	}
	if (act.cut)
		rmp_count(s->end.node, WINDOW_CUTS);
	if (act.send)
		send_again(s, now, &act, q);
}

/**
 * rmp_sess_rx - a frame for an initiator's end
 * @s:		session
 * @in:		the frame, parsed, not authenticated
 *
 * Context: softirq, RCU read side.
 */
void rmp_sess_rx(struct rmp_sess *s, struct rmp_in *in)
{
	struct rmp_req *rq = NULL;
	struct sk_buff_head q;

	__skb_queue_head_init(&q);
	spin_lock(&s->end.lock);
	if (unlikely(s->end.dead || !rmp_end_has(&s->end, in->kp))) {
		rmp_count(s->end.node, RX_UNKNOWN);
		goto out;
	}
	switch (in->f.type) {
	case RMP_T_REP:
		rq = reply(s, in, &q);
		break;
	case RMP_T_NACK:
		nacked(s, in, &q);
		break;
	case RMP_T_PONG:
		/* Only one under the newest keys says that the target has these slots. */
		if (rmp_in_open_body(in, NULL, 0) && in->kp == s->end.cur)
			rmp_sess_up(s, &q);
		break;
	case RMP_T_BYE:
		if (rmp_in_open_body(in, NULL, 0))
			rmp_sess_set_state(s, RMP_SESS_CONNECTING);
		break;
	default:
		count_drop(s->end.node, &in->f, RMP_RX_MALFORMED);
	}
	if (!list_empty(&s->waiting))
		rmp_sess_kick(s, &q);
out:
	spin_unlock(&s->end.lock);
	if (!skb_queue_empty(&q))
		rmp_tx_send(s->end.node, &q);
	if (rq)
		rq->done(rq);
}

static void stuck(struct rmp_sess *s)
{
	if (s->hint || time_before(jiffies, READ_ONCE(s->keyed) + STUCK_AGAIN))
		return;
	WRITE_ONCE(s->hint, true);
	mod_delayed_work(s->end.node->wq, &s->work, 0);
}

static void timed_out(struct rmp_sess *s, u64 now, const struct rmp_act *act,
		      struct sk_buff_head *q)
{
	struct rmp_ini_slot *is = &s->ini.slot[act->slot];

	rmp_count(s->end.node, TIMEOUTS);
	trace_rmp_timeout(s->end.id, act->slot, is->tries, rmp_rtt_us(&s->ini.rtt),
			  s->ini.cong.cwnd);
	if (act->cut)
		rmp_count(s->end.node, WINDOW_CUTS);
	if (act->nack) {
		struct rmp_frame f = { .flags = RMP_F_REPLY, .slot = act->slot, .seq = is->seq };

		rmp_tx_nack(&s->end, q, &f, act->nack);
	}
	if (act->send)
		send_again(s, now, act, q);
}

/**
 * rmp_sess_timer - the retransmission timer
 * @t:		timer of the session
 *
 * Context: softirq.
 * Return: HRTIMER_NORESTART; it arms itself under the session's lock.
 */
enum hrtimer_restart rmp_sess_timer(struct hrtimer *t)
{
	struct rmp_sess *s = container_of(t, struct rmp_sess, timer);
	u64 now = rmp_now_us(), deadline;
	struct sk_buff_head q;
	struct rmp_act act;

	__skb_queue_head_init(&q);
	spin_lock(&s->end.lock);
	s->timer_us = 0;
	while (!s->end.dead && s->state == RMP_SESS_UP && rmp_ini_timeout(&s->ini, now, &act)) {
		timed_out(s, now, &act, &q);
		if (s->ini.slot[act.slot].tries >= DEAD_TRIES &&
		    time_after(jiffies, s->end.heard + DEAD))
			rmp_sess_set_state(s, RMP_SESS_CONNECTING);
		else if (s->ini.slot[act.slot].tries >= STUCK_TRIES)
			stuck(s);
	}
	deadline = rmp_ini_deadline(&s->ini);
	if (!s->end.dead && s->state == RMP_SESS_UP && deadline)
		arm_timer(s, now, deadline);
	spin_unlock(&s->end.lock);
	rmp_tx_send(s->end.node, &q);
	return HRTIMER_NORESTART;
}
