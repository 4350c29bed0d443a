// SPDX-License-Identifier: GPL-2.0-only
/*
 * Placement: the better of two random candidates.
 *
 * Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001:
 * two choices balance nearly as well as a look at all, and clients that act on the same stale
 * advertisements do not all run to the same server.
 */
#include "memx_clt_place.h"

/* A server this many times further away is worse, however much it has free. */
#define RTT_FACTOR	4

static bool takes(const struct memx_clt_cand *c)
{
	return c->state == MEMX_CLT_CAND_UP && c->load == RMP_LOAD_OK &&
	       c->free_pages >= MEMX_EXTENT_PAGES;
}

/* One that stops serving will not take anything: it does not count, as one that is gone. */
static bool counts(const struct memx_clt_cand *c)
{
	return c->state != MEMX_CLT_CAND_GONE && c->load != RMP_LOAD_DRAINING &&
	       c->load != RMP_LOAD_NONE;
}

static bool is_full(const struct memx_clt_cand *c)
{
	if (c->state != MEMX_CLT_CAND_UP)
		return c->state == MEMX_CLT_CAND_FULL;
	return c->load == RMP_LOAD_FULL ||
	       (c->load == RMP_LOAD_OK && c->free_pages < MEMX_EXTENT_PAGES);
}

static bool is_far(const struct memx_clt_cand *a, const struct memx_clt_cand *than)
{
	return than->rtt_us && a->rtt_us / RTT_FACTOR > than->rtt_us;
}

static bool is_better(const struct memx_clt_cand *a, const struct memx_clt_cand *b)
{
	if (is_far(a, b) != is_far(b, a))
		return is_far(b, a);
	return a->free_pages > b->free_pages;
}

/* The @nth candidate that takes extents, not counting @but. */
static int nth(const struct memx_clt_cand *cand, u32 n, u32 nth, int but)
{
	u32 i;

	for (i = 0; i < n; i++)
		if ((int)i != but && takes(&cand[i]) && !nth--)
			return i;
	return -1;
}

/**
 * memx_clt_place_full - is there no space, and none to wait for?
 * @cand:	servers
 * @n:		how many
 *
 * Return: true when there are servers, and every one of them says that it is full. One that is
 * away, needs its memory for itself or is busy may have space later.
 */
bool memx_clt_place_full(const struct memx_clt_cand *cand, u32 n)
{
	bool full = false;
	u32 i;

	for (i = 0; i < n; i++) {
		if (!counts(&cand[i]))
			continue;
		if (!is_full(&cand[i]))
			return false;
		full = true;
	}
	return full;
}

/**
 * memx_clt_place - choose a server for an extent
 * @cand:	servers
 * @n:		how many
 * @random1:	any number
 * @random2:	another
 *
 * Return: index of the server, or -1 when none takes an extent.
 */
int memx_clt_place(const struct memx_clt_cand *cand, u32 n, u32 random1, u32 random2)
{
	u32 i, takers = 0;
	int a, b;

	for (i = 0; i < n; i++)
		takers += takes(&cand[i]);
	if (!takers)
		return -1;
	a = nth(cand, n, random1 % takers, -1);
	if (takers == 1)
		return a;
	b = nth(cand, n, random2 % (takers - 1), a);
	return is_better(&cand[b], &cand[a]) ? b : a;
}
