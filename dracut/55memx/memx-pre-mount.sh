#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by dracut before it mounts the root file system.
if [ -e /usr/lib/memx/boot.sh ]; then
	. /usr/lib/memx/boot.sh
	memx_boot
fi
