# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What cases of memx_xen use in dom0, on top of host.sh.

# of_disk GUEST VDEV ATTRIBUTE: what memx_xen says of a disk; fails if it has none such
of_disk() {
	local dir
	for dir in /sys/bus/xen-backend/drivers/memx_xen/vbd-"$(xl domid "$1")"-*/memx; do
		if [ -e "$dir" ] && [ "$(cat "$dir/vdev")" = "$2" ]; then
			cat "$dir/$3"
			return
		fi
	done
	return 1
}

# attach_disk GUEST VDEV TARGET [ACCESS]: and the guest is connected
attach_disk() {
	xl block-attach "$1" "vdev=$2,format=raw,access=${4:-rw},script=block-memx,target=$3" &&
		until_true 60 is_connected "$1" "$2"
}

is_connected() { [ "$(of_disk "$1" "$2" state)" = connected ]; }

# detach_disk GUEST VDEV: memx_xen has it no more
detach_disk() {
	xl block-detach "$1" "$2" && ! of_disk "$1" "$2" state 2>/dev/null
}

# openers VOLUME
openers() {
	memx-admin --json list | awk -F '"' -v "v=$1" '
		$2 == "name" { mine = $4 == v }
		mine && $2 == "openers" { gsub(/[^0-9]/, "", $3); print $3; exit }'
}

no_opener() { [ "$(openers "$1")" = 0 ]; }

# said_by_memx_xen: lines of the kernel's log
said_by_memx_xen() { dmesg | grep -c 'memx_xen' || true; }
