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
 * @alive:	target: send a NACK without any bit: the request is being executed
 * @send:	send these fragments (initiator: of the request; target: of the reply), if not 0
 * @probe:	they are to carry RMP_F_PROBE
 * @cut:	the congestion window was cut
 */
struct rmp_act {
	u64	nack;
	u64	send;
	u8	slot;
	bool	done;
	bool	alive;
	bool	probe;
	bool	cut;
};

/*
 * Bodies whose length the type fixes. A REQ or REP has the bytes of its fragment, which needs the
 * message's layout.
 */
static inline bool rmp_len_fits(const struct rmp_frame *f)
{
	switch (f->type) {
	case RMP_T_REQ:
	case RMP_T_REP:
		return true;
	case RMP_T_NACK:
		return f->len == sizeof(struct rmp_nack);
	case RMP_T_PING:
	case RMP_T_PONG:
	case RMP_T_BYE:
		return f->len == 0;
	}
	return false;
}

/**
 * rmp_frame_parse - check a header from the wire and turn it into host order
 * @f:		to fill
 * @hdr:	the header
 * @avail:	bytes that follow it in the frame, without the tag, padding included
 *
 * Return: false when the frame breaks a rule. Security is not looked at: the header is not to be
 * believed yet.
 */
static inline bool rmp_frame_parse(struct rmp_frame *f, const struct rmp_hdr *hdr,
				   u32 avail)
{
	u16 slot = be16_to_cpu(hdr->slot);

	f->type = hdr->type;
	f->flags = hdr->flags;
	f->len = be16_to_cpu(hdr->len);
	f->session = be32_to_cpu(hdr->session);
	f->seq = be32_to_cpu(hdr->seq);
	f->slot = slot;
	f->frag = hdr->frag;
	f->msg.head_len = hdr->head_len;
	f->msg.data_len = be32_to_cpu(hdr->data_len);
	f->msg.present = be16_to_cpu(hdr->present);
	f->status = hdr->status;
	f->slots = hdr->slots;
	f->ts = be32_to_cpu(hdr->ts);
	f->ts_echo = be32_to_cpu(hdr->ts_echo);

	return rmp_len_fits(f) && f->len <= avail && slot < RMP_SLOTS_MAX &&
	       f->frag < RMP_FRAGS_MAX && !(f->flags & ~RMP_F_ALL) &&
	       f->status < RMP_STATUS_NR && f->slots <= RMP_SLOTS_MAX;
}

/* What differs between the frames of one message. */
static inline void rmp_frame_fragment(struct rmp_hdr *hdr, u8 frag, u16 len)
{
	hdr->frag = frag;
	hdr->len = cpu_to_be16(len);
}

void rmp_frame_build(struct rmp_hdr *hdr, const struct rmp_frame *f);

#endif
