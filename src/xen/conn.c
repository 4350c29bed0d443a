// SPDX-License-Identifier: GPL-2.0-only
/* A guest that is connected to its disk. */
#include <linux/slab.h>

#include "xbk.h"

/* What a guest has said in xenstore, checked. */
struct front {
	unsigned int			rings;
	unsigned int			ring_pages;
	const struct memx_xbk_abi	*abi;
	bool				persistent;
};

static int read_abi(struct memx_xbk_dev *dev, struct front *f)
{
	char *protocol = xenbus_read(XBT_NIL, dev->xdev->otherend, "protocol", NULL);

	f->abi = memx_xbk_abi(IS_ERR(protocol) ? NULL : protocol);
	if (!IS_ERR(protocol))
		kfree(protocol);
	if (f->abi)
		return 0;
	memx_xbk_complain(dev, "the guest's ring protocol is not known");
	return -EINVAL;
}

/*
 * The limits are those of our own nodes, which the guest has read. They need not be those of this
 * module's parameters today, nor ours at all: another backend may have had the disk until now.
 */
static int read_front(struct memx_xbk_dev *dev, struct front *f)
{
	const char *front = dev->xdev->otherend, *back = dev->xdev->nodename;
	unsigned int max, order;

	max = xenbus_read_unsigned(back, "multi-queue-max-queues", 1);
	f->rings = xenbus_read_unsigned(front, "multi-queue-num-queues", 1);
	if (!f->rings || f->rings > min_t(unsigned int, max, MEMX_XBK_QUEUES_MAX)) {
		memx_xbk_complain(dev, "the guest asks for %u queues, and may have %u", f->rings,
				  max);
		return -EINVAL;
	}
	max = xenbus_read_unsigned(back, "max-ring-page-order", 0);
	order = xenbus_read_unsigned(front, "ring-page-order", 0);
	if (order > min_t(unsigned int, max, MEMX_XBK_RING_ORDER_MAX)) {
		memx_xbk_complain(dev, "the guest asks for rings of order %u, and may have %u",
				  order, max);
		return -EINVAL;
	}
	f->ring_pages = 1U << order;
	f->persistent = memx_xbk_persistent() &&
			xenbus_read_unsigned(front, "feature-persistent", 0);
	return read_abi(dev, f);
}

static bool read_gref(const char *dir, const char *node, grant_ref_t *gref)
{
	return xenbus_scanf(XBT_NIL, dir, node, "%u", gref) == 1;
}

/* A ring of one page has a node of its own name, or is the first of many. */
static int read_grefs(const char *dir, unsigned int n, grant_ref_t *gref)
{
	char node[20];
	unsigned int i;

	if (n == 1 && read_gref(dir, "ring-ref", gref))
		return 0;
	for (i = 0; i < n; i++) {
		snprintf(node, sizeof(node), "ring-ref%u", i);
		if (!read_gref(dir, node, &gref[i]))
			return -EINVAL;
	}
	return 0;
}

static int open_ring_at(struct memx_xbk_ring *ring, const char *dir)
{
	struct memx_xbk_dev *dev = ring->conn->dev;
	grant_ref_t gref[MEMX_XBK_RING_PAGES_MAX];
	unsigned int port;
	int err;

	if (read_grefs(dir, ring->conn->ring_pages, gref) ||
	    xenbus_scanf(XBT_NIL, dir, "event-channel", "%u", &port) != 1) {
		memx_xbk_complain(dev, "the guest does not say where queue %u is", ring->index);
		return -EINVAL;
	}
	err = memx_xbk_ring_open(ring, gref, port);
	if (err)
		memx_xbk_complain(dev, "queue %u cannot be opened (error %d)", ring->index, err);
	return err;
}

static int open_ring(struct memx_xbk_ring *ring)
{
	struct memx_xbk_conn *conn = ring->conn;
	char *dir;
	int err;

	if (conn->nr_rings == 1)
		return open_ring_at(ring, conn->xdev->otherend);
	dir = kasprintf(GFP_KERNEL, "%s/queue-%u", conn->xdev->otherend, ring->index);
	if (!dir)
		return -ENOMEM;
	err = open_ring_at(ring, dir);
	kfree(dir);
	return err;
}

/*
 * Queues first, all of them: then nothing refers to the guest's memory. The disk may close its
 * volume, or go, as soon as it knows.
 */
static void end(struct work_struct *work)
{
	struct memx_xbk_conn *conn = container_of(work, struct memx_xbk_conn, end_work);
	struct memx_xbk_dev *dev = conn->dev;
	struct memx_xbk_stats stats = { };
	unsigned int i;

	for (i = 0; i < conn->nr_rings; i++)
		memx_xbk_ring_close(&conn->ring[i]);
	memx_xbk_stats_conn(&stats, conn);
	memx_xbk_dev_ended(dev, &stats);
	put_device(&conn->xdev->dev);
	kvfree(conn);
	memx_xbk_dev_put(dev);
}

static struct memx_xbk_conn *alloc_conn(struct memx_xbk_dev *dev, const struct front *f)
{
	struct memx_xbk_conn *conn;
	unsigned int i;

	conn = kvzalloc(struct_size(conn, ring, f->rings), GFP_KERNEL);
	if (!conn)
		return NULL;
	conn->dev = dev;
	conn->xdev = dev->xdev;
	conn->bdev = dev->disk.bdev;
	conn->domid = dev->domid;
	conn->abi = f->abi;
	conn->persistent = f->persistent;
	conn->ring_pages = f->ring_pages;
	conn->nr_rings = f->rings;
	conn->sectors = bdev_nr_sectors(conn->bdev);
	conn->disk.read_only = dev->read_only;
	conn->disk.discard = bdev_max_discard_sectors(conn->bdev) &&
			     xenbus_read_unsigned(dev->xdev->nodename, "discard-enable", 1);
	INIT_WORK(&conn->end_work, end);
	for (i = 0; i < f->rings; i++) {
		conn->ring[i].conn = conn;
		conn->ring[i].index = i;
	}
	return conn;
}

/**
 * memx_xbk_connect - a guest has said where its queues are
 * @dev:	its disk, with an open volume; locked
 *
 * Return: the connection, or an error; the log has what is wrong with what a guest said.
 */
struct memx_xbk_conn *memx_xbk_connect(struct memx_xbk_dev *dev)
{
	struct memx_xbk_conn *conn;
	struct front f;
	unsigned int i;
	int err;

	err = read_front(dev, &f);
	if (err)
		return ERR_PTR(err);
	conn = alloc_conn(dev, &f);
	if (!conn)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < conn->nr_rings; i++) {
		err = open_ring(&conn->ring[i]);
		if (err)
			goto close_rings;
	}
	kref_get(&dev->ref);
	get_device(&conn->xdev->dev);
	for (i = 0; i < conn->nr_rings; i++)
		memx_xbk_ring_start(&conn->ring[i]);
	return conn;

close_rings:
	while (i--)
		memx_xbk_ring_close(&conn->ring[i]);
	kvfree(conn);
	return ERR_PTR(err);
}

/**
 * memx_xbk_disconnect - begin to end a connection
 * @conn:	connection; memx_xbk_dev_ended() tells its disk when it is gone
 */
void memx_xbk_disconnect(struct memx_xbk_conn *conn)
{
	queue_work(memx_xbk_end_wq, &conn->end_work);
}
