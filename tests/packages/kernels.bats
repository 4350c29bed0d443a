# SPDX-License-Identifier: GPL-2.0-only
# Kernels that come, that MemX does not know, or that have no headers.
setup() {
	load chroot
}

# kernel_package RELEASE LAYER: a package that is installed as Debian's kernels are, with the headers
# and the configuration of the kernel in LAYER, as repo/kernel.deb
kernel_package() {
	local at=$BATS_TEST_TMPDIR/kernel from release=$1
	from=$(kernel_of "$2")
	mkdir -p "$at/DEBIAN" "$at/boot" "$at/lib/modules/$release/kernel"
	inside "$2" "cat /boot/config-$from" >"$at/boot/config-$release"
	touch "$at/boot/vmlinuz-$release" "$at/lib/modules/$release/modules."{order,builtin}
	ln -s "/usr/src/linux-headers-$from" "$at/lib/modules/$release/build"
	cat >"$at/DEBIAN/control" <<-END
		Package: linux-image-$release
		Version: 1
		Architecture: all
		Maintainer: Nobody <nobody@memx.example>
		Description: a kernel for tests
	END
	cat >"$at/DEBIAN/postinst" <<-END
		#!/bin/sh
		DEB_MAINT_PARAMS="\$*" exec run-parts --report --exit-on-error \\
			--arg=$release --arg=/boot/vmlinuz-$release /etc/kernel/postinst.d
	END
	chmod +x "$at/DEBIAN/postinst"
	dpkg-deb -b "$at" "$PKG_WORK/repo/kernel.deb"
}

left_out() { # LAYER KERNEL
	sound "$1"
	inside "$1" 'dpkg -s memx-dkms | grep -x "Status: install ok installed"
		! find /lib/modules/'"$2"' -name "memx*" | grep .
		test -e /boot/initrd.img-'"$2"
	run inside "$1" 'memx-admin doctor'
	echo "$output"
	[ "$status" -eq 1 ]
	grep -q "^error kernel-range: .*$2" <<<"$output"
}

# A kernel that is too new comes to a machine that has MemX, and MemX to one that has such a kernel.
kernel_out_of_range() { # SUITE RELEASE
	prepared_debian "$1-range" "$1"
	kernel_package "$2" "$1-range"

	layer "$1-later" "$1-range"
	inside "$1-later" 'apt-get -q -y install memx-dkms'
	inside "$1-later" 'apt-get -q -y install /repo/kernel.deb'
	left_out "$1-later" "$2"
	has_modules "$1-later" "$(inside "$1-later" 'ls /lib/modules | sort -V | head -n 1')" \
		"$("$top/packaging/version.sh")"

	layer "$1-first" "$1-range"
	inside "$1-first" 'apt-get -q -y install /repo/kernel.deb'
	run inside "$1-first" 'apt-get -q -y install memx-dkms'
	echo "$output"
	[ "$status" -eq 0 ]
	left_out "$1-first" "$2"
}

@test "Debian 12: apt ends well with a kernel that MemX does not know" {
	kernel_out_of_range bookworm 7.3.0-1-amd64
}

@test "Debian 13: apt ends well with a kernel that MemX does not know" {
	kernel_out_of_range trixie 7.3.0-1-amd64
}

@test "headers that come after the kernel: modules are built, and the initramfs made anew" {
	clean_debian late bookworm
	inside late 'apt-get -q -y --no-install-recommends install memx-dkms memx-initramfs'
	sound late
	kernel=$(kernel_of late)
	run image_has_modules late "$kernel"
	[ "$status" -ne 0 ]
	inside late 'apt-get -q -y --no-install-recommends install linux-headers-amd64'
	sound late
	has_modules late "$kernel" "$("$top/packaging/version.sh")"
	image_has_modules late "$kernel"
}

@test "a second kernel gets its modules, and its initramfs has them" {
	prepared_debian second trixie
	inside second 'apt-get -q -y install memx'
	kernel_package 6.13.0-1-amd64 second
	inside second 'apt-get -q -y install /repo/kernel.deb'
	sound second
	inside second '
		dkms status -m memx -k 6.13.0-1-amd64 | grep -q ": installed"
		modinfo -k 6.13.0-1-amd64 memx_client >/dev/null'
	image_has_modules second 6.13.0-1-amd64
}

@test "memx_xen is built for a kernel that can be a Xen host, and is left out of any other" {
	local version kernel
	version=$("$top/packaging/version.sh")
	prepared_debian xen bookworm
	inside xen 'apt-get -q -y --no-install-recommends install memx-dkms'
	kernel=$(kernel_of xen)
	inside xen "kernel=$kernel version=$version"'
		again() {
			dkms install memx/$version -k $kernel
			modinfo -k $kernel memx_client >/dev/null
		}
		dkms remove memx/$version -k $kernel
		again
		modinfo -k $kernel memx_xen >/dev/null
		dkms remove memx/$version -k $kernel
		headers=$(readlink -f /lib/modules/$kernel/build)
		sed -i "/^CONFIG_XEN_BACKEND=/d" $headers/.config $headers/include/config/auto.conf
		again
		! modinfo -k $kernel memx_xen >/dev/null'
}
