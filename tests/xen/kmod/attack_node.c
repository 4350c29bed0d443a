// SPDX-License-Identifier: GPL-2.0-only
/* What a guest can write into xenstore. */
#include <linux/delay.h>

#include "evil.h"

static const struct {
	const char *node, *value;
} bad[] = {
	{ "ring-ref", "" }, { "ring-ref", "nonsense" }, { "ring-ref", "4294967295" },
	{ "ring-ref", "-1" }, { "ring-ref", "99999999999999999999" },
	{ "event-channel", "" }, { "event-channel", "4294967295" },
	{ "event-channel", "99999" }, { "event-channel", "x" },
	{ "protocol", "" }, { "protocol", "vax-abi" },
	{ "protocol", "x86_64-abi-and-a-very-long-name-that-goes-on-and-on-and-on" },
	{ "multi-queue-num-queues", "0" }, { "multi-queue-num-queues", "4294967295" },
	{ "multi-queue-num-queues", "17" },
	{ "ring-page-order", "5" }, { "ring-page-order", "31" }, { "ring-page-order", "4294967295" },
};

/* As evil_connect(), with one value that is wrong: the backend closes. */
static bool offer(struct evil *e, const char *node, const char *value)
{
	if (!evil_prepare(e))
		return false;
	evil_put(e, node, "%s", value);
	xenbus_switch_state(e->xdev, XenbusStateInitialised);
	if (!evil_state(e, XenbusStateClosing, XenbusStateClosed, 10000))
		return evil_fail("%s = %s was not refused", node, value);
	xenbus_switch_state(e->xdev, XenbusStateClosed);
	return evil_state(e, XenbusStateClosed, XenbusStateClosed, 10000);
}

bool attack_nodes(struct evil *e)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!offer(e, bad[i].node, bad[i].value))
			return false;
	return evil_connect(e);
}

/* States as fast as it can, and some that there are not. */
bool attack_flap(struct evil *e)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		e->xdev->state = XenbusStateUnknown;
		evil_put(e, "state", "%u", i % 13);
	}
	e->xdev->state = XenbusStateUnknown;
	xenbus_switch_state(e->xdev, XenbusStateClosed);
	return evil_state(e, XenbusStateClosed, XenbusStateClosed, 10000) && evil_connect(e);
}
