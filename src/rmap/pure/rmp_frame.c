// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_frame.h"

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
