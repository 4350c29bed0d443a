// SPDX-License-Identifier: GPL-2.0-only
/* What to do next with a virtual disk. */
#include "memx_xbk_state.h"

/*
 * The guest has said where its queues are. It need not have said Initialising first: another
 * kernel may have come up in it, and we may have closed with the last one, or not know yet that
 * it is gone.
 */
static enum memx_xbk_step for_guest(const struct memx_xbk_ends *e)
{
	if (e->conn == MEMX_XBK_CONN_LIVE)
		return e->front == MEMX_XBK_INITIALISED && e->anew ? MEMX_XBK_DISCONNECT :
								     MEMX_XBK_STAY;
	if (e->refused)
		return MEMX_XBK_STAY;
	if (e->back != MEMX_XBK_INIT_WAIT)
		return MEMX_XBK_WAIT_FOR_GUEST;
	return e->disk ? MEMX_XBK_CONNECT : MEMX_XBK_STAY;
}

/**
 * memx_xbk_next - the next step
 * @e:		where both ends are
 *
 * It is asked again after each step, until it says to stay. A guest that closes while it uses the
 * disk goes on using it until it says Closed.
 *
 * Return: the step.
 */
enum memx_xbk_step memx_xbk_next(const struct memx_xbk_ends *e)
{
	if (e->conn == MEMX_XBK_CONN_ENDING)
		return MEMX_XBK_STAY;
	switch (e->front) {
	case MEMX_XBK_INITIALISING:
		if (e->conn == MEMX_XBK_CONN_LIVE)
			return MEMX_XBK_DISCONNECT;
		if (e->back != MEMX_XBK_INIT_WAIT)
			return MEMX_XBK_WAIT_FOR_GUEST;
		return MEMX_XBK_STAY;
	case MEMX_XBK_INITIALISED:
	case MEMX_XBK_CONNECTED:
		return for_guest(e);
	case MEMX_XBK_CLOSING:
		if (e->back != MEMX_XBK_CLOSING && e->back != MEMX_XBK_CLOSED)
			return MEMX_XBK_AGREE_TO_CLOSE;
		return MEMX_XBK_STAY;
	case MEMX_XBK_CLOSED:
	case MEMX_XBK_UNKNOWN:
		if (e->conn == MEMX_XBK_CONN_LIVE)
			return MEMX_XBK_DISCONNECT;
		if (e->back != MEMX_XBK_CLOSED)
			return MEMX_XBK_CLOSE;
		return MEMX_XBK_STAY;
	}
	return MEMX_XBK_STAY;
}
