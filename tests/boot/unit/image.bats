#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2034
# What is put into an image for early boot.
load fake
LIBRARIES=". $TOP/lib/boot.sh; . $TOP/lib/image.sh"

setup() {
	fake_root
	mkdir -p "$ROOT/etc/default"
	key
	conf </dev/null
}

@test "the key is put into an image only when it is asked for" {
	sh_with memx_image_files
	[ "$output" = /etc/memx/memx.conf ]
	echo '#KEY_IN_INITRAMFS=yes' >"$ROOT/etc/default/memx"
	sh_with memx_image_files
	[ "$output" = /etc/memx/memx.conf ]
	echo KEY_IN_INITRAMFS=yes >"$ROOT/etc/default/memx"
	sh_with memx_image_files
	[ "$output" = $'/etc/memx/memx.conf\n/etc/memx/cluster.key' ]
}

@test "a key that is asked for and not there is told" {
	rm "$ROOT/etc/memx/cluster.key"
	echo KEY_IN_INITRAMFS=yes >"$ROOT/etc/default/memx"
	sh_with memx_image_files
	said "KEY_IN_INITRAMFS=yes, but there is no /etc/memx/cluster.key"
}

@test "the key is the one that memx.conf names" {
	conf <<<$'[node]\nkey-file = /etc/memx/rack2.key ; of this rack'
	echo KEY_IN_INITRAMFS=yes >"$ROOT/etc/default/memx"
	sh_with memx_image_files
	said "KEY_IN_INITRAMFS=yes, but there is no /etc/memx/rack2.key"
	run -1 said /etc/memx/cluster.key
	echo 00 >"$ROOT/etc/memx/rack2.key"
	sh_with memx_image_files
	[ "$output" = $'/etc/memx/memx.conf\n/etc/memx/rack2.key' ]
}

@test "a kernel without modules of MemX is told, and its image goes without" {
	fake modinfo 'exit 1'
	sh_with 'memx_image_modules 9.9 || echo no'
	said "there are no modules of MemX for kernel 9.9 yet"
	said no
}

@test "drivers are those of the links of the file, lower devices included, else all" {
	mkdir -p "$ROOT"/sys/module/{e1000e,ixgbe,r8169} "$ROOT"/sys/class/net/{bond0,eth2}
	for pair in eth1:e1000e eth2:ixgbe; do
		mkdir -p "$ROOT/sys/class/net/${pair%:*}/device/driver"
		ln -s "$ROOT/sys/module/${pair#*:}" "$ROOT/sys/class/net/${pair%:*}/device/driver/module"
	done
	ln -s "$ROOT/sys/class/net/eth2" "$ROOT/sys/class/net/bond0/lower_eth2"
	sh_with memx_link_drivers
	[ "$output" = $'e1000e\nixgbe' ]
	conf <<<$'[link bond0]\nmtu=9000'
	sh_with memx_link_drivers
	[ "$output" = ixgbe ]
}
