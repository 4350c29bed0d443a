/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of RMAP: `trace-cmd -e rmap` shows the frames of every session. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rmap

#if !defined(_RMP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RMP_TRACE_H

#include <linux/tracepoint.h>

#include "rmp_frame.h"

DECLARE_EVENT_CLASS(rmp_frame_class,
	TP_PROTO(const struct rmp_frame *f),
	TP_ARGS(f),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u32, seq)
		__field(u16, len)
		__field(u8, type)
		__field(u8, flags)
		__field(u8, slot)
		__field(u8, frag)
	),
	TP_fast_assign(
		__entry->session = f->session;
		__entry->seq = f->seq;
		__entry->len = f->len;
		__entry->type = f->type;
		__entry->flags = f->flags;
		__entry->slot = f->slot;
		__entry->frag = f->frag;
	),
	TP_printk("type=%u flags=%#x session=%#x slot=%u seq=%u frag=%u len=%u",
		  __entry->type, __entry->flags, __entry->session, __entry->slot, __entry->seq,
		  __entry->frag, __entry->len)
);

DEFINE_EVENT(rmp_frame_class, rmp_tx, TP_PROTO(const struct rmp_frame *f), TP_ARGS(f));
DEFINE_EVENT(rmp_frame_class, rmp_rx, TP_PROTO(const struct rmp_frame *f), TP_ARGS(f));

/* A frame of a session was dropped; reason is the number of a counter in memx_netlink.h. */
TRACE_EVENT(rmp_drop,
	TP_PROTO(const struct rmp_frame *f, unsigned int reason),
	TP_ARGS(f, reason),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u32, seq)
		__field(u32, reason)
		__field(u8, type)
		__field(u8, slot)
		__field(u8, frag)
	),
	TP_fast_assign(
		__entry->session = f->session;
		__entry->seq = f->seq;
		__entry->reason = reason;
		__entry->type = f->type;
		__entry->slot = f->slot;
		__entry->frag = f->frag;
	),
	TP_printk("type=%u session=%#x slot=%u seq=%u frag=%u reason=%u", __entry->type,
		  __entry->session, __entry->slot, __entry->seq, __entry->frag, __entry->reason)
);

TRACE_EVENT(rmp_session_state,
	TP_PROTO(u64 id, unsigned int state),
	TP_ARGS(id, state),
	TP_STRUCT__entry(__field(u64, id) __field(u32, state)),
	TP_fast_assign(__entry->id = id; __entry->state = state;),
	TP_printk("session=%llu state=%s", __entry->id, __entry->state ? "up" : "connecting")
);

/* The retransmission timer found a slot unanswered. */
TRACE_EVENT(rmp_timeout,
	TP_PROTO(u64 id, unsigned int slot, unsigned int tries, u32 srtt_us, u32 cwnd),
	TP_ARGS(id, slot, tries, srtt_us, cwnd),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, slot)
		__field(u32, tries)
		__field(u32, srtt_us)
		__field(u32, cwnd)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->slot = slot;
		__entry->tries = tries;
		__entry->srtt_us = srtt_us;
		__entry->cwnd = cwnd;
	),
	TP_printk("session=%llu slot=%u tries=%u srtt_us=%u cwnd=%u", __entry->id,
		  __entry->slot, __entry->tries, __entry->srtt_us, __entry->cwnd)
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
