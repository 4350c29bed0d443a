// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: `insmod evil_front.ko attack=NAME` takes the disk that no driver has, attacks, and says
 * how it went in its parameter `result`: "ok", or what was not as it should be.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <xen/events.h>
#include <xen/page.h>

#include "evil.h"

static char *attack = "ops";
module_param(attack, charp, 0444);
char evil_result[256] = "no disk";
module_param_string(result, evil_result, sizeof(evil_result), 0444);

static const struct {
	const char *name;
	attack_fn *fn;
	bool connected;		/* begin with a connection */
} attacks[] = {
	{ "ops", attack_ops, true },
	{ "segs", attack_segs, true },
	{ "grefs", attack_grefs, true },
	{ "indirect", attack_indirect, true },
	{ "ids", attack_ids, true },
	{ "rewrite", attack_rewrite, true },
	{ "prod", attack_prod, true },
	{ "indices", attack_indices, true },
	{ "events", attack_events, true },
	{ "leave", attack_leave, true },
	{ "many", attack_many, true },
	{ "nodes", attack_nodes, false },
	{ "flap", attack_flap, false },
};

bool evil_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(evil_result, sizeof(evil_result), fmt, args);
	va_end(args);
	return false;
}

void evil_put(struct evil *e, const char *node, const char *fmt, ...)
{
	char value[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	xenbus_printf(XBT_NIL, e->xdev->nodename, node, "%s", value);
}

/* Waits until the backend's state is @a or @b. */
bool evil_state(struct evil *e, unsigned int a, unsigned int b, unsigned int ms)
{
	unsigned int s, waited;

	for (waited = 0;; waited += 10) {
		s = xenbus_read_unsigned(e->xdev->otherend, "state", 0);
		if (s == a || s == b)
			return true;
		if (waited >= ms)
			return evil_fail("the backend's state is %u, not %u", s, a);
		msleep(10);
	}
}

static bool make_ring(struct evil *e)
{
	e->sring = (void *)get_zeroed_page(GFP_KERNEL);
	if (!e->sring)
		return false;
	e->sring->req_event = 1;
	e->sring->rsp_event = 1;
	e->prod = 0;
	e->cons = 0;
	e->ring_gref = gnttab_grant_foreign_access(e->xdev->otherend_id, virt_to_gfn(e->sring), 0);
	return !xenbus_alloc_evtchn(e->xdev, &e->port);
}

static bool make_pages(struct evil *e)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		e->page[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!e->page[i])
			return false;
		e->gref[i] = gnttab_grant_foreign_access(e->xdev->otherend_id,
							 virt_to_gfn(e->page[i]), 0);
	}
	return true;
}

/* All is ready for the backend, and said as it should be. */
bool evil_prepare(struct evil *e)
{
	xenbus_switch_state(e->xdev, XenbusStateInitialising);
	if (!evil_state(e, XenbusStateInitWait, XenbusStateInitWait, 10000))
		return false;
	if (!e->sring && (!make_ring(e) || !make_pages(e)))
		return evil_fail("no memory");
	evil_put(e, "ring-ref", "%u", e->ring_gref);
	evil_put(e, "event-channel", "%u", e->port);
	evil_put(e, "protocol", "x86_64-abi");
	evil_put(e, "multi-queue-num-queues", "1");
	evil_put(e, "ring-page-order", "0");
	return true;
}

bool evil_connect(struct evil *e)
{
	if (!evil_prepare(e))
		return false;
	xenbus_switch_state(e->xdev, XenbusStateInitialised);
	if (!evil_state(e, XenbusStateConnected, XenbusStateConnected, 10000))
		return false;
	xenbus_switch_state(e->xdev, XenbusStateConnected);
	return true;
}

/* What the backend still has is freed once it lets go of that. */
void evil_disconnect(struct evil *e)
{
	unsigned int i;

	xenbus_switch_state(e->xdev, XenbusStateClosed);
	evil_state(e, XenbusStateClosed, XenbusStateClosed, 20000);
	if (e->port)
		xenbus_free_evtchn(e->xdev, e->port);
	e->port = 0;
	if (e->sring)
		gnttab_end_foreign_access(e->ring_gref, virt_to_page(e->sring));
	e->sring = NULL;
	for (i = 0; i < PAGES; i++) {
		if (e->page[i])
			gnttab_end_foreign_access(e->gref[i], virt_to_page(e->page[i]));
		e->page[i] = NULL;
	}
}

struct blkif_request *evil_next(struct evil *e)
{
	struct blkif_request *req = &e->sring->ring[e->prod++ & 31].req;

	memset(req, 0, sizeof(*req));
	return req;
}

/* A request that is well formed. */
void evil_rw(struct evil *e, u8 op, u64 sector, unsigned int segs)
{
	u32 id = e->prod;
	struct blkif_request *req = evil_next(e);
	unsigned int i;

	req->operation = op;
	req->u.rw.nr_segments = segs;
	req->u.rw.id = id;
	req->u.rw.sector_number = sector;
	for (i = 0; i < segs && i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++) {
		req->u.rw.seg[i].gref = e->gref[i];
		req->u.rw.seg[i].last_sect = 7;
	}
}

void evil_push(struct evil *e)
{
	virt_wmb();
	e->sring->req_prod = e->prod;
	virt_mb();
	notify_remote_via_evtchn(e->port);
}

/* Takes so many responses. */
bool evil_wait(struct evil *e, u32 responses, unsigned int ms)
{
	unsigned int waited = 0;
	u32 to = e->cons + responses;

	while (e->cons != to) {
		if (READ_ONCE(e->sring->rsp_prod) != e->cons) {
			struct blkif_response rsp;

			virt_rmb();
			memcpy(&rsp, &e->sring->ring[e->cons++ & 31].rsp, sizeof(rsp));
			e->last = rsp.status;
			e->last_id = rsp.id;
			if (rsp.status)
				e->bad++;
			else
				e->ok++;
			continue;
		}
		if (waited++ > ms)
			return evil_fail("%u of %u responses did not come", to - e->cons,
					 responses);
		msleep(1);
	}
	return true;
}

/* Sends the one request that was made, and looks at its response. */
bool evil_expect(struct evil *e, int status, const char *what)
{
	evil_push(e);
	if (!evil_wait(e, 1, 10000))
		return evil_fail("%s: no response", what);
	if (e->last != status)
		return evil_fail("%s: %d instead of %d", what, e->last, status);
	return true;
}

static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct evil *e = kzalloc(sizeof(*e), GFP_KERNEL);
	unsigned int i;

	if (!e)
		return -ENOMEM;
	e->xdev = xdev;
	dev_set_drvdata(&xdev->dev, e);
	for (i = 0; i < ARRAY_SIZE(attacks); i++)
		if (!strcmp(attacks[i].name, attack))
			break;
	if (i == ARRAY_SIZE(attacks))
		evil_fail("there is no attack %s", attack);
	else if ((!attacks[i].connected || evil_connect(e)) && attacks[i].fn(e))
		strscpy(evil_result, "ok", sizeof(evil_result));
	evil_disconnect(e);
	return 0;
}

static void removed(struct xenbus_device *xdev)
{
	kfree(dev_get_drvdata(&xdev->dev));
}

static const struct xenbus_device_id ids[] = { { "vbd" }, { "" } };

static struct xenbus_driver driver = {
	.name = "evil_front",
	.ids = ids,
	.probe = probe,
	.remove = removed,
};

static int __init evil_init(void)
{
	return xenbus_register_frontend(&driver);
}

static void __exit evil_exit(void)
{
	xenbus_unregister_driver(&driver);
}

module_init(evil_init);
module_exit(evil_exit);
MODULE_DESCRIPTION("A frontend that does not keep to the rules");
MODULE_LICENSE("GPL");
