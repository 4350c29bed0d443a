// SPDX-License-Identifier: GPL-2.0-only
/* INIT and RESP. Follows src/rmap/hs.c. */
#include "load.h"
#include "node.h"

static const char prologue[] = RMP_PROLOGUE;

static void new_secret(struct world *w, u8 secret[32])
{
	u64 v = rnd(w);

	memset(secret, 0, 32);
	memcpy(secret, &v, sizeof(v));
}

static void seal_plain(u8 *frame, u32 payload_len, const void *payload)
{
	u8 *body = frame + sizeof(struct rmp_hs);
	u32 len = sizeof(struct rmp_hs) + RMP_HS_E_LEN + payload_len;
	__be32 crc;

	memset(body, 0, RMP_HS_E_LEN);
	memcpy(body + RMP_HS_E_LEN, payload, payload_len);
	crc = cpu_to_be32(crc32c(0, frame, len));
	memset(frame + len, 0, RMP_TAG_LEN);
	memcpy(frame + len, &crc, sizeof(crc));
}

static bool open_plain(const u8 *frame, u32 payload_len, void *payload)
{
	u32 len = sizeof(struct rmp_hs) + RMP_HS_E_LEN + payload_len;
	__be32 crc;

	memcpy(&crc, frame + len, sizeof(crc));
	memcpy(payload, frame + sizeof(struct rmp_hs) + RMP_HS_E_LEN, payload_len);
	return crc32c(0, frame, len) == be32_to_cpu(crc);
}

static void node_id(u8 id[RMP_NODE_ID_LEN], unsigned int index)
{
	memset(id, 0, RMP_NODE_ID_LEN);
	id[0] = 0x5a;
	id[RMP_NODE_ID_LEN - 1] = index;
}

static void write_init(struct sess *s, u8 *frame, u16 mtu)
{
	struct rmp_hs *hs = (struct rmp_hs *)frame;
	struct node *n = s->end.node;
	struct rmp_init init = {
		.incarnation = cpu_to_be64(n->incarnation), .session_id = cpu_to_be64(s->end.id),
		.counter = cpu_to_be64(++n->counter), .sender = cpu_to_be32(s->hs->local),
		.mtu = cpu_to_be16(mtu), .slots = RMP_SLOTS_MAX,
		.flags = s->hs_resume ? RMP_HS_RESUME : 0, .name = "sim",
	};
	u8 secret[32];

	node_id(init.node_id, n->index);
	*hs = (struct rmp_hs) {
		.type = RMP_T_INIT, .version = RMP_VERSION, .len = cpu_to_be16(mtu),
		.sender = init.sender, .security = n->security,
		.key_id = cpu_to_be32(n->security == RMP_SEC_NOISE ? n->key.id : 0),
	};
	if (n->security == RMP_SEC_NONE) {
		seal_plain(frame, sizeof(init), &init);
		return;
	}
	rmp_noise_init(&s->noise, prologue, sizeof(prologue) - 1, n->key.psk);
	new_secret(n->w, secret);
	rmp_noise_write1(&s->noise, secret, &init, sizeof(init), frame + sizeof(*hs));
}

void hs_init_send(struct sess *s, u16 mtu)
{
	struct node *n = s->end.node;
	u8 frame[RMP_INIT_LEN];

	s->hs_security = n->security;
	keypair_drop(s->hs);
	s->hs = keypair_new(&s->end);
	if (!s->hs)
		return;
	s->hs_mtu = mtu;
	s->hs_resume = s->keyed_us && mtu == s->end.mtu;
	if (!s->was_up && n->w->brk != BRK_RESUME_UNCONFIRMED)
		s->hs_resume = false;
	write_init(s, frame, mtu);
	note(n->w, "init node %llu to %llu session %llu mtu %llu resume %llu counter %llu",
	     n->index, s->end.peer, s->end.id, mtu, s->hs_resume, n->counter);
	net_send(n, s->end.peer, frame, sizeof(frame), mtu);
}

static struct tsess *find_target(struct node *n, unsigned int from, const struct rmp_init *init,
				 u64 *counter)
{
	struct tsess *ts, *found = NULL;

	*counter = 0;
	for (ts = n->targets; ts; ts = ts->next) {
		if (ts->end.peer != from || ts->end.incarnation != be64_to_cpu(init->incarnation))
			continue;
		*counter = max(*counter, ts->counter);
		if (ts->end.id == be64_to_cpu(init->session_id) && (!found || ts->confirmed))
			found = ts;
	}
	return found;
}

/* Break: says that the slots go on, and begins them anew. */
static void forget_slots(struct tsess *ts)
{
	unsigned int i;

	for (i = 0; i < ts->tgt.nslots; i++)
		if (ts->tgt.slot[i].state == RMP_TGT_EXECUTING)
			return;
	rmp_tgt_init(&ts->tgt, ts->end.mtu, ts->tgt.nslots);
}

static struct tsess *target_for(struct node *n, unsigned int from, const struct rmp_init *init,
				bool *resumed)
{
	u64 counter;
	struct tsess *old = find_target(n, from, init, &counter), *ts;
	u16 mtu = be16_to_cpu(init->mtu);

	*resumed = false;
	if (be64_to_cpu(init->counter) <= counter) {
		n->w->stats.replayed++;
		return NULL;
	}
	if (old) {
		old->counter = be64_to_cpu(init->counter);
		if (init->flags & RMP_HS_RESUME && old->confirmed && old->end.mtu == mtu) {
			*resumed = true;
			if (n->w->brk == BRK_FORGET_SLOTS)
				forget_slots(old);
			return old;
		}
		if (!old->confirmed)
			tsess_kill(old);
	}
	ts = tsess_new(n, mtu, init->slots);
	if (!ts)
		return NULL;
	ts->end.peer = from;
	ts->end.incarnation = be64_to_cpu(init->incarnation);
	ts->end.id = be64_to_cpu(init->session_id);
	ts->counter = be64_to_cpu(init->counter);
	ts->end.heard_us = now_us(n);
	return ts;
}

static bool init_is_valid(const struct rmp_hs *hs, const struct rmp_init *init, u32 len)
{
	u16 mtu = be16_to_cpu(init->mtu);

	return init->sender == hs->sender && mtu >= RMP_MTU_MIN && mtu <= RMP_MTU_MAX &&
	       mtu == be16_to_cpu(hs->len) && mtu <= len && init->slots &&
	       init->slots <= RMP_SLOTS_MAX && !(init->flags & ~RMP_HS_RESUME) &&
	       !init->name[RMP_NAME_LEN - 1] && init->incarnation;
}

static void use_keys(struct tsess *ts, struct keypair *kp)
{
	keypair_drop(ts->end.next);
	ts->end.next = kp;
	if (!ts->end.cur) {
		ts->end.cur = kp;
		ts->end.next = NULL;
	}
	kp->counter = 1;
}

static void respond(struct tsess *ts, const struct rmp_hs *hs, struct rmp_noise *noise,
		    bool resumed)
{
	struct node *n = ts->end.node;
	struct keypair *kp = keypair_new(&ts->end);
	u8 frame[RMP_RESP_LEN], secret[32];
	struct rmp_hs *out = (struct rmp_hs *)frame;
	struct rmp_resp resp = {
		.incarnation = cpu_to_be64(n->incarnation), .receiver = hs->sender,
		.mtu = cpu_to_be16(ts->end.mtu), .slots = ts->tgt.nslots,
		.flags = resumed ? RMP_HS_RESUME : 0, .name = "sim",
	};

	if (!kp)
		return;
	resp.sender = cpu_to_be32(kp->local);
	node_id(resp.node_id, n->index);
	*out = (struct rmp_hs) {
		.type = RMP_T_RESP, .version = RMP_VERSION, .len = resp.mtu, .sender = resp.sender,
		.receiver = hs->sender, .key_id = hs->key_id, .security = hs->security,
	};
	kp->security = hs->security;
	kp->remote = be32_to_cpu(hs->sender);
	if (kp->security == RMP_SEC_NOISE) {
		new_secret(n->w, secret);
		rmp_noise_write2(noise, secret, &resp, sizeof(resp), frame + sizeof(*out));
		rmp_noise_split(noise, kp->recv_key, kp->send_key);
	} else {
		seal_plain(frame, sizeof(resp), &resp);
	}
	use_keys(ts, kp);
	note(n->w, "resp node %llu to %llu session %llu mtu %llu resumed %llu number %llu",
	     n->index, ts->end.peer, ts->end.id, ts->end.mtu, resumed, ts->number);
	net_send(n, ts->end.peer, frame, sizeof(frame), ts->end.mtu);
}

static void init_rx(struct node *n, unsigned int from, const u8 *frame, u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;
	struct rmp_noise noise;
	struct rmp_init init;
	struct tsess *ts;
	bool resumed, ok;

	if (hs->security != n->security) {
		n->w->stats.bad++;
		return;
	}
	if (hs->security == RMP_SEC_NOISE) {
		const struct rmp_key *key = rmp_keys_find(&n->keys, be32_to_cpu(hs->key_id));

		if (!key) {
			n->w->stats.bad++;
			return;
		}
		rmp_noise_init(&noise, prologue, sizeof(prologue) - 1, key->psk);
		ok = rmp_noise_read1(&noise, frame + sizeof(*hs), RMP_INIT_LEN - sizeof(*hs),
				     &init);
	} else {
		ok = open_plain(frame, sizeof(init), &init);
	}
	if (!ok || !init_is_valid(hs, &init, len)) {
		n->w->stats.bad++;
		return;
	}
	ts = target_for(n, from, &init, &resumed);
	if (ts)
		respond(ts, hs, &noise, resumed);
}

static bool resp_is_valid(const struct rmp_hs *hs, const struct rmp_resp *resp,
			  const struct sess *s, u32 len)
{
	return resp->sender == hs->sender && resp->receiver == hs->receiver &&
	       be16_to_cpu(resp->mtu) == s->hs_mtu && be16_to_cpu(hs->len) == s->hs_mtu &&
	       s->hs_mtu <= len && resp->slots && resp->slots <= RMP_SLOTS_MAX &&
	       !(resp->flags & ~RMP_HS_RESUME) && !resp->name[RMP_NAME_LEN - 1];
}

static void established(struct sess *s, const struct rmp_hs *hs, const struct rmp_resp *resp)
{
	struct world *w = s->end.node->w;
	u64 incarnation = be64_to_cpu(resp->incarnation);
	bool resumed = s->hs_resume && resp->flags & RMP_HS_RESUME;
	bool reborn = s->end.incarnation && s->end.incarnation != incarnation;
	struct keypair *kp = s->hs;
	struct req *lost = NULL;

	s->hs = NULL;
	w->stats.handshakes++;
	w->stats.resumed += resumed;
	w->stats.reborn += reborn;
	if (reborn)
		load_lost(s->vol);
	kp->security = hs->security;
	kp->remote = be32_to_cpu(hs->sender);
	keypair_drop(s->end.prev);
	s->end.prev = s->end.cur;
	s->end.cur = kp;
	s->end.incarnation = incarnation;
	s->end.heard_us = now_us(s->end.node);
	s->hint = false;
	s->ponged = false;
	kp->counter = 1;
	note(w, "established node %llu to %llu session %llu resumed %llu reborn %llu",
	     s->end.node->index, s->end.peer, s->end.id, resumed, reborn);
	if (!resumed) {
		keypair_drop(s->end.prev);
		s->end.prev = NULL;
		sess_set_state(s, SESS_CONNECTING);
		sess_restart(s, s->hs_mtu, resp->slots,
			     reborn && w->brk != BRK_REISSUE_TO_REBORN ? &lost : NULL);
	} else {
		s->ini.granted = resp->slots;
	}
	tx_control(&s->end, RMP_T_PING, 0);
	disc_confirmed(s->end.node, s->end.peer, incarnation);
	sess_fail(lost, -ESTALE);
	rmp_pmtu_found(&s->pmtu, now_us(s->end.node), s->end.node->mtu, s->hs_mtu);
	s->keyed_us = now_us(s->end.node) | 1;
	s->hs_tries = 0;
	timer_arm(w, &s->work, 50 * NS_PER_MS);
}

static void resp_rx(struct node *n, const u8 *frame, u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;
	u32 index = be32_to_cpu(hs->receiver);
	struct keypair *kp = n->kp[index % INDEXES];
	struct rmp_noise noise;
	struct rmp_resp resp;
	struct sess *s;
	bool ok;

	if (!kp || kp->local != index || !kp->end->initiator) {
		n->w->stats.unknown++;
		return;
	}
	s = (struct sess *)((char *)kp->end - offsetof(struct sess, end));
	if (s->hs != kp || hs->security != s->hs_security)
		return;
	noise = s->noise;
	if (hs->security == RMP_SEC_NOISE)
		ok = rmp_noise_read2(&noise, frame + sizeof(*hs), RMP_RESP_LEN - sizeof(*hs),
				     &resp);
	else
		ok = open_plain(frame, sizeof(resp), &resp);
	if (!ok || !resp_is_valid(hs, &resp, s, len)) {
		n->w->stats.bad++;
		return;
	}
	if (hs->security == RMP_SEC_NOISE)
		rmp_noise_split(&noise, s->hs->send_key, s->hs->recv_key);
	established(s, hs, &resp);
}

void hs_rx(struct node *n, unsigned int from, const u8 *frame, u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;

	if (len < RMP_INIT_LEN || hs->version != RMP_VERSION || hs->security > RMP_SEC_NOISE ||
	    hs->zero[0] || hs->zero[1] || hs->zero[2]) {
		n->w->stats.malformed++;
		return;
	}
	if (hs->type == RMP_T_INIT)
		init_rx(n, from, frame, len);
	else
		resp_rx(n, frame, len);
}
