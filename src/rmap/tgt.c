// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target's side of a session's frames: requests to the service, replies from it.
 *
 * A slot's request belongs to the frames while it arrives, to the service while it executes, and
 * to the slot again once answered: its reply is kept until the initiator begins the slot's next
 * request.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "sess.h"
#include "trace.h"

/* Let go of the pages of @len bytes. */
static void put_pages(struct page **page, u32 len)
{
	unsigned int i;

	for (i = 0; i < DIV_ROUND_UP(len, RMP_PAGE_SIZE); i++) {
		if (page[i])
			put_page(page[i]);
		page[i] = NULL;
	}
}

/*
 * Fresh pages for a new message. Return: false when there are not enough; those that were had are
 * in @page.
 */
static bool take_pages(struct rmp_node *node, struct page **page, u16 present)
{
	const struct rmp_service *svc = rcu_dereference(node->service);

	for (; present; present &= present - 1) {
		unsigned int n = __ffs64(present);

		page[n] = svc ? svc->page_get(node->service_priv) : NULL;
		if (!page[n])
			return false;
	}
	return true;
}

/* Give them back to the service, which may be short of pages. */
static void give_back(struct rmp_node *node, struct page **page, u32 len)
{
	const struct rmp_service *svc;

	if (!len)
		return;		/* most requests carry no data: no lock for nothing */
	svc = rcu_dereference(node->service);
	if (svc)
		svc->page_put(node->service_priv, page, DIV_ROUND_UP(len, RMP_PAGE_SIZE));
	else
		put_pages(page, len);
}

static void send_reply(struct rmp_tsess *ts, unsigned int slot, u64 mask, struct sk_buff_head *q)
{
	struct rmp_tgt_slot *t = &ts->tgt.slot[slot];
	struct rmp_treq *rq = &ts->slot[slot].rq;
	struct rmp_src src = { .head = rq->rep_head, .page = rq->rep_page };
	struct rmp_frame f = {
		.type = RMP_T_REP,
		.flags = t->slow ? RMP_F_SLOW : 0,
		.slot = slot,
		.seq = t->seq,
		.msg = t->rep.msg,
		.status = t->status,
		.slots = ts->tgt.nslots,
		.ts_echo = t->ts,
	};

	rmp_tx_message(&ts->end, q, &f, &t->rep, &ts->tgt.geo, mask, &src);
}

/* Answer the request in a slot with what is in its answer fields. */
static void answer(struct rmp_tsess *ts, unsigned int slot, struct sk_buff_head *q)
{
	struct rmp_treq *rq = &ts->slot[slot].rq;
	struct rmp_msg msg = { .head_len = rq->rep_head_len,
			       .data_len = rq->rep_len,
			       .present = rq->rep_present };
	struct rmp_act act;

	if (!rmp_tgt_reply(&ts->tgt, slot, &msg, rq->status, rq->slow, &act)) {
		WARN_ONCE(1, "memx_rmap: a service gave a reply that cannot exist\n");
		msg = (struct rmp_msg) { };
		rmp_tgt_reply(&ts->tgt, slot, &msg, RMP_INVAL, rq->slow, &act);
	}
	send_reply(ts, slot, act.send, q);
}

/**
 * rmp_reply - answer a request
 * @rq:		request, its answer fields filled in
 *
 * Context: any but hardirq; once for each request.
 */
void rmp_reply(struct rmp_treq *rq)
{
	struct rmp_tslot *slot = container_of(rq, struct rmp_tslot, rq);
	struct rmp_tsess *ts = slot->ts;
	struct rmp_node *node = ts->end.node;
	struct sk_buff_head q;

	__skb_queue_head_init(&q);
	spin_lock_bh(&ts->end.lock);
	put_pages(rq->page, rq->data_len);
	answer(ts, slot->n, &q);
	spin_unlock_bh(&ts->end.lock);
	rmp_tx_send(node, &q);
	rmp_end_put(&ts->end);
	/* wq_has_sleeper() pairs with the sleeper's look at the counter. */
	if (atomic_dec_and_test(&node->table->executing) && wq_has_sleeper(&node->table->idle))
		wake_up(&node->table->idle);
}
EXPORT_SYMBOL_GPL(rmp_reply);

/* Its pages are the system's page of zeros, which is not the service's. */
static void echo(struct rmp_treq *rq)
{
	const struct rmp_echo *head = (const struct rmp_echo *)rq->head;
	u32 len, i;

	len = rq->head_len == sizeof(*head) && !head->zero ? be32_to_cpu(head->reply_len) :
							     U32_MAX;
	if (len > RMP_DATA_MAX) {
		rq->status = RMP_INVAL;
	} else {
		container_of(rq, struct rmp_tslot, rq)->zeros = true;
		rq->rep_len = len;
		rq->rep_present = BIT(DIV_ROUND_UP(len, RMP_PAGE_SIZE)) - 1;
		for (i = 0; i < DIV_ROUND_UP(len, RMP_PAGE_SIZE); i++) {
			rq->rep_page[i] = ZERO_PAGE(0);
			get_page(rq->rep_page[i]);
		}
	}
	rmp_reply(rq);
}

/*
 * Hand a request over. Context: softirq, RCU, no lock; the slot is in state executing, so nobody
 * else touches @rq.
 */
static void execute(struct rmp_tsess *ts, struct rmp_in *in)
{
	struct rmp_node *node = ts->end.node;
	struct rmp_treq *rq = &ts->slot[in->f.slot].rq;
	const struct rmp_service *svc = rcu_dereference(node->service);

	rmp_count(node, RX_REQUESTS);
	if (in->f.flags & RMP_F_ECHO) {
		echo(rq);
	} else if (svc) {
		svc->request(node->service_priv, rq);
	} else {
		rq->status = RMP_NOSERVICE;
		rmp_reply(rq);
	}
}

static const struct rmp_piece no_piece;

/*
 * The first frame of a message with data. What the slot held stays until the frame has proved
 * authentic, so the frame goes into fresh pages at once. Return as begin().
 */
static bool begin_data(struct rmp_tsess *ts, struct rmp_in *in, const struct rmp_piece *piece,
		       bool *room)
{
	struct rmp_treq *rq = &ts->slot[in->f.slot].rq;
	struct page *fresh[RMP_PAGES_MAX] = { };
	struct rmp_src dst = { .page = fresh };

	*room = take_pages(ts->end.node, fresh, in->f.msg.present);
	if (!*room)
		piece = &no_piece;
	if (!rmp_in_open(in, piece, rq->head, &dst)) {
		give_back(ts->end.node, fresh, in->f.msg.data_len);
		return false;
	}
	give_back(ts->end.node, rq->page, rq->data_len);
	if (*room)
		memcpy(rq->page, fresh, sizeof(fresh));
	else
		give_back(ts->end.node, fresh, in->f.msg.data_len);
	return true;
}

/*
 * The first frame of a message. Return: false when it is to be dropped; *@room says whether there
 * were pages enough.
 */
static bool begin(struct rmp_tsess *ts, struct rmp_in *in, const struct rmp_piece *piece,
		  bool *room)
{
	struct rmp_treq *rq = &ts->slot[in->f.slot].rq;

	if (in->f.msg.data_len) {
		if (!begin_data(ts, in, piece, room))
			return false;
	} else {
		if (!rmp_in_open(in, piece, rq->head, NULL))
			return false;
		give_back(ts->end.node, rq->page, rq->data_len);
	}
	if (unlikely(ts->slot[in->f.slot].zeros)) {
		put_pages(rq->rep_page, rq->rep_len);
		ts->slot[in->f.slot].zeros = false;
	} else {
		give_back(ts->end.node, rq->rep_page, rq->rep_len);
	}
	rq->peer_id = ts->end.peer_id;
	rq->peer_incarnation = ts->end.incarnation;
	rq->head_len = in->f.msg.head_len;
	rq->data_len = in->f.msg.data_len;
	rq->present = in->f.msg.present;
	rq->status = RMP_OK;
	rq->slow = false;
	rq->rep_head_len = 0;
	rq->rep_len = 0;
	rq->rep_present = 0;
	return true;
}

static void count_drop(struct rmp_tsess *ts, const struct rmp_frame *f, enum rmp_rx rx)
{
	unsigned int counter = rx == RMP_RX_STALE ? MEMX_RMAP_COUNTER_A_RX_STALE :
			       rx == RMP_RX_DUPLICATE ? MEMX_RMAP_COUNTER_A_RX_DUPLICATES :
			       MEMX_RMAP_COUNTER_A_RX_MALFORMED;

	this_cpu_inc(ts->end.node->stats->n[counter]);
	trace_rmp_drop(f, counter);
}

/* Do what the slots say. Return: true when the request is complete and to be executed. */
static bool act_on(struct rmp_tsess *ts, const struct rmp_frame *f, const struct rmp_act *act,
		   struct sk_buff_head *q)
{
	if (act->nack || act->alive) {
		struct rmp_frame like = { .slot = act->slot, .seq = f->seq, .ts_echo = f->ts };

		rmp_tx_nack(&ts->end, q, &like, act->nack);
	}
	if (act->send) {
		rmp_count_n(ts->end.node, RETRANSMITS, hweight64(act->send));
		send_reply(ts, act->slot, act->send, q);
	}
	if (act->done) {
		rmp_end_get(&ts->end);
		atomic_inc(&ts->end.node->table->executing);
	}
	return act->done;
}

/* There were no pages for a request: for now, or since nobody serves here any more. */
static void refuse(struct rmp_node *node, struct rmp_treq *rq)
{
	if (rcu_access_pointer(node->service)) {
		rmp_count(node, RX_NOMEM);
		rq->status = RMP_BUSY;
	} else {
		rq->status = RMP_NOSERVICE;
	}
}

static bool request(struct rmp_tsess *ts, struct rmp_in *in, struct sk_buff_head *q)
{
	struct rmp_treq *rq = &ts->slot[in->f.slot].rq;
	struct rmp_src dst = { .page = rq->page };
	struct rmp_layout layout;
	struct rmp_piece piece;
	struct rmp_act act;
	bool room = true;
	enum rmp_rx rx;

	rx = rmp_tgt_check(&ts->tgt, &in->f, &layout, &piece);
	if (rx > RMP_RX_AGAIN) {
		count_drop(ts, &in->f, rx);
		return false;
	}
	if (rx == RMP_RX_NEW) {
		if (!begin(ts, in, &piece, &room))
			return false;
	} else if (!rmp_in_open(in, rx == RMP_RX_PLACE ? &piece : &no_piece, rq->head, &dst)) {
		return false;
	}
	ts->end.heard = jiffies;
	rmp_tgt_placed(&ts->tgt, &in->f, rx, &layout, &act);
	if (!room) {
		refuse(ts->end.node, rq);
		answer(ts, in->f.slot, q);
		return false;
	}
	return act_on(ts, &in->f, &act, q);
}

static void nacked(struct rmp_tsess *ts, struct rmp_in *in, struct sk_buff_head *q)
{
	struct rmp_nack body;
	struct rmp_act act;

	if (!rmp_in_open_body(in, &body, sizeof(body)))
		return;
	rmp_count(ts->end.node, RX_NACKS);
	if (!rmp_tgt_nack(&ts->tgt, &in->f, be64_to_cpu(body.mask), &act)) {
		rmp_count(ts->end.node, RX_STALE);
		return;
	}
	rmp_count_n(ts->end.node, RETRANSMITS, hweight64(act.send));
	send_reply(ts, act.slot, act.send, q);
}

/*
 * A PING under keys that a handshake made proves that the initiator is who it said it was. Only
 * now do its earlier sessions end, so that a replayed INIT ends nothing; and only when they have
 * ended, no request of theirs can be executed any more, are requests of a new session taken and
 * is the PING answered.
 */
static void ping(struct rmp_tsess *ts, struct rmp_in *in, struct sk_buff_head *q)
{
	struct rmp_end *end = &ts->end;

	if (!rmp_in_open_body(in, NULL, 0))
		return;
	end->heard = jiffies;
	if (in->kp == end->next) {
		rmp_keypair_drop(end->prev);
		end->prev = end->cur;
		end->cur = end->next;
		end->next = NULL;
	}
	if (ts->confirmed) {
		rmp_tx_control(end, q, RMP_T_PONG, in->f.ts);
	} else {
		ts->ping_ts = in->f.ts;
		rmp_end_get(end);
		if (!queue_work(end->node->wq, &ts->confirm_work))
			rmp_end_put(end);
	}
}

/* Context: process. */
void rmp_tsess_confirm(struct work_struct *work)
{
	struct rmp_tsess *ts = container_of(work, struct rmp_tsess, confirm_work);
	const struct rmp_service *svc;
	struct sk_buff_head q;

	/* One after the other: else two sessions of one peer could end each other. */
	mutex_lock(&ts->end.node->service_lock);
	if (READ_ONCE(ts->end.dead)) {
		mutex_unlock(&ts->end.node->service_lock);
		rmp_end_put(&ts->end);
		return;
	}
	rmp_tsess_supersede(ts);
	/* A softirq may have taken the last frame of a request before: it executes that first. */
	synchronize_rcu();
	svc = rcu_dereference_protected(ts->end.node->service,
					lockdep_is_held(&ts->end.node->service_lock));
	if (svc)
		svc->peer_up(ts->end.node->service_priv, ts->end.peer_id, ts->end.incarnation);
	mutex_unlock(&ts->end.node->service_lock);

	__skb_queue_head_init(&q);
	spin_lock_bh(&ts->end.lock);
	if (!ts->end.dead) {
		ts->confirmed = true;
		rmp_tx_control(&ts->end, &q, RMP_T_PONG, ts->ping_ts);
	}
	spin_unlock_bh(&ts->end.lock);
	rmp_tx_send(ts->end.node, &q);
	rmp_end_put(&ts->end);
}

/**
 * rmp_tsess_rx - a frame for a target's end
 * @ts:		session
 * @in:		the frame, parsed, not authenticated
 *
 * Context: softirq, RCU read side.
 */
void rmp_tsess_rx(struct rmp_tsess *ts, struct rmp_in *in)
{
	bool run = false, bye = false;
	struct sk_buff_head q;

	__skb_queue_head_init(&q);
	spin_lock(&ts->end.lock);
	if (unlikely(ts->end.dead || !rmp_end_has(&ts->end, in->kp))) {
		rmp_count(ts->end.node, RX_UNKNOWN);
		goto out;
	}
	if (unlikely(!ts->confirmed && in->f.type != RMP_T_PING)) {
		rmp_count(ts->end.node, RX_UNKNOWN);
		goto out;
	}
	switch (in->f.type) {
	case RMP_T_REQ:
		run = request(ts, in, &q);
		break;
	case RMP_T_NACK:
		nacked(ts, in, &q);
		break;
	case RMP_T_PING:
		ping(ts, in, &q);
		break;
	case RMP_T_BYE:
		bye = rmp_in_open_body(in, NULL, 0);
		break;
	default:
		rmp_count(ts->end.node, RX_MALFORMED);
	}
out:
	spin_unlock(&ts->end.lock);
	if (!skb_queue_empty(&q))
		rmp_tx_send(ts->end.node, &q);
	if (run)
		execute(ts, in);
	if (bye)
		rmp_tsess_kill(ts);
}
