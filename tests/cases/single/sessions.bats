#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Life of sessions: what happens in the moments that are too short to be met by chance.
load ../memx

# Freed memory is poisoned and looked at: what is used or freed once too often is told.
setup_file() { memx_boot mem=640 smp=2 append=slub_debug=FZPU; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

# Each echo takes 2 ms, so each of these sessions is closed at another point of its second
# handshake, whose answer takes 300 of 1300 ms.
# bats test_tags=long
@test "sessions are closed while the answer of a handshake is worked on" {
	guest 150 'pair 1500 psk
		wire delay 1ms
		cli memx-admin node set --rekey 1
		insmod /lab/modules/lab_probe.ko at=rmp_noise_read2 delay_ms=300
		for n in 1 3 5 7 9 11 13; do
			cli memx-admin ping srv --count $((500 + 30 * n)) >/dev/null
		done
		is "$(cat /sys/module/lab_probe/parameters/hits)" -ge 14
		rmmod lab_probe
		few() { [ "$(counter cli sessions)" -eq 0 ]; }
		until_true 10 few'
}
