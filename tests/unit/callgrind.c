// SPDX-License-Identifier: GPL-2.0-only
/*
 * One page read and one page written through the pure core of both ends, without a loss: what
 * callgrind.sh counts. Usage: callgrind read|write TIMES MTU
 */
#include <stdio.h>
#include <stdlib.h>

#include "rmp_ini.h"
#include "rmp_tgt.h"

static struct rmp_ini ini;
static struct rmp_tgt tgt;
static u64 now = 1000;

static void broken(const char *what)
{
	fprintf(stderr, "callgrind: %s\n", what);
	exit(1);
}

/* A fragment as it goes over the wire. */
static void pass(struct rmp_frame *f, const struct rmp_layout *l, const struct rmp_geo *geo,
		 unsigned int frag, struct rmp_frame *out)
{
	struct rmp_piece piece;
	struct rmp_hdr hdr;

	f->frag = frag;
	f->ts = now;
	rmp_layout_piece(l, geo, frag, &piece);
	f->len = piece.len;
	rmp_frame_build(&hdr, f);
	if (!rmp_frame_parse(out, &hdr, piece.len))
		broken("a header is refused");
}

static bool to_target(unsigned int slot, const struct rmp_ini_slot *s)
{
	struct rmp_act act = { 0 };
	unsigned int i;

	for (i = 0; i < s->req.nfrags; i++) {
		struct rmp_frame f = {
			.type = RMP_T_REQ, .slot = slot, .seq = s->seq, .msg = s->req.msg
		}, in;
		struct rmp_layout layout;
		struct rmp_piece piece;
		enum rmp_rx rx;

		pass(&f, &s->req, &ini.geo, i, &in);
		rx = rmp_tgt_check(&tgt, &in, &layout, &piece);
		if (rx > RMP_RX_NEW)
			broken("the target refuses a fragment");
		rmp_tgt_placed(&tgt, &in, rx, &layout, &act);
	}
	return act.done;
}

static bool to_initiator(unsigned int slot, const struct rmp_tgt_slot *s)
{
	struct rmp_act act = { 0 };
	unsigned int i;

	for (i = 0; i < s->rep.nfrags; i++) {
		struct rmp_frame f = {
			.type = RMP_T_REP, .slot = slot, .seq = s->seq, .msg = s->rep.msg,
			.slots = 64, .ts_echo = s->ts,
		}, in;
		struct rmp_layout layout;
		struct rmp_piece piece;

		pass(&f, &s->rep, &tgt.geo, i, &in);
		if (rmp_ini_check(&ini, &in, &layout, &piece) != RMP_RX_PLACE)
			broken("the initiator refuses a fragment");
		if (rmp_ini_placed(&ini, &in, &layout))
			rmp_ini_settle(&ini, now, &in, &act);
	}
	return act.done;
}

static void request(const struct rmp_ini_req *rq, const struct rmp_msg *rep)
{
	int slot = rmp_ini_start(&ini, now, rq);
	struct rmp_act act;

	if (slot < 0 || !to_target(slot, &ini.slot[slot]))
		broken("a request does not arrive");
	now += 50;
	if (!rmp_tgt_reply(&tgt, slot, rep, RMP_OK, false, &act) ||
	    !to_initiator(slot, &tgt.slot[slot]))
		broken("a reply does not arrive");
	now += 50;
}

/* Counted by name. */
__attribute__((noinline)) void read_page(void)
{
	static const struct rmp_ini_req rq = {
		.msg = { .head_len = 24 }, .recv_max = 4096, .head_max = 128
	};
	static const struct rmp_msg rep = { .data_len = 4096, .present = 1 };

	request(&rq, &rep);
}

__attribute__((noinline)) void write_page(void)
{
	static const struct rmp_ini_req rq = {
		.msg = { .head_len = 24, .data_len = 4096, .present = 1 }
	};
	static const struct rmp_msg rep;

	request(&rq, &rep);
}

int main(int argc, char **argv)
{
	unsigned int times, mtu;

	if (argc != 4)
		broken("usage: callgrind read|write TIMES MTU");
	times = atoi(argv[2]);
	mtu = atoi(argv[3]);
	rmp_ini_init(&ini, mtu, RMP_RTO_MIN_US, RMP_RTO_MAX_US);
	rmp_tgt_init(&tgt, mtu, RMP_SLOTS_MAX);
	while (times--) {
		if (argv[1][0] == 'r')
			read_page();
		else
			write_page();
	}
	return 0;
}
