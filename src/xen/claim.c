// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which virtual disks are ours.
 *
 * Disks of all backends have the type vbd, and the bus offers each to the drivers of that type in
 * the order in which they were loaded. xen-blkback takes every one; and the bus tells the
 * toolstack of an error when a driver refuses one, so to ask for all and to refuse those of others
 * is no way. Hence a disk that is ours gets a type of its own before the bus looks for a driver,
 * and neither driver ever sees what is the other's. The new name is the end of the old one: it
 * lies in the memory of the device and there is nothing to free, whichever goes first.
 *
 * Only the bus of this kernel knows that name; in xenstore the disk is a vbd, which is what libxl
 * makes, saves, restores and removes.
 */
#include <linux/notifier.h>
#include <linux/slab.h>

#include "memx_xbk_target.h"
#include "xbk.h"

#define TYPE		"vbd"
#define TYPE_OURS	(&TYPE[1])

static DEFINE_MUTEX(lock);	/* types of devices */

static bool wanted(const struct xenbus_device *xdev)
{
	char *script, *target;
	bool ours = false;

	script = xenbus_read(XBT_NIL, xdev->nodename, "script", NULL);
	if (IS_ERR(script))
		return false;
	target = xenbus_read(XBT_NIL, xdev->nodename, "params", NULL);
	if (!IS_ERR(target)) {
		ours = memx_xbk_is_ours(script, target);
		kfree(target);
	}
	kfree(script);
	return ours;
}

static struct xenbus_driver driver;

/* Context: no driver is bound to it, or that one's device lock is held. */
static bool claim(struct xenbus_device *xdev)
{
	bool claimed;

	mutex_lock(&lock);
	claimed = xdev->dev.driver != &driver.driver && !strcmp(xdev->devicetype, TYPE) &&
		  wanted(xdev);
	if (claimed)
		xdev->devicetype++;
	mutex_unlock(&lock);
	return claimed;
}

static bool disclaim(struct xenbus_device *xdev)
{
	bool ours;

	mutex_lock(&lock);
	ours = !strcmp(xdev->devicetype, TYPE_OURS);
	if (ours)
		xdev->devicetype--;
	mutex_unlock(&lock);
	return ours;
}

static int on_bus(struct notifier_block *nb, unsigned long what, void *arg)
{
	if (what == BUS_NOTIFY_ADD_DEVICE)
		claim(to_xenbus_device(arg));
	return NOTIFY_DONE;
}

static struct notifier_block bus_block = { .notifier_call = on_bus };

/*
 * A disk that was there first. xen-blkback may have it: it gives it back without a word to the
 * guest, as it does when it is unbound by hand. One that a guest uses already stays where it is
 * until it is attached anew.
 */
static int take_over(struct device *device, void *arg)
{
	struct xenbus_device *xdev = to_xenbus_device(device);
	bool claimed = false;

	device_lock(device);
	if (!device->driver ||
	    xenbus_read_unsigned(xdev->nodename, "state", 0) <= XenbusStateInitWait)
		claimed = claim(xdev);
	device_unlock(device);
	if (!claimed)
		return 0;
	device_release_driver(device);
	if (device_attach(device) < 0)
		dev_err(device, "memx_xen cannot take the disk\n");
	return 0;
}

static int give_back(struct device *device, void *arg)
{
	if (disclaim(to_xenbus_device(device)) && device_attach(device) < 0)
		dev_err(device, "no other backend takes the disk\n");
	return 0;
}

/* No other driver is asked for a disk that has one: as long as we have it, its name is right. */
static int probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	int err = memx_xbk_dev_add(xdev);

	if (!err)
		disclaim(xdev);
	return err;
}

static void front_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct memx_xbk_dev *dev = dev_get_drvdata(&xdev->dev);

	if (dev)
		memx_xbk_dev_front(dev, state);
}

static void removed(struct xenbus_device *xdev)
{
	struct memx_xbk_dev *dev = dev_get_drvdata(&xdev->dev);

	mutex_lock(&lock);
	xdev->devicetype++;
	mutex_unlock(&lock);
	dev_set_drvdata(&xdev->dev, NULL);
	memx_xbk_dev_gone(dev);
}

static const struct xenbus_device_id ids[] = { { "bd" }, { "" } };

static struct xenbus_driver driver = {
	.name = "memx_xen",
	.ids = ids,
	.probe = probe,
	.otherend_changed = front_changed,
	.remove = removed,
	.driver.dev_groups = memx_xbk_groups,
};

/**
 * memx_xbk_claim_init - take our disks, from now on and those there are
 *
 * Return: 0 or an error, then nothing is left.
 */
int memx_xbk_claim_init(void)
{
	int err = xenbus_register_backend(&driver);

	if (err)
		return err;
	err = bus_register_notifier(driver.driver.bus, &bus_block);
	if (err) {
		xenbus_unregister_driver(&driver);
		return err;
	}
	bus_for_each_dev(driver.driver.bus, NULL, NULL, take_over);
	return 0;
}

/**
 * memx_xbk_claim_exit - no disk is ours any more
 *
 * 1. No new ones.
 * 2. The driver goes. A disk that it is bound to would hold the module.
 * 3. What is still marked as ours, and has no driver, may have another one.
 */
void memx_xbk_claim_exit(void)
{
	const struct bus_type *bus = driver.driver.bus;

	bus_unregister_notifier(driver.driver.bus, &bus_block);
	xenbus_unregister_driver(&driver);
	bus_for_each_dev((struct bus_type *)bus, NULL, NULL, give_back);
}
