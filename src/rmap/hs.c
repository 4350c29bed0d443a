// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake: INIT and RESP frames around the Noise messages, or around the same payloads in
 * clear with security none. Both are padded to the MTU that is to be used, so a path that does
 * not carry it is found here.
 */
#include <crypto/curve25519.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "rmp_crypto.h"
#include "sess.h"

static const char prologue[] = RMP_PROLOGUE;

/* Copy the key to begin with. Return: false when the node has none. */
static bool key_to_try(struct rmp_node *node, unsigned int attempt, struct rmp_key *out)
{
	const struct rmp_key *key;

	spin_lock_bh(&node->key_lock);
	key = rmp_keys_try(&node->keys, attempt);
	if (key)
		*out = *key;
	spin_unlock_bh(&node->key_lock);
	return key;
}

static bool key_by_id(struct rmp_node *node, u32 id, struct rmp_key *out)
{
	const struct rmp_key *key;

	spin_lock_bh(&node->key_lock);
	key = rmp_keys_find(&node->keys, id);
	if (key)
		*out = *key;
	spin_unlock_bh(&node->key_lock);
	return key;
}

static void new_secret(u8 secret[32])
{
	get_random_bytes_wait(secret, 32);
	curve25519_clamp_secret(secret);
}

/*
 * Body of a handshake frame in clear: no ephemeral key, payload, CRC32C of all in place of the
 * tag.
 */
static void seal_plain(u8 *frame, u32 payload_len, const void *payload)
{
	u8 *body = frame + sizeof(struct rmp_hs);
	u32 len = sizeof(struct rmp_hs) + RMP_HS_E_LEN + payload_len;
	__be32 crc;

	memset(body, 0, RMP_HS_E_LEN);
	memcpy(body + RMP_HS_E_LEN, payload, payload_len);
	crc = cpu_to_be32(rmp_crc32c(0, frame, len));
	memset(frame + len, 0, RMP_TAG_LEN);
	memcpy(frame + len, &crc, sizeof(crc));
}

static bool open_plain(const u8 *frame, u32 payload_len, void *payload)
{
	u32 len = sizeof(struct rmp_hs) + RMP_HS_E_LEN + payload_len;
	__be32 crc;

	memcpy(&crc, frame + len, sizeof(crc));
	memcpy(payload, frame + sizeof(struct rmp_hs) + RMP_HS_E_LEN, payload_len);
	return rmp_crc32c(0, frame, len) == be32_to_cpu(crc);
}

static void count_damaged(struct rmp_node *node, u8 security)
{
	if (security == RMP_SEC_NOISE)
		rmp_count(node, RX_BADTAG);
	else
		rmp_count(node, RX_BADCRC);
}

/*
 * A session uses no longer frames than it has a reserve of. One that had an MTU before waits for no
 * memory: without, it asks for the MTU that it has frames for, and for a larger one later.
 */
static u16 reserved_mtu(struct rmp_sess *s, u16 mtu)
{
	gfp_t gfp = s->keyed ? GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC : RMP_GFP_RECONNECT;

	if (mtu <= s->end.reserve.mtu || mtu == s->end.large.mtu || mtu == s->hs_reserve.mtu)
		return mtu;
	rmp_reserve_free(&s->hs_reserve);
	if (!rmp_reserve_init(&s->hs_reserve, mtu, gfp))
		return mtu;
	return s->end.large.mtu < mtu ? max(s->end.large.mtu, s->end.reserve.mtu) :
					s->end.reserve.mtu;
}

/**
 * rmp_hs_init_send - begin a handshake, or begin it again
 * @s:		session; hs_lock is held
 * @path:	the way to the peer. The session's frames take it once the peer has answered; until
 *		then they go on as they did. What is in it changes hands
 * @mtu:	to ask for
 * @attempt:	the two keys take turns
 *
 * Context: process.
 */
void rmp_hs_init_send(struct rmp_sess *s, struct rmp_path *path, u16 mtu, u32 attempt)
{
	struct rmp_node *node = s->end.node;
	struct rmp_key key = { };
	u8 frame[RMP_INIT_LEN];
	struct rmp_hs *hs = (struct rmp_hs *)frame;
	struct rmp_init init = { };
	u8 secret[32];

	lockdep_assert_held(&s->hs_lock);
	s->noise_security = READ_ONCE(node->security);
	if (s->noise_security == RMP_SEC_NOISE && !key_to_try(node, attempt, &key)) {
		rmp_peer_problem(node, s->end.peer_id, "this node has no cluster key");
		return;
	}
	rmp_keypair_drop(s->hs);
	s->hs = rmp_keypair_new(&s->end);
	if (!s->hs)
		return;
	swap(s->hs_path, *path);
	mtu = reserved_mtu(s, mtu);
	s->hs_mtu = mtu;
	/* Slots that began anew and that no PONG confirmed: the target may know older ones. */
	s->hs_resume = s->keyed && READ_ONCE(s->confirmed) && mtu == s->end.mtu;

	memset(hs, 0, sizeof(*hs));
	hs->type = RMP_T_INIT;
	hs->version = RMP_VERSION;
	hs->len = cpu_to_be16(mtu);
	hs->sender = cpu_to_be32(s->hs->local);
	hs->key_id = cpu_to_be32(key.id);
	hs->security = s->noise_security;
	memcpy(init.node_id, node->id, RMP_NODE_ID_LEN);
	init.incarnation = cpu_to_be64(node->incarnation);
	init.session_id = cpu_to_be64(s->end.id);
	init.counter = cpu_to_be64(atomic64_inc_return(&node->counter));
	init.sender = hs->sender;
	init.mtu = cpu_to_be16(mtu);
	init.slots = RMP_SLOTS_MAX;
	init.flags = s->hs_resume ? RMP_HS_RESUME : 0;
	memcpy(init.name, node->name, RMP_NAME_LEN);

	if (s->noise_security == RMP_SEC_NOISE) {
		rmp_noise_init(&s->noise, prologue, sizeof(prologue) - 1, key.psk);
		do
			new_secret(secret);
		while (!rmp_noise_write1(&s->noise, secret, &init, sizeof(init),
					 frame + sizeof(*hs)));
		memzero_explicit(secret, sizeof(secret));
		memzero_explicit(&key, sizeof(key));
	} else {
		seal_plain(frame, sizeof(init), &init);
	}
	rmp_tx_padded(&s->end, &s->hs_path, frame, sizeof(frame), mtu);
}

/*
 * The session of an INIT, with a reference. *@counter: of the last INIT of the same incarnation of
 * that node, whatever the session.
 */
static struct rmp_tsess *find_target(struct rmp_node *node, const struct rmp_init *init,
				     u64 *counter)
{
	struct rmp_tsess *ts, *found = NULL;

	*counter = 0;
	spin_lock_bh(&node->table->lock);
	list_for_each_entry(ts, &node->table->targets, end.list) {
		if (ts->end.incarnation != be64_to_cpu(init->incarnation) ||
		    memcmp(ts->end.peer_id, init->node_id, RMP_NODE_ID_LEN))
			continue;
		*counter = max(*counter, ts->counter);
		if (ts->end.id == be64_to_cpu(init->session_id) && (!found || ts->confirmed))
			found = ts;
	}
	if (found)
		rmp_end_get(&found->end);
	spin_unlock_bh(&node->table->lock);
	return found;
}

/* The session of an INIT: the one to be resumed, or a new one; with a reference. */
static struct rmp_tsess *target_for(struct rmp_node *node, const struct rmp_init *init,
				    bool *resumed)
{
	u64 counter;
	struct rmp_tsess *old = find_target(node, init, &counter), *ts;
	u16 mtu = be16_to_cpu(init->mtu);

	*resumed = false;
	if (be64_to_cpu(init->counter) <= counter) {
		rmp_count(node, RX_REPLAYED);
		if (old)
			rmp_end_put(&old->end);
		return NULL;
	}
	if (old) {
		old->counter = be64_to_cpu(init->counter);
		if (init->flags & RMP_HS_RESUME && old->confirmed && old->end.mtu == mtu) {
			*resumed = true;
			return old;
		}
		/*
		 * An unconfirmed one is of no use to anybody: its initiator did not see our
		 * answer.
		 */
		if (!old->confirmed)
			rmp_tsess_kill(old);
		rmp_end_put(&old->end);
	}
	ts = rmp_tsess_new(node, mtu, init->slots);
	if (!ts)
		return NULL;
	memcpy(ts->end.peer_id, init->node_id, RMP_NODE_ID_LEN);
	ts->end.incarnation = be64_to_cpu(init->incarnation);
	ts->end.id = be64_to_cpu(init->session_id);
	ts->counter = be64_to_cpu(init->counter);
	ts->end.heard = jiffies;
	rmp_end_get(&ts->end);
	spin_lock_bh(&node->table->lock);
	list_add_tail(&ts->end.list, &node->table->targets);
	node->table->ntargets++;
	spin_unlock_bh(&node->table->lock);
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

/* Make keys for @ts and answer. @noise has read the INIT. */
static void respond(struct rmp_tsess *ts, struct rmp_link *link, const u8 *src,
		    const struct rmp_hs *hs, struct rmp_noise *noise, bool resumed)
{
	struct rmp_node *node = ts->end.node;
	struct rmp_keypair *kp = rmp_keypair_new(&ts->end);
	u8 frame[RMP_RESP_LEN], secret[32];
	struct rmp_hs *out = (struct rmp_hs *)frame;
	struct rmp_resp resp = { };
	struct rmp_path path, answer;
	bool ok;

	if (!kp)
		return;
	memset(out, 0, sizeof(*out));
	out->type = RMP_T_RESP;
	out->version = RMP_VERSION;
	out->len = cpu_to_be16(ts->end.mtu);
	out->sender = cpu_to_be32(kp->local);
	out->receiver = hs->sender;
	out->key_id = hs->key_id;
	out->security = hs->security;
	memcpy(resp.node_id, node->id, RMP_NODE_ID_LEN);
	resp.incarnation = cpu_to_be64(node->incarnation);
	resp.sender = out->sender;
	resp.receiver = out->receiver;
	resp.mtu = cpu_to_be16(ts->end.mtu);
	resp.slots = ts->tgt.nslots;
	resp.flags = resumed ? RMP_HS_RESUME : 0;
	memcpy(resp.name, node->name, RMP_NAME_LEN);

	kp->security = hs->security;
	kp->remote = be32_to_cpu(hs->sender);
	if (kp->security == RMP_SEC_NOISE) {
		new_secret(secret);
		ok = rmp_noise_write2(noise, secret, &resp, sizeof(resp), frame + sizeof(*out));
		memzero_explicit(secret, sizeof(secret));
		if (!ok) {
			rmp_count(node, RX_BADTAG);
			rmp_keypair_drop(kp);
			return;
		}
		rmp_noise_split(noise, kp->recv_key, kp->send_key);
	} else {
		seal_plain(frame, sizeof(resp), &resp);
	}

	answer = (struct rmp_path) { .link = link, .mtu = ts->end.mtu };
	ether_addr_copy(answer.addr, src);
	path = answer;
	rmp_link_get(link);
	spin_lock_bh(&ts->end.lock);
	if (ts->end.dead) {
		rmp_keypair_drop(kp);
	} else {
		rmp_keypair_drop(ts->end.next);
		ts->end.next = kp;
		if (!ts->end.cur) {	/* to have something to answer the first PING with */
			ts->end.cur = kp;
			ts->end.next = NULL;
		}
		rmp_end_set_path(&ts->end, &path);
		rmp_keypair_publish(kp);
	}
	spin_unlock_bh(&ts->end.lock);
	rmp_path_put(&path);
	rmp_tx_padded(&ts->end, &answer, frame, sizeof(frame), ts->end.mtu);
}

static void foreign(struct rmp_node *node, struct rmp_link *link, const u8 *src, const char *what)
{
	rmp_count(node, RX_FOREIGN);
	rmp_event(node, "foreign", link->name, "%pM begins a session with %s", src, what);
}

static void init_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src, const u8 *frame,
		    u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;
	struct rmp_noise noise;
	struct rmp_init init;
	struct rmp_tsess *ts;
	struct rmp_key key;
	bool resumed, ok;

	if (hs->security != READ_ONCE(node->security)) {
		foreign(node, link, src,
			hs->security ? "encryption, which this node does not use"
				     : "security none, which this node does not allow");
		return;
	}
	if (hs->security == RMP_SEC_NOISE) {
		if (!key_by_id(node, be32_to_cpu(hs->key_id), &key)) {
			foreign(node, link, src, "another cluster key");
			return;
		}
		rmp_noise_init(&noise, prologue, sizeof(prologue) - 1, key.psk);
		ok = rmp_noise_read1(&noise, frame + sizeof(*hs), RMP_INIT_LEN - sizeof(*hs),
				     &init);
		memzero_explicit(&key, sizeof(key));
	} else {
		ok = open_plain(frame, sizeof(init), &init);
	}
	if (!ok) {
		count_damaged(node, hs->security);
		goto wipe;
	}
	if (!init_is_valid(hs, &init, len)) {
		rmp_count(node, RX_MALFORMED);
		goto wipe;
	}
	if (!memcmp(init.node_id, node->id, RMP_NODE_ID_LEN))
		goto wipe;	/* our own frame came back */
	ts = target_for(node, &init, &resumed);
	if (!ts)
		goto wipe;
	respond(ts, link, src, hs, &noise, resumed);
	rmp_end_put(&ts->end);
wipe:
	memzero_explicit(&noise, sizeof(noise));
}

static bool resp_is_valid(const struct rmp_hs *hs, const struct rmp_resp *resp,
			  const struct rmp_sess *s, u32 len)
{
	return resp->sender == hs->sender && resp->receiver == hs->receiver &&
	       be16_to_cpu(resp->mtu) == s->hs_mtu && be16_to_cpu(hs->len) == s->hs_mtu &&
	       s->hs_mtu <= len && resp->slots && resp->slots <= RMP_SLOTS_MAX &&
	       !(resp->flags & ~RMP_HS_RESUME) && !resp->name[RMP_NAME_LEN - 1] &&
	       !memchr_inv(resp->zero, 0, sizeof(resp->zero));
}

/* The handshake has made keys: use them, and settle what became of the requests under way. */
static void established(struct rmp_sess *s, const struct rmp_hs *hs, const struct rmp_resp *resp)
{
	struct rmp_node *node = s->end.node;
	u64 incarnation = be64_to_cpu(resp->incarnation);
	bool resumed = s->hs_resume && resp->flags & RMP_HS_RESUME;
	bool reborn = s->end.incarnation && s->end.incarnation != incarnation;
	struct rmp_keypair *kp = s->hs;
	u16 path_mtu = s->hs_path.mtu;
	struct sk_buff_head q;
	LIST_HEAD(lost);

	s->hs = NULL;
	if (reborn && s->ops->lost)
		s->ops->lost(s->priv);	/* before anything of it can complete */
	__skb_queue_head_init(&q);
	spin_lock_bh(&s->end.lock);
	kp->security = hs->security;
	kp->remote = be32_to_cpu(hs->sender);
	rmp_keypair_drop(s->end.prev);
	s->end.prev = s->end.cur;
	s->end.cur = kp;
	s->end.incarnation = incarnation;
	s->end.heard = jiffies;
	s->hint = false;
	s->ponged = false;
	rmp_keypair_publish(kp);
	if (!resumed) {
		/* No frame may come in under the old keys for slots that begin again. */
		rmp_keypair_drop(s->end.prev);
		s->end.prev = NULL;
		rmp_sess_set_state(s, RMP_SESS_CONNECTING);
		rmp_sess_restart(s, s->hs_mtu, resp->slots, reborn ? &lost : NULL);
	} else {
		s->ini.granted = resp->slots;
	}
	rmp_end_set_path(&s->end, &s->hs_path);
	if (s->hs_reserve.mtu == s->hs_mtu)
		swap(s->end.large, s->hs_reserve);
	rmp_tx_control(&s->end, &q, RMP_T_PING, 0);
	spin_unlock_bh(&s->end.lock);
	rmp_peer_confirmed(node, s->end.peer_id, incarnation, s->end.path.link, s->end.path.addr);
	rmp_path_put(&s->hs_path);
	rmp_reserve_free(&s->hs_reserve);
	rmp_sess_fail(&lost, -ESTALE);
	rmp_tx_send(node, &q);
	rmp_count(node, HANDSHAKES);
	rmp_pmtu_found(&s->pmtu, rmp_now_us(), path_mtu, s->hs_mtu);
	WRITE_ONCE(s->keyed, jiffies | 1);
	s->hs_tries = 0;
	rmp_wipe(&s->noise, sizeof(s->noise));
	mod_delayed_work(node->wq, &s->work, HZ / 20);
}

static void resp_for(struct rmp_sess *s, const u8 *frame, u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;
	struct rmp_node *node = s->end.node;
	struct rmp_noise noise;
	struct rmp_resp resp;
	bool ok;

	mutex_lock(&s->hs_lock);
	if (READ_ONCE(s->end.dead) || !s->hs || s->hs->local != be32_to_cpu(hs->receiver) ||
	    hs->security != s->noise_security)
		goto out;
	noise = s->noise;	/* a forged answer must not spoil the state for the true one */
	if (hs->security == RMP_SEC_NOISE)
		ok = rmp_noise_read2(&noise, frame + sizeof(*hs), RMP_RESP_LEN - sizeof(*hs),
				     &resp);
	else
		ok = open_plain(frame, sizeof(resp), &resp);
	if (!ok) {
		count_damaged(node, hs->security);
	} else if (!resp_is_valid(hs, &resp, s, len)) {
		rmp_count(node, RX_MALFORMED);
	} else if (memcmp(resp.node_id, s->end.peer_id, RMP_NODE_ID_LEN)) {
		rmp_peer_problem(node, s->end.peer_id, "another node answers at its address");
	} else {
		if (hs->security == RMP_SEC_NOISE)
			rmp_noise_split(&noise, s->hs->send_key, s->hs->recv_key);
		established(s, hs, &resp);
	}
	memzero_explicit(&noise, sizeof(noise));
out:
	mutex_unlock(&s->hs_lock);
}

static void resp_rx(struct rmp_node *node, const u8 *frame, u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;
	struct rmp_keypair *kp;
	struct rmp_sess *s = NULL;
	u32 index = be32_to_cpu(hs->receiver);

	/* A session is freed only after the work that runs us was flushed: rmp_sess_close(). */
	rcu_read_lock();
	kp = rcu_dereference(node->table->kp[index % RMP_INDEXES]);
	if (kp && kp->local == index && kp->end->initiator)
		s = rmp_sess_of(kp->end);
	rcu_read_unlock();
	if (s)
		resp_for(s, frame, len);
	else
		rmp_count(node, RX_UNKNOWN);
}

/**
 * rmp_hs_rx - a handshake frame
 * @node:	node
 * @link:	over which link it came
 * @src:	from which address
 * @frame:	its first bytes; those behind its end are zero
 * @len:	its bytes, padding included
 *
 * Context: process (node->slow).
 */
void rmp_hs_rx(struct rmp_node *node, struct rmp_link *link, const u8 *src, const u8 *frame,
	       u32 len)
{
	const struct rmp_hs *hs = (const struct rmp_hs *)frame;

	if (len < RMP_INIT_LEN || hs->version != RMP_VERSION || hs->security > RMP_SEC_NOISE ||
	    memchr_inv(hs->zero, 0, sizeof(hs->zero)) || !is_valid_ether_addr(src)) {
		rmp_count(node, RX_MALFORMED);
		return;
	}
	if (hs->type == RMP_T_INIT)
		init_rx(node, link, src, frame, len);
	else
		resp_rx(node, frame, len);
}
