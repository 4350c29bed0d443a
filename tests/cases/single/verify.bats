#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Nothing gets lost, doubled or mixed up on a wire that does all of it at once, and the frames that
# this costs are bounded.
load ../memx

setup_file() { memx_boot mem=768; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

# The same work on a clean wire and on a bad one.
verify() {
	guest 150 "pair $1 $2 160M; volume v0 80M; device=\$(disk)"'
		frames() { echo $(($(counter cli tx_frames) + $(counter srv tx_frames))); }
		work() {
			local before
			before=$(frames)
			fio --name=v --filename="$device" --direct=1 --ioengine=libaio --iodepth=16 \
				--rw=randwrite --bsrange=4k-128k --size=64M --verify=crc32c \
				--verify_fatal=1 --do_verify=1 --output=/tmp/fio.out ||
				{ cat /tmp/fio.out; return 1; }
			echo $(($(frames) - before))
		}
		# What the first run wrote would make up for what the second one loses.
		empty() { blkdiscard "$device" && is "$(of_server stored)" -eq 0; }
		clean=$(work)
		empty
		wire loss 1% duplicate 1% reorder 5% corrupt 0.1% delay 1ms 300us
		bad=$(work)
		echo "frames: $clean on a clean wire, $bad on a bad one"
		for ns in cli srv; do
			for c in retransmits timeouts window_cuts rx_duplicates rx_badcrc rx_badtag; do
				echo "$ns $c $(counter $ns $c)"
			done
		done
		is "$clean" -gt 16384
		is "$(($(counter cli retransmits) + $(counter srv retransmits)))" -gt 0
		is "$bad" -le $((3 * clean))
		is "$(of_volume errors)" -eq 0'
}

@test "MTU 1500, no security" { verify 1500 none; }
@test "MTU 1500, encrypted" { verify 1500 psk; }
@test "MTU 9000, no security" { verify 9000 none; }
@test "MTU 9000, encrypted" { verify 9000 psk; }

# Frames wait on the wire, so the first one of each write has another checksum than its page.
@test "pages that are written to while they are sent take one retransmission, no more" {
	memx_program scribble
	guest 60 'pair 1500 none 16M; volume v0 8M; device=$(disk)
		wire delay 5ms
		timeout 30 scribble "$device" 50
		wire none
		is "$(of_volume pages_out)" -eq 50
		is "$(counter srv rx_badcrc)" -ge 40
		is "$(counter srv rx_badcrc)" -le 150
		is "$(of_volume errors)" -eq 0'
}
