#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Swap, and mapped memory: programs that use more than they have find every word right.
load ../memx

setup_file() {
	memx_boot mem=512
	memx_program memtouch
}
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

@test "swap: a program of twice its memory, encrypted, with loss" {
	guest 150 'pair 1500 psk 128M; volume swap0 96M; device=$(disk swap0)
		mkswap $device; swapon -d $device
		wire loss 0.5%
		within 16M memtouch anon 40
		is "$(of_volume pages_out swap0)" -gt 6144
		is "$(of_volume pages_in swap0)" -gt 6144
		is "$(of_volume errors swap0)" -eq 0
		says "the volume is in use" cli memx-admin destroy swap0
		wire none
		until_true 20 eval "[ \$(of_server stored) -lt $((12 << 20)) ]"
		swapoff $device
		cli memx-admin destroy swap0
		is "$(of_server reserved)" -eq 0'
}

@test "swap: made and taken into use by one command" {
	guest 90 'pair; udev_start
		is "$(cli memx-admin create swap0 --size 64M --use swap)" = /dev/memx/swap0
		grep -q "^$(readlink -f /dev/memx/swap0) " /proc/swaps
		within 16M memtouch anon 32
		is "$(of_volume pages_in swap0)" -gt 4096
		swapoff /dev/memx/swap0
		udevadm control --exit'
}

@test "mmap: a device that is larger than the memory of who maps it" {
	guest 120 'pair; volume v0 64M; device=$(disk)
		within 8M memtouch map 24 $device
		echo 3 >/proc/sys/vm/drop_caches
		within 8M memtouch check 24 $device
		is "$(of_volume pages_in)" -gt $((2 * 4096))
		is "$(of_volume errors)" -eq 0'
}

@test "mmap: a file on a volume" {
	guest 120 'pair 9000; volume v0 64M; device=$(disk)
		mkfs.ext4 -q $device; mkdir -p /mnt/v0; mount -t ext4 $device /mnt/v0
		fallocate -l 20M /mnt/v0/file
		within 8M memtouch map 20 /mnt/v0/file
		umount /mnt/v0; mount -t ext4 $device /mnt/v0
		within 8M memtouch check 20 /mnt/v0/file
		umount /mnt/v0
		is "$(of_volume errors)" -eq 0'
}
