#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What a client does when donors and wires fail: it waits where nothing was lost, and says so where
# something was.
load common

setup_file() {
	lab_start
	cluster_programs blocks
	vm_start client mem=384
	vm_start donor1 mem=384
	vm_start donor2 mem=384
	vm_ready client donor1 donor2
	cluster_donor donor1 128M
	cluster_donor donor2 128M
	cluster_join client memx_client
}

teardown_file() { lab_stop; }

setup() {
	lab_until 20 cluster_sees 2
	vm_run client 20 'memx-admin create v0 --size 64M && until_true 10 test -b /dev/memx0'
}

# A volume that does not go, or not in time, is a fault of the case.
teardown() {
	local rc=0
	if ! vm_run client 30 'memx-admin destroy v0 --force && [ ! -e /dev/memx0 ]'; then
		echo "the volume could not be taken away" >&2
		rc=1
	fi
	lab_end_case || rc=1
	return $rc
}

waits() { [ "$(volume waiting)" -gt 0 ]; }
# reads that the block layer has merged
merges() { vm_run client 10 "awk '{ print \$2 }' /sys/block/memx0/stat"; }
has_begun() { [ "$(volume pages_out)" -gt "${1:-2000}" ]; }

@test "a donor that is paused for 20 s: I/O waits and goes on, nothing is lost" {
	verify_bg load 48
	lab_until 60 has_begun
	vm_pause donor1
	lab_until 20 waits
	run ! lab_until 20 test -e "$LAB_RUN/bg/load.rc"
	vm_resume donor1
	run -0 vm_wait load 140
	[ "$(volume errors)" = 0 ]
	[ "$(volume lost)" = 0 ]
}

@test "a wire that is cut and joined under load" {
	verify_bg load 48
	lab_until 60 has_begun
	net_cut donor2
	lab_until 20 waits
	net_join donor2
	run -0 vm_wait load 140
	[ "$(volume errors)" = 0 ]
}

@test "the carrier of the client goes and comes under load" {
	verify_bg load 48
	lab_until 60 has_begun
	net_link client off
	run ! lab_until 3 test -e "$LAB_RUN/bg/load.rc"
	net_link client on
	run -0 vm_wait load 140
	[ "$(volume errors)" = 0 ]
}

@test "a server under load is neither stopped nor unloaded, and says why" {
	verify_bg load 32
	lab_until 60 has_begun 1000
	run ! vm_run donor1 20 'memx-admin server stop'
	[[ $output == *"1 client(s) have "*" MiB here; --force would lose their data"* ]]
	run ! vm_run donor1 20 'rmmod memx_server'
	[[ $output == *"in use"* ]]
	run -0 vm_wait load 140
}

@test "a donor that is killed and booted: errors for exactly what lay there, until it is written" {
	run -0 vm_run client 120 'blocks write /dev/memx0 7'
	[ "${lines[0]}" = "ok 16384" ]
	there=$(vm_run client 20 'memx-admin --json list' | tr -d ' \n' |
		sed -n 's/.*"name":"donor1"[^}]*"written":\([0-9]*\).*/\1/p')
	[ "$there" -gt 0 ]
	[ "$there" -lt $((64 << 20)) ]

	vm_kill donor1
	vm_boot donor1
	cluster_donor donor1 128M
	run -0 vm_run client 150 'blocks check /dev/memx0 7'
	[ "${lines[0]}" = "ok $((16384 - there / 4096))" ]
	[ "${lines[1]}" = "errors $((there / 4096))" ]
	[ "${lines[2]}" = "wrong 0" ]
	[ "$(volume lost)" = "$there" ]

	# Every other block is right again, and merged with the lost ones beside it.
	run -0 vm_run client 120 'blocks odd /dev/memx0 7'
	[ "$(volume lost)" = $((there / 2)) ]
	merged=$(merges)
	run -0 vm_run client 150 'blocks batch /dev/memx0 7'
	[ "${lines[0]}" = "ok $((16384 - there / 8192))" ]
	[ "${lines[1]}" = "errors $((there / 8192))" ]
	[ "${lines[2]}" = "wrong 0" ]
	[ "$(merges)" -gt $((merged + 16384 / 2)) ]

	run -0 vm_run client 150 'blocks repair /dev/memx0 7'
	run -0 vm_run client 150 'blocks check /dev/memx0 7'
	[ "${lines[0]}" = "ok 16384" ]
	[ "$(volume lost)" = 0 ]
}

@test "the loss timeout ends requests to a donor that stays away" {
	vm_run client 20 'memx-admin set v0 --loss-timeout 3'
	vm_run client 120 'blocks write /dev/memx0 9'
	net_cut donor1
	net_cut donor2
	run -0 vm_run client 60 'from=$(cut -d. -f1 /proc/uptime)
		timeout 40 dd if=/dev/memx0 of=/dev/null bs=4096 count=1 iflag=direct 2>&1
		echo "status $? after $(($(cut -d. -f1 /proc/uptime) - from)) s"'
	[[ $output == *"Input/output error"* ]]
	[[ $output =~ status\ 1\ after\ ([0-9]+)\ s ]]
	# After the donor's last sign of life: a second until it counts as away, then the timeout.
	[ "${BASH_REMATCH[1]}" -ge 3 ] && [ "${BASH_REMATCH[1]}" -le 10 ]
	net_join donor1
	net_join donor2
	lab_until 30 vm_run client 20 'dd if=/dev/memx0 of=/dev/null bs=4096 count=1 iflag=direct'
	run -0 vm_run client 150 'blocks check /dev/memx0 9'
	[ "${lines[0]}" = "ok 16384" ]
}
