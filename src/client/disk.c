// SPDX-License-Identifier: GPL-2.0-only
/* The disk of a volume. */
#include <linux/idr.h>
#include <linux/module.h>

#include "clt.h"

#define QUEUES_MAX	8
#define QUEUE_DEPTH	128

static DEFINE_IDA(minors);

/* Context: disk->open_mutex is held. */
static int disk_open(struct gendisk *disk)
{
	struct memx_clt_vol *vol = disk->private_data;

	return vol->closed ? -ENXIO : 0;
}

MEMX_DISK_OPEN(disk_open, disk)

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
	.open = disk_open_bdev,
};

static ssize_t name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct memx_clt_vol *vol = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", vol->name);
}
static DEVICE_ATTR_RO(name);

static ssize_t uuid_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct memx_clt_vol *vol = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%pUb\n", vol->uuid);
}
static DEVICE_ATTR_RO(uuid);

static struct attribute *disk_attrs[] = {
	&dev_attr_name.attr,
	&dev_attr_uuid.attr,
	NULL,
};

/* The udev rule makes /dev/memx/NAME from memx/name. */
static const struct attribute_group disk_group = { .name = "memx", .attrs = disk_attrs };
static const struct attribute_group *disk_groups[] = { &disk_group, NULL };

/* A request waits as long as its server is away; memx_clt_expire() ends it. */
static enum blk_eh_timer_return timed_out(struct request *req)
{
	return BLK_EH_RESET_TIMER;
}

static const struct blk_mq_ops mq_ops = {
	.queue_rq = memx_clt_queue_rq,
	.timeout = timed_out,
};

/*
 * A request is one RMAP request, or two where it goes from one extent into the next: at most 16
 * pages, in segments that do not cross a page.
 */
static const struct queue_limits limits = {
	.logical_block_size = RMP_PAGE_SIZE,
	.physical_block_size = RMP_PAGE_SIZE,
	.io_min = RMP_PAGE_SIZE,
	.max_hw_sectors = RMP_DATA_MAX >> SECTOR_SHIFT,
	.max_segments = RMP_SEGS_MAX,
	.max_segment_size = PAGE_SIZE,
	.seg_boundary_mask = PAGE_SIZE - 1,
	.dma_alignment = SECTOR_SIZE - 1,
	.max_hw_discard_sectors = MEMX_EXTENT_BYTES >> SECTOR_SHIFT,
	.discard_granularity = RMP_PAGE_SIZE,
	.max_write_zeroes_sectors = MEMX_EXTENT_BYTES >> SECTOR_SHIFT,
};

static int alloc_disk(struct memx_clt_vol *vol)
{
	struct gendisk *disk = memx_disk_alloc(&vol->set, &limits, vol);

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	vol->disk = disk;
	disk->fops = &disk_ops;
	disk->private_data = vol;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "memx%d", vol->minor);
	set_capacity(disk, vol->bytes >> SECTOR_SHIFT);
	return 0;
}

/**
 * memx_clt_disk_new - make the disk of a volume; nobody sees it yet
 * @vol:	volume
 *
 * Context: process; may sleep.
 * Return: 0 or an error, then nothing is left.
 */
int memx_clt_disk_new(struct memx_clt_vol *vol)
{
	int err;

	vol->minor = ida_alloc(&minors, GFP_KERNEL);
	if (vol->minor < 0)
		return vol->minor;
	vol->set = (struct blk_mq_tag_set) {
		.ops = &mq_ops,
		.nr_hw_queues = min_t(unsigned int, num_online_cpus(), QUEUES_MAX),
		.queue_depth = QUEUE_DEPTH,
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct memx_clt_io),
		.flags = MEMX_MQ_FLAGS,
	};
	err = blk_mq_alloc_tag_set(&vol->set);
	if (err)
		goto free_minor;
	err = alloc_disk(vol);
	if (err)
		goto free_set;
	return 0;

free_set:
	blk_mq_free_tag_set(&vol->set);
free_minor:
	ida_free(&minors, vol->minor);
	return err;
}

/**
 * memx_clt_disk_add - show the disk of a volume
 * @vol:	volume, listed: the kernel looks for partitions at once, and others may write
 *
 * Context: process; may sleep.
 * Return: 0, or an error; then memx_clt_disk_free() is to follow.
 */
int memx_clt_disk_add(struct memx_clt_vol *vol)
{
	return device_add_disk(NULL, vol->disk, disk_groups);
}

/**
 * memx_clt_disk_close - nobody opens the disk any more
 * @vol:	volume
 * @force:	even when it is open
 *
 * Return: false when it is in use, and stays so.
 */
bool memx_clt_disk_close(struct memx_clt_vol *vol, bool force)
{
	struct gendisk *disk = vol->disk;
	bool closed;

	mutex_lock(&disk->open_mutex);
	closed = force || !disk_openers(disk);
	if (closed)
		vol->closed = true;
	mutex_unlock(&disk->open_mutex);
	return closed;
}

/**
 * memx_clt_disk_del - take a volume's disk away
 * @vol:	volume; it is dead, so all requests end
 *
 * Context: process; waits for requests.
 */
void memx_clt_disk_del(struct memx_clt_vol *vol)
{
	if (disk_openers(vol->disk))
		blk_mark_disk_dead(vol->disk);
	del_gendisk(vol->disk);
}

void memx_clt_disk_free(struct memx_clt_vol *vol)
{
	put_disk(vol->disk);
	blk_mq_free_tag_set(&vol->set);
	ida_free(&minors, vol->minor);
}
