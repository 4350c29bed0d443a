#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Make what an emulated Xen host boots: the hypervisor, the root file system of its dom0, and the
# initramfs of its guests. Debian's Xen is unpacked into the image, never installed here.
# Usage: tests/xen/image.sh	results: $MEMX_BUILD/xen/{xen,root.ext4,guest.cpio}
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../packaging/common.sh
. "$(dirname "$0")/../../packaging/common.sh"
# shellcheck source-path=SCRIPTDIR source=../lab/env.sh
. "$top/tests/lab/env.sh"
export PATH=$PATH:/usr/sbin:/sbin
here=$top/tests/xen
out=$MEMX_BUILD/xen
base=$out/base

# The release's own Xen, not its security update: that one was built without shadow paging, which
# the live migration of PV guests needs.
packages=xen-hypervisor-4.17-amd64,xen-utils-4.17,xen-utils-common,xenstore-utils,kmod,iproute2
packages+=,busybox,util-linux,e2fsprogs,fio,procps,socat,ethtool,udev
packages+=,libnl-3-200,libnl-genl-3-200,libjson-c5,libinih1
guest_modules=(xen-blkfront xen-netfront ext4 crc32c_generic)

# Of the kernel's modules those that a virtual machine can use.
put_modules() {
	local to=$work/usr/lib/modules/$LAB_KVER from=$LAB_KMODULES/lib/modules/$LAB_KVER
	mkdir -p "$to"
	rsync -a --exclude=/sound --include=/drivers/ --exclude=/drivers/net/{ethernet,wireless} \
		--include=/drivers/{block,virtio,xen,net} --exclude='/drivers/*' "$from/kernel/" "$to/kernel/"
	cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
	depmod -b "$work/usr" "$LAB_KVER" 2>/dev/null || depmod -b "$work" "$LAB_KVER"
}

# The lab's agent and its first process take the programs of busybox, and all below /bin.
put_programs() {
	local file
	ln -s busybox "$work/usr/bin/usleep"
	for file in "$work"/usr/sbin/*; do
		[ -e "$work/usr/bin/${file##*/}" ] || ln -s "../sbin/${file##*/}" "$work/usr/bin/"
	done
}

put_scripts() {
	ln -s /lab/xen/hooks/block-memx "$work/etc/xen/scripts/block-memx"
	mkdir -p "$work/lab" "$work/domu"
	cp "$LAB_KERNEL" "$work/domu/vmlinux"
}

make_root() {
	rm -rf "$work"
	cp -a "$base" "$work"
	rm -rf "$work"/usr/share/{doc,man,locale,info,i18n,zoneinfo} "$work"/var/{cache,lib}/apt \
		"$work"/usr/lib/x86_64-linux-gnu/{gconv,perl*} "$work/usr/share/perl"* "${work:?}"/boot/*
	put_modules
	put_programs
	put_scripts
	rm -f "$out/root.ext4"
	truncate -s 1G "$out/root.ext4"
	mkfs.ext4 -q -O '^has_journal' -d "$work" "$out/root.ext4"
}

# The initramfs of a guest has what finds its root, which is the lab's own image.
make_guest() {
	local dir=$out/guest.new file
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,m,proc,sys,dev,r,extra}
	cp "$(command -v busybox)" "$dir/bin/"
	cp "$here/guest/agent" "$dir/extra/"
	install -m 755 "$here/guest/init" "$dir/init"
	for file in "${guest_modules[@]}"; do
		modprobe -d "$LAB_KMODULES" -S "$LAB_KVER" --show-depends "$file"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$dir/m/"
		echo "${file##*/}"
	done >"$dir/m/order"
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$out/guest.cpio"
	rm -rf "$dir"
}

stamp_of() {
	cat "$here/image.sh" "$here"/guest/{init,agent}
	echo "$LAB_KERNEL"
	stat -c '%n %Y' "$base/done" "$LAB_KMODULES/lib/modules/$LAB_KVER/modules.dep"
}

mkdir -p "$out"
exec 9>"$out/lock"
flock 9
make_chroot bookworm "$base" "$packages"
stamp=$(stamp_of | sha256sum)
[ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
echo "making the image of the Xen host"
work=$out/root.new
make_root
make_guest
zcat "$base"/boot/xen-*.gz >"$out/xen"
rm -rf "$work"
echo "$stamp" >"$out/stamp"
