// SPDX-License-Identifier: GPL-2.0-only
/* Says in the kernel log what a broken module would: shows that the lab notices. */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>

static char *what = "warn";
module_param(what, charp, 0);
MODULE_PARM_DESC(what, "warn, oops, leak (objects left in a slab cache), or hang");

static struct task_struct *hung;

static int leak_object(void)
{
	struct kmem_cache *cache = kmem_cache_create("lab_leak", 64, 0, SLAB_POISON, NULL);

	if (!cache)
		return -ENOMEM;
	if (!kmem_cache_alloc(cache, GFP_KERNEL))
		return -ENOMEM;
	kmem_cache_destroy(cache);
	return 0;
}

static int hang(void *unused)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static int __init lab_warn_init(void)
{
	if (!strcmp(what, "warn"))
		WARN(1, "planted by the lab\n");
	else if (!strcmp(what, "oops"))
		*(volatile int *)8 = 0;
	else if (!strcmp(what, "leak"))
		return leak_object();
	else if (!strcmp(what, "hang"))
		hung = kthread_run(hang, NULL, "lab_hang");
	else
		return -EINVAL;
	return PTR_ERR_OR_ZERO(hung);
}

static void __exit lab_warn_exit(void)
{
	if (hung)
		kthread_stop(hung);
}

module_init(lab_warn_init);
module_exit(lab_warn_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Plants faults for the lab's own tests");
