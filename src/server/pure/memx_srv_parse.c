// SPDX-License-Identifier: GPL-2.0-only
#include "memx_srv_parse.h"
#include "rmp_disc.h"

/**
 * memx_srv_parse_data - check a READ, WRITE or ZERO
 * @d:		to fill
 * @h:		what came
 *
 * Return: false when it breaks a rule.
 */
bool memx_srv_parse_data(struct memx_srv_data *d, const struct memx_srv_head *h)
{
	const struct memx_data_req *rq = h->bytes;
	u32 most;

	if (h->len < sizeof(*rq) || rq->zero || rq->hole)
		return false;
	d->op = rq->op;
	d->page = be16_to_cpu(rq->page);
	d->count = be16_to_cpu(rq->count);
	d->handle = be64_to_cpu(rq->handle);
	d->generation = be32_to_cpu(rq->generation);
	d->epoch = be32_to_cpu(rq->epoch);
	d->values = (const __be64 *)(rq + 1);

	most = d->op == MEMX_OP_ZERO ? MEMX_EXTENT_PAGES : RMP_PAGES_MAX;
	if (!d->count || d->count > most || (u32)d->page + d->count > MEMX_EXTENT_PAGES)
		return false;
	switch (d->op) {
	case MEMX_OP_READ:
	case MEMX_OP_ZERO:
		return h->len == sizeof(*rq) && !h->data_len && !h->present;
	case MEMX_OP_WRITE:
		return h->data_len == (u32)d->count * RMP_PAGE_SIZE &&
		       !((u32)h->present >> d->count) &&
		       h->len == sizeof(*rq) + (d->count - hweight16(h->present)) * sizeof(__be64);
	}
	return false;
}

static bool is_zero(const u8 *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

static bool parse_extent(struct memx_srv_control *c, const struct memx_srv_head *h)
{
	const struct memx_extent_req *rq = h->bytes;

	if (h->len != sizeof(*rq) || !is_zero(rq->zero, sizeof(rq->zero)) || rq->hole)
		return false;
	c->generation = be32_to_cpu(rq->generation);
	c->epoch = be32_to_cpu(rq->epoch);
	c->volume = rq->volume;
	c->index = be64_to_cpu(rq->index);
	c->handle = be64_to_cpu(rq->handle);
	c->name = (const char *)rq->name;
	if (c->index > MEMX_SRV_INDEX_MAX)
		return false;
	return c->op == MEMX_OP_EXTENT_CLOSE ||
	       (!c->handle && rmp_name_is_valid(c->name, sizeof(rq->name)));
}

static bool parse_volume(struct memx_srv_control *c, const struct memx_srv_head *h)
{
	const struct memx_volume_req *rq = h->bytes;

	if (h->len != sizeof(*rq) || !is_zero(rq->zero, sizeof(rq->zero)))
		return false;
	c->epoch = be32_to_cpu(rq->epoch);
	c->volume = rq->volume;
	c->index = be64_to_cpu(rq->index);
	return c->op == MEMX_OP_EXTENT_LIST || !c->index;
}

/**
 * memx_srv_parse_control - check a control request
 * @c:		to fill
 * @h:		what came; @c refers to it
 *
 * Return: false when it breaks a rule.
 */
bool memx_srv_parse_control(struct memx_srv_control *c, const struct memx_srv_head *h)
{
	if (!h->len || h->data_len || h->present)
		return false;
	*c = (struct memx_srv_control) { .op = *(const u8 *)h->bytes };
	switch (c->op) {
	case MEMX_OP_EXTENT_OPEN:
	case MEMX_OP_EXTENT_CLOSE:
		return parse_extent(c, h);
	case MEMX_OP_VOLUME_RELEASE:
	case MEMX_OP_EXTENT_LIST:
		return parse_volume(c, h);
	}
	return false;
}
