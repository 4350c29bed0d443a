#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# A whole Debian as a PV guest, with the packages from the repository and what they put into its
# initramfs. It is the image of tests/boot.
load domu
# shellcheck source-path=SCRIPTDIR source=../boot/common.bash
load ../boot/common

setup_file() {
	"$XEN_DIR/../boot/prepare.sh" bookworm-initramfs >&2
	boot_lab bookworm-initramfs
	xen_files
	LAB_QEMU_ARGS="-drive file=$BOOT_IMAGE/disk,format=raw,if=none,id=d2,snapshot=on,cache=unsafe
		-device virtio-blk-pci,drive=d2,romfile=" xen_start host 768
	xen_ready host
	xen_run host 20 host_bridge
	donor donor1 700M
	donor donor2 700M
	cp "$BOOT_IMAGE"/first.{kernel,initrd} "$LAB_RUN/share/xen/run/"
}

teardown_file() { lab_stop; }
teardown() { xen_end_case; }

# What lab-report said of it
reported() { guest_log debian | sed -n "s/^.*lab-report $1: //p"; }

@test "Debian 12 in a guest: swap on remote memory before the root file system" {
	cat >"$LAB_RUN/share/xen/run/debian.cfg" <<-EOF
		name = 'debian'
		kernel = '/lab/xen/run/first.kernel'
		ramdisk = '/lab/xen/run/first.initrd'
		memory = $CLIENT_MEM
		vcpus = 1
		tsc_mode = 'native'
		on_crash = 'destroy'
		root = 'LABEL=memxroot rw'
		extra = 'console=hvc0 panic=-1 mitigations=off norandmaps net.ifnames=0 lab_report'
		disk = [ 'phy:/dev/vdc,xvda,w' ]
		vif = [ 'mac=00:16:3e:00:00:01,bridge=xenbr0' ]
	EOF
	xen_run host 90 'xl create -q /lab/xen/run/debian.cfg'
	lab_until "$CLIENT_BOOT_S" guest_said debian 0 'lab-report system: '
	run -0 guest_log debian
	[[ $output == *"memx: swap on remote memory is on, after "* ]]
	report_is_good first
	lab_until 120 xen_run host 20 'guest_gone debian'
	run -0 guest_log debian
	[[ $output == *"reboot: Power down"* ]]
}
