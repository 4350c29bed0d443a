/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The load on the initiators, and what must hold: a model of what every page has to be, and a
 * record of what ran where.
 */
#ifndef _LOAD_H
#define _LOAD_H

#include "node.h"

/* What a seed asks of the load. */
struct load_plan {
	u32	depth;		/* requests of a volume at one time */
	u64	gap_ns;		/* between bursts, at most */
	u32	nomem, cancel;	/* parts per million */
	bool	serves[NODES_MAX], uses[NODES_MAX][NODES_MAX];
};

struct load;

struct load *load_new(struct world *w, const struct load_plan *plan);
void load_free(struct world *w);
u32 load_nomem(struct world *w);

/* The life of nodes and sessions */
void load_boot(struct node *n);
void load_crash(struct node *n);
void load_lost(struct vol *v);
void load_close_one(struct node *n);

/*
 * A request that was given up cannot run any more: the one with this number (its void slot is
 * free), or, with 0, all of a session that is up and whose slots are not void.
 */
void load_settled(struct sess *s, u64 id);

/* A target is about to execute request @id. Return: false when @object is not there, and may be
 * so. */
bool load_runs(struct node *n, u64 id, struct tsess *ts, const void *object);

/* The timer has run out once more: bounded by slots and backoff. */
void check_timeouts(struct world *w);

/* The end of a seed */
void load_stop(struct world *w);	/* nothing new */
bool load_idle(struct world *w);	/* all has completed, every volume is open */
void load_read_all(struct world *w);
void load_report(struct world *w);	/* what is under way, when it ought not to be */

#endif
