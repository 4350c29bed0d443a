// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest can write: a byte that says what follows, then a ring entry with its indirect
 * segments, a sequence of ring indices, grant references, or texts of xenstore.
 */
#include "fuzz.h"
#include "memx_xbk_grants.h"
#include "memx_xbk_ring.h"
#include "memx_xbk_target.h"

static const struct memx_xbk_disk disk = { .sectors = 8000, .discard = true };

static void check_range(const struct memx_xbk_req *r)
{
	HOLDS(r->nr_sectors && r->nr_sectors <= disk.sectors);
	HOLDS(r->sector <= disk.sectors - r->nr_sectors);
	HOLDS(!(r->sector % 8) && !(r->nr_sectors % 8));
}

static void check_segs(const struct memx_xbk_req *r)
{
	u64 sectors = 0;
	unsigned int i;

	HOLDS(r->what == MEMX_XBK_READ || r->what == MEMX_XBK_WRITE);
	HOLDS(r->nr_seg >= 1 && r->nr_seg <= MEMX_XBK_SEGS_MAX);
	for (i = 0; i < r->nr_seg; i++) {
		HOLDS(r->seg[i].nr >= 1 && r->seg[i].first + r->seg[i].nr <= 8);
		sectors += r->seg[i].nr;
	}
	HOLDS(sectors == r->nr_sectors);
	check_range(r);
	ACCEPTED();
}

static void indirect(struct memx_xbk_req *r, const u8 *data, size_t size)
{
	void *segs;

	HOLDS(r->nr_seg >= 1 && r->nr_seg <= MEMX_XBK_SEGS_MAX);
	if (size < r->nr_seg * MEMX_XBK_SEG_BYTES)
		return;
	segs = exactly(data, r->nr_seg * MEMX_XBK_SEG_BYTES);
	if (!memx_xbk_parse_segs(r, segs, &disk))
		check_segs(r);
	free(segs);
}

static void request(const struct memx_xbk_abi *abi, const u8 *data, size_t size)
{
	struct memx_xbk_req *r = malloc(sizeof(*r));
	void *entry, *rsp = malloc(abi->rsp);

	if (size >= abi->entry) {
		entry = exactly(data, abi->entry);
		if (!memx_xbk_parse(r, entry, abi, &disk)) {
			if (r->indirect)
				indirect(r, data + abi->entry, size - abi->entry);
			else if (r->nr_seg)
				check_segs(r);
			else if (r->what == MEMX_XBK_DISCARD)
				check_range(r);
			else
				HOLDS(r->what == MEMX_XBK_FLUSH);
		}
		memx_xbk_response(rsp, abi, r->id, r->op, MEMX_XBK_ERROR);
		free(entry);
	}
	free(rsp);
	free(r);
}

/* A backend that takes what it may, and answers some of it. */
static void ring(const u8 *data, size_t size)
{
	u32 cons = 0, rsp = 0, prod, n;

	for (; size >= 5; data += 5, size -= 5) {
		memcpy(&prod, data, 4);
		if (!memx_xbk_ring_pending(prod, cons, rsp, 32, &n))
			continue;
		HOLDS(n <= 32);
		cons += n;
		HOLDS(cons - rsp <= 32);
		rsp += data[4] % (cons - rsp + 1);
	}
}

static void grants(const u8 *data, size_t size)
{
	static struct memx_xbk_grants g;
	u32 gref;
	int at;

	memset(&g, 0, sizeof(g));
	for (; size >= 4; data += 4, size -= 4) {
		memcpy(&gref, data, 4);
		at = memx_xbk_grants_find(&g, gref);
		HOLDS(at < (int)g.n && (at < 0 || g.gref[at] == gref));
		if (memx_xbk_grants_add(&g, gref) >= 0)
			HOLDS(at < 0 && memx_xbk_grants_find(&g, gref) == (int)g.n - 1);
	}
}

static void texts(const u8 *data, size_t size)
{
	char *text = malloc(size + 1), *second, name[32];
	u32 major, minor;

	memcpy(text, data, size);
	text[size] = 0;
	second = text + strlen(text) + (strlen(text) < size);
	memx_xbk_is_ours(text, second);
	if (memx_xbk_target_name(second, name, sizeof(name)))
		HOLDS(*name && strlen(name) < sizeof(name) && !strchr(name, ','));
	if (memx_xbk_parse_device(text, &major, &minor))
		HOLDS(major < 4096 && minor < 1 << 20);
	memx_xbk_abi(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (!size)
		return 0;
	switch (*data % 8) {
	case 4:
		ring(data + 1, size - 1);
		break;
	case 5:
		grants(data + 1, size - 1);
		break;
	case 6:
	case 7:
		texts(data + 1, size - 1);
		break;
	default:
		request(*data % 2 ? &memx_xbk_abi_x86_32 : &memx_xbk_abi_64, data + 1, size - 1);
	}
	return 0;
}
