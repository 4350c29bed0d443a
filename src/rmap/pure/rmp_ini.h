/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initiator's half of a session: slots, retransmission, and which reply fragments have come.
 *
 * The shell owns the requests; this object only knows their shape. A slot is free, busy with a
 * request, or void: its request was cancelled, but its sequence number must still be used up at
 * the target, so that a later request in the slot is not taken for one that skipped a number. A
 * void slot asks for an empty echo under the same number: the target executes that, or repeats
 * the answer of what it had executed already; either way the slot is free again, and the cancelled
 * request is not executed any more. Until then no other one begins whose order matters.
 */
#ifndef _RMP_INI_H
#define _RMP_INI_H

#include "rmp_cong.h"
#include "rmp_env.h"
#include "rmp_frag.h"
#include "rmp_frame.h"
#include "rmp_rtt.h"

enum rmp_ini_state {
	RMP_INI_FREE,
	RMP_INI_BUSY,
	RMP_INI_VOID,
};

/**
 * struct rmp_ini_slot - one slot
 * @req:	the request's fragments
 * @rep:	the reply's, once @replied
 * @got:	reply fragments that are in place
 * @nacked:	reply fragments asked for again since the timer last ran out
 * @deadline_us: when the timer runs out; if @heard it is set anew then
 * @recv_max:	most bytes of data that the reply may have
 * @seq:	sequence number of the request now, or of the last one
 * @cost:	frames counted in the congestion window
 * @tries:	how often the timer has run out for this request
 * @state:	enum rmp_ini_state
 * @replied:	a fragment of the reply has come
 * @heard:	one has come since the timer was set
 * @ordered:	see struct rmp_req
 * @head_max:	most bytes of head that the reply may have
 */
struct rmp_ini_slot {
	struct rmp_layout	req;
	struct rmp_layout	rep;
	u64			got;
	u64			nacked;
	u64			deadline_us;
	u32			recv_max;
	u32			seq;
	u16			cost;
	u8			tries;
	u8			state;
	bool			replied;
	bool			heard;
	bool			ordered;
	u8			head_max;
};

/**
 * struct rmp_ini - initiator
 * @free:	free slots, a bit each
 * @unsettled:	void ones whose request was ordered
 * @granted:	slots that the target allows now: those with a lower number
 * @geo:	geometry of the path
 * @rtt:	round-trip time
 * @cong:	congestion window
 * @slot:	the slots
 */
struct rmp_ini {
	u64			free;
	u64			unsettled;
	u8			granted;
	struct rmp_geo		geo;
	struct rmp_rtt		rtt;
	struct rmp_cong		cong;
	struct rmp_ini_slot	slot[RMP_SLOTS_MAX];
};

/* What a request looks like: see struct rmp_req. */
struct rmp_ini_req {
	struct rmp_msg	msg;
	u32		recv_max;
	u8		head_max;
	bool		ordered;
};

void rmp_ini_init(struct rmp_ini *ini, unsigned int mtu, u32 rto_min_us, u32 rto_max_us);
void rmp_ini_restart(struct rmp_ini *ini, unsigned int mtu, u8 granted);
void rmp_ini_resume(struct rmp_ini *ini, u64 now, u8 granted);
u32 rmp_ini_reply_frames(const struct rmp_ini *ini, u32 recv_max);
int rmp_ini_start(struct rmp_ini *ini, u64 now, const struct rmp_ini_req *req);
void rmp_ini_void(struct rmp_ini *ini, u64 now, unsigned int slot);
enum rmp_rx rmp_ini_check(const struct rmp_ini *ini, const struct rmp_frame *f,
			  struct rmp_layout *l, struct rmp_piece *piece);
bool rmp_ini_placed(struct rmp_ini *ini, const struct rmp_frame *f, const struct rmp_layout *l);
void rmp_ini_settle(struct rmp_ini *ini, u64 now, const struct rmp_frame *f, struct rmp_act *act);
bool rmp_ini_nack(struct rmp_ini *ini, u64 now, const struct rmp_frame *f, u64 mask,
		  struct rmp_act *act);
bool rmp_ini_timeout(struct rmp_ini *ini, u64 now, struct rmp_act *act);
u64 rmp_ini_deadline(const struct rmp_ini *ini);

static inline bool rmp_ini_idle(const struct rmp_ini *ini)
{
	return ini->free == ~0ULL;
}

#endif
