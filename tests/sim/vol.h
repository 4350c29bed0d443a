/* SPDX-License-Identifier: GPL-2.0-only */
/* What load.c and check.c share. */
#ifndef _VOL_H
#define _VOL_H

#include "load.h"
#include "memx_wire.h"
#include "store.h"

#define OLD_MAX		8u
#define DEPTH_MAX	64
#define OP_ECHO		200		/* of the load's own */

/* A version is the number of the request that wrote it; 0: zeros. */
struct vpage {
	u64	now;
	u64	writer, writing;	/* request that is writing; the version it will leave */
	struct {
		u64 version, until_ns;
	} old[OLD_MAX];			/* the last ones */
	u32	nold;
};

struct vol {
	struct vol	*next;
	struct world	*w;
	struct node	*node;
	struct sess	*sess;
	unsigned int	target;
	u64		number;
	u64		handle, epoch;
	bool		opening, retired;
	struct vpage	page[VOL_PAGES];
	struct req	*under_way[DEPTH_MAX + 1];
	u32		nunder_way;
	struct req	*given_up;	/* may still be executed; linked by next */
	struct timer	timer;
};

struct load {
	struct world		*w;
	struct load_plan	plan;
	struct vol		*vols;
	struct req		**rq;	/* by number */
	u32			nrq, rq_room;
	bool			stopped;
};

/* check.c */
struct req *req_by_id(struct load *l, u64 id);
void fill_page(u8 *p, u64 version, u32 page);
u64 value_of(u64 version, u32 page);
void check_completed(struct req *rq);
void check_read(struct req *rq);
void check_echo(struct req *rq);
void begin_write(struct req *rq);
void end_write(struct req *rq, bool executed);

#endif
