/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the donor needs its memory itself. Seen from the memory that could be had without swapping,
 * as the kernel estimates it (si_mem_available()). Stall times (PSI) would be the second witness,
 * but modules cannot read them: psi_system is not exported, and a trigger needs an open file of
 * /proc/pressure.
 */
#ifndef _MEMX_SRV_PRESSURE_H
#define _MEMX_SRV_PRESSURE_H

#include "rmp_env.h"

enum memx_srv_need {
	MEMX_SRV_CALM,
	MEMX_SRV_PRESSURED,	/* takes no new extents */
	MEMX_SRV_SHORT,		/* takes no page from the system either: writes are told "busy" */
};

/* So long must it look calm before it is; the donor's need comes in waves. */
#define MEMX_SRV_CALM_MS	2000

/**
 * struct memx_srv_pressure - state
 * @need:	now
 * @waiting:	it looks calm, since @since_ms
 * @since_ms:	see @waiting
 */
struct memx_srv_pressure {
	enum memx_srv_need	need;
	bool			waiting;
	u64			since_ms;
};

u64 memx_srv_low_bytes(u64 total_bytes);
bool memx_srv_pressure(struct memx_srv_pressure *p, u64 now_ms, u64 available_bytes,
		       u64 total_bytes);

#endif
