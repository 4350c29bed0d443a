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
	grep -qx no <<<"$output"
	called "modinfo -k 9.9 memx_client"
	fake modinfo 'exit 0'
	sh_with 'memx_image_modules 9.9'
	[ "$output" = 'memx_rmap memx_client crc32c hmac sha256_generic' ]
}

@test "the library, the rule of udev and the programs are put into an image" {
	mkdir -p "$ROOT/usr/lib/memx" "$ROOT/usr/lib/udev/rules.d"
	: >"$ROOT/usr/lib/memx/boot.sh"
	: >"$ROOT/usr/lib/udev/rules.d/60-memx.rules"
	sh_with memx_image_files
	[ "$output" = $'/usr/lib/memx/boot.sh\n/usr/lib/udev/rules.d/60-memx.rules\n/etc/memx/memx.conf' ]
	for program in mkswap swapon swapoff; do fake $program 'exit 0'; done
	rm "$ROOT/bin/memx-admin"
	# busybox sh would find its own ones
	run -0 env PATH="$ROOT/bin" "$(command -v dash)" -uc "$LIBRARIES; memx_image_programs"
	[ "$output" = "memx: memx-admin is missing in the image
$(printf "$ROOT/bin/%s\n" mkswap swapon swapoff modprobe)" ]
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
	for head in '[link bond0]' $' [ link\tbond0 ] ; uplink'; do
		conf <<<"$head"$'\nmtu=9000\n#[link eth1]\n[volume link]'
		sh_with memx_link_drivers
		[ "$output" = ixgbe ]
	done
}
