// SPDX-License-Identifier: GPL-2.0-only
/* A disk that has the name of another one: who comes second cannot show his. */
#include <linux/module.h>

#include "memx_disk.h"

static char *name = "memx0";
module_param(name, charp, 0);

static struct blk_mq_tag_set set;
static struct gendisk *disk;

static blk_status_t queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	return BLK_STS_IOERR;
}

static const struct blk_mq_ops mq_ops = { .queue_rq = queue_rq };
static const struct block_device_operations disk_ops = { .owner = THIS_MODULE };
static const struct queue_limits limits = {
	.logical_block_size = 512,
	.physical_block_size = 512,
	.io_min = 512,
	.max_hw_sectors = 8,
	.max_segments = 1,
	.max_segment_size = PAGE_SIZE,
	.seg_boundary_mask = PAGE_SIZE - 1,
	.dma_alignment = 511,
};

static int __init lab_disk_init(void)
{
	int err;

	set = (struct blk_mq_tag_set) {
		.ops = &mq_ops, .nr_hw_queues = 1, .queue_depth = 1,
		.numa_node = NUMA_NO_NODE, .flags = MEMX_MQ_FLAGS,
	};
	err = blk_mq_alloc_tag_set(&set);
	if (err)
		return err;
	disk = memx_disk_alloc(&set, &limits, NULL);
	if (IS_ERR(disk)) {
		err = PTR_ERR(disk);
		goto free_set;
	}
	disk->fops = &disk_ops;
	strscpy(disk->disk_name, name, sizeof(disk->disk_name));
	err = add_disk(disk);
	if (err)
		goto put_disk;
	return 0;

put_disk:
	put_disk(disk);
free_set:
	blk_mq_free_tag_set(&set);
	return err;
}

static void __exit lab_disk_exit(void)
{
	del_gendisk(disk);
	put_disk(disk);
	blk_mq_free_tag_set(&set);
}

module_init(lab_disk_init);
module_exit(lab_disk_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes the name of a disk, for the lab's tests");
