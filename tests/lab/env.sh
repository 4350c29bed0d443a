# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# Where the lab's things are; sourced by every script of it. All of it may be set from outside:
#   MEMX_BUILD   everything that is made (git-ignored, kept between runs)
#   LAB_KVER     the guests' kernel release; default: the one Debian's newest headers are for
#   LAB_SLOW     how many times longer all may take, for a kernel that checks itself (1)
#   LAB_KDIR     the kernel's build tree, LAB_KERNEL its image, LAB_KMODULES its module tree's root

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_ROOT=$(cd "$LAB_DIR/../.." && pwd)
MEMX_BUILD=${MEMX_BUILD:-$LAB_ROOT/build}
LAB_CACHE=$MEMX_BUILD/lab

lab_newest_kver() {
	local dir
	for dir in /usr/src/linux-headers-*-amd64; do
		case $dir in
		*-cloud-amd64 | *-rt-amd64 | *'*'*) ;;
		*) echo "${dir#/usr/src/linux-headers-}" ;;
		esac
	done | sort -V | tail -n 1
}

LAB_KVER=${LAB_KVER:-$(lab_newest_kver)}
LAB_KDIR=${LAB_KDIR:-/usr/src/linux-headers-$LAB_KVER}
LAB_SLOW=${LAB_SLOW:-1}
LAB_KROOT=$LAB_CACHE/kernel-$LAB_KVER
LAB_KERNEL=${LAB_KERNEL:-$LAB_KROOT/vmlinux}
LAB_KMODULES=${LAB_KMODULES:-$LAB_KROOT}
LAB_UDEV=$LAB_CACHE/udev
LAB_OUT=$MEMX_BUILD/modules-$LAB_KVER
LAB_IMAGE=$LAB_CACHE/root-$LAB_KVER.ext4
LAB_INITRD=$LAB_CACHE/initrd-$LAB_KVER.cpio

lab_die() {
	echo "lab: $*" >&2
	exit 1
}
