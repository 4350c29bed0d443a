#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Debian 12 with dracut.
load common
load cases

setup() { boot_lab bookworm-dracut; }
teardown() { end_case; }

@test "debian 12, dracut: swap before the root, a hungry service, a quick shutdown" {
	case_boots
	case_shuts_down_quickly
}

@test "debian 12, dracut: no donor, boot goes on; they come, the volume comes" {
	case_no_donor
}

@test "debian 12, dracut: another kernel is installed, and boots with remote memory" {
	case_second_kernel
}

@test "debian 12, dracut: a donor that holds pages refuses to stop, and shuts down" {
	case_donor_stops
}

@test "debian 12, dracut: the kernel command line says it all" {
	case_command_line rd.
}

@test "debian 12, dracut: neither hibernation to it nor resuming from it" {
	case_no_hibernation dracut
}
