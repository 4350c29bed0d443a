// SPDX-License-Identifier: GPL-2.0-only
/* What is said in xenstore, on our side of a disk: the nodes are in Xen's public/io/blkif.h. */
#include <linux/slab.h>

#include "memx_xbk_target.h"
#include "xbk.h"

#define DISK_READ_ONLY	4	/* of node `info` */

/* A node that cannot be written is gone, with the disk. */
static void put(struct xenbus_device *xdev, const char *node, u64 value)
{
	xenbus_printf(XBT_NIL, xdev->nodename, node, "%llu", value);
}

/**
 * memx_xbk_node_offer - what a guest may ask for
 * @xdev:	disk
 */
void memx_xbk_node_offer(struct xenbus_device *xdev)
{
	put(xdev, "multi-queue-max-queues", memx_xbk_max_queues());
	put(xdev, "max-ring-page-order", memx_xbk_max_ring_order());
	put(xdev, "feature-persistent", memx_xbk_persistent());
}

/**
 * memx_xbk_node_describe - what the disk is like, before the state says that it is connected
 * @conn:	connection
 *
 * All of it, as another backend may have had the disk before us. There are no barriers: flushes do
 * what guests ask for.
 */
void memx_xbk_node_describe(struct memx_xbk_conn *conn)
{
	struct xenbus_device *xdev = conn->xdev;
	struct block_device *bdev = conn->bdev;

	put(xdev, "sectors", conn->sectors);
	put(xdev, "sector-size", MEMX_XBK_BLOCK_SECTORS << SECTOR_SHIFT);
	put(xdev, "physical-sector-size", MEMX_XBK_BLOCK_SECTORS << SECTOR_SHIFT);
	put(xdev, "info", conn->disk.read_only ? DISK_READ_ONLY : 0);
	put(xdev, "feature-persistent", conn->persistent);
	put(xdev, "feature-max-indirect-segments", MEMX_XBK_SEGS_MAX);
	put(xdev, "feature-flush-cache", 1);
	put(xdev, "feature-barrier", 0);
	put(xdev, "feature-discard", conn->disk.discard);
	if (!conn->disk.discard)
		return;
	put(xdev, "discard-granularity", bdev_discard_granularity(bdev));
	put(xdev, "discard-alignment", 0);
	put(xdev, "discard-secure", 0);
}

/**
 * memx_xbk_node_resize - the disk has another size
 * @conn:	connection
 *
 * A guest looks at the size when it sees the state written again.
 */
void memx_xbk_node_resize(struct memx_xbk_conn *conn)
{
	put(conn->xdev, "sectors", conn->sectors);
	put(conn->xdev, "state", XenbusStateConnected);
}

/**
 * memx_xbk_node_text - read a word for people
 * @dir:	where
 * @node:	which
 * @to:		to fill
 * @size:	room there
 *
 * Return: false when it is not there, too long, or has characters that do not belong in a name.
 */
bool memx_xbk_node_text(const char *dir, const char *node, char *to, size_t size)
{
	char *text = xenbus_read(XBT_NIL, dir, node, NULL);
	bool ok;

	to[0] = 0;
	if (IS_ERR(text))
		return false;
	ok = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
	     strlen(text) && strscpy(to, text, size) > 0;
	if (!ok)
		to[0] = 0;
	kfree(text);
	return ok;
}

/**
 * memx_xbk_node_device - which block device it is
 * @xdev:	disk
 * @devt:	to fill
 *
 * Return: false while the script has not said so.
 */
bool memx_xbk_node_device(struct xenbus_device *xdev, dev_t *devt)
{
	char *text = xenbus_read(XBT_NIL, xdev->nodename, "physical-device", NULL);
	u32 major, minor;
	bool ok;

	if (IS_ERR(text))
		return false;
	ok = memx_xbk_parse_device(text, &major, &minor);
	if (ok)
		*devt = MKDEV(major, minor);
	kfree(text);
	return ok;
}
