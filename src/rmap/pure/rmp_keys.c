// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_keys.h"
#include "rmp_crypto.h"

/**
 * rmp_key_derive - what follows from a cluster key
 * @key:	to fill
 * @psk:	the cluster key
 */
void rmp_key_derive(struct rmp_key *key, const u8 psk[RMP_KEY_LEN])
{
	static const char id_label[] = "memx key id", advert_label[] = "memx advertisement";
	u8 out[RMP_HASH_LEN];

	memcpy(key->psk, psk, RMP_KEY_LEN);
	rmp_hmac_sha256(psk, RMP_KEY_LEN, (const u8 *)advert_label, sizeof(advert_label) - 1,
			key->advert);
	rmp_hmac_sha256(psk, RMP_KEY_LEN, (const u8 *)id_label, sizeof(id_label) - 1, out);
	key->id = (u32)out[0] << 24 | out[1] << 16 | out[2] << 8 | out[3];
	if (!key->id)
		key->id = 1;
}

/**
 * rmp_keys_set - make a key valid
 * @keys:	keys
 * @key:	the key
 * @secondary:	accept it only. Else it is used from now on, and what was primary is accepted still
 */
void rmp_keys_set(struct rmp_keys *keys, const struct rmp_key *key, bool secondary)
{
	rmp_keys_remove(keys, key->id);
	if (!secondary) {
		if (keys->key[0].id)
			keys->key[1] = keys->key[0];
		keys->key[0] = *key;
	} else {
		keys->key[keys->key[0].id ? 1 : 0] = *key;
	}
}

/**
 * rmp_keys_remove - a key is valid no more
 * @keys:	keys
 * @id:		which
 *
 * Return: false when there is no such key.
 */
bool rmp_keys_remove(struct rmp_keys *keys, u32 id)
{
	unsigned int i;

	for (i = 0; i < RMP_KEYS_MAX; i++) {
		if (!id || keys->key[i].id != id)
			continue;
		if (!i)
			keys->key[0] = keys->key[1];
		rmp_wipe(&keys->key[1], sizeof(keys->key[1]));
		return true;
	}
	return false;
}

/**
 * rmp_keys_find - a valid key by its id
 * @keys:	keys
 * @id:		which, not 0
 *
 * Return: the key, or NULL.
 */
const struct rmp_key *rmp_keys_find(const struct rmp_keys *keys, u32 id)
{
	unsigned int i;

	for (i = 0; i < RMP_KEYS_MAX; i++)
		if (id && keys->key[i].id == id)
			return &keys->key[i];
	return NULL;
}

/**
 * rmp_keys_try - the key to begin with
 * @keys:	keys
 * @attempt:	how often it was tried in vain: primary and secondary take turns
 *
 * Return: the key, or NULL when there is none.
 */
const struct rmp_key *rmp_keys_try(const struct rmp_keys *keys, unsigned int attempt)
{
	if (!keys->key[0].id)
		return NULL;
	return &keys->key[keys->key[1].id ? attempt % 2 : 0];
}
