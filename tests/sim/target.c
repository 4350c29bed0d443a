// SPDX-License-Identifier: GPL-2.0-only
/* The target's side of frames, and the life of its sessions. Follows tgt.c and tsess.c. */
#include "node.h"
#include "store.h"

#define HALF_OPEN_US	10000000ull
#define SILENT_US	300000000ull

static const struct rmp_piece no_piece;

struct page *page_new(struct world *w)
{
	struct page *p = malloc(sizeof(*p));

	p->refs = 1;
	if (w->brk == BRK_PLACE_IN_STORE)	/* else every byte of it is written */
		memset(p->b, 0xa5, sizeof(p->b));
	w->pages++;
	return p;
}

void page_put(struct world *w, struct page *p)
{
	if (!p || --p->refs)
		return;
	w->pages--;
	free(p);
}

static void put_pages(struct world *w, struct page **page)
{
	unsigned int i;

	for (i = 0; i < RMP_PAGES_MAX; i++) {
		page_put(w, page[i]);
		page[i] = NULL;
	}
}

static bool take_pages(struct node *n, struct page **page, u16 present)
{
	for (; present; present &= present - 1) {
		page[__ffs64(present)] = store_page_get(n);
		if (!page[__ffs64(present)])
			return false;
	}
	return true;
}

static void send_reply(struct tsess *ts, unsigned int slot, u64 mask)
{
	struct rmp_tgt_slot *t = &ts->tgt.slot[slot];
	struct treq *rq = &ts->slot[slot];
	struct src src = { .head = rq->rep_head, .page = rq->rep_page };
	struct rmp_frame f = {
		.type = RMP_T_REP, .flags = t->slow ? RMP_F_SLOW : 0, .slot = slot, .seq = t->seq,
		.msg = t->rep.msg, .status = t->status, .slots = ts->tgt.nslots,
		.ts_echo = t->ts,
	};
	struct rmp_piece piece;

	for (; mask; mask &= mask - 1) {
		f.frag = __ffs64(mask);
		rmp_layout_piece(&t->rep, &ts->tgt.geo, f.frag, &piece);
		tx_build(&ts->end, &f, &piece, &src);
	}
}

static void answer(struct tsess *ts, unsigned int slot)
{
	struct treq *rq = &ts->slot[slot];
	struct rmp_msg msg = {
		.head_len = rq->rep_head_len, .data_len = rq->rep_len, .present = rq->rep_present
	};
	struct rmp_act act;

	if (!rmp_tgt_reply(&ts->tgt, slot, &msg, rq->status, rq->slow, &act))
		fail(ts->end.node->w, "a reply that cannot exist");
	send_reply(ts, slot, act.send);
}

void treq_reply(struct treq *rq)
{
	struct tsess *ts = rq->ts;

	put_pages(ts->end.node->w, rq->page);
	answer(ts, rq->n);
	tsess_put(ts);
}

static void echo(struct treq *rq)
{
	const struct rmp_echo *head = (const struct rmp_echo *)rq->head;
	u32 len = rq->head_len == sizeof(*head) && !head->zero ? be32_to_cpu(head->reply_len) :
								 U32_MAX;
	unsigned int i;

	if (len > RMP_DATA_MAX) {
		rq->status = RMP_INVAL;
	} else {
		rq->rep_len = len;
		rq->rep_present = BIT(DIV_ROUND_UP(len, RMP_PAGE_SIZE)) - 1;
		for (i = 0; i < DIV_ROUND_UP(len, RMP_PAGE_SIZE); i++) {
			rq->rep_page[i] = page_new(rq->ts->end.node->w);
			memset(rq->rep_page[i]->b, 0, RMP_PAGE_SIZE);
		}
	}
	treq_reply(rq);
}

static void execute(struct tsess *ts, const struct in *in)
{
	struct treq *rq = &ts->slot[in->f.slot];

	if (in->f.flags & RMP_F_ECHO)
		echo(rq);
	else
		store_request(ts->end.node, rq);
}

static bool begin(struct tsess *ts, struct in *in, const struct rmp_piece *piece, bool *room)
{
	struct treq *rq = &ts->slot[in->f.slot];
	struct page *fresh[RMP_PAGES_MAX] = { 0 };
	struct src dst = { .page = fresh };
	struct world *w = ts->end.node->w;

	*room = take_pages(ts->end.node, fresh, in->f.msg.present);
	if (!in_open(in, *room ? piece : &no_piece, rq->head, &dst)) {
		put_pages(w, fresh);
		return false;
	}
	put_pages(w, rq->page);
	if (w->brk != BRK_KEEP_PAGES)
		put_pages(w, rq->rep_page);
	if (*room)
		memcpy(rq->page, fresh, sizeof(fresh));
	else
		put_pages(w, fresh);
	rq->peer = ts->end.peer;
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

/* Break: a retransmission is taken for new, and an old number too. */
static enum rmp_rx no_sequence(struct tsess *ts, const struct rmp_frame *f, struct rmp_layout *l,
			       struct rmp_piece *p)
{
	struct rmp_tgt_slot *s = &ts->tgt.slot[f->slot];

	if (s->state != RMP_TGT_ANSWERED || f->seq == s->seq)
		return RMP_RX_STALE;
	s->seq = f->seq - 1;
	return rmp_tgt_check(&ts->tgt, f, l, p);
}

static bool act_on(struct tsess *ts, const struct in *in, const struct rmp_act *act)
{
	struct world *w = ts->end.node->w;

	if (act->nack || act->alive) {
		struct rmp_frame like = {
			.slot = act->slot, .seq = in->f.seq, .ts_echo = in->f.ts
		};

		tx_nack(&ts->end, &like, act->nack);
	}
	if (act->send) {
		w->stats.retransmits += hweight64(act->send);
		if (w->brk == BRK_EXECUTE_AGAIN)
			store_again(ts->end.node, &ts->slot[act->slot]);
		send_reply(ts, act->slot, act->send);
	}
	ts->refs += act->done;
	return act->done;
}

static bool request(struct tsess *ts, struct in *in)
{
	struct treq *rq = &ts->slot[in->f.slot];
	struct src dst = { .page = rq->page };
	struct rmp_layout layout;
	struct rmp_piece piece;
	struct rmp_act act;
	bool room = true;
	enum rmp_rx rx;

	rx = rmp_tgt_check(&ts->tgt, &in->f, &layout, &piece);
	if (rx == RMP_RX_STALE && ts->end.node->w->brk == BRK_NO_SEQUENCE)
		rx = no_sequence(ts, &in->f, &layout, &piece);
	if (rx > RMP_RX_AGAIN) {
		count_drop(ts->end.node, &in->f, rx);
		return false;
	}
	if (rx == RMP_RX_NEW) {
		if (!begin(ts, in, &piece, &room))
			return false;
	} else if (!in_open(in, rx == RMP_RX_PLACE ? &piece : &no_piece, rq->head, &dst)) {
		return false;
	}
	ts->end.heard_us = now_us(ts->end.node);
	rmp_tgt_placed(&ts->tgt, &in->f, rx, &layout, &act);
	if (!room) {
		ts->end.node->w->stats.busy++;
		rq->status = RMP_BUSY;
		answer(ts, in->f.slot);
		return false;
	}
	if (ts->end.node->w->brk == BRK_PLACE_IN_STORE)
		store_early(ts->end.node, rq);
	return act_on(ts, in, &act);
}

static void nacked(struct tsess *ts, struct in *in)
{
	struct rmp_nack body;
	struct rmp_act act;

	if (!in_open_body(in, &body, sizeof(body)))
		return;
	if (!rmp_tgt_nack(&ts->tgt, &in->f, be64_to_cpu(body.mask), &act)) {
		count_drop(ts->end.node, &in->f, RMP_RX_STALE);
		return;
	}
	ts->end.node->w->stats.retransmits += hweight64(act.send);
	send_reply(ts, act.slot, act.send);
}

static void ping(struct tsess *ts, struct in *in)
{
	struct end *end = &ts->end;
	struct world *w = end->node->w;
	u32 soon = w->brk == BRK_CONFIRM_DEAD ? 300000 : 800000;

	if (!in_open_body(in, NULL, 0))
		return;
	end->heard_us = now_us(end->node);
	if (in->kp == end->next) {
		keypair_drop(end->prev);
		end->prev = end->cur;
		end->cur = end->next;
		end->next = NULL;
	}
	if (ts->confirmed) {
		tx_control(end, RMP_T_PONG, in->f.ts);
		return;
	}
	ts->ping_ts = in->f.ts;
	if (timer_armed(&ts->confirm) || ts->confirming)
		return;
	ts->refs++;
	ts->confirming = true;
	timer_arm(w, &ts->confirm, below(w, chance(w, soon) ? 300 * NS_PER_US : 200 * NS_PER_MS));
}

static bool superseded(const struct tsess *old, const struct tsess *by)
{
	return old != by && old->end.peer == by->end.peer &&
	       (old->end.incarnation != by->end.incarnation || old->end.id == by->end.id);
}

static void supersede(struct tsess *by)
{
	struct tsess *ts, *next;

	for (ts = by->end.node->targets; ts; ts = next) {
		next = ts->next;
		if (superseded(ts, by))
			tsess_kill(ts);
	}
}

static void confirm(void *arg)
{
	struct tsess *ts = arg;
	struct node *n = ts->end.node;

	ts->confirming = false;
	/* Another may have taken its place while the work waited: it must not end that one. */
	if (ts->end.dead && n->w->brk != BRK_CONFIRM_DEAD) {
		tsess_put(ts);
		return;
	}
	if (n->w->brk != BRK_NO_SUPERSEDE)
		supersede(ts);
	store_peer_up(n, ts->end.peer, ts->end.incarnation);
	ts->confirmed = true;
	note(n->w, "confirmed node %llu session %llu of %llu number %llu", n->index, ts->end.id,
	     ts->end.peer, ts->number);
	tx_control(&ts->end, RMP_T_PONG, ts->ping_ts);
	tsess_put(ts);
}

void tsess_rx(struct tsess *ts, struct in *in)
{
	struct node *n = ts->end.node;
	bool run = false;

	if (!ts->confirmed && in->f.type != RMP_T_PING) {
		n->w->stats.unknown++;
		return;
	}
	switch (in->f.type) {
	case RMP_T_REQ:
		run = request(ts, in);
		break;
	case RMP_T_NACK:
		nacked(ts, in);
		break;
	case RMP_T_PING:
		ping(ts, in);
		break;
	case RMP_T_BYE:
		if (in_open_body(in, NULL, 0))
			tsess_kill(ts);
		return;
	default:
		n->w->stats.malformed++;
	}
	if (run)
		execute(ts, in);
}

static bool kill_half_open(struct node *n)
{
	struct tsess *ts;

	for (ts = n->targets; ts && ts->confirmed; ts = ts->next)
		;
	if (ts)
		tsess_kill(ts);
	return ts;
}

struct tsess *tsess_new(struct node *n, u16 mtu, u8 slots)
{
	struct tsess *ts, **end = &n->targets;
	unsigned int i;

	if (n->ntargets >= TSESS_MAX && !kill_half_open(n))
		return NULL;
	ts = calloc(1, sizeof(*ts));
	ts->end = (struct end) { .node = n, .mtu = mtu };
	ts->number = ++n->w->serial;
	ts->born_us = now_us(n);
	ts->refs = 1;
	rmp_tgt_init(&ts->tgt, mtu, slots);
	ts->slot = calloc(slots, sizeof(*ts->slot));
	for (i = 0; i < slots; i++) {
		ts->slot[i].ts = ts;
		ts->slot[i].n = i;
	}
	node_timer(n, &ts->confirm, confirm, ts);
	while (*end)
		end = &(*end)->next;
	*end = ts;
	n->ntargets++;
	return ts;
}

void tsess_put(struct tsess *ts)
{
	unsigned int i;

	if (--ts->refs)
		return;
	for (i = 0; i < ts->tgt.nslots; i++) {
		put_pages(ts->end.node->w, ts->slot[i].page);
		put_pages(ts->end.node->w, ts->slot[i].rep_page);
	}
	timer_stop(ts->end.node->w, &ts->confirm);
	end_free(&ts->end);
}

void tsess_kill(struct tsess *ts)
{
	struct tsess **at = &ts->end.node->targets;

	if (ts->end.dead)
		return;
	ts->end.dead = true;
	keypair_drop(ts->end.cur);
	keypair_drop(ts->end.prev);
	keypair_drop(ts->end.next);
	ts->end.cur = ts->end.prev = ts->end.next = NULL;
	while (*at != ts)
		at = &(*at)->next;
	*at = ts->next;
	ts->end.node->ntargets--;
	tsess_put(ts);
}

static bool forgotten(const struct tsess *ts)
{
	u64 now = now_us(ts->end.node);

	if (!ts->confirmed)
		return now > ts->born_us + HALF_OPEN_US;
	return now - ts->end.heard_us > SILENT_US;
}

void tsess_reap(struct node *n, bool all)
{
	struct tsess *ts, *next;

	for (ts = n->targets; ts; ts = next) {
		next = ts->next;
		if (!all && !forgotten(ts))
			continue;
		if (all && ts->confirming) {	/* the machine stops */
			timer_stop(n->w, &ts->confirm);
			ts->refs--;
		}
		tsess_kill(ts);
	}
}
