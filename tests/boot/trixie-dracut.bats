#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Debian 13 with dracut.
load common
load cases

setup() { boot_lab trixie-dracut; }
teardown() { end_case; }

@test "debian 13, dracut: swap before the root, a hungry service, a quick shutdown" {
	case_boots
	case_shuts_down_quickly
}

@test "debian 13, dracut: no donor, boot goes on; they come, the volume comes" {
	case_no_donor
}

@test "debian 13, dracut: another kernel is installed, and boots with remote memory" {
	case_second_kernel
}

@test "debian 13, dracut: donors die as the client shuts down" {
	case_donor_dies
}

@test "debian 13, dracut: neither hibernation to it nor resuming from it" {
	case_no_hibernation dracut
}
