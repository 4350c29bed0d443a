// SPDX-License-Identifier: GPL-2.0-only
/* Life of a volume. */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uuid.h>
#include <net/netlink.h>

#include "clt.h"
#include "memx_ext_ack.h"
#include "rmp_disc.h"

/**
 * memx_clt_find - a volume by its name
 * @clt:	client; clt->admin or clt->lock is held
 * @name:	NUL-terminated
 *
 * Return: the volume, or NULL.
 */
struct memx_clt_vol *memx_clt_find(struct memx_clt *clt, const char *name)
{
	struct memx_clt_vol *vol;

	list_for_each_entry(vol, &clt->vols, list)
		if (!strcmp(vol->name, name))
			return vol;
	return NULL;
}

static struct memx_clt_vol *find(struct memx_clt *clt, const char *name,
				 struct netlink_ext_ack *ack)
{
	struct memx_clt_vol *vol = memx_clt_find(clt, name);

	lockdep_assert_held(&clt->admin);
	if (!vol)
		NL_SET_ERR_MSG(ack, "there is no volume of this name");
	return vol;
}

static int check_name(struct memx_clt *clt, const char *name, struct netlink_ext_ack *ack)
{
	char padded[RMP_NAME_LEN] = { };

	if (strscpy(padded, name, sizeof(padded)) < 0) {
		NL_SET_ERR_MSG(ack, "a name has at most 31 characters");
		return -EINVAL;
	}
	if (padded[0] == '.' || !rmp_name_is_valid(padded, sizeof(padded))) {
		NL_SET_ERR_MSG(ack, "a name consists of letters, digits, '.', '_' and '-', and "
				    "does not begin with '.'");
		return -EINVAL;
	}
	if (memx_clt_find(clt, name)) {
		NL_SET_ERR_MSG(ack, "there is a volume of this name already");
		return -EEXIST;
	}
	return 0;
}

static int check_size(u64 bytes, struct netlink_ext_ack *ack)
{
	if (bytes < MEMX_EXTENT_BYTES || bytes > MEMX_CLT_SIZE_MAX) {
		NL_SET_ERR_MSG(ack, "the size has to be between 4 MiB and 1 PiB");
		return -EINVAL;
	}
	if (bytes % RMP_PAGE_SIZE) {
		NL_SET_ERR_MSG(ack, "the size has to be a multiple of 4 KiB");
		return -EINVAL;
	}
	return 0;
}

static void free_vol(struct memx_clt_vol *vol)
{
	struct memx_clt_map *map = rcu_dereference_protected(vol->map, 1);

	memx_clt_map_free(map, 0);
	free_percpu(vol->stats);
	kvfree(vol);
}

/*
 * The map is the only thing here whose size somebody chooses, and a digit too many shall not cost
 * other processes their lives.
 */
static struct memx_clt_map *new_map(const struct memx_clt_map *old, u64 bytes,
				    struct netlink_ext_ack *ack)
{
	u64 needed = memx_clt_map_bytes(old, bytes);
	u64 available = max_t(s64, si_mem_available(), 0) * (u64)PAGE_SIZE;
	struct memx_clt_map *map;

	if (needed > available / 2) {
		NL_SET_ERR_MSG_FMT(ack,
				   "its map needs %llu MiB, over half of the %llu MiB available",
				   (needed >> 20) + 1, available >> 20);
		return ERR_PTR(-ENOMEM);
	}
	map = memx_clt_map_new(old, bytes);
	if (IS_ERR(map))
		NL_SET_ERR_MSG(ack, "there is not enough memory for the map of this volume");
	return map;
}

static struct memx_clt_vol *new_vol(struct memx_clt *clt, const char *name, u64 bytes,
				    u32 loss_timeout_s, struct netlink_ext_ack *ack)
{
	struct memx_clt_vol *vol = kvzalloc(sizeof(*vol), GFP_KERNEL);
	struct memx_clt_map *map;

	if (!vol)
		goto no_memory;
	vol->clt = clt;
	strscpy(vol->name, name, sizeof(vol->name));
	generate_random_uuid(vol->uuid);
	vol->bytes = bytes;
	vol->epoch = 1;
	vol->loss_timeout = loss_timeout_s * (unsigned long)HZ;
	spin_lock_init(&vol->retry_lock);
	INIT_LIST_HEAD(&vol->retry);
	INIT_DELAYED_WORK(&vol->retry_work, memx_clt_retry_work);
	memx_clt_open_init(vol);
	vol->stats = alloc_percpu(struct memx_clt_stats);
	if (!vol->stats)
		goto no_memory;
	map = new_map(NULL, bytes, ack);
	if (IS_ERR(map)) {
		free_vol(vol);
		return ERR_CAST(map);
	}
	RCU_INIT_POINTER(vol->map, map);
	return vol;

no_memory:
	kvfree(vol);
	NL_SET_ERR_MSG(ack, "there is not enough memory for another volume");
	return ERR_PTR(-ENOMEM);
}

/* The volume is complete. */
static void list(struct memx_clt_vol *vol)
{
	mutex_lock(&vol->clt->lock);
	list_add_tail(&vol->list, &vol->clt->vols);
	mutex_unlock(&vol->clt->lock);
}

/* Nobody finds it any more, and what was queued for it by those who had is through. */
static void unlist(struct memx_clt_vol *vol)
{
	mutex_lock(&vol->clt->lock);
	list_del(&vol->list);
	mutex_unlock(&vol->clt->lock);
	cancel_delayed_work_sync(&vol->retry_work);
	cancel_delayed_work_sync(&vol->open_work);
}

/*
 * 1. The volume, its disk with it: all but the disk's place in the system.
 * 2. Servers, when it is the first one.
 * 3. The list: from now on ticks, sessions and netlink find it, and it is complete.
 * 4. The disk is shown: requests come. A session that comes up or a server that is lost already
 *    sees the volume.
 */
static int create(struct memx_clt *clt, const char *name, u64 bytes, u32 loss_timeout_s,
		  struct netlink_ext_ack *ack)
{
	bool first = list_empty(&clt->vols);
	struct memx_clt_vol *vol;
	int err;

	vol = new_vol(clt, name, bytes, loss_timeout_s, ack);
	if (IS_ERR(vol))
		return PTR_ERR(vol);
	err = memx_clt_disk_new(vol);
	if (err)
		goto free_vol;
	err = first ? memx_clt_servers_begin(clt) : 0;
	if (err)
		goto free_disk;
	list(vol);
	err = memx_clt_disk_add(vol);
	if (err)
		goto unlist;
	__module_get(THIS_MODULE);
	memx_clt_event(clt, "volume-created", name, "%s: %llu MiB as %s", name, bytes >> 20,
		       vol->disk->disk_name);
	return 0;

unlist:
	unlist(vol);
	if (first)
		memx_clt_servers_end(clt);
free_disk:
	memx_clt_disk_free(vol);
free_vol:
	NL_SET_ERR_MSG_FMT(ack, "the disk could not be made (error %d)", -err);
	free_vol(vol);
	return err;
}

/**
 * memx_clt_create - make a volume
 * @clt:	client
 * @name:	its name
 * @bytes:	its size
 * @loss_timeout_s: seconds that requests wait for a server that is away; 0: for ever
 * @ack:	for the reason of a refusal
 *
 * Nothing is reserved at servers before something is written.
 *
 * Context: process; may sleep.
 * Return: 0 or an error.
 */
int memx_clt_create(struct memx_clt *clt, const char *name, u64 bytes, u32 loss_timeout_s,
		    struct netlink_ext_ack *ack)
{
	int err;

	mutex_lock(&clt->admin);
	err = check_name(clt, name, ack);
	if (!err)
		err = check_size(bytes, ack);
	if (!err)
		err = create(clt, name, bytes, loss_timeout_s, ack);
	mutex_unlock(&clt->admin);
	return err;
}

static int resize(struct memx_clt_vol *vol, u64 bytes, struct netlink_ext_ack *ack)
{
	struct memx_clt *clt = vol->clt;
	struct memx_clt_map *old, *map;

	if (bytes < vol->bytes) {
		NL_SET_ERR_MSG_FMT(ack, "a volume cannot shrink: it has %llu MiB now",
				   vol->bytes >> 20);
		return -EINVAL;
	}
	old = rcu_dereference_protected(vol->map, lockdep_is_held(&clt->admin));
	map = new_map(old, bytes, ack);
	if (IS_ERR(map))
		return PTR_ERR(map);
	mutex_lock(&clt->lock);
	rcu_assign_pointer(vol->map, map);
	vol->bytes = bytes;
	mutex_unlock(&clt->lock);
	synchronize_rcu();
	kvfree(old);
	set_capacity_and_notify(vol->disk, bytes >> SECTOR_SHIFT);
	memx_clt_event(clt, "volume-resized", vol->name, "%s: %llu MiB", vol->name, bytes >> 20);
	return 0;
}

/**
 * memx_clt_resize - let a volume grow
 * @clt:	client
 * @name:	of the volume
 * @bytes:	its new size
 * @ack:	for the reason of a refusal
 *
 * Context: process; may sleep.
 * Return: 0 or an error.
 */
int memx_clt_resize(struct memx_clt *clt, const char *name, u64 bytes, struct netlink_ext_ack *ack)
{
	struct memx_clt_vol *vol;
	int err;

	mutex_lock(&clt->admin);
	vol = find(clt, name, ack);
	err = vol ? check_size(bytes, ack) : -ENOENT;
	if (!err)
		err = resize(vol, bytes, ack);
	mutex_unlock(&clt->admin);
	return err;
}

/**
 * memx_clt_set_timeout - change how long requests wait for a server that is away
 * @clt:	client
 * @name:	of the volume
 * @seconds:	0: for ever
 * @ack:	for the reason of a refusal
 *
 * Return: 0 or an error.
 */
int memx_clt_set_timeout(struct memx_clt *clt, const char *name, u32 seconds,
			 struct netlink_ext_ack *ack)
{
	struct memx_clt_vol *vol;

	mutex_lock(&clt->admin);
	vol = find(clt, name, ack);
	if (vol)
		WRITE_ONCE(vol->loss_timeout, seconds * (unsigned long)HZ);
	mutex_unlock(&clt->admin);
	return vol ? 0 : -ENOENT;
}

/*
 * 1. Nobody opens the disk (disk_close(), by the caller).
 * 2. Dead: no request is parked, or goes to a server. Those that are under way are cancelled, at
 *    once and again by each tick, since one may have passed the check just before.
 * 3. The disk goes: all requests have ended.
 * 4. What ended them may not have returned: softirqs (RCU).
 * 5. Out of the list: ticks and sessions do not see it any more. Works that they queued are
 *    through.
 * 6. Servers free the extents.
 */
static void destroy(struct memx_clt_vol *vol)
{
	struct memx_clt *clt = vol->clt;
	u64 untold;

	WRITE_ONCE(vol->dead, true);
	smp_mb();		/* park() sees it, or we see what it has queued */
	memx_clt_open_expire(vol);
	mod_delayed_work(clt->wq, &vol->retry_work, 0);
	memx_clt_expire(vol);
	memx_clt_disk_del(vol);
	synchronize_rcu();
	unlist(vol);

	untold = memx_clt_release(vol);
	if (untold)
		memx_clt_event(clt, "release-failed", vol->name,
			       "%s: %llu servers did not answer and keep its extents", vol->name,
			       untold);
	memx_clt_event(clt, "volume-destroyed", vol->name, "%s: destroyed", vol->name);
	if (list_empty(&clt->vols))
		memx_clt_servers_end(clt);
	memx_clt_disk_free(vol);
	free_vol(vol);
	module_put(THIS_MODULE);
}

/**
 * memx_clt_destroy - take a volume away
 * @clt:	client
 * @name:	of the volume
 * @force:	even when it is in use: every request ends with an I/O error
 * @ack:	for the reason of a refusal
 *
 * Context: process; may sleep. Servers that do not answer are waited for 2 s.
 * Return: 0 or an error.
 */
int memx_clt_destroy(struct memx_clt *clt, const char *name, bool force,
		     struct netlink_ext_ack *ack)
{
	struct memx_clt_vol *vol;
	int err = 0;

	mutex_lock(&clt->admin);
	vol = find(clt, name, ack);
	if (!vol) {
		err = -ENOENT;
	} else if (!memx_clt_disk_close(vol, force)) {
		NL_SET_ERR_MSG(ack, "the volume is in use: unmount it, swapoff, or use force");
		err = -EBUSY;
	} else {
		destroy(vol);
	}
	mutex_unlock(&clt->admin);
	return err;
}

/**
 * memx_clt_destroy_all - the network namespace goes, and its volumes with it
 * @clt:	client
 */
void memx_clt_destroy_all(struct memx_clt *clt)
{
	struct memx_clt_vol *vol, *next;

	mutex_lock(&clt->admin);
	list_for_each_entry_safe(vol, next, &clt->vols, list) {
		memx_clt_disk_close(vol, true);
		destroy(vol);
	}
	mutex_unlock(&clt->admin);
}
