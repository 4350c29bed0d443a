// SPDX-License-Identifier: GPL-2.0-only
/* Heads of requests to the server: 4 bytes of data_len, 2 of present, then the head. */
#include "fuzz.h"
#include "memx_srv_parse.h"

static void check_data(const struct memx_srv_data *d, const struct memx_srv_head *h)
{
	unsigned int travelling = __builtin_popcount(h->present);

	HOLDS(d->count >= 1 && d->page + d->count <= MEMX_EXTENT_PAGES);
	HOLDS(d->op == MEMX_OP_ZERO || d->count <= RMP_PAGES_MAX);
	if (d->op != MEMX_OP_WRITE) {
		HOLDS(!h->data_len && !h->present);
		return;
	}
	HOLDS(h->data_len == d->count * RMP_PAGE_SIZE);
	HOLDS((const u8 *)(d->values + d->count - travelling) == (const u8 *)h->bytes + h->len);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct memx_srv_control c;
	struct memx_srv_head h;
	struct memx_srv_data d;
	void *bytes;

	if (size < 6)
		return 0;
	memcpy(&h.data_len, data, 4);
	memcpy(&h.present, data + 4, 2);
	h.len = size - 6;
	/* What RMAP lets through: see rmp_layout_init(). */
	if (h.len > RMP_HEAD_MAX || h.data_len > RMP_DATA_MAX ||
	    (u32)h.present >> DIV_ROUND_UP(h.data_len, RMP_PAGE_SIZE))
		return 0;
	bytes = exactly(data + 6, h.len);
	h.bytes = bytes;
	if (memx_srv_parse_data(&d, &h)) {
		check_data(&d, &h);
		ACCEPTED();
	}
	if (memx_srv_parse_control(&c, &h)) {
		HOLDS(c.op >= MEMX_OP_CONTROL && c.op <= MEMX_OP_EXTENT_LIST);
		HOLDS(c.index <= MEMX_SRV_INDEX_MAX || c.op == MEMX_OP_EXTENT_LIST);
		HOLDS(!h.data_len && !h.present);
		ACCEPTED();
	}
	free(bytes);
	return 0;
}
