/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target's half of a session: exactly-once execution by a sequence number per slot (as in RFC
 * 8881, 2.10.6), which request fragments have come, and what of the last reply may have to be
 * sent again.
 */
#ifndef _RMP_TGT_H
#define _RMP_TGT_H

#include "rmp_env.h"
#include "rmp_frag.h"
#include "rmp_frame.h"

enum rmp_tgt_state {
	RMP_TGT_IDLE,		/* nothing has come in this slot */
	RMP_TGT_ARRIVING,	/* some fragments of request seq */
	RMP_TGT_EXECUTING,	/* request seq is complete and with the service */
	RMP_TGT_ANSWERED,	/* the reply to request seq is kept */
};

/**
 * struct rmp_tgt_slot - one slot
 * @req:	the request's fragments
 * @rep:	the reply's, once answered
 * @got:	request fragments that are in place
 * @nacked:	request fragments asked for in this round
 * @seq:	sequence number of the last request that began
 * @ts:		time stamp of its frame that came last, to be echoed
 * @state:	enum rmp_tgt_state
 * @status:	of the reply
 * @slow:	the reply takes no part in the round-trip time
 */
struct rmp_tgt_slot {
	struct rmp_layout	req;
	struct rmp_layout	rep;
	u64			got;
	u64			nacked;
	u32			seq;
	u32			ts;
	u8			state;
	u8			status;
	bool			slow;
};

/**
 * struct rmp_tgt - target
 * @geo:	geometry of the path
 * @nslots:	slots that exist: the most that were ever granted
 * @slot:	the slots
 */
struct rmp_tgt {
	struct rmp_geo		geo;
	u8			nslots;
	struct rmp_tgt_slot	slot[RMP_SLOTS_MAX];
};

void rmp_tgt_init(struct rmp_tgt *tgt, unsigned int mtu, u8 nslots);
enum rmp_rx rmp_tgt_check(const struct rmp_tgt *tgt, const struct rmp_frame *f,
			  struct rmp_layout *l, struct rmp_piece *piece);
void rmp_tgt_placed(struct rmp_tgt *tgt, const struct rmp_frame *f, enum rmp_rx rx,
		    const struct rmp_layout *l, struct rmp_act *act);
bool rmp_tgt_reply(struct rmp_tgt *tgt, unsigned int slot, const struct rmp_msg *msg, u8 status,
		   bool slow, struct rmp_act *act);
bool rmp_tgt_nack(struct rmp_tgt *tgt, const struct rmp_frame *f, u64 mask, struct rmp_act *act);

#endif
