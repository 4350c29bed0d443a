// SPDX-License-Identifier: GPL-2.0-only
/* Requests of a guest: the one place that looks at the bytes of a ring entry. */
#include "memx_xbk_req.h"

const struct memx_xbk_abi memx_xbk_abi_64 = {
	.entry = 112, .rsp = 16, .id = 8, .sector = 16, .seg = 24, .count = 24, .gref = 28,
};

const struct memx_xbk_abi memx_xbk_abi_x86_32 = {
	.entry = 108, .rsp = 12, .id = 4, .sector = 12, .seg = 20, .count = 20, .gref = 24,
};

/**
 * memx_xbk_abi - how a guest lays out its ring
 * @protocol:	what it says; NULL when it says nothing: as this kernel does
 *
 * Return: NULL for a kind that is not known.
 */
const struct memx_xbk_abi *memx_xbk_abi(const char *protocol)
{
	if (!protocol)
#if defined(__i386__)
		return &memx_xbk_abi_x86_32;
#else
		return &memx_xbk_abi_64;
#endif
	if (!strcmp(protocol, "x86_64-abi") || !strcmp(protocol, "arm-abi"))
		return &memx_xbk_abi_64;
	if (!strcmp(protocol, "x86_32-abi"))
		return &memx_xbk_abi_x86_32;
	return NULL;
}

/* Guests have the byte order of the host: they run on the same processor. */
#define GETTER(type)							\
	static type get_##type(const void *from, unsigned int off)	\
	{								\
		type v;							\
									\
		memcpy(&v, (const u8 *)from + off, sizeof(v));		\
		return v;						\
	}
GETTER(u8)
GETTER(u16)
GETTER(u32)
GETTER(u64)

/* The range is within the disk, in whole blocks. */
static bool fits(const struct memx_xbk_req *req, const struct memx_xbk_disk *disk)
{
	return req->nr_sectors && req->sector <= disk->sectors &&
	       req->nr_sectors <= disk->sectors - req->sector &&
	       req->sector % MEMX_XBK_BLOCK_SECTORS == 0 &&
	       req->nr_sectors % MEMX_XBK_BLOCK_SECTORS == 0;
}

static int take_segs(struct memx_xbk_req *req, const u8 *from, const struct memx_xbk_disk *disk)
{
	unsigned int i;

	req->nr_sectors = 0;
	for (i = 0; i < req->nr_seg; i++, from += MEMX_XBK_SEG_BYTES) {
		struct memx_xbk_seg *seg = &req->seg[i];
		u8 first = get_u8(from, 4), last = get_u8(from, 5);

		if (first > last || last >= MEMX_XBK_PAGE_SECTORS)
			return MEMX_XBK_ERROR;
		seg->gref = get_u32(from, 0);
		seg->first = first;
		seg->nr = last - first + 1;
		req->nr_sectors += seg->nr;
	}
	return fits(req, disk) ? MEMX_XBK_OKAY : MEMX_XBK_ERROR;
}

/* Sets what; false when it is neither a read nor a write, or one that is not allowed. */
static bool direction(struct memx_xbk_req *req, const struct memx_xbk_disk *disk)
{
	req->what = req->op == MEMX_XBK_OP_READ ? MEMX_XBK_READ : MEMX_XBK_WRITE;
	if (req->op == MEMX_XBK_OP_READ)
		return true;
	return (req->op == MEMX_XBK_OP_WRITE || req->op == MEMX_XBK_OP_FLUSH) && !disk->read_only;
}

static int parse_rw(struct memx_xbk_req *req, const void *entry, const struct memx_xbk_abi *abi,
		    const struct memx_xbk_disk *disk)
{
	req->nr_seg = get_u8(entry, 1);
	req->flush = req->op == MEMX_XBK_OP_FLUSH;
	if (req->flush && !req->nr_seg) {
		req->what = MEMX_XBK_FLUSH;
		return MEMX_XBK_OKAY;
	}
	if (!direction(req, disk) || !req->nr_seg || req->nr_seg > MEMX_XBK_SEGS_DIRECT)
		return MEMX_XBK_ERROR;
	return take_segs(req, (const u8 *)entry + abi->seg, disk);
}

static int parse_indirect(struct memx_xbk_req *req, const void *entry,
			  const struct memx_xbk_abi *abi, const struct memx_xbk_disk *disk)
{
	req->op = get_u8(entry, 1);
	req->nr_seg = get_u16(entry, 2);
	if (req->op != MEMX_XBK_OP_READ && req->op != MEMX_XBK_OP_WRITE)
		return MEMX_XBK_ERROR;
	if (!direction(req, disk) || !req->nr_seg || req->nr_seg > MEMX_XBK_SEGS_MAX)
		return MEMX_XBK_ERROR;
	req->gref = get_u32(entry, abi->gref);
	req->indirect = true;
	return MEMX_XBK_OKAY;
}

static int parse_discard(struct memx_xbk_req *req, const void *entry,
			 const struct memx_xbk_abi *abi, const struct memx_xbk_disk *disk)
{
	req->what = MEMX_XBK_DISCARD;
	req->nr_sectors = get_u64(entry, abi->count);
	if (!disk->discard || get_u8(entry, 1) & MEMX_XBK_DISCARD_SECURE)
		return MEMX_XBK_UNSUPPORTED;
	return !disk->read_only && fits(req, disk) ? MEMX_XBK_OKAY : MEMX_XBK_ERROR;
}

/**
 * memx_xbk_parse - check a request
 * @req:	to fill; @id and @op are valid whatever is returned
 * @entry:	private copy of the ring entry: @abi->entry bytes, any alignment
 * @abi:	kind of guest
 * @disk:	its disk
 *
 * Return: MEMX_XBK_OKAY, or what the guest is to be told.
 */
int memx_xbk_parse(struct memx_xbk_req *req, const void *entry, const struct memx_xbk_abi *abi,
		   const struct memx_xbk_disk *disk)
{
	req->op = get_u8(entry, 0);
	req->id = get_u64(entry, abi->id);
	req->sector = get_u64(entry, abi->sector);
	req->nr_sectors = 0;
	req->nr_seg = 0;
	req->gref = 0;
	req->flush = false;
	req->indirect = false;
	switch (req->op) {
	case MEMX_XBK_OP_READ:
	case MEMX_XBK_OP_WRITE:
	case MEMX_XBK_OP_FLUSH:
		return parse_rw(req, entry, abi, disk);
	case MEMX_XBK_OP_DISCARD:
		return parse_discard(req, entry, abi, disk);
	case MEMX_XBK_OP_INDIRECT:
		return parse_indirect(req, entry, abi, disk);
	}
	return MEMX_XBK_UNSUPPORTED;
}

/**
 * memx_xbk_parse_segs - check the segments of an indirect request
 * @req:	memx_xbk_parse() has accepted it, as indirect
 * @segs:	private copy of its @nr_seg segments, any alignment
 * @disk:	its disk
 *
 * Return: MEMX_XBK_OKAY, or what the guest is to be told.
 */
int memx_xbk_parse_segs(struct memx_xbk_req *req, const void *segs,
			const struct memx_xbk_disk *disk)
{
	req->indirect = false;
	return take_segs(req, segs, disk);
}

/**
 * memx_xbk_response - lay out a response
 * @rsp:	@abi->rsp bytes, any alignment
 * @abi:	kind of guest
 * @id:		of the request
 * @op:		of the request
 * @status:	enum memx_xbk_status
 */
void memx_xbk_response(void *rsp, const struct memx_xbk_abi *abi, u64 id, u8 op, int status)
{
	u16 s = status;
	u8 *to = rsp;

	memset(to, 0, abi->rsp);
	memcpy(to, &id, sizeof(id));
	to[8] = op;
	memcpy(to + 10, &s, sizeof(s));
}
