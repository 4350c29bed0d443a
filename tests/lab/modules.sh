#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build MemX's kernel modules and the lab's own, out of the checkout.
# Usage: tests/lab/modules.sh     results: $MEMX_BUILD/modules-<kernel>/*.ko
# A module whose folder does not exist yet is left out. LAB_MAKE="W=1 C=1" gives make arguments:
# then all is built anew in a place of its own, for its messages, and nothing is kept.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "$0")/env.sh"
export PATH=$PATH:/usr/sbin:/sbin

[ -e "$LAB_KDIR/Makefile" ] || lab_die "no build tree at $LAB_KDIR: run tests/lab/deps.sh"

# Kbuild builds in the source folder, so it gets a copy: the checkout stays clean. By content and
# not by time, so that what did not change is not built again.
build_copy() {
	local from=$1 to=$2
	mkdir -p "$to"
	rsync -a --checksum --delete --exclude='*.ko' --exclude='*.o' --exclude='*.mod*' \
		--exclude='.*.cmd' --exclude='Module.symvers' --exclude='modules.order' \
		"$from/" "$to/"
}

# kbuild FOLDER [MAKE ARGUMENT...]
kbuild() {
	local folder=$1
	shift
	# No BTF: it needs the vmlinux of the headers' build, which Debian does not ship.
	# shellcheck disable=SC2086
	make -s -k "-j${LAB_JOBS:-2}" -C "$LAB_KDIR" "M=$folder" CONFIG_DEBUG_INFO_BTF_MODULES= \
		"$@" ${LAB_MAKE:-} modules
}

build_modules() {
	local work=$LAB_OUT/src module rc=0
	build_copy "$LAB_ROOT/src" "$work"
	for module in rmap server client xen; do
		ls "$work/$module"/*.c >/dev/null 2>&1 ||
			sed -i "/^obj-m/s/ memx_$module\\.o//" "$work/Kbuild"
	done
	kbuild "$work" || rc=$?
	cp "$work"/memx_*.ko "$LAB_OUT/" 2>/dev/null || true
	return $rc
}

build_lab_modules() {
	build_copy "$LAB_DIR/kmod" "$LAB_OUT/kmod"
	kbuild "$LAB_OUT/kmod" "KBUILD_EXTRA_SYMBOLS=$LAB_OUT/src/Module.symvers"
	cp "$LAB_OUT"/kmod/*.ko "$LAB_OUT/"
}

if [ -n "${LAB_MAKE:-}" ]; then
	LAB_OUT=$LAB_OUT-checked
	rm -rf "$LAB_OUT"
fi
mkdir -p "$LAB_OUT"
exec 9>"$LAB_OUT/lock"
flock 9
rm -f "$LAB_OUT"/*.ko
rc=0
build_modules || rc=$?
build_lab_modules
exit $rc
