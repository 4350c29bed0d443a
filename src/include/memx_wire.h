/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages between memx_client and memx_server: the heads of RMAP requests and replies.
 *
 * Data requests are answered in softirq; control requests (MEMX_OP_CONTROL and up) in process
 * context. docs/PROTOCOL.md is the prose for this file.
 */
#ifndef _MEMX_WIRE_H
#define _MEMX_WIRE_H

#include "rmp_wire.h"

#define MEMX_EXTENT_SHIFT	22
#define MEMX_EXTENT_BYTES	(1U << MEMX_EXTENT_SHIFT)
#define MEMX_EXTENT_PAGES	(MEMX_EXTENT_BYTES / RMP_PAGE_SIZE)	/* 1024 */
#define MEMX_UUID_LEN		16

enum memx_op {
	MEMX_OP_READ		= 1,
	MEMX_OP_WRITE		= 2,
	/* discard and write-zeroes: the pages read as zeros from now on */
	MEMX_OP_ZERO		= 3,
	MEMX_OP_CONTROL		= 16,	/* from here on: process context */
	MEMX_OP_EXTENT_OPEN	= 16,
	MEMX_OP_EXTENT_CLOSE	= 17,	/* the extent and its pages are freed */
	MEMX_OP_VOLUME_RELEASE	= 18,	/* all extents of a volume are freed */
	MEMX_OP_EXTENT_LIST	= 19,
};

/**
 * struct memx_data_req - head of READ, WRITE and ZERO
 * @op:		enum memx_op
 * @zero:	must be zero
 * @page:	first page within the extent
 * @count:	pages: 1 to RMP_PAGES_MAX; of ZERO 1 to MEMX_EXTENT_PAGES
 * @hole:	must be zero
 * @handle:	the server's name for the extent, from EXTENT_OPEN; never used again for another
 *		extent
 * @generation:	of the extent, as in EXTENT_OPEN
 * @epoch:	owner epoch of the volume; a lower one than the extent's is fenced
 *
 * A WRITE has count pages of data. Each is in rmp_hdr.present or filled with one repeated 64-bit
 * value; the values of the latter follow this struct as __be64, lowest page first. The reply to a
 * READ is the same: no struct, only values. A value on the wire is the big-endian form of the
 * 64-bit word that a little-endian machine would read.
 */
struct memx_data_req {
	__u8	op;
	__u8	zero;
	__be16	page;
	__be16	count;
	__be16	hole;
	__be64	handle;
	__be32	generation;
	__be32	epoch;
};

static_assert(sizeof(struct memx_data_req) == 24);
static_assert(sizeof(struct memx_data_req) + RMP_PAGES_MAX * 8 <= RMP_HEAD_MAX);

/**
 * struct memx_extent_req - head of EXTENT_OPEN and EXTENT_CLOSE
 * @op:		enum memx_op
 * @zero:	must be zero
 * @generation:	of this copy
 * @epoch:	owner epoch of the volume
 * @volume:	UUID of the volume
 * @index:	number of the extent in the volume
 * @handle:	EXTENT_CLOSE: which; EXTENT_OPEN: 0
 * @name:	EXTENT_OPEN: the volume's name, for the donor's administrator
 *
 * Opening an extent that is open already by the same owner with the same generation returns its
 * handle (the reply of an earlier EXTENT_OPEN was not seen); its contents stay. Extents belong to
 * the node that opened them (its node id).
 */
struct memx_extent_req {
	__u8	op;
	__u8	zero[3];
	__be32	generation;
	__be32	epoch;
	__be32	hole;
	__u8	volume[MEMX_UUID_LEN];
	__be64	index;
	__be64	handle;
	__u8	name[RMP_NAME_LEN];
};

static_assert(sizeof(struct memx_extent_req) == 80);

/* Head of the reply to EXTENT_OPEN. */
struct memx_extent_rep {
	__be64	handle;
	__be32	written;	/* pages that hold something; 0 for a fresh extent */
	__be32	zero;
};

static_assert(sizeof(struct memx_extent_rep) == 16);

/**
 * struct memx_volume_req - head of VOLUME_RELEASE and EXTENT_LIST
 * @op:		enum memx_op
 * @zero:	must be zero
 * @epoch:	owner epoch of the volume
 * @volume:	UUID of the volume
 * @index:	EXTENT_LIST: first extent number to list; VOLUME_RELEASE: 0
 */
struct memx_volume_req {
	__u8	op;
	__u8	zero[3];
	__be32	epoch;
	__u8	volume[MEMX_UUID_LEN];
	__be64	index;
};

static_assert(sizeof(struct memx_volume_req) == 32);

/*
 * Head of the reply to VOLUME_RELEASE (how many were freed) and EXTENT_LIST (how many entries are
 * in the data).
 */
struct memx_volume_rep {
	__be32	count;
	__be32	more;		/* EXTENT_LIST: 1 when there are extents beyond those listed */
};

static_assert(sizeof(struct memx_volume_rep) == 8);

/* One entry in the data of the reply to EXTENT_LIST, rising by index. */
struct memx_extent_entry {
	__be64	index;
	__be64	handle;
	__be32	generation;
	__be32	epoch;
	__be32	written;
	__be32	zero;
};

static_assert(sizeof(struct memx_extent_entry) == 32);

#endif
