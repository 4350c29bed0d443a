// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_frame.h"

/*
 * Bodies whose length the type fixes. A REQ or REP has the bytes of its fragment, which needs the
 * message's layout.
 */
static bool len_fits(const struct rmp_frame *f)
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
bool rmp_frame_parse(struct rmp_frame *f, const struct rmp_hdr *hdr, u32 avail)
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

	return len_fits(f) && f->len <= avail && slot < RMP_SLOTS_MAX && f->frag < RMP_FRAGS_MAX &&
	       !(f->flags & ~RMP_F_ALL) && f->status < RMP_STATUS_NR && f->slots <= RMP_SLOTS_MAX;
}

/**
 * rmp_frame_build - write a header
 * @hdr:	to fill; the counter (or the two CRCs) is left to who protects the frame
 * @f:		what goes into it
 */
void rmp_frame_build(struct rmp_hdr *hdr, const struct rmp_frame *f)
{
	hdr->type = f->type;
	hdr->flags = f->flags;
	hdr->len = cpu_to_be16(f->len);
	hdr->session = cpu_to_be32(f->session);
	hdr->counter = 0;
	hdr->seq = cpu_to_be32(f->seq);
	hdr->slot = cpu_to_be16(f->slot);
	hdr->frag = f->frag;
	hdr->head_len = f->msg.head_len;
	hdr->data_len = cpu_to_be32(f->msg.data_len);
	hdr->present = cpu_to_be16(f->msg.present);
	hdr->status = f->status;
	hdr->slots = f->slots;
	hdr->ts = cpu_to_be32(f->ts);
	hdr->ts_echo = cpu_to_be32(f->ts_echo);
}
