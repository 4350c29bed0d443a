/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which MTU a handshake is tried with. What the ends promise may be more than the path carries, and
 * a smaller one that was found may be too small: the peer had just come back when it was tried, or
 * a switch was changed.
 */
#ifndef _RMP_PMTU_H
#define _RMP_PMTU_H

#include "rmp_env.h"
#include "rmp_wire.h"

#define RMP_MTU_PAGE	4224	/* carries a page in one frame */

/**
 * struct rmp_pmtu - what is known of a path
 * @path:	MTU that its ends promise
 * @found:	MTU that the last handshake was done with
 * @tries:	how often the larger one was tried since
 * @due_us:	when it is tried next, or given up for now
 */
struct rmp_pmtu {
	u16	path;
	u16	found;
	u32	tries;
	u64	due_us;
};

enum rmp_pmtu_act {
	RMP_PMTU_WAIT,
	RMP_PMTU_TRY,		/* send an INIT of the path's MTU; the session goes on meanwhile */
	RMP_PMTU_TELL,		/* it does not carry that: somebody ought to look why */
};

u16 rmp_pmtu_try(u16 path, u32 attempt);
void rmp_pmtu_found(struct rmp_pmtu *p, u64 now, u16 path, u16 mtu);
enum rmp_pmtu_act rmp_pmtu_next(struct rmp_pmtu *p, u64 now, u16 path);
u64 rmp_pmtu_wait_us(const struct rmp_pmtu *p, u64 now);

#endif
