/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of a guest: entries of a blkif ring, turned into host order and checked.
 *
 * The ring lies in memory that the guest can write at any time. Only a private copy of an entry is
 * looked at here, and nothing of it is believed: the interface is in Xen's
 * public/io/blkif.h. Sectors are of 512 bytes whatever the block size is.
 */
#ifndef _MEMX_XBK_REQ_H
#define _MEMX_XBK_REQ_H

#include "rmp_env.h"

#define MEMX_XBK_SECTOR_SHIFT	9
#define MEMX_XBK_PAGE_SECTORS	8	/* of a granted page */
#define MEMX_XBK_BLOCK_SECTORS	8	/* of a block of a volume: 4096 bytes */
#define MEMX_XBK_SEGS_DIRECT	11	/* segments within a ring entry */
#define MEMX_XBK_SEGS_MAX	64	/* segments of an indirect request: what we offer */
#define MEMX_XBK_ENTRY_MAX	112	/* bytes of the largest entry */
#define MEMX_XBK_SEG_BYTES	8	/* of a segment in an entry, or in an indirect page */

/* Operations as they are in the ring. */
enum {
	MEMX_XBK_OP_READ	= 0,
	MEMX_XBK_OP_WRITE	= 1,
	MEMX_XBK_OP_BARRIER	= 2,
	MEMX_XBK_OP_FLUSH	= 3,
	MEMX_XBK_OP_DISCARD	= 5,
	MEMX_XBK_OP_INDIRECT	= 6,
};

#define MEMX_XBK_DISCARD_SECURE	1

/* What a guest is told. */
enum memx_xbk_status {
	MEMX_XBK_OKAY		= 0,
	MEMX_XBK_ERROR		= -1,
	MEMX_XBK_UNSUPPORTED	= -2,
};

/**
 * struct memx_xbk_abi - where things are in the entries of one kind of guest
 * @entry:	bytes of an entry
 * @rsp:	bytes of a response
 * @id:		of every request
 * @sector:	of every request
 * @seg:	first segment of a read or write
 * @count:	number of sectors of a discard
 * @gref:	first page of segments of an indirect request
 *
 * Guests of 64 bits, and of 32 bits on ARM, align 64-bit words to 8 bytes; those of x86_32 to 4.
 */
struct memx_xbk_abi {
	u8 entry, rsp, id, sector, seg, count, gref;
};

extern const struct memx_xbk_abi memx_xbk_abi_64;
extern const struct memx_xbk_abi memx_xbk_abi_x86_32;
const struct memx_xbk_abi *memx_xbk_abi(const char *protocol);

/**
 * struct memx_xbk_disk - what requests are checked against
 * @sectors:	size of the disk
 * @read_only:	the guest may not write
 * @discard:	it may discard
 */
struct memx_xbk_disk {
	u64	sectors;
	bool	read_only;
	bool	discard;
};

/* A run of sectors within a granted page; 0 < @nr <= 8 - @first. */
struct memx_xbk_seg {
	u32	gref;
	u8	first;
	u8	nr;
};

enum memx_xbk_what {
	MEMX_XBK_READ,
	MEMX_XBK_WRITE,
	MEMX_XBK_FLUSH,		/* without data */
	MEMX_XBK_DISCARD,
};

/**
 * struct memx_xbk_req - a request in host order
 * @id:		the guest's name for it
 * @sector:	where it begins
 * @nr_sectors:	how many; not yet known of an indirect one
 * @gref:	of the page with the segments of an indirect one
 * @nr_seg:	segments
 * @op:		what the response says
 * @what:	what is to be done
 * @flush:	what was written before has to be stable first
 * @indirect:	memx_xbk_parse_segs() is still to come
 * @seg:	its segments
 */
struct memx_xbk_req {
	u64			id;
	u64			sector;
	u64			nr_sectors;
	u32			gref;
	u16			nr_seg;
	u8			op;
	u8			what;
	bool			flush;
	bool			indirect;
	struct memx_xbk_seg	seg[MEMX_XBK_SEGS_MAX];
};

int memx_xbk_parse(struct memx_xbk_req *req, const void *entry, const struct memx_xbk_abi *abi,
		   const struct memx_xbk_disk *disk);
int memx_xbk_parse_segs(struct memx_xbk_req *req, const void *segs,
			const struct memx_xbk_disk *disk);
void memx_xbk_response(void *rsp, const struct memx_xbk_abi *abi, u64 id, u8 op, int status);

#endif
