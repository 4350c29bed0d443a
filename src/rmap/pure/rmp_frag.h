/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Geometry of fragments: which bytes of a message travel in which frame. A pure function of the
 * path's MTU and of the message's description, which every frame carries; so both ends agree, and
 * any fragment is enough to lay out the rest.
 */
#ifndef _RMP_FRAG_H
#define _RMP_FRAG_H

#include "rmp_env.h"
#include "rmp_wire.h"

/**
 * struct rmp_geo - geometry of a path
 * @room:	bytes of body in a frame
 * @chunk:	bytes of a page in a frame, when a page takes several
 * @per_page:	frames of a page; 1 when pages travel whole
 * @pages:	whole pages in a frame; 0 when a page takes several
 */
struct rmp_geo {
	u16	room;
	u16	chunk;
	u8	per_page;
	u8	pages;
};

/**
 * struct rmp_msg - what a message is made of
 * @data_len:	bytes of data
 * @present:	pages of it that travel
 * @head_len:	bytes of head
 */
struct rmp_msg {
	u32	data_len;
	u16	present;
	u8	head_len;
};

/**
 * struct rmp_layout - a message cut into fragments
 * @msg:	the message
 * @nfrags:	fragments, 1 to RMP_FRAGS_MAX
 * @lone_head:	fragment 0 carries the head alone, because it does not fit beside data
 */
struct rmp_layout {
	struct rmp_msg	msg;
	u8		nfrags;
	bool		lone_head;
};

/* At most this many pages share a frame: RMP_MTU_MAX / RMP_PAGE_SIZE. */
#define RMP_RUNS_MAX	2

/**
 * struct rmp_run - adjacent bytes of a message's data within one page
 * @pos:	first byte, from the start of the data
 * @len:	bytes
 */
struct rmp_run {
	u32	pos;
	u16	len;
};

/**
 * struct rmp_piece - what one fragment carries: head, then runs of data
 * @head_len:	bytes of head (all of it, or 0)
 * @nruns:	runs of data
 * @run:	the runs
 * @len:	bytes altogether
 */
struct rmp_piece {
	u8		head_len;
	u8		nruns;
	u16		len;
	struct rmp_run	run[RMP_RUNS_MAX];
};

void rmp_geo_init(struct rmp_geo *geo, unsigned int mtu);

static inline u64 rmp_layout_all(const struct rmp_layout *l)
{
	return l->nfrags == 64 ? ~0ULL : (1ULL << l->nfrags) - 1;
}

static inline bool rmp_msg_equal(const struct rmp_msg *a, const struct rmp_msg *b)
{
	return a->data_len == b->data_len && a->present == b->present && a->head_len == b->head_len;
}

static inline unsigned int rmp_msg_pages(const struct rmp_msg *m)
{
	return DIV_ROUND_UP(m->data_len, RMP_PAGE_SIZE);
}

/* Can such a message exist? */
static inline bool rmp_msg_valid(const struct rmp_msg *m)
{
	return m->head_len <= RMP_HEAD_MAX && m->data_len <= RMP_DATA_MAX &&
	       !((u32)m->present >> rmp_msg_pages(m));
}

/* Bytes of data in the fullest data frame of a message that has @npages travelling pages. */
static inline unsigned int rmp_geo_fullest(const struct rmp_geo *geo, unsigned int npages)
{
	if (!geo->pages)
		return geo->chunk;
	return min_t(unsigned int, geo->pages, npages) * RMP_PAGE_SIZE;
}

/**
 * rmp_layout_init - cut a message into fragments
 * @l:		to fill
 * @geo:	geometry of the path
 * @msg:	the message; may come from the wire
 *
 * Return: false when no such message can exist.
 */
static inline bool rmp_layout_init(struct rmp_layout *l, const struct rmp_geo *geo,
				   const struct rmp_msg *msg)
{
	unsigned int npages, data_frags;

	if (!rmp_msg_valid(msg))
		return false;

	npages = hweight16(msg->present);
	data_frags = geo->pages ? DIV_ROUND_UP(npages, geo->pages) : npages * geo->per_page;
	l->msg = *msg;
	l->lone_head = !npages || msg->head_len > geo->room - rmp_geo_fullest(geo, npages);
	l->nfrags = data_frags + l->lone_head;
	return true;
}

/* Number of the @n-th page (from 0) that travels. */
static inline unsigned int rmp_nth_page(u16 present, unsigned int n)
{
	while (n--)
		present &= present - 1;
	return __ffs64(present);
}

static inline void rmp_add_run(struct rmp_piece *p, const struct rmp_msg *msg, u32 pos, u32 len)
{
	struct rmp_run *run = &p->run[p->nruns];

	if (pos >= msg->data_len)
		return;
	run->pos = pos;
	run->len = min(len, msg->data_len - pos);
	p->len += run->len;
	p->nruns++;
}

/**
 * rmp_layout_piece - what a fragment carries
 * @l:		the message
 * @geo:	geometry of the path
 * @frag:	number of the fragment, below @l->nfrags
 * @p:		to fill
 *
 * A short last page (data_len no multiple of RMP_PAGE_SIZE) makes its frames short, the last ones
 * perhaps empty.
 */
static inline void rmp_layout_piece(const struct rmp_layout *l, const struct rmp_geo *geo,
				    unsigned int frag, struct rmp_piece *p)
{
	const struct rmp_msg *msg = &l->msg;
	unsigned int i, page, npages;

	p->head_len = frag ? 0 : msg->head_len;
	p->len = p->head_len;
	p->nruns = 0;
	if (l->lone_head) {
		if (!frag)
			return;
		frag--;
	}

	if (!geo->pages) {
		unsigned int off = frag % geo->per_page * geo->chunk;

		page = rmp_nth_page(msg->present, frag / geo->per_page);
		rmp_add_run(p, msg, page * RMP_PAGE_SIZE + off,
			min_t(u32, geo->chunk, RMP_PAGE_SIZE - off));
		return;
	}
	npages = hweight16(msg->present);
	for (i = frag * geo->pages; i < npages && i < (frag + 1) * geo->pages; i++)
		rmp_add_run(p, msg, rmp_nth_page(msg->present, i) * RMP_PAGE_SIZE, RMP_PAGE_SIZE);
}

#endif
