/* SPDX-License-Identifier: GPL-2.0-only */
/* An open block device: since 6.9 it is a file. */
#ifndef _MEMX_BDEV_H
#define _MEMX_BDEV_H

#include <linux/blkdev.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define MEMX_BDEV_READ	FMODE_READ
#define MEMX_BDEV_WRITE	FMODE_WRITE
#else
#define MEMX_BDEV_READ	BLK_OPEN_READ
#define MEMX_BDEV_WRITE	BLK_OPEN_WRITE
#endif

/**
 * struct memx_bdev - an open block device
 * @bdev:	NULL when it is not open
 */
struct memx_bdev {
	struct block_device	*bdev;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	bool			write;
#else
	struct file		*file;
#endif
};

/* Open it, not exclusively. Return: 0 or an error. */
static inline int memx_bdev_open(struct memx_bdev *b, dev_t devt, bool write)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	struct block_device *bdev = blkdev_get_by_dev(devt, MEMX_BDEV_READ |
						      (write ? MEMX_BDEV_WRITE : 0), NULL);
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	struct block_device *bdev = blkdev_get_by_dev(devt, MEMX_BDEV_READ |
						      (write ? MEMX_BDEV_WRITE : 0), NULL, NULL);
#else
	struct file *file = bdev_file_open_by_dev(devt, MEMX_BDEV_READ |
						  (write ? MEMX_BDEV_WRITE : 0), NULL, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	b->file = file;
	b->bdev = file_bdev(file);
	return 0;
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	b->bdev = bdev;
	b->write = write;
	return 0;
#endif
}

static inline void memx_bdev_close(struct memx_bdev *b)
{
	if (!b->bdev)
		return;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	blkdev_put(b->bdev, MEMX_BDEV_READ | (b->write ? MEMX_BDEV_WRITE : 0));
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	blkdev_put(b->bdev, NULL);
#else
	__fput_sync(b->file);	/* not later: who sees us through may open it exclusively */
#endif
	b->bdev = NULL;
}

#endif
