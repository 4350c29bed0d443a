/* SPDX-License-Identifier: GPL-2.0-only */
/* What a disk line of xl says: script and target, and whether the disk is ours. */
#ifndef _MEMX_XBK_TARGET_H
#define _MEMX_XBK_TARGET_H

#include "rmp_env.h"

bool memx_xbk_is_ours(const char *script, const char *target);
bool memx_xbk_target_name(const char *target, char *name, size_t size);
bool memx_xbk_parse_device(const char *text, u32 *major, u32 *minor);

#endif
