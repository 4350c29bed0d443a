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

/**
 * struct rmp_heard - what a peer's advertisements have said of it
 * @incarnation: of the one that was taken last; 0: none
 * @counter:	of it
 * @confirmed:	incarnation that a handshake has proved last; 0: none
 * @confirmed_counter: of the last advertisement of that one
 */
struct rmp_heard {
	u64	incarnation;
	u64	counter;
	u64	confirmed;
	u64	confirmed_counter;
};

enum rmp_advert_use {
	RMP_ADVERT_TAKE,
	RMP_ADVERT_REPLAY,
	RMP_ADVERT_HINT,	/* believe nothing of it, but ask whether it is true */
};

bool rmp_advert_is_valid(const struct rmp_advert *a, u32 len);
enum rmp_advert_use rmp_advert_judge(const struct rmp_heard *h, bool up,
				     const struct rmp_advert *a);
void rmp_advert_take(struct rmp_heard *h, const struct rmp_advert *a);
void rmp_advert_confirm(struct rmp_heard *h, u64 incarnation, u64 counter);
enum rmp_age rmp_peer_age(u32 silent_ms, u32 interval_ms);
bool rmp_name_is_valid(const char *name, size_t size);

#endif
