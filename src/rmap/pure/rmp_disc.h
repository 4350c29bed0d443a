/* SPDX-License-Identifier: GPL-2.0-only */
/* Decisions of discovery: is an advertisement well-formed, is it new, how old is a peer. */
#ifndef _RMP_DISC_H
#define _RMP_DISC_H

#include "rmp_env.h"
#include "rmp_wire.h"

/* A peer that was not heard for this many intervals is suspect; */
#define RMP_SUSPECT_INTERVALS	3
/* one that nobody added by hand is forgotten after this many. */
#define RMP_FORGET_INTERVALS	60

enum rmp_age {
	RMP_AGE_FRESH,
	RMP_AGE_SUSPECT,
	RMP_AGE_FORGOTTEN,
};

bool rmp_advert_is_valid(const struct rmp_advert *a, u32 len);
bool rmp_advert_is_new(u64 known_incarnation, u64 known_counter, const struct rmp_advert *a);
enum rmp_age rmp_peer_age(u32 silent_ms, u32 interval_ms);
bool rmp_name_is_valid(const char *name, size_t size);

#endif
