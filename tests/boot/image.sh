#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Make a disk image of Debian with MemX installed by apt from the repository, with two kernels, each
# with its initramfs. Usage: tests/boot/image.sh SUITE initramfs|dracut|plain
#	plain: the same without MemX		result: $MEMX_BUILD/boot/SUITE-KIND/{disk,kernel,initrd,...}
# The base of a suite is kept; what differs is a layer over it (overlayfs) that is made anew.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../packaging/common.sh
. "$(dirname "$0")/../../packaging/common.sh"
suite=$1 kind=$2
here=$top/tests/boot
base=$build/boot/base-$suite
work=$build/boot/work-$suite-$kind
out=$build/boot/$suite-$kind

base_packages() {
	echo linux-image-amd64 linux-headers-amd64 dkms systemd-sysv udev dbus initramfs-tools zstd \
		kmod iproute2 procps ifupdown make gcc busybox ca-certificates \
		libnl-3-200 libnl-genl-3-200 libjson-c5 libinih1 | tr ' ' ,
}

# Runs in the image as it will be, as root, offline but for apt.
inside() {
	chroot "$work/root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash -ec "$1" </dev/null
}

install_memx() {
	local tool=$kind
	cp -a "$build/boot/repo" "$work/root/repo"
	cp "$work/root/repo/memx-archive-keyring.gpg" "$work/root/usr/share/keyrings/"
	echo "deb [signed-by=/usr/share/keyrings/memx-archive-keyring.gpg] file:/repo memx main" \
		>"$work/root/etc/apt/sources.list.d/memx.list"
	inside "apt-get -q update; apt-get -q -y --no-install-recommends install memx-dkms memx-tools"
	[ "$tool" = initramfs ] || inside "apt-get -q -y --no-install-recommends install dracut"
	inside "apt-get -q -y --no-install-recommends install memx-$tool"
}

# Done once MemX is there, as on a machine that gets a new kernel later.
install_second_kernel() {
	inside "apt-get -q -y --no-install-recommends install linux-headers-cloud-amd64
		apt-get -q -y --no-install-recommends install linux-image-cloud-amd64"
}

configure() {
	cp -a "$here/root/." "$work/root/"
	chroot "$work/root" busybox --list | grep -qx usleep # the lab's agent needs it
	ln -sf /usr/bin/busybox "$work/root/usr/local/bin/usleep"
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$work/root/usr/local/bin/hungry" \
		"$here/hungry.c"
	echo 'LABEL=memxroot / ext4 defaults 0 1' >"$work/root/etc/fstab"
	echo "memx-$suite" >"$work/root/etc/hostname"
	rm -rf "$work/root/repo" "$work/root/etc/apt/sources.list.d/memx.list"
	inside "passwd -d root; systemctl enable lab-share lab-agent@{1..6} lab-report hungry
		systemctl mask apt-daily.timer apt-daily-upgrade.timer"
	if [ "$kind" = plain ]; then
		# Emulated, an initramfs with all drivers of Debian takes minutes.
		printf 'MODULES=dep\nCOMPRESSLEVEL=1\n' >"$work/root/etc/initramfs-tools/conf.d/quick"
	else
		configure_memx
	fi
}

configure_memx() {
	install -D -m 644 "$here/memx.conf" "$work/root/etc/memx/memx.conf"
	install -m 600 "$build/boot/key" "$work/root/etc/memx/cluster.key"
	echo KEY_IN_INITRAMFS=yes >"$work/root/etc/default/memx"
	inside "systemctl enable memx-node memx-volumes"
	if [ "$kind" = initramfs ]; then
		inside "update-initramfs -u -k all"
	else
		inside 'for k in /lib/modules/*; do k=${k##*/}
			[ ! -e "/boot/vmlinuz-$k" ] || dracut --force --no-hostonly "/boot/initrd.img-$k" "$k"
			done'
	fi
}

# The newest kernel of the usual flavour, and the one that came later.
take_kernels() {
	local path version name
	for path in "$work/root"/boot/vmlinuz-*; do
		version=${path##*/vmlinuz-}
		case $version in *cloud*) name=second ;; *) name=first ;; esac
		cp "$path" "$out.new/$name.kernel"
		cp -p "$work/root/boot/initrd.img-$version" "$out.new/$name.initrd"
		echo "$version" >"$out.new/$name.version"
	done
}

make_disk() {
	truncate -s 4G "$out.new/disk"
	mkfs.ext4 -q -L memxroot -d "$work/root" "$out.new/disk"
}

make_image() {
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$work/root"
	mount -t proc proc "$work/root/proc"
	mount --rbind /dev "$work/root/dev"
	echo 'Acquire::Retries 5;' >"$work/root/etc/apt/apt.conf.d/99mmdebstrap"
	if [ "$kind" != plain ]; then
		install_memx
		install_second_kernel
	fi
	configure
	umount -R -l "$work/root/dev" "$work/root/proc"
	take_kernels
	inside "rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/* \
		/etc/apt/apt.conf.d/99mmdebstrap"
	make_disk
}

if [ "${3:-}" = inside ]; then
	make_image
	exit 0
fi
make_chroot "$suite" "$base" "$(base_packages)"
[ -e "$build/boot/key" ] || die "no key: run tests/boot/prepare.sh"
rm -rf "$work" "$out.new"
mkdir -p "$work"/{upper,work,root} "$out.new"
trap 'rm -rf "$work"' EXIT
echo "making an image of $suite, $kind"
if ! unshare --mount --pid --fork --kill-child "$0" "$suite" "$kind" inside >"$out.log" 2>&1; then
	tail -n 20 "$out.log" >&2
	die "no image of $suite, $kind; see $out.log"
fi
rm -rf "$out"
mv "$out.new" "$out"
