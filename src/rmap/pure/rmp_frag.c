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
