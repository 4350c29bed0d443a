/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network between nodes: a link with a queue from each node to each other one, which loses,
 * doubles, delays, reorders and damages frames.
 */
#ifndef _NET_H
#define _NET_H

#include "world.h"

#define NODES_MAX	6

/* What a sent frame is the copy of. */
struct origin {
	u32	copies;
	bool	taken;		/* a receiver has opened it */
};

struct frame {
	struct timer	timer;
	struct world	*w;
	struct origin	*origin;
	u8		from, to;
	u16		len;		/* on the wire */
	u16		have;		/* bytes in @data; the rest is padding with zeros */
	bool		damaged;
	bool		slow;		/* waits for process context */
	struct keypair	*kp;		/* that it has found, while its receiver is held up */
	u16		damaged_at;	/* which byte */
	u8		data[];
};

/* Parts per million, and times. */
struct net_faults {
	u32 loss, duplication, reordering, corruption;
	u32 types;		/* all frames of these types are lost, a bit each */
	u64 jitter_ns, reorder_ns;
	u64 late_ns;		/* a duplicate comes at most so much later */
};

struct net {
	struct net_faults now;
	u64		delay_ns;
	u64		ns_per_byte_1024;	/* 1024ths of a nanosecond */
	u64		queue_ns;		/* of sending time: a longer queue drops */
	u16		mtu;			/* longer frames vanish */
	bool		parted[NODES_MAX][NODES_MAX];
	u64		busy_until_ns[NODES_MAX][NODES_MAX];
	u64		in_flight;
};

void net_send(struct node *from, unsigned int to, const void *data, u32 have, u32 len);
void frame_free(struct frame *f);

#endif
