/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that looks at the bytes of a request: checks every rule that needs no state, turns
 * it into host order.
 */
#ifndef _MEMX_SRV_PARSE_H
#define _MEMX_SRV_PARSE_H

#include "rmp_env.h"
#include "memx_wire.h"

/* Extents of the largest volume: its size in bytes is a positive s64. */
#define MEMX_SRV_INDEX_MAX	((1ULL << (63 - MEMX_EXTENT_SHIFT)) - 1)

/**
 * struct memx_srv_head - what came with a request
 * @bytes:	its head, aligned to 8 bytes
 * @len:	bytes of it
 * @present:	pages of the data that travelled
 * @data_len:	bytes of data
 */
struct memx_srv_head {
	const void	*bytes;
	u32		len;
	u32		data_len;
	u16		present;
};

/**
 * struct memx_srv_data - a data request in host order
 * @handle:	of the extent
 * @values:	WRITE: words of the pages that did not travel, lowest page first
 * @generation:	of the extent
 * @epoch:	owner epoch
 * @page:	first page
 * @count:	pages
 * @op:		enum memx_op
 */
struct memx_srv_data {
	u64		handle;
	const __be64	*values;
	u32		generation;
	u32		epoch;
	u16		page;
	u16		count;
	u8		op;
};

/**
 * struct memx_srv_control - a control request in host order
 * @index:	EXTENT_OPEN: number of the extent; EXTENT_LIST: of the first to list
 * @handle:	EXTENT_CLOSE: which
 * @volume:	UUID
 * @name:	EXTENT_OPEN: of the volume
 * @generation:	of the copy
 * @epoch:	owner epoch
 * @op:		enum memx_op
 */
struct memx_srv_control {
	u64		index;
	u64		handle;
	const u8	*volume;
	const char	*name;
	u32		generation;
	u32		epoch;
	u8		op;
};

bool memx_srv_parse_data(struct memx_srv_data *d, const struct memx_srv_head *h);
bool memx_srv_parse_control(struct memx_srv_control *c, const struct memx_srv_head *h);

#endif
