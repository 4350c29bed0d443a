// SPDX-License-Identifier: GPL-2.0-only
/* Advertisements: what a hint of a new incarnation needs of src/rmap/disc.c. */
#include "node.h"
#include "rmp_crypto.h"

#define OTHER_AGAIN_US	10000000ull

static void seal(struct rmp_advert *a, const struct rmp_key *key)
{
	u8 mac[RMP_HASH_LEN] = { 0 };
	__be32 crc;

	if (key) {
		rmp_hmac_sha256(key->advert, sizeof(key->advert), (u8 *)a,
				offsetof(struct rmp_advert, mac), mac);
	} else {
		crc = cpu_to_be32(crc32c(0, a, offsetof(struct rmp_advert, mac)));
		memcpy(mac, &crc, sizeof(crc));
	}
	memcpy(a->mac, mac, RMP_MAC_LEN);
}

static const struct rmp_key *key_of(const struct node *n)
{
	return n->security == RMP_SEC_NOISE ? &n->key : NULL;
}

/* Also the moment to look for sessions that nobody wants. */
void disc_advertise(void *arg)
{
	struct node *n = arg;
	const struct rmp_key *key = key_of(n);
	unsigned int i;

	timer_arm(n->w, &n->advert, INTERVAL_MS * NS_PER_MS);
	tsess_reap(n, false);
	for (i = 0; n->store && i < n->w->nnodes; i++) {
		struct rmp_advert a = {
			.type = RMP_T_ADVERT, .version = RMP_VERSION, .name = "sim",
			.len = cpu_to_be16(sizeof(a)), .key_id = cpu_to_be32(key ? key->id : 0),
			.incarnation = cpu_to_be64(n->incarnation),
			.counter = cpu_to_be64(++n->counter), .capacity = cpu_to_be64(1000),
			.interval_ms = cpu_to_be32(INTERVAL_MS), .mtu = cpu_to_be16(n->mtu),
			.security = n->security,
		};

		a.node_id[RMP_NODE_ID_LEN - 1] = n->index;
		seal(&a, key);
		if (i != n->index)
			net_send(n, i, &a, sizeof(a), sizeof(a));
	}
}

static bool is_up(const struct node *n, unsigned int peer)
{
	unsigned int i;

	for (i = 0; i < SESS_MAX; i++)
		if (n->sess[i] && n->sess[i]->end.peer == peer && n->sess[i]->state == SESS_UP)
			return true;
	return false;
}

/* A handshake has proved who is there. */
void disc_confirmed(struct node *n, unsigned int peer, u64 incarnation)
{
	struct peer *p = &n->peer[peer];

	rmp_advert_confirm(&p->heard, incarnation,
			   p->other_incarnation == incarnation ? p->other_counter : 0);
}

void disc_rx(struct node *n, unsigned int from, const u8 *frame, u32 len)
{
	struct peer *p = &n->peer[from];
	struct rmp_advert a, sealed;

	memcpy(&a, frame, sizeof(a));
	if (!rmp_advert_is_valid(&a, len) || a.security != n->security ||
	    (key_of(n) && be32_to_cpu(a.key_id) != n->key.id)) {
		n->w->stats.malformed++;
		return;
	}
	sealed = a;
	seal(&sealed, key_of(n));
	if (rmp_differs(sealed.mac, a.mac, RMP_MAC_LEN)) {
		n->w->stats.bad++;
		return;
	}
	switch (rmp_advert_judge(&p->heard, is_up(n, from), &a)) {
	case RMP_ADVERT_REPLAY:
		n->w->stats.replayed++;
		return;
	case RMP_ADVERT_HINT:
		if (p->other_us && now_us(n) < p->other_us + OTHER_AGAIN_US)
			return;
		p->other_us = now_us(n) | 1;
		p->other_incarnation = be64_to_cpu(a.incarnation);
		p->other_counter = be64_to_cpu(a.counter);
		break;
	case RMP_ADVERT_TAKE:
		rmp_advert_take(&p->heard, &a);
	}
	sess_hint(n, from, be64_to_cpu(a.incarnation));
}
