/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cluster keys of a node: at most two are valid at once, so that a key can be rolled without
 * stopping. The primary is used to begin; the secondary is accepted.
 */
#ifndef _RMP_KEYS_H
#define _RMP_KEYS_H

#include "rmp_env.h"
#include "rmp_wire.h"

#define RMP_KEYS_MAX	2

/**
 * struct rmp_key - a cluster key
 * @id:		names it on the wire without telling it; 0 = none
 * @psk:	the key
 * @advert:	key of advertisements' MAC, derived from it
 */
struct rmp_key {
	u32	id;
	u8	psk[RMP_KEY_LEN];
	u8	advert[32];
};

/* @key: primary first; entries with id 0 are empty */
struct rmp_keys {
	struct rmp_key key[RMP_KEYS_MAX];
};

void rmp_key_derive(struct rmp_key *key, const u8 psk[RMP_KEY_LEN]);
void rmp_keys_set(struct rmp_keys *keys, const struct rmp_key *key, bool secondary);
bool rmp_keys_remove(struct rmp_keys *keys, u32 id);
const struct rmp_key *rmp_keys_find(const struct rmp_keys *keys, u32 id);
const struct rmp_key *rmp_keys_try(const struct rmp_keys *keys, unsigned int attempt);

#endif
