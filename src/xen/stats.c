// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a disk is and has done: /sys/bus/xen-backend/drivers/memx_xen/vbd-DOMID-NUMBER/memx/, one
 * value in a file. `memx-admin xen list` reads them.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "xbk.h"

/**
 * memx_xbk_stats_add - add up
 * @to:		sum
 * @from:	to add; somebody else may be counting there
 */
void memx_xbk_stats_add(struct memx_xbk_stats *to, const struct memx_xbk_stats *from)
{
	const u64 *f = (const u64 *)from;
	u64 *t = (u64 *)to;
	size_t i;

	static_assert(sizeof(*to) % sizeof(u64) == 0);
	for (i = 0; i < MEMX_XBK_NSTATS; i++)
		t[i] += READ_ONCE(f[i]);
}

/**
 * memx_xbk_stats_conn - what all queues of a connection have done
 * @to:		sum
 * @conn:	connection
 */
void memx_xbk_stats_conn(struct memx_xbk_stats *to, const struct memx_xbk_conn *conn)
{
	unsigned int i;

	for (i = 0; i < conn->nr_rings; i++)
		memx_xbk_stats_add(to, &conn->ring[i].stats);
}

struct counter {
	struct device_attribute	attr;
	size_t			offset;
};

static ssize_t counter_show(struct device *device, struct device_attribute *attr, char *buf)
{
	const struct counter *counter = container_of(attr, struct counter, attr);
	struct memx_xbk_dev *dev = dev_get_drvdata(device);
	struct memx_xbk_stats sum;

	mutex_lock(&dev->lock);
	sum = dev->past;
	if (dev->conn)
		memx_xbk_stats_conn(&sum, dev->conn);
	mutex_unlock(&dev->lock);
	return sysfs_emit(buf, "%llu\n", *(u64 *)((void *)&sum + counter->offset));
}

#define COUNTER(name)						\
	static struct counter counter_##name = {		\
		__ATTR(name, 0444, counter_show, NULL),		\
		offsetof(struct memx_xbk_stats, name),		\
	}
COUNTER(reads);
COUNTER(writes);
COUNTER(flushes);
COUNTER(discards);
COUNTER(read_bytes);
COUNTER(write_bytes);
COUNTER(discard_bytes);
COUNTER(errors);
COUNTER(refused);
COUNTER(indirect);
COUNTER(mapped);
COUNTER(stalls);

/* Numbers of the connection: 0 without one. */
#define OF_CONN(name, value)								\
	static ssize_t name##_show(struct device *device, struct device_attribute *attr,	\
				   char *buf)							\
	{										\
		struct memx_xbk_dev *dev = dev_get_drvdata(device);			\
		const struct memx_xbk_conn *conn;					\
		unsigned long long n;							\
											\
		mutex_lock(&dev->lock);							\
		conn = dev->conn;							\
		n = conn ? (value) : 0;							\
		mutex_unlock(&dev->lock);						\
		return sysfs_emit(buf, "%llu\n", n);					\
	}										\
	static DEVICE_ATTR_RO(name)
OF_CONN(queues, conn->nr_rings);
OF_CONN(ring_pages, conn->ring_pages);
OF_CONN(persistent, conn->persistent);
OF_CONN(sectors, conn->sectors);

static ssize_t domid_show(struct device *device, struct device_attribute *attr, char *buf)
{
	const struct memx_xbk_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%u\n", dev->domid);
}
static DEVICE_ATTR_RO(domid);

static ssize_t vdev_show(struct device *device, struct device_attribute *attr, char *buf)
{
	const struct memx_xbk_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%s\n", dev->vdev);
}
static DEVICE_ATTR_RO(vdev);

static ssize_t volume_show(struct device *device, struct device_attribute *attr, char *buf)
{
	const struct memx_xbk_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%s\n", dev->volume);
}
static DEVICE_ATTR_RO(volume);

static ssize_t mode_show(struct device *device, struct device_attribute *attr, char *buf)
{
	const struct memx_xbk_dev *dev = dev_get_drvdata(device);

	return sysfs_emit(buf, "%s\n", READ_ONCE(dev->read_only) ? "ro" : "rw");
}
static DEVICE_ATTR_RO(mode);

static ssize_t state_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct memx_xbk_dev *dev = dev_get_drvdata(device);
	const char *state;

	mutex_lock(&dev->lock);
	state = dev->ending ? "ending" : dev->conn ? "connected" :
		dev->back == XenbusStateClosed ? "closed" : "waiting";
	mutex_unlock(&dev->lock);
	return sysfs_emit(buf, "%s\n", state);
}
static DEVICE_ATTR_RO(state);

static struct attribute *attrs[] = {
	&dev_attr_domid.attr,
	&dev_attr_vdev.attr,
	&dev_attr_volume.attr,
	&dev_attr_mode.attr,
	&dev_attr_state.attr,
	&dev_attr_queues.attr,
	&dev_attr_ring_pages.attr,
	&dev_attr_persistent.attr,
	&dev_attr_sectors.attr,
	&counter_reads.attr.attr,
	&counter_writes.attr.attr,
	&counter_flushes.attr.attr,
	&counter_discards.attr.attr,
	&counter_read_bytes.attr.attr,
	&counter_write_bytes.attr.attr,
	&counter_discard_bytes.attr.attr,
	&counter_errors.attr.attr,
	&counter_refused.attr.attr,
	&counter_indirect.attr.attr,
	&counter_mapped.attr.attr,
	&counter_stalls.attr.attr,
	NULL,
};

static const struct attribute_group group = { .name = "memx", .attrs = attrs };
const struct attribute_group *memx_xbk_groups[] = { &group, NULL };
