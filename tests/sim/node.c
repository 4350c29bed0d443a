// SPDX-License-Identifier: GPL-2.0-only
#include "faults.h"
#include "load.h"
#include "node.h"
#include "store.h"

/* CRC32C, a byte at a time: tests/unit/crc32c.h has it bit by bit. */
u32 crc32c(u32 crc, const void *data, size_t len)
{
	static u32 table[8][256];
	const u8 *p = data;
	unsigned int i, bit;

	if (!table[0][1]) {
		for (i = 0; i < 256; i++)
			for (table[0][i] = i, bit = 0; bit < 8; bit++)
				table[0][i] = table[0][i] >> 1 ^ (table[0][i] & 1 ? 0x82f63b78 : 0);
		for (i = 0; i < 256; i++)
			for (bit = 1; bit < 8; bit++)
				table[bit][i] = table[bit - 1][i] >> 8 ^
						table[0][table[bit - 1][i] & 255];
	}
	for (; len >= 8; len -= 8, p += 8)
		crc = table[7][(crc ^ p[0]) & 255] ^ table[6][(crc >> 8 ^ p[1]) & 255] ^
		      table[5][(crc >> 16 ^ p[2]) & 255] ^ table[4][(crc >> 24 ^ p[3]) & 255] ^
		      table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
	while (len--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 255];
	return crc;
}

void node_timer(struct node *n, struct timer *t, void (*fn)(void *arg), void *arg)
{
	*t = (struct timer) { .node = n, .fn = fn, .arg = arg };
}

void node_boot(struct node *n)
{
	static const u8 psk[RMP_KEY_LEN] = "one cluster";
	struct world *w = n->w;

	note(w, "boot node %llu", n->index);
	n->up = true;
	n->incarnation = rnd(w) | 1;
	/* Clocks of the wire have 32 bits: some are about to go round. */
	n->clock_off_us = chance(w, 300000) ? (s64)(1ull << 32) - (s64)below(w, 3000000) :
					      (s64)below(w, 1ull << 40);
	n->counter = 0;
	n->session_id = 0;
	n->reply_frames = 0;
	n->next_index = below(w, INDEXES);
	memset(n->peer, 0, sizeof(n->peer));
	rmp_key_derive(&n->key, psk);
	rmp_keys_set(&n->keys, &n->key, false);
	n->deferred_end = &n->deferred;
	node_timer(n, &n->advert, disc_advertise, n);
	timer_arm(w, &n->advert, below(w, INTERVAL_MS * NS_PER_MS));
	load_boot(n);
}

/* Done with a frame. */
static void let_go(struct frame *f)
{
	if (f->kp)
		keypair_put(f->kp);
	frame_free(f);
}

static void drop_deferred(struct node *n)
{
	while (n->deferred) {
		struct timer *t = n->deferred;

		n->deferred = t->next;
		if (!t->node)
			let_go(t->arg);
	}
	n->deferred_end = &n->deferred;
	n->nqueued = 0;
}

/* The machine stops, and all that it had in memory is gone. */
void node_crash(struct node *n)
{
	unsigned int i;

	note(n->w, "crash node %llu", n->index);
	n->up = false;
	n->paused = false;
	drop_deferred(n);
	load_crash(n);
	for (i = 0; i < SESS_MAX; i++)
		if (n->sess[i])
			sess_forget(n->sess[i]);
	tsess_reap(n, true);
	if (n->store)
		store_free(n);
	timer_stop(n->w, &n->advert);
	if (n->nkeypairs)
		fail(n->w, "node %u: %u key pairs belong to nobody", n->index, n->nkeypairs);
}

void node_pause(struct node *n)
{
	note(n->w, "pause node %llu", n->index);
	n->paused = true;
}

void node_continue(struct node *n)
{
	note(n->w, "continue node %llu", n->index);
	n->paused = false;
	n->nqueued = 0;
	while (n->deferred) {
		struct timer *t = n->deferred;

		n->deferred = t->next;
		timer_arm(n->w, t, 0);
	}
	n->deferred_end = &n->deferred;
}

void node_defer(struct node *n, struct timer *t)
{
	t->next = NULL;
	*n->deferred_end = t;
	n->deferred_end = &t->next;
}

static struct keypair *find_keys(struct node *n, struct in *in)
{
	struct stats *stats = &n->w->stats;
	u32 tag, avail = in->raw->len - RMP_HDR_LEN;
	struct keypair *kp;

	if (!rmp_frame_parse(&in->f, &in->hdr, avail)) {
		stats->malformed++;
		return NULL;
	}
	kp = keypair_find(n, in->f.session);
	if (!kp) {
		stats->unknown++;
		return NULL;
	}
	tag = kp->security == RMP_SEC_NOISE ? RMP_TAG_LEN : 0;
	if (in->f.len + tag > avail || in->f.len + tag > RMP_MTU_MAX - RMP_HDR_LEN) {
		stats->malformed++;
		return NULL;
	}
	return kp;
}

static bool has_keys(const struct end *end, const struct keypair *kp)
{
	return kp == end->cur || kp == end->prev || kp == end->next;
}

static void session_frame(struct node *n, struct in *in)
{
	struct end *end = in->kp->end;
	bool stale = in->kp->dropped || !has_keys(end, in->kp);

	if (end->dead || (stale && n->w->brk != BRK_STALE_KEYS)) {
		n->w->stats.unknown++;
		return;
	}
	note(n->w, "rx node %llu type %llu slot %llu seq %llu frag %llu flags %llx", n->index,
	     in->f.type, in->f.slot, in->f.seq, in->f.frag, in->f.flags);
	if (end->initiator)
		sess_rx((struct sess *)((char *)end - offsetof(struct sess, end)), in);
	else
		tsess_rx((struct tsess *)((char *)end - offsetof(struct tsess, end)), in);
}

/*
 * A frame finds its keys, then waits for the lock of the session. Seldom long: an interrupt, or a
 * virtual processor that does not run.
 */
static bool held_up(struct node *n, struct frame *f, struct in *in)
{
	struct world *w = n->w;
	u32 often = faults_clean(w) || faults_mild(w) ? 0 : 20000;

	if (w->brk == BRK_STALE_KEYS)
		often *= 4;
	if (f->kp) {
		in->kp = f->kp;
		rmp_frame_parse(&in->f, &in->hdr, in->raw->len - RMP_HDR_LEN);
		return false;
	}
	in->kp = find_keys(n, in);
	if (!in->kp || !chance(w, in->f.type == RMP_T_PONG ? 10 * often : often))
		return false;
	f->kp = in->kp;
	keypair_get(f->kp);
	timer_arm(w, &f->timer, below(w, chance(w, 500000) ? 100 * NS_PER_US : 2 * NS_PER_S));
	return true;
}

/* Frames of discovery and handshakes wait for process context. */
static void slow_frame(struct node *n, struct frame *f)
{
	u8 bytes[256] = { 0 };

	memcpy(bytes, f->data, min((size_t)f->have, sizeof(bytes)));
	if (bytes[0] == RMP_T_ADVERT || bytes[0] == RMP_T_SOLICIT)
		disc_rx(n, f->from, bytes, min(f->len, 256));
	else
		hs_rx(n, f->from, bytes, f->len);
}

void node_rx(struct node *n, struct frame *f)
{
	struct in in = { .raw = f };

	if (!n->up || (n->paused && n->nqueued >= PAUSE_QUEUE)) {
		let_go(f);
		return;
	}
	if (n->paused) {
		n->nqueued++;
		node_defer(n, &f->timer);
		return;
	}
	if (f->slow) {
		slow_frame(n, f);
	} else if (f->data[0] && f->data[0] <= RMP_T_RESP) {
		f->slow = true;
		timer_arm(n->w, &f->timer, below(n->w, 200 * NS_PER_US));
		return;
	} else {
		/* Every frame has room for the header; behind its bytes there are zeros. */
		memcpy(&in.hdr, f->data, sizeof(in.hdr));
		if (held_up(n, f, &in))
			return;
		if (in.kp)
			session_frame(n, &in);
	}
	let_go(f);
}
