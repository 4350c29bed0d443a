#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The lab itself, in one machine: commands, deadlines, and that it finds a kernel's complaints.
load ../../lab/lab

setup_file() {
	lab_start
	vm_boot one
}

teardown_file() {
	lab_stop
}

# Only the one who breaks the machine starts it again.
setup() {
	vm_alive one || vm_boot one
}

teardown() {
	lab_end_case
}

@test "a command gives its output, its errors and its status" {
	run -7 --separate-stderr vm_run one 10 'echo said; echo complained >&2; exit 7'
	[ "$output" = said ]
	[ "$stderr" = complained ]
}

@test "a command that takes too long ends with 124, and the next one runs" {
	run vm_run one 1 'echo $$ >/tmp/pid; read -r _ <>/run/never'
	[ "$status" -eq 124 ]
	run ! vm_run one 10 'kill -0 "$(cat /tmp/pid)"'
	run -0 vm_run one 10 'echo still here'
	[ "$output" = "still here" ]
}

@test "commands run beside each other" {
	vm_bg one 20 waits 'until_true 15 [ -e /tmp/flag ] && echo found'
	vm_run one 10 'touch /tmp/flag'
	run -0 vm_wait waits 20
	[ "$output" = found ]
}

@test "waiting for a background command has a deadline" {
	vm_bg one 30 endless 'until_true 25 [ -e /tmp/never ]'
	run vm_wait endless 1
	[ "$status" -eq 124 ]
	vm_run one 10 'touch /tmp/never'
	vm_wait endless 10
}

@test "the root file system cannot be changed, /tmp can" {
	run ! vm_run one 10 'touch /bin/new'
	vm_run one 10 'touch /tmp/new'
}

@test "a warning of the kernel is found" {
	vm_run one 20 'insmod /lab/modules/lab_warn.ko && rmmod lab_warn'
	run ! lab_check
	[[ $output == *"planted by the lab"* ]]
	lab_forgive
	lab_check
}

@test "a slab cache that is destroyed with objects in it is found" {
	vm_run one 20 'insmod /lab/modules/lab_warn.ko what=leak && rmmod lab_warn'
	run ! lab_check
	[[ $output == *"Objects remaining"* ]]
	lab_forgive
}

@test "a warning whose text got lost is found by the taint it leaves" {
	vm_run one 20 'insmod /lab/modules/lab_warn.ko; rmmod lab_warn; dmesg -c >/dev/null'
	stat -c %s "$(vm_dir one)/console" >"$(vm_dir one)/seen"
	echo 0 >"$(vm_dir one)/taint"
	run ! lab_check
	[[ $output == *"is tainted"* ]]
	lab_forgive
}

@test "an oops ends the machine and is found" {
	run vm_run one 20 'insmod /lab/modules/lab_warn.ko what=oops'
	[ "$status" -eq 125 ]
	run ! lab_check
	[[ $output == *"NULL pointer dereference"* ]]
	lab_forgive
	run vm_run one 5 true
	[ "$status" -eq 125 ]
}

@test "a task that hangs is found" {
	vm_run one 10 'echo 1 >/proc/sys/kernel/hung_task_timeout_secs'
	vm_run one 10 'insmod /lab/modules/lab_warn.ko what=hang'
	lab_until 20 grep -q 'blocked for more than' "$(vm_dir one)/console"
	run ! lab_check
	[[ $output == *"blocked for more than"* ]]
	vm_run one 10 'rmmod lab_warn; echo 120 >/proc/sys/kernel/hung_task_timeout_secs'
	lab_forgive
}

@test "two namespaces are joined, and the wire between them can lose everything" {
	vm_run one 20 'two_namespaces 9000; cli ping -c 1 -W 2 -s 8000 10.8.0.2'
	run ! vm_run one 20 'wire loss 100% && cli ping -c 1 -W 1 10.8.0.2'
	vm_run one 20 'wire none; srv ping -c 1 -W 2 10.8.0.1'
	vm_run one 20 'ip netns del cli; ip netns del srv'
}

@test "all that cases need of the stock kernel is there" {
	vm_run one 30 'for m in veth sch_netem brd ext4 bridge libchacha20poly1305 libcurve25519 \
		hmac sha256_generic dummy; do modprobe $m || { echo "no $m"; exit 1; }; done'
}

@test "swap, file systems, fio and discard work in the guest" {
	vm_run one 60 'set -e
		modprobe brd rd_nr=1 rd_size=16384
		mkswap /dev/ram0; swapon /dev/ram0; swapoff /dev/ram0
		mkfs.ext4 -q /dev/ram0; e2fsck -fn /dev/ram0
		modprobe loop
		truncate -s 8M /tmp/disk; loop=$(losetup -f --show /tmp/disk); blkdiscard "$loop"
		losetup -d "$loop"
		fio --name=x --filename=/dev/ram0 --direct=1 --ioengine=libaio --rw=randwrite \
			--bs=4k --size=2M --verify=crc32c --output=/tmp/fio.out
		rmmod brd'
}

@test "udev makes its links" {
	vm_run one 30 'udev_start && [ -e /dev/disk/by-path/virtio-pci-0000:00:01.0 ]'
}
