// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks after the donor: how much memory it has left, four times a second while the store
 * serves.
 */
#include <linux/ktime.h>

#include "srv.h"

#define PERIOD	(HZ / 4)

static const char *const kind[] = {
	[MEMX_SRV_CALM] = "pressure-ends",
	[MEMX_SRV_PRESSURED] = "pressure-begins",
	[MEMX_SRV_SHORT] = "pressure-short",
};

static const char *const meaning[] = {
	[MEMX_SRV_CALM] = "extents are taken again",
	[MEMX_SRV_PRESSURED] = "no new extents are taken",
	[MEMX_SRV_SHORT] = "clients' writes that need a new page have to wait",
};

void memx_srv_watch(struct work_struct *work)
{
	struct memx_srv *store = container_of(to_delayed_work(work), struct memx_srv, watch_work);
	u64 available = (u64)max(si_mem_available(), 0L) << PAGE_SHIFT;
	enum memx_srv_need need;
	bool changed;

	mutex_lock(&store->lock);
	changed = memx_srv_pressure(&store->pressure, ktime_get_ns() / NSEC_PER_MSEC, available,
				    memx_srv_total_bytes());
	need = store->pressure.need;
	if (changed)
		memx_srv_announce(store);
	mutex_unlock(&store->lock);
	if (changed) {
		memx_srv_pool_frugal(&store->pool, need == MEMX_SRV_SHORT);
		memx_srv_event(store, kind[need], "%llu MiB of memory are available: %s",
			       available >> 20, meaning[need]);
	}
	queue_delayed_work(store->wq, &store->watch_work, PERIOD);
}
