// SPDX-License-Identifier: GPL-2.0-only
#include "memx_srv_pressure.h"

#define LOW_LEAST	(16ULL << 20)
#define LOW_MOST	(2ULL << 30)

/**
 * memx_srv_low_bytes - with less available memory than this the donor is pressured
 * @total_bytes: of the machine
 *
 * Return: a twentieth of it, from 16 MiB to 2 GiB.
 */
u64 memx_srv_low_bytes(u64 total_bytes)
{
	return clamp(total_bytes / 20, LOW_LEAST, LOW_MOST);
}

/*
 * The state that one look suggests. Up at once; down only when the mark is passed by a half, so
 * that a page more or less does not flap.
 */
static enum memx_srv_need look(enum memx_srv_need was, u64 available, u64 low)
{
	u64 floor = low / 2;

	if (available < floor || (was == MEMX_SRV_SHORT && available < floor + floor / 2))
		return MEMX_SRV_SHORT;
	if (available < low || (was != MEMX_SRV_CALM && available < low + low / 2))
		return MEMX_SRV_PRESSURED;
	return MEMX_SRV_CALM;
}

/**
 * memx_srv_pressure - look at the donor's memory
 * @p:		state
 * @now_ms:	a clock that does not go back
 * @available_bytes: memory that could be had without swapping
 * @total_bytes: of the machine
 *
 * Return: true when @p->need has changed.
 */
bool memx_srv_pressure(struct memx_srv_pressure *p, u64 now_ms, u64 available_bytes,
		       u64 total_bytes)
{
	enum memx_srv_need was = p->need;
	enum memx_srv_need need = look(was, available_bytes, memx_srv_low_bytes(total_bytes));

	if (need == MEMX_SRV_CALM && was != MEMX_SRV_CALM) {
		if (!p->waiting)
			p->since_ms = now_ms;
		p->waiting = true;
		if (now_ms - p->since_ms < MEMX_SRV_CALM_MS)
			need = MEMX_SRV_PRESSURED;
	} else {
		p->waiting = false;
	}
	if (need == MEMX_SRV_CALM)
		p->waiting = false;
	p->need = need;
	return need != was;
}
