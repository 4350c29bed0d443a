// SPDX-License-Identifier: GPL-2.0-only
/* Life of a virtual disk: what happens in xenstore becomes steps, one after the other. */
#include <linux/slab.h>

#include "memx_xbk_target.h"
#include "xbk.h"

#define AGAIN_S		1	/* until a guest may try again that said what cannot be; */
#define AGAIN_OFTEN	16	/* after as many times it is doubled, */
#define AGAIN_MOST_S	32	/* up to this: the kernel logs each attempt */
#define LOG_S		30	/* in which LOG_LINES are written about a disk */
#define LOG_LINES	4

/**
 * memx_xbk_complain - say what is wrong with a guest
 * @dev:	disk
 * @fmt:	as for printk(), without a newline
 *
 * Context: any.
 */
void memx_xbk_complain(struct memx_xbk_dev *dev, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	if (!__ratelimit(&dev->log))
		return;
	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	pr_warn("memx_xen: %s: %pV\n", dev->label, &vaf);
	va_end(args);
}

static void set_state(struct memx_xbk_dev *dev, unsigned int state)
{
	lockdep_assert_held(&dev->lock);
	dev->back = state;
	xenbus_switch_state(dev->xdev, state);
}

/*
 * The volume is in use from the time the script has named it until the guest is gone.
 *
 * To open and to close may take as long as the volume's requests: who reads its partitions, in the
 * host, keeps others from both. So the lock is let go for that time, and the driver may be gone.
 */
static void open_disk(struct memx_xbk_dev *dev)
{
	char mode[4];
	dev_t devt;
	int err;

	if (dev->disk.bdev || dev->back != XenbusStateInitWait ||
	    !memx_xbk_node_device(dev->xdev, &devt))
		return;
	dev->read_only = !memx_xbk_node_text(dev->xdev->nodename, "mode", mode, sizeof(mode)) ||
			 mode[0] != 'w';
	mutex_unlock(&dev->lock);
	err = memx_bdev_open(&dev->disk, devt, !dev->read_only);
	mutex_lock(&dev->lock);
	if (!err || dev->no_disk || !dev->xdev)
		return;
	dev->no_disk = true;
	xenbus_dev_error(dev->xdev, err, "opening volume %s, device %x:%x", dev->volume,
			 MAJOR(devt), MINOR(devt));
}

/* Return: false when the guest has to wait first. */
static bool wait_for_guest(struct memx_xbk_dev *dev)
{
	long left = dev->not_before - jiffies;

	if (left > 0 && left <= AGAIN_MOST_S * HZ) {
		queue_delayed_work(memx_xbk_wq, &dev->work, left);
		return false;
	}
	memx_xbk_node_offer(dev->xdev);
	set_state(dev, XenbusStateInitWait);
	open_disk(dev);
	return true;
}

static void close_disk(struct memx_xbk_dev *dev)
{
	mutex_unlock(&dev->lock);
	memx_bdev_close(&dev->disk);
	mutex_lock(&dev->lock);
	dev->no_disk = false;
	if (dev->xdev)
		set_state(dev, XenbusStateClosed);
}

/* A guest that has been quiet for long is patiently served again. */
static void refuse(struct memx_xbk_dev *dev)
{
	unsigned int s;

	if (time_after(jiffies, dev->not_before + AGAIN_MOST_S * HZ))
		dev->refusals = 0;
	s = min(AGAIN_S << dev->refusals / AGAIN_OFTEN, AGAIN_MOST_S);
	if (s < AGAIN_MOST_S)
		dev->refusals++;
	dev->not_before = jiffies + s * HZ;
	set_state(dev, XenbusStateClosing);
}

static void connect(struct memx_xbk_dev *dev)
{
	struct memx_xbk_conn *conn;

	WRITE_ONCE(dev->anew, false);
	WRITE_ONCE(dev->refused, true);
	smp_mb();		/* what the guest writes from now on is another beginning */
	conn = memx_xbk_connect(dev);
	if (IS_ERR(conn)) {
		refuse(dev);
		return;
	}
	WRITE_ONCE(dev->refused, false);
	dev->conn = conn;
	memx_xbk_node_describe(conn);
	set_state(dev, XenbusStateConnected);
}

static void disconnect(struct memx_xbk_dev *dev)
{
	dev->ending = true;
	memx_xbk_disconnect(dev->conn);
}

/* Return: whether there may be another step to take. */
static bool take_step(struct memx_xbk_dev *dev)
{
	struct memx_xbk_ends ends = {
		.front = smp_load_acquire(&dev->front),
		.back = dev->back,
		.conn = !dev->conn ? MEMX_XBK_CONN_NONE :
			dev->ending ? MEMX_XBK_CONN_ENDING : MEMX_XBK_CONN_LIVE,
		.disk = dev->disk.bdev,
		.anew = READ_ONCE(dev->anew),
		.refused = READ_ONCE(dev->refused),
	};

	switch (memx_xbk_next(&ends)) {
	case MEMX_XBK_STAY:
		return false;
	case MEMX_XBK_WAIT_FOR_GUEST:
		return wait_for_guest(dev);
	case MEMX_XBK_CONNECT:
		connect(dev);
		return true;
	case MEMX_XBK_DISCONNECT:
		disconnect(dev);
		return false;
	case MEMX_XBK_AGREE_TO_CLOSE:
		set_state(dev, XenbusStateClosing);
		return true;
	case MEMX_XBK_CLOSE:
		close_disk(dev);
		return true;
	}
	return false;
}

static void tell_size(struct memx_xbk_dev *dev)
{
	struct memx_xbk_conn *conn = dev->conn;
	u64 sectors;

	if (!conn || dev->ending || dev->back != XenbusStateConnected)
		return;
	sectors = bdev_nr_sectors(conn->bdev);
	if (!sectors || sectors == conn->sectors)
		return;
	WRITE_ONCE(conn->sectors, sectors);
	memx_xbk_node_resize(conn);
}

static void work(struct work_struct *work)
{
	struct memx_xbk_dev *dev = container_of(to_delayed_work(work), struct memx_xbk_dev, work);

	mutex_lock(&dev->lock);
	if (dev->xdev)
		open_disk(dev);
	while (dev->xdev && take_step(dev))
		;
	if (dev->xdev)
		tell_size(dev);
	mutex_unlock(&dev->lock);
}

/**
 * memx_xbk_dev_kick - look for steps to take
 * @dev:	disk; the caller holds a reference
 *
 * Context: any.
 */
void memx_xbk_dev_kick(struct memx_xbk_dev *dev)
{
	mod_delayed_work(memx_xbk_wq, &dev->work, 0);
}

static void script_wrote(struct xenbus_watch *watch, const char *path, const char *token)
{
	memx_xbk_dev_kick(container_of(watch, struct memx_xbk_dev, watch));
}

/**
 * memx_xbk_dev_front - the guest's end has another state
 * @dev:	disk
 * @state:	whatever it wrote
 *
 * Context: the thread of xenstore watches.
 */
void memx_xbk_dev_front(struct memx_xbk_dev *dev, unsigned int state)
{
	if (state == XenbusStateInitialised && state != dev->front)
		WRITE_ONCE(dev->anew, true);
	WRITE_ONCE(dev->refused, false);
	smp_store_release(&dev->front, state);	/* who sees it sees what came with it */
	memx_xbk_dev_kick(dev);
}

/* The last hold of the driver. What it takes along may wait for the volume. */
static void put_work(struct work_struct *work)
{
	memx_xbk_dev_put(container_of(work, struct memx_xbk_dev, put_work));
}

static struct memx_xbk_dev *new_dev(struct xenbus_device *xdev)
{
	struct memx_xbk_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	char *target;

	if (!dev)
		return NULL;
	kref_init(&dev->ref);
	mutex_init(&dev->lock);
	INIT_DELAYED_WORK(&dev->work, work);
	INIT_WORK(&dev->put_work, put_work);
	ratelimit_state_init(&dev->log, LOG_S * HZ, LOG_LINES);
	ratelimit_set_flags(&dev->log, RATELIMIT_MSG_ON_RELEASE);
	dev->xdev = xdev;
	dev->domid = xdev->otherend_id;
	dev->not_before = jiffies;
	dev->front = XenbusStateUnknown;
	memx_xbk_node_text(xdev->nodename, "dev", dev->vdev, sizeof(dev->vdev));
	snprintf(dev->label, sizeof(dev->label), "%u-%s", dev->domid,
		 dev->vdev[0] ? dev->vdev : strrchr(xdev->nodename, '/') + 1);
	target = xenbus_read(XBT_NIL, xdev->nodename, "params", NULL);
	if (!IS_ERR(target)) {
		memx_xbk_target_name(target, dev->volume, sizeof(dev->volume));
		kfree(target);
	}
	return dev;
}

/**
 * memx_xbk_dev_add - a disk is ours
 * @xdev:	disk
 *
 * The guest's state comes as soon as its watch is registered: the bus does that next. A backend
 * that had the disk before us may have waited for the guest already: then so do we.
 *
 * Context: process.
 * Return: 0 or an error.
 */
int memx_xbk_dev_add(struct xenbus_device *xdev)
{
	struct memx_xbk_dev *dev = new_dev(xdev);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->back = xdev->state == XenbusStateInitWait ? XenbusStateInitWait :
							 XenbusStateInitialising;
	dev->front = XenbusStateInitialising;
	dev_set_drvdata(&xdev->dev, dev);
	err = xenbus_watch_pathfmt(xdev, &dev->watch, NULL, script_wrote, "%s/physical-device",
				   xdev->nodename);
	if (err) {
		dev_set_drvdata(&xdev->dev, NULL);
		memx_xbk_dev_put(dev);
	}
	return err;
}

/**
 * memx_xbk_dev_gone - the driver is no longer bound to a disk
 * @dev:	disk
 *
 * 1. No more steps: who waits for the lock finds no xdev.
 * 2. Nobody asks for some: the bus has taken away the guest's watch, and this is the other one.
 * 3. The connection goes its way. Who has the last reference lets go of the volume: the connection,
 *    or a work of its own, as there may be a step that waits for the volume.
 *
 * Context: process; does not wait for requests.
 */
void memx_xbk_dev_gone(struct memx_xbk_dev *dev)
{
	mutex_lock(&dev->lock);
	dev->xdev = NULL;
	if (dev->conn && !dev->ending)
		disconnect(dev);
	mutex_unlock(&dev->lock);
	unregister_xenbus_watch(&dev->watch);
	kfree(dev->watch.node);
	queue_work(memx_xbk_end_wq, &dev->put_work);
}

/**
 * memx_xbk_dev_ended - a connection has ended
 * @dev:	its disk
 * @stats:	what it did
 *
 * Context: process.
 */
void memx_xbk_dev_ended(struct memx_xbk_dev *dev, const struct memx_xbk_stats *stats)
{
	mutex_lock(&dev->lock);
	memx_xbk_stats_add(&dev->past, stats);
	dev->conn = NULL;
	dev->ending = false;
	mutex_unlock(&dev->lock);
	memx_xbk_dev_kick(dev);
}

static void free_dev(struct kref *ref)
{
	struct memx_xbk_dev *dev = container_of(ref, struct memx_xbk_dev, ref);

	cancel_delayed_work_sync(&dev->work);
	memx_bdev_close(&dev->disk);
	kfree(dev);
}

/**
 * memx_xbk_dev_put - let go of a disk
 * @dev:	disk
 *
 * Context: process, and not its work; may wait for the volume.
 */
void memx_xbk_dev_put(struct memx_xbk_dev *dev)
{
	kref_put(&dev->ref, free_dev);
}
