// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of a session: the header check, then the slots of a target and of an initiator that have
 * requests under way. An input is a run of frames: a byte that says to whom, the header, and no
 * body, because nobody of these looks at it.
 */
#include "fuzz.h"
#include "rmp_ini.h"
#include "rmp_tgt.h"

static void check_piece(const struct rmp_frame *f, const struct rmp_piece *p, unsigned int room)
{
	unsigned int i, sum = p->head_len;

	HOLDS(p->head_len <= RMP_HEAD_MAX && p->nruns <= RMP_RUNS_MAX);
	for (i = 0; i < p->nruns; i++) {
		HOLDS(p->run[i].pos + p->run[i].len <= f->msg.data_len);
		HOLDS(f->msg.present >> (p->run[i].pos / RMP_PAGE_SIZE) & 1);
		HOLDS(p->run[i].pos % RMP_PAGE_SIZE + p->run[i].len <= RMP_PAGE_SIZE);
		sum += p->run[i].len;
	}
	HOLDS(sum == p->len && p->len <= room);
}

static void to_target(struct rmp_tgt *tgt, const struct rmp_frame *f)
{
	struct rmp_msg none = { 0 };
	struct rmp_layout layout;
	struct rmp_piece piece;
	struct rmp_act act;
	enum rmp_rx rx = rmp_tgt_check(tgt, f, &layout, &piece);

	if (rx > RMP_RX_AGAIN)
		return;
	HOLDS(f->slot < tgt->nslots);
	if (rx != RMP_RX_AGAIN) {
		HOLDS(piece.len == f->len);
		check_piece(f, &piece, tgt->geo.room);
	}
	rmp_tgt_placed(tgt, f, rx, &layout, &act);
	HOLDS(!(act.nack & ~rmp_layout_all(&tgt->slot[f->slot].req)));
	if (act.done)
		HOLDS(rmp_tgt_reply(tgt, f->slot, &none, RMP_OK, false, &act));
	ACCEPTED();
}

static void to_initiator(struct rmp_ini *ini, const struct rmp_frame *f)
{
	struct rmp_layout layout;
	struct rmp_piece piece;
	struct rmp_act act;

	if (f->type == RMP_T_NACK) {
		if (rmp_ini_nack(ini, 1000, f, ~0ull, &act))
			HOLDS(!(act.send & ~rmp_layout_all(&ini->slot[f->slot].req)));
		return;
	}
	if (rmp_ini_check(ini, f, &layout, &piece) != RMP_RX_PLACE)
		return;
	if (ini->slot[f->slot].state == RMP_INI_BUSY) {
		HOLDS(f->msg.data_len <= ini->slot[f->slot].recv_max);
		HOLDS(f->msg.head_len <= ini->slot[f->slot].head_max);
		check_piece(f, &piece, ini->geo.room);
	}
	if (rmp_ini_placed(ini, f, &layout))
		rmp_ini_settle(ini, 1000, f, &act);
	ACCEPTED();
}

static void one(struct rmp_tgt *tgt, struct rmp_ini *ini, u8 to, const struct rmp_hdr *hdr)
{
	struct rmp_hdr again;
	struct rmp_frame f;

	if (!rmp_frame_parse(&f, hdr, RMP_MTU_MAX - RMP_HDR_LEN))
		return;
	HOLDS(f.slot < RMP_SLOTS_MAX && f.frag < RMP_FRAGS_MAX && f.slots <= RMP_SLOTS_MAX);
	rmp_frame_build(&again, &f);
	again.counter = hdr->counter;
	HOLDS(!memcmp(&again, hdr, sizeof(again)));
	if (to & 1)
		to_initiator(ini, &f);
	else if (f.type == RMP_T_REQ)
		to_target(tgt, &f);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const unsigned int mtus[] = { 1500, 4224, 9000, 1501 };
	static const struct rmp_ini_req rq = {
		.msg = { .head_len = 24 }, .recv_max = 3 * 4096, .head_max = 24
	};
	unsigned int mtu = size ? mtus[data[0] >> 6] : 1500, i;
	struct rmp_tgt tgt;
	struct rmp_ini ini;

	rmp_tgt_init(&tgt, mtu, 4);
	rmp_ini_init(&ini, mtu, RMP_RTO_MIN_US, RMP_RTO_MAX_US);
	for (i = 0; i < 4; i++)
		rmp_ini_start(&ini, 0, &rq);
	rmp_ini_void(&ini, 0, 3);
	for (; size > RMP_HDR_LEN; data += RMP_HDR_LEN + 1, size -= RMP_HDR_LEN + 1) {
		struct rmp_hdr *hdr = exactly(data + 1, RMP_HDR_LEN);

		one(&tgt, &ini, data[0], hdr);
		free(hdr);
	}
	return 0;
}
