/* SPDX-License-Identifier: GPL-2.0-only */
/* What to do next with a virtual disk: states of both ends, as in Xen's public/io/xenbus.h. */
#ifndef _MEMX_XBK_STATE_H
#define _MEMX_XBK_STATE_H

#include "rmp_env.h"

enum {
	MEMX_XBK_UNKNOWN,
	MEMX_XBK_INITIALISING,
	MEMX_XBK_INIT_WAIT,
	MEMX_XBK_INITIALISED,
	MEMX_XBK_CONNECTED,
	MEMX_XBK_CLOSING,
	MEMX_XBK_CLOSED,
};

enum memx_xbk_conn_state {
	MEMX_XBK_CONN_NONE,
	MEMX_XBK_CONN_LIVE,
	MEMX_XBK_CONN_ENDING,	/* requests or frames still refer to the guest's memory */
};

/**
 * struct memx_xbk_ends - where both ends are
 * @front:	state of the guest's end, whatever it wrote
 * @back:	ours
 * @conn:	the connection
 * @disk:	the script has said which device it is, and it can be opened
 * @anew:	since the last attempt to connect the guest has said Initialised once more
 * @refused:	that attempt failed, and the guest has not said anything since
 */
struct memx_xbk_ends {
	unsigned int			front;
	unsigned int			back;
	enum memx_xbk_conn_state	conn;
	bool				disk;
	bool				anew;
	bool				refused;
};

enum memx_xbk_step {
	MEMX_XBK_STAY,
	MEMX_XBK_WAIT_FOR_GUEST,	/* begin anew: state InitWait */
	MEMX_XBK_CONNECT,
	MEMX_XBK_DISCONNECT,
	MEMX_XBK_AGREE_TO_CLOSE,	/* state Closing */
	MEMX_XBK_CLOSE,			/* state Closed, the device let go */
};

enum memx_xbk_step memx_xbk_next(const struct memx_xbk_ends *e);

#endif
