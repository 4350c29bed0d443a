/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _RMP_PING_H
#define _RMP_PING_H

#include "rmp_priv.h"

#define RMP_PINGS_MAX	1000

/**
 * struct rmp_ping - round trips to measure
 * @id:		to whom
 * @size:	bytes of data in the reply
 * @count:	how many
 * @ns:		the samples; the caller frees them with kvfree()
 * @done:	how many samples there are
 * @lost:	not answered within a second
 */
struct rmp_ping {
	u8	id[RMP_NODE_ID_LEN];
	u32	size;
	u32	count;
	u32	*ns;
	u32	done;
	u32	lost;
};

int rmp_ping(struct rmp_node *node, struct rmp_ping *ping);

#endif
