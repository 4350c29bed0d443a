#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Make the guests' root file system (read-only, shared by all virtual machines) and the small
# initramfs that finds it. Programs are the machine's own, with the libraries they need.
# Usage: tests/lab/image.sh       LAB_MODULES adds stock modules, LAB_PROGRAMS adds programs
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "$0")/env.sh"
export PATH=$PATH:/usr/sbin:/sbin

boot_modules=(virtio_pci virtio_blk virtio_console virtio_net ext4 crc32c_generic 9p 9pnet_virtio)
modules=(
	"${boot_modules[@]}" veth sch_netem sch_ingress sch_prio act_mirred cls_matchall ifb dummy
	bridge 8021q bonding brd loop nvmet nvmet_tcp nvme_tcp dm_mod configfs af_packet
	crc32c-intel libcrc32c wireguard
	chacha_generic chacha-x86_64 poly1305-x86_64 libchacha20poly1305 chacha20poly1305
	curve25519-x86_64 libcurve25519 hmac sha256_generic sha256-ssse3
)
read -ra more <<<"${LAB_MODULES:-}"
modules+=("${more[@]}")
# Debian's programs where busybox has not all that the cases need: they take longer to start.
programs=(
	bash dash ip tc bridge ss ethtool fio mkswap swapon swapoff blkdiscard blockdev lsblk
	losetup fallocate mkfs.ext4 e2fsck kmod dd cmp sha256sum stat timeout date findmnt
	setpriv flock
	readlink sort tail seq blkid taskset chrt
)
read -ra more <<<"${LAB_PROGRAMS:-}"
programs+=("${more[@]}")

work=$LAB_CACHE/root.new
stock=$work/lib/modules/$LAB_KVER

show_depends() {
	modprobe -d "$LAB_KMODULES" -S "$LAB_KVER" --show-depends "$@" 2>/dev/null |
		awk '$1 == "insmod" { print $2 }'
}

# A kernel that has one of them built in has no file for it; that is no error.
closure() {
	local module
	for module; do
		show_depends "$module" || true
	done | awk '!seen[$0]++'
}

copy_module() {
	local to=$stock/${1#*/lib/modules/*/}
	mkdir -p "${to%/*}"
	cp "$1" "$to"
}

put_modules() {
	local file
	mkdir -p "$stock"
	closure "${modules[@]}" | while read -r file; do copy_module "$file"; done
	cp "$LAB_KMODULES/lib/modules/$LAB_KVER"/modules.{order,builtin,builtin.modinfo} "$stock/"
	depmod -b "$work" "$LAB_KVER"
}

libraries_of() {
	ldd "$1" 2>/dev/null | awk '$3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }'
}

put_library() {
	[ -e "$work$1" ] || install -D "$(readlink -f "$1")" "$work$1"
}

put_program() {
	local path lib
	path=$(command -v "$1") || lab_die "the program $1 is missing: run tests/lab/deps.sh"
	cp -L "$path" "$work/bin/$1"
	for lib in $(libraries_of "$path"); do
		put_library "$lib"
	done
}

put_programs() {
	local program applet
	for program in "${programs[@]}"; do put_program "$program"; done
	for applet in modprobe insmod rmmod lsmod modinfo depmod; do
		ln -s kmod "$work/bin/$applet"
	done
	ln -s dash "$work/bin/sh"
	cp "$(command -v busybox)" "$work/bin/busybox"
	for applet in $("$work/bin/busybox" --list); do
		[ -e "$work/bin/$applet" ] || ln -s busybox "$work/bin/$applet"
	done
}

# Rules of ours are put beside these by udev_start in guest/lib.sh.
put_udev() {
	local lib rule
	cp "$LAB_UDEV/bin/udevadm" "$work/bin/"
	ln -s udevadm "$work/bin/systemd-udevd"
	for lib in $(libraries_of "$work/bin/udevadm"); do put_library "$lib"; done
	mkdir -p "$work/lib/udev/rules.d"
	for rule in 50-udev-default 60-block 60-persistent-storage; do
		cp "$LAB_UDEV/lib/udev/rules.d/$rule.rules" "$work/lib/udev/rules.d/"
	done
}

# memx-admin changes with the checkout and so comes by the share; what it is linked to is here.
put_shared_libraries() {
	local name lib
	for name in libnl-3.so.200 libnl-genl-3.so.200 libjson-c.so.5 libinih.so.1; do
		# To the end: a pipe that closes early would end ldconfig, and with it this script.
		lib=$(ldconfig -p | awk -v n="$name" '$1 == n && /x86-64/ && !m++ { print $NF }')
		[ -z "$lib" ] || put_library "$lib"
	done
}

make_root() {
	rm -rf "$work"
	mkdir -p "$work"/{bin,etc,proc,sys,dev,tmp,run,root,mnt,lab,usr,lib,lib64,var}
	ln -s bin "$work/sbin"
	ln -s ../bin "$work/usr/bin"
	ln -s ../bin "$work/usr/sbin"
	ln -s ../lib "$work/usr/lib"
	ln -s /proc/mounts "$work/etc/mtab"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$work/etc/passwd"
	echo 'root:x:0:' >"$work/etc/group"
	put_programs
	put_udev
	put_shared_libraries
	put_modules
	rm -f "$LAB_IMAGE.new"
	truncate -s 256M "$LAB_IMAGE.new"
	mkfs.ext4 -q -O '^has_journal' -d "$work" "$LAB_IMAGE.new"
}

# The initramfs holds only what finds the root; it stays in memory until the root is entered.
make_initrd() {
	local dir=$LAB_CACHE/initrd.new file
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,m,proc,sys,dev,r}
	cp "$work/bin/busybox" "$dir/bin/"
	install -m 755 "$LAB_DIR/guest/initrd-init" "$dir/init"
	closure "${boot_modules[@]}" | while read -r file; do
		cp "$file" "$dir/m/"
		echo "${file##*/}"
	done >"$dir/m/order"
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$LAB_INITRD.new"
	rm -rf "$dir"
}

stamp_of() {
	cat "$LAB_DIR/image.sh" "$LAB_DIR/guest/initrd-init"
	echo "$LAB_KERNEL ${LAB_MODULES:-} ${LAB_PROGRAMS:-}"
	stat -c '%n %Y' "$LAB_KMODULES/lib/modules/$LAB_KVER/modules.dep"
}

mkdir -p "$LAB_CACHE"
exec 9>"$LAB_CACHE/lock"
flock 9
stamp=$(stamp_of | sha256sum)
if [ "$(cat "$LAB_IMAGE.stamp" 2>/dev/null)" = "$stamp" ]; then
	exit 0
fi
make_root
make_initrd
mv "$LAB_INITRD.new" "$LAB_INITRD"
mv "$LAB_IMAGE.new" "$LAB_IMAGE"
echo "$stamp" >"$LAB_IMAGE.stamp"
rm -rf "$work"
