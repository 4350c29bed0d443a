#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the modules that guests of the emulated Xen host load.
# Usage: tests/xen/kmod.sh	results: $MEMX_BUILD/modules-<kernel>/xen/*.ko
set -eu
# shellcheck source-path=SCRIPTDIR source=../lab/env.sh
. "$(dirname "$0")/../lab/env.sh"
work=$LAB_OUT/xen
mkdir -p "$work"
exec 9>"$work/lock"
flock 9
# Kbuild builds in the source folder, so it gets a copy.
rsync -a --checksum "$(dirname "$0")/kmod/" "$work/"
make -s "-j${LAB_JOBS:-2}" -C "$LAB_KDIR" "M=$work" CONFIG_DEBUG_INFO_BTF_MODULES= \
	${LAB_MAKE:-} modules
