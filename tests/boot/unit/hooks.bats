#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# What makes images: the hooks of initramfs-tools and the module of dracut, with commands that only pretend.
load fake

# The file of the project, with what it looks at below the other root.
moved() { # FILE
	sed -e "s, /usr/lib/memx/, $TOP/lib/," -e "s,/etc/default/,$ROOT&,g" -e "s,/proc/swaps,$ROOT&,g" \
		-e "s,/usr/share/initramfs-tools/hook-functions,$ROOT/hook-functions,g" "$TOP/$1"
}

setup() {
	fake_root
	mkdir -p "$ROOT/etc/default" "$ROOT/image/conf/conf.d"
	fake blkid 'for device; do :; done; echo "id-${device#/dev/}"'
	fake modinfo 'exit 0'
	echo 'manual_add_modules() { echo "module $1"; }; copy_exec() { :; }' >"$ROOT/hook-functions"
	swaps /dev/memx0
}

swaps() { # DEVICE[=SIZE]...
	local swap size
	for swap; do
		size=${swap#*=}
		printf '%-40s%s\t%s\t0\t-2\n' "${swap%=*}" partition "$([ "$size" = "$swap" ] || echo "$size")"
	done >"$ROOT/proc/swaps"
}

# hook: in dash, as /bin/sh is; it is left with what is in $chosen
hook() {
	run -0 env MEMX_TOP="$ROOT" PATH="$ROOT/bin:$PATH" DESTDIR="$ROOT/image" MODULES="${1:-most}" \
		version=9.9 dash -c "$(moved initramfs-tools/hooks/memx)"
	chosen=$(cat "$ROOT/image/conf/conf.d/zz-resume-auto" 2>/dev/null) || chosen=
}

choose() { echo "RESUME=$1" >"$ROOT/image/conf/conf.d/zz-resume-auto"; }

@test "initramfs-tools: no image resumes from remote memory" {
	hook
	[ -z "$chosen" ]
	choose UUID=id-memx0
	hook
	[ "$chosen" = RESUME= ]
	said 'swap on remote memory cannot hold an image of hibernation; RESUME='
	swaps /dev/sda2=20 /dev/memx0=900 /dev/memx1=800 /dev/sdb1=100 /dev/zram0=300 /dev/dm-0=400
	for device in UUID=id-memx0 UUID=id-memx1 /dev/memx1; do
		choose "$device"
		hook
		[ "$chosen" = RESUME=UUID=id-sdb1 ]
	done
}

@test "initramfs-tools: another choice to resume from stays" {
	swaps /dev/sda2=20 /dev/memx0=900 /dev/sdb1=100
	for device in UUID=id-sda2 /dev/sda2 UUID=id-memx01; do
		choose "$device"
		hook
		[ "$chosen" = "RESUME=$device" ]
		[[ $output != *hibernation* ]]
	done
}

@test "initramfs-tools: the library is in each image; all else only where there are modules" {
	key
	conf </dev/null
	echo KEY_IN_INITRAMFS=yes >"$ROOT/etc/default/memx"
	chmod 600 "$ROOT/etc/memx/cluster.key"
	fake modinfo 'exit 1'
	hook
	[ "$(find "$ROOT/image" -type f)" = $ROOT/image/usr/lib/memx/boot.sh ]
}

@test "initramfs-tools: an image for this machine alone has the drivers of its links" {
	mkdir -p "$ROOT/sys/module/e1000e" "$ROOT/sys/class/net/eth1/device/driver"
	ln -s "$ROOT/sys/module/e1000e" "$ROOT/sys/class/net/eth1/device/driver/module"
	hook dep
	said 'module memx_client'
	said 'module e1000e'
	hook most
	[[ $output != *e1000e* ]]
}

@test "initramfs-tools: an image with the key is for root alone" {
	local line
	for line in '' '#KEY_IN_INITRAMFS=yes' KEY_IN_INITRAMFS=no KEY_IN_INITRAMFS=yes; do
		[ -z "$line" ] || echo "$line" >"$ROOT/etc/default/memx"
		run -0 dash -euc "UMASK=; $(moved initramfs-tools/conf-hooks.d/memx); echo \$UMASK"
		[ "$output" = "$([ "$line" != KEY_IN_INITRAMFS=yes ] || echo 0077)" ]
	done
}

# dracut COMMANDS: with the module's functions, and those of dracut that only pretend
dracut() {
	run -0 env MEMX_TOP="$ROOT" PATH="$ROOT/bin:$PATH" bash -c "kernel=9.9 moddir=$TOP/dracut/55memx
		for name in require_binaries inst_multiple inst_simple inst_hook instmods; do
			eval \"\$name() { echo \$name \\\"\\\$@\\\"; }\"
		done
		$(moved dracut/55memx/module-setup.sh)
		$1"
}

@test "dracut: swap on remote memory is no device of this machine" {
	ln -s /dev/memx1 "$ROOT/swap1"
	dracut 'declare -A host_fs_types=([/dev/memx0]=swap [/dev/sda2]=swap ['"$ROOT"'/swap1]=swap)
		swap_devs=(/dev/memx0 /dev/sda2) host_devs=('"$ROOT"'/swap1 /dev/sda1)
		check >/dev/null
		echo "${!host_fs_types[@]} ${swap_devs[@]} ${host_devs[@]}"'
	[ "$output" = '/dev/sda2 /dev/sda2 /dev/sda1' ]
}

@test "dracut: an image that gets the key is for root alone, though it was there" {
	key
	outfile=$ROOT/initramfs.img
	: >"$outfile"
	chmod 644 "$outfile"
	dracut "outfile=$outfile; install"
	[ "$(stat -c %a "$outfile")" = 644 ]
	[[ $output != *cluster.key* ]]
	echo KEY_IN_INITRAMFS=yes >"$ROOT/etc/default/memx"
	dracut "outfile=$outfile; install"
	[ "$(stat -c %a "$outfile")" = 600 ]
	said 'inst_simple /etc/memx/cluster.key'
	said "inst_hook pre-mount 10 $TOP/dracut/55memx/memx-pre-mount.sh"
}

@test "dracut: an image of any machine has all drivers, that of this one its own" {
	mkdir -p "$ROOT/sys/module/e1000e" "$ROOT/sys/class/net/eth1/device/driver"
	ln -s "$ROOT/sys/module/e1000e" "$ROOT/sys/class/net/eth1/device/driver/module"
	dracut 'hostonly=; installkernel'
	said 'instmods memx_rmap memx_client'
	said 'instmods =drivers/net/ethernet'
	dracut 'hostonly=1; installkernel'
	said 'instmods memx_rmap memx_client'
	said 'instmods e1000e'
	[[ $output != *drivers/net* ]]
}

@test "dracut: a kernel without our modules has an image without MemX" {
	dracut 'check; echo $?'
	[[ $output == *0 ]]
	called 'modinfo -k 9.9 memx_client'
	fake modinfo 'exit 1'
	dracut 'check; echo $?'
	[[ $output == *1 ]]
}
