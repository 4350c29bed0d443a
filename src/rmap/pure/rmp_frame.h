/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that looks at the header of a session's frame: checks every rule that needs no
 * state, turns it into host order, and back.
 */
#ifndef _RMP_FRAME_H
#define _RMP_FRAME_H

#include "rmp_env.h"
#include "rmp_frag.h"
#include "rmp_wire.h"

/* struct rmp_hdr in host order; see there */
struct rmp_frame {
	u8		type;
	u8		flags;
	u8		slot;
	u8		frag;
	u16		len;
	u8		status;
	u8		slots;
	u32		session;
	u32		seq;
	u32		ts;
	u32		ts_echo;
	struct rmp_msg	msg;
};

/* What became of a received frame; all but the first three mean that it is dropped and counted. */
enum rmp_rx {
	RMP_RX_PLACE,		/* fragment to be put in place */
	RMP_RX_NEW,		/* the same, and it begins a new message */
	RMP_RX_AGAIN,		/* nothing to place: a probe that wants an answer */
	RMP_RX_MALFORMED,
	RMP_RX_STALE,
	RMP_RX_DUPLICATE,
};

/**
 * struct rmp_act - what to do after a frame or a timer was taken in
 * @slot:	of which slot
 * @done:	initiator: the request has completed and its slot is free. Target: the request has
 *		arrived, execute it
 * @nack:	send a NACK with this mask, if not 0
 * @send:	send these fragments (initiator: of the request; target: of the reply), if not 0
 * @probe:	they are to carry RMP_F_PROBE
 * @cut:	the congestion window was cut
 */
struct rmp_act {
	u64	nack;
	u64	send;
	u8	slot;
	bool	done;
	bool	probe;
	bool	cut;
};

bool rmp_frame_parse(struct rmp_frame *f, const struct rmp_hdr *hdr, u32 avail);
void rmp_frame_build(struct rmp_hdr *hdr, const struct rmp_frame *f);

#endif
