/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk of MemX on every kernel. Since 6.9 its limits are given when it is made, since 6.11 its
 * features with them; since 6.5 open() gets the disk.
 */
#ifndef _MEMX_DISK_H
#define _MEMX_DISK_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define MEMX_MQ_FLAGS	(BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT)
#else
#define MEMX_MQ_FLAGS	BLK_MQ_F_NO_SCHED_BY_DEFAULT
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define MEMX_DISK_OPEN(name, disk)                                      \
	static int name##_bdev(struct block_device *bdev, fmode_t mode) \
	{                                                               \
		return name(bdev->bd_disk);                             \
	}
#else
#define MEMX_DISK_OPEN(name, disk) \
	static int name##_bdev(struct gendisk *disk, blk_mode_t mode) { return name(disk); }
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
static inline struct gendisk *memx_disk_alloc(struct blk_mq_tag_set *set,
					      const struct queue_limits *lim, void *data)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, data);
	struct request_queue *q;

	if (IS_ERR(disk))
		return disk;
	q = disk->queue;
	blk_queue_logical_block_size(q, lim->logical_block_size);
	blk_queue_physical_block_size(q, lim->physical_block_size);
	blk_queue_io_min(q, lim->io_min);
	blk_queue_max_hw_sectors(q, lim->max_hw_sectors);
	blk_queue_max_segments(q, lim->max_segments);
	blk_queue_segment_boundary(q, lim->seg_boundary_mask);
	blk_queue_max_segment_size(q, lim->max_segment_size);
	blk_queue_dma_alignment(q, lim->dma_alignment);
	blk_queue_max_discard_sectors(q, lim->max_hw_discard_sectors);
	blk_queue_max_write_zeroes_sectors(q, lim->max_write_zeroes_sectors);
	q->limits.discard_granularity = lim->discard_granularity;
	blk_queue_flag_set(QUEUE_FLAG_NONROT, q);
	blk_queue_flag_clear(QUEUE_FLAG_ADD_RANDOM, q);
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, q);
	return disk;
}
#else
static inline struct gendisk *memx_disk_alloc(struct blk_mq_tag_set *set,
					      const struct queue_limits *lim, void *data)
{
	struct queue_limits l = *lim;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	struct gendisk *disk = blk_mq_alloc_disk(set, &l, data);

	if (!IS_ERR(disk)) {
		blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
		blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, disk->queue);
	}
	return disk;
#else
	l.features = BLK_FEAT_STABLE_WRITES;
	return blk_mq_alloc_disk(set, &l, data);
#endif
}
#endif

#endif
