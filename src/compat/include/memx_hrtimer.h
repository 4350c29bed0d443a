/* SPDX-License-Identifier: GPL-2.0-only */
/* hrtimer_setup() came with 6.13, and took the place of hrtimer_init() two versions later. */
#ifndef _MEMX_HRTIMER_H
#define _MEMX_HRTIMER_H

#include <linux/hrtimer.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *t),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif
