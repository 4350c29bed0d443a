/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world of one seed: virtual time, timers, random numbers, and the trace. Everything that
 * happens follows from the seed.
 */
#ifndef _WORLD_H
#define _WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "rmp_env.h"

#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull
#define NS_PER_S	1000000000ull

struct node;
struct net;
struct faults;
struct load;

/* Rules that can be broken on purpose, to show that the checks see it: see breaks.c. */
enum brk {
	BRK_NONE,
	BRK_EXECUTE_AGAIN,
	BRK_NO_SEQUENCE,
	BRK_IGNORE_CRC,
	BRK_IGNORE_REPLAY,
	BRK_FORGET_SLOTS,
	BRK_RESUME_UNCONFIRMED,
	BRK_STALE_KEYS,
	BRK_NO_SUPERSEDE,
	BRK_CONFIRM_DEAD,
	BRK_NO_VOID,
	BRK_REISSUE_TO_REBORN,
	BRK_NO_REISSUE,
	BRK_PLACE_IN_STORE,
	BRK_COMPLETE_TWICE,
	BRK_KEEP_PAGES,
	BRK_NO_TIMER,
	BRK_NO_BACKOFF,
	BRK_NO_STUCK,
	BRK_NO_INCAST,
	BRK_NR
};

/* Something that happens later. Belongs to a node, or to the world (NULL). */
struct timer {
	u64		at_ns;
	u64		order;		/* among those of one moment */
	u32		index;		/* in the heap, from 1; 0: not armed */
	struct node	*node;
	void		(*fn)(void *arg);
	void		*arg;
	struct timer	*next;		/* of a paused node */
};

/* What the world counts; printed as totals. */
struct stats {
	u64 frames, bytes, lost, damaged, duplicated, delayed, cut_off, too_long;
	u64 requests, completed, executed, retransmits, timeouts, nacks, window_cuts;
	u64 bad, replayed, stale, duplicates, malformed, unknown, busy;
	u64 handshakes, resumed, restarts, pauses, partitions, cancelled, reborn, closed;
	u64 narrowed;
	u64 ideal;		/* frames of the completed requests, had nothing been lost */
};

/* One line of the trace. */
struct note {
	u64		at_ns;
	const char	*fmt;
	u64		a[6];
};

#define NOTES	64

struct world {
	u64		seed;
	u64		now_ns;
	u64		random;
	u64		hash;
	enum brk	brk;
	bool		trace;

	struct timer	**heap;
	u32		nheap, heap_room;
	u64		order;

	struct note	note[NOTES];	/* the last ones */
	u64		nnotes;

	struct stats	stats;
	struct net	*net;
	struct faults	*faults;
	struct load	*load;
	struct node	*node;
	unsigned int	nnodes;
	u64		pages;		/* pages of targets that are allocated now */
	u64		serial;		/* of requests and sessions */
};

void world_init(struct world *w, u64 seed);
void world_exit(struct world *w);
bool world_step(struct world *w, u64 until_ns);

void timer_arm(struct world *w, struct timer *t, u64 delay_ns);
void timer_stop(struct world *w, struct timer *t);
static inline bool timer_armed(const struct timer *t)
{
	return t->index;
}

u64 rnd(struct world *w);
u64 below(struct world *w, u64 n);		/* a random number below n */
u64 between(struct world *w, u64 lo, u64 hi);	/* both included */
bool chance(struct world *w, u32 ppm);

/* A line of the trace: @fmt takes up to six %llu, %lld or %llx; its first 8 bytes name it. */
void note_(struct world *w, const char *fmt, const u64 *a, unsigned int n);
#define note(w, fmt, ...)                                                     \
	do {                                                                  \
		const u64 a_[] = { __VA_ARGS__ };                             \
		note_(w, fmt, a_, sizeof(a_) / sizeof(a_[0]));                \
	} while (0)

/* A rule is broken: print the seed and the last events, and end the program with status 1. */
__attribute__((noreturn, format(printf, 2, 3))) void fail(struct world *w, const char *fmt, ...);

#endif
