#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Debian 12 with initramfs-tools.
load common
load cases

setup() { boot_lab bookworm-initramfs; }
teardown() { end_case; }

@test "debian 12, initramfs-tools: swap before the root, a hungry service, a quick shutdown" {
	case_boots
	case_shuts_down_quickly
}

@test "debian 12, initramfs-tools: no donor, boot goes on; they come, the volume comes" {
	case_no_donor
}

@test "debian 12, initramfs-tools: another kernel is installed, and boots with remote memory" {
	case_second_kernel
}

@test "debian 12, initramfs-tools: donors die as the client shuts down" {
	case_donor_dies
}

@test "debian 12, initramfs-tools: the packages are upgraded while a program has pages on remote memory" {
	case_upgrade memx-initramfs
}

@test "debian 12, initramfs-tools: neither hibernation to it nor resuming from it" {
	case_no_hibernation initramfs
}
