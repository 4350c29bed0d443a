// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does something to whoever calls a function of the kernel: makes the moment between two steps of
 * it so long that a case can get in between, or makes a frame look as it does when memory is short.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/skbuff.h>

static char *at;
module_param(at, charp, 0);
MODULE_PARM_DESC(at, "the function");

static unsigned int delay_ms;
module_param(delay_ms, uint, 0);
MODULE_PARM_DESC(delay_ms, "it begins so much later");

static bool emergency;
module_param(emergency, bool, 0);
MODULE_PARM_DESC(emergency,
		 "its first argument, a frame, was allocated from the emergency reserves");

static unsigned long hits;
module_param(hits, ulong, 0444);

static int before(struct kprobe *p, struct pt_regs *regs)
{
	struct sk_buff *skb;

	hits++;
	if (emergency) {
		skb = (struct sk_buff *)regs_get_kernel_argument(regs, 0);
		skb->pfmemalloc = 1;
	}
	mdelay(delay_ms);
	return 0;
}

static struct kprobe probe = { .pre_handler = before };

static int __init lab_probe_init(void)
{
	probe.symbol_name = at;
	return register_kprobe(&probe);
}

static void __exit lab_probe_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(lab_probe_init);
module_exit(lab_probe_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Holds up a function, or marks its frames, for the cases");
