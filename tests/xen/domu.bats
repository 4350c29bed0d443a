#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Client and server of MemX inside of PV guests, over their vif.
load domu

setup_file() {
	domu_lab host
	GUEST_MEM=192 domu_client host g1 1
}

teardown_file() { lab_stop; }

setup() {
	[ "$(xen_guests host)" = g1 ] || GUEST_MEM=192 domu_client host g1 1
	domu_volume host g1 32M
}

teardown() {
	local rc=0
	xen_end_case || rc=1
	if [ "$(xen_guests host)" = g1 ]; then
		guest_run host g1 40 'umount -l /mnt/v 2>/dev/null; swapoff -a; memx-admin destroy v0 --force' ||
			vm_run host 60 'xl destroy g1'
	fi
	return $rc
}

no_errors() { [ "$(figures host g1 errors lost)" = $'0\n0' ]; }

@test "what the kernel of a guest complains of fails the case" {
	xen_check
	guest_run host g1 20 'insmod /run/lab/lab_warn.ko'
	run -1 xen_check
	[[ $output == *"the kernel of g1 on host says:"*"WARNING: CPU: 0"* ]]
	guest_run host g1 20 'rmmod lab_warn; dmesg -c >/dev/null'
	run -1 xen_check
	[[ $output == *"the kernel of g1 on host is tainted"* ]]
	vm_run host 60 'xl destroy g1'
}

@test "fio verifies what it wrote" {
	run -0 guest_run host g1 200 'fio --name=v --filename=/dev/memx0 --direct=1 --ioengine=libaio \
		--iodepth=8 --rw=randwrite --bsrange=4k-64k --size=16M --verify=crc32c \
		--verify_fatal=1 --do_verify=1 --output=/tmp/fio.out || { cat /tmp/fio.out; false; }'
	run -0 figures host g1 errors pages_out pages_in
	[ "${lines[0]}" = 0 ]
	[ "${lines[1]}" -ge 4096 ]
	[ "${lines[2]}" -ge 4096 ]
}

@test "ext4: files are right after a forced unmount, and the check finds nothing" {
	run -0 guest_run host g1 150 'set -e
		mkfs.ext4 -q /dev/memx0
		mkdir -p /mnt/v && mount -t ext4 -o discard /dev/memx0 /mnt/v
		dd if=/dev/urandom of=/tmp/r bs=1M count=4 status=none
		for n in 1 2 3; do cp /tmp/r /mnt/v/$n; done
		rm /mnt/v/2
		umount -f /mnt/v
		e2fsck -fn /dev/memx0
		mount -t ext4 /dev/memx0 /mnt/v
		for n in 1 3; do cmp /tmp/r /mnt/v/$n; done
		umount /mnt/v; rm /tmp/r'
	no_errors
}

@test "a donor that is paused for 10 s under load: the guest waits, and nothing is lost" {
	guest_bg host g1 200 load 'blocks write /dev/memx0 5'
	guest_run host g1 60 'until_true 50 begun 2000'
	vm_pause donor1
	run -0 guest_run host g1 40 'until_true 30 waits'
	run ! lab_until 10 test -e "$LAB_RUN/bg/load.rc"
	vm_resume donor1
	run -0 vm_wait load 220
	[ "${lines[0]}" = "ok 8192" ]
	run -0 guest_run host g1 200 'blocks check /dev/memx0 5'
	[ "${lines[0]}" = "ok 8192" ]
	no_errors
}

@test "swap: a guest thrashes half as much again as its memory, and every word is right" {
	vm_run host 60 'xl destroy g1'
	GUEST_MEM=144 domu_client host g1 1
	domu_volume host g1 192M
	run -0 guest_run host g1 400 'set -e
		mkswap /dev/memx0 >/dev/null; swapon -d /dev/memx0
		free=$(awk "/MemAvailable/ { print int(\$2 / 1024) }" /proc/meminfo)
		anon $((free * 3 / 2)) 30 5
		swapoff /dev/memx0
		sed -n "s/^pswpout //p" /proc/vmstat'
	[[ ${lines[0]} == *" pages, "*" visits, 0 words wrong" ]]
	[ "${lines[1]}" -gt 5000 ]
	no_errors
	guest_check host g1
	vm_run host 60 'xl destroy g1'
}

@test "a guest donates its memory to dom0" {
	domu_guest host g2 2
	vm_pause donor1
	vm_pause donor2
	vm_run host 60 'memx_load memx_rmap memx_client && memx-admin node set --name dom0 --security none &&
		memx-admin link add xenbr0'
	guest_join host g2 memx_server
	guest_run host g2 20 'memx-admin server start --capacity 96M'
	vm_run host 30 'until_true 20 sh -c "memx-admin --json servers | grep -q g2" &&
		memx-admin create v1 --size 24M && until_true 10 test -b /dev/memx0'
	run -0 vm_run host 200 'blocks write /dev/memx0 31'
	[ "${lines[0]}" = "ok 6144" ]
	run -0 vm_run host 200 'blocks check /dev/memx0 31'
	[ "${lines[0]}" = "ok 6144" ]
	run -0 guest_run host g2 20 'memx-admin --json server status'
	[[ $output == *"\"stored\": $((24 << 20)),"* ]]
	vm_run host 30 'memx-admin destroy v1'
	run -0 guest_run host g2 20 'memx-admin --json server status'
	[[ $output == *'"stored": 0,'* ]]
	guest_check host g2
	vm_run host 60 'xl destroy g2; until_true 10 rmmod memx_client memx_rmap'
	vm_resume donor1
	vm_resume donor2
}

# saved_and_restored: the guest is on no host for the time in between
saved_and_restored() {
	run -0 xen_run host 120 'xl save g1 /tmp/g1.save && guest_gone g1'
	[ ! -e "$LAB_RUN/bg/load.rc" ]
	run -0 xen_run host 120 'xl restore /tmp/g1.save && guest_tty g1; rm /tmp/g1.save'
}

@test "save and restore under write load: no error, and every word is right" {
	guest_bg host g1 280 load 'blocks write /dev/memx0 21'
	guest_run host g1 60 'until_true 50 begun 2000'
	saved_and_restored
	run -0 vm_wait load 300
	[ "${lines[0]}" = "ok 8192" ]
	run -0 guest_run host g1 200 'blocks check /dev/memx0 21'
	[ "${lines[0]}" = "ok 8192" ]
	no_errors
}

@test "save and restore while the guest swaps: every word is right" {
	vm_run host 60 'xl destroy g1'
	GUEST_MEM=144 domu_client host g1 1
	domu_volume host g1 192M
	guest_run host g1 20 'mkswap /dev/memx0 >/dev/null && swapon -d /dev/memx0'
	guest_bg host g1 400 load 'free=$(awk "/MemAvailable/ { print int(\$2 / 1024) }" /proc/meminfo)
		anon $((free * 5 / 4)) 40 6'
	guest_run host g1 100 'until_true 90 begun 4000'
	saved_and_restored
	run -0 vm_wait load 420
	[[ ${lines[0]} == *" pages, "*" visits, 0 words wrong" ]]
	no_errors
	guest_check host g1
	vm_run host 60 'xl destroy g1'
}
