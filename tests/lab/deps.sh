#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Install what the lab needs from Debian, and unpack the guests' kernel into the build folder.
# The kernel is only unpacked, never installed: the machine that runs the lab keeps its own.
# Usage: tests/lab/deps.sh        (as root, or with sudo at hand; nothing is done twice)
set -euo pipefail

# The boot protocol PVH takes an unpacked kernel, which spares each boot seconds of emulated xz.
unpack_vmlinux() {
	local from=$1 to=$2 offset
	# sed reads on to the end: a pipe that closes early would end grep, and with it this script.
	offset=$(grep -abo -m 1 $'\xfd7zXZ' "$from" | sed -n '1s/:.*//p')
	if [ -n "$offset" ]; then
		tail -c "+$((offset + 1))" "$from" | xz -dcq >"$to.new" 2>/dev/null || true
		if [ "$(head -c 4 "$to.new" | tail -c 3)" = ELF ]; then
			mv "$to.new" "$to"
			return
		fi
	fi
	rm -f "$to.new"
	cp "$from" "$to"
}

fetch_kernel() {
	local work
	[ ! -e "$LAB_KERNEL" ] || return 0
	work=$LAB_KROOT.new
	rm -rf "$work"
	mkdir -p "$work"
	echo "deps.sh: fetching the guests' kernel $LAB_KVER"
	(cd "$work" && apt-get -q download "linux-image-$LAB_KVER" >/dev/null 2>&1) ||
		lab_die "apt has no linux-image-$LAB_KVER: run apt-get update, or set LAB_KVER"
	dpkg -x "$work"/linux-image-*.deb "$work"
	rm "$work"/linux-image-*.deb
	LC_ALL=C unpack_vmlinux "$work/boot/vmlinuz-$LAB_KVER" "$work/vmlinux"
	depmod -b "$work" "$LAB_KVER"
	rm -rf "$LAB_KROOT"
	mv "$work" "$LAB_KROOT"
}

# udevd only runs in guests; installing it would let it loose on the machine's own devices.
fetch_udev() {
	local work=$LAB_UDEV.new
	[ ! -d "$LAB_UDEV" ] || return 0
	rm -rf "$work"
	mkdir -p "$work"
	(cd "$work" && apt-get -q download udev >/dev/null 2>&1) || lab_die "apt has no udev"
	dpkg -x "$work"/udev_*.deb "$work"
	rm "$work"/udev_*.deb
	mv "$work" "$LAB_UDEV"
}

"$(dirname "$0")/../need.sh" lab tools
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "$0")/env.sh"
[ -n "$LAB_KVER" ] || lab_die "no kernel headers found: install linux-headers-amd64"
fetch_kernel
fetch_udev
