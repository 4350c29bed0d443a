// SPDX-License-Identifier: GPL-2.0-only
/* Life of an initiator's end. Follows src/rmap/sess.c. */
#include "load.h"
#include "node.h"

#define PING_IDLE_NS	(30 * NS_PER_S)
#define PONG_TRIES	5

static u64 retry_delay(unsigned int tries)
{
	return min(50u << min(tries, 5u), 1000u) * NS_PER_MS;
}

/* Nanoseconds until the keys are due to be renewed. */
static u64 rekey_in(const struct sess *s)
{
	u64 due = s->keyed_us + s->end.node->rekey_s * 1000000ull, now = now_us(s->end.node);

	return due > now ? (due - now) * NS_PER_US : 0;
}

/* The session is up. Return: nanoseconds until there is something to do again. */
static u64 keep(struct sess *s)
{
	u64 delay = min(PING_IDLE_NS, rekey_in(s) + NS_PER_MS), now = now_us(s->end.node), wide;

	tx_control(&s->end, RMP_T_PING, 0);
	if (rmp_pmtu_next(&s->pmtu, now, s->end.node->mtu) == RMP_PMTU_TRY)
		hs_init_send(s, s->end.node->mtu);
	wide = rmp_pmtu_wait_us(&s->pmtu, now);
	return wide < U32_MAX ? min(delay, wide * NS_PER_US + NS_PER_MS) : delay;
}

/* Return: nanoseconds until there is something to do again. */
static u64 connect(struct sess *s)
{
	bool up = s->state == SESS_UP;

	if (s->end.cur && !s->ponged && s->pings < PONG_TRIES) {
		s->pings++;
		tx_control(&s->end, RMP_T_PING, 0);
		return retry_delay(s->pings);
	}
	s->pings = 0;
	if (up && s->ponged && !s->hint && rekey_in(s))
		return keep(s);
	hs_init_send(s, rmp_pmtu_try(s->end.node->mtu, s->hs_tries));
	s->hs_tries++;
	return retry_delay(s->hs_tries);
}

void sess_connect(void *arg)
{
	struct sess *s = arg;
	u64 delay = connect(s);

	if (!timer_armed(&s->work))
		timer_arm(s->end.node->w, &s->work, delay);
}

struct sess *sess_open(struct node *n, unsigned int peer)
{
	struct sess *s = calloc(1, sizeof(*s));
	unsigned int i;

	s->end = (struct end) {
		.node = n, .initiator = true, .mtu = RMP_MTU_MIN, .peer = peer,
		.id = ++n->session_id,
	};
	rmp_ini_init(&s->ini, RMP_MTU_MIN, RMP_RTO_MIN_US, RMP_RTO_MAX_US);
	node_timer(n, &s->timer, sess_timer, s);
	node_timer(n, &s->work, sess_connect, s);
	for (i = 0; n->sess[i]; i++)
		;
	n->sess[i] = s;
	timer_arm(n->w, &s->work, 0);
	return s;
}

/* Free a session, without a word to anybody. */
void sess_forget(struct sess *s)
{
	struct node *n = s->end.node;
	unsigned int i;

	for (i = 0; n->sess[i] != s; i++)
		;
	n->sess[i] = NULL;
	keypair_drop(s->end.cur);
	keypair_drop(s->end.prev);
	keypair_drop(s->hs);
	timer_stop(n->w, &s->timer);
	timer_stop(n->w, &s->work);
	n->reply_frames -= s->asked;
	end_free(&s->end);
}

void sess_close(struct sess *s)
{
	struct req *lost;

	tx_control(&s->end, RMP_T_BYE, 0);
	s->end.dead = true;
	sess_restart(s, s->end.mtu, RMP_SLOTS_MAX, &lost);
	sess_fail(lost, -ESHUTDOWN);
	sess_forget(s);
}

void sess_hint(struct node *n, unsigned int peer, u64 incarnation)
{
	unsigned int i;

	for (i = 0; i < SESS_MAX; i++) {
		struct sess *s = n->sess[i];

		if (!s || s->end.peer != peer)
			continue;
		if (s->state == SESS_UP && (s->end.incarnation == incarnation || s->hint))
			continue;
		if (s->state == SESS_UP)
			s->hint = true;
		else if (s->hs_tries < 3)
			continue;
		timer_arm(n->w, &s->work, 0);
	}
}
