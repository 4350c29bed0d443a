#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Debian 13 with initramfs-tools.
load common
load cases

setup() { boot_lab trixie-initramfs; }
teardown() { end_case; }

@test "debian 13, initramfs-tools: swap before the root, a hungry service, a quick shutdown" {
	case_boots
	case_shuts_down_quickly
}

@test "debian 13, initramfs-tools: no donor, boot goes on; they come, the volume comes" {
	case_no_donor
}

@test "debian 13, initramfs-tools: another kernel is installed, and boots with remote memory" {
	case_second_kernel
}

@test "debian 13, initramfs-tools: the kernel command line says it all" {
	case_command_line ''
}

@test "debian 13, initramfs-tools: neither hibernation to it nor resuming from it" {
	case_no_hibernation initramfs
}
