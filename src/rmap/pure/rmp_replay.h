/* SPDX-License-Identifier: GPL-2.0-only */
/* Sliding window over 64-bit frame counters: each is accepted once (the algorithm of RFC 6479). */
#ifndef _RMP_REPLAY_H
#define _RMP_REPLAY_H

#include "rmp_env.h"

#define RMP_REPLAY_WORDS	64	/* a power of two */
/* 4032: more than all slots' frames but the largest */
#define RMP_REPLAY_WINDOW	((RMP_REPLAY_WORDS - 1) * 64)

/**
 * struct rmp_replay - window
 * @top:	highest counter seen, plus one
 * @seen:	bit of each counter in the window
 */
struct rmp_replay {
	u64 top;
	u64 seen[RMP_REPLAY_WORDS];
};

bool rmp_replay_fresh(const struct rmp_replay *r, u64 counter);
void rmp_replay_mark(struct rmp_replay *r, u64 counter);

#endif
