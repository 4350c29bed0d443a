// SPDX-License-Identifier: GPL-2.0-only
#include "rmp_frag.h"

/*
 * Bytes that a frame of several to a page leaves for the head of most messages, so that it needs
 * no frame of its own.
 */
#define RMP_HEAD_ROOM	48

/**
 * rmp_geo_init - geometry of a path
 * @geo:	to fill
 * @mtu:	bytes of a frame after the Ethernet header, RMP_MTU_MIN to RMP_MTU_MAX
 *
 * The tag is counted in without encryption too, so that a session's geometry depends on its MTU
 * alone. At 1500: room 1444, 3 frames of 1368 bytes to a page; at 9000: 2 pages to a frame.
 */
void rmp_geo_init(struct rmp_geo *geo, unsigned int mtu)
{
	geo->room = mtu - RMP_HDR_LEN - RMP_TAG_LEN;
	geo->pages = min_t(unsigned int, (geo->room - RMP_HEAD_ROOM) / RMP_PAGE_SIZE, RMP_RUNS_MAX);
	if (geo->pages) {
		geo->per_page = 1;
		geo->chunk = RMP_PAGE_SIZE;
	} else {
		geo->per_page = DIV_ROUND_UP(RMP_PAGE_SIZE, geo->room - RMP_HEAD_ROOM);
		geo->chunk = round_up(DIV_ROUND_UP(RMP_PAGE_SIZE, geo->per_page), 8);
	}
}

/* Bytes of data in the fullest data frame of a message that has @npages travelling pages. */
static unsigned int fullest(const struct rmp_geo *geo, unsigned int npages)
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
bool rmp_layout_init(struct rmp_layout *l, const struct rmp_geo *geo, const struct rmp_msg *msg)
{
	unsigned int npages, data_frags;

	if (!rmp_msg_valid(msg))
		return false;

	npages = hweight16(msg->present);
	data_frags = geo->pages ? DIV_ROUND_UP(npages, geo->pages) : npages * geo->per_page;
	l->msg = *msg;
	l->lone_head = !npages || msg->head_len > geo->room - fullest(geo, npages);
	l->nfrags = data_frags + l->lone_head;
	return true;
}
