#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# A donor that runs short of memory itself comes first, and its clients lose nothing.
load common

setup_file() {
	lab_start
	cluster_programs
	vm_start client mem=384
	# It calls itself short with 25 MiB left: its own programs have to find room in these.
	vm_start donor1 mem=1024
	vm_start donor2 mem=384
	vm_ready client donor1 donor2
	cluster_donor donor1 96M
	cluster_join donor2 memx_server
	cluster_join client memx_client
	vm_run donor1 20 'mount -t tmpfs -o size=95% tmpfs /mnt'
}

teardown_file() { lab_stop; }

setup() {
	lab_until 20 cluster_sees 1
	vm_run client 20 'memx-admin create v0 --size 64M && until_true 10 test -b /dev/memx0'
	vm_bg donor1 200 events 'memx-admin events --timeout 190 >/lab/run/events'
	lab_until 10 test -e "$LAB_RUN/share/run/events"
}

teardown() {
	local rc=0
	vm_run donor1 20 'rm -f /mnt/*'
	vm_run client 60 'memx-admin destroy v0 --force' || rc=1
	vm_run donor1 10 'busybox killall memx-admin'
	vm_wait events 10 || true
	rm -f "$LAB_RUN/share/run/events"
	lab_end_case || rc=1
	return $rc
}

# hunger EVENT: donor1 fills its memory bit by bit, until it says so
hunger() {
	vm_run donor1 120 "
		left() { awk '/^MemAvailable/ { print int(\$2 / 1024) }' /proc/meminfo; }
		while ! grep -q $1 /lab/run/events; do
			[ \$(left) -lt 70 ] && n=1 || n=16
			dd if=/dev/zero bs=1M count=\$n iflag=fullblock status=none >>/mnt/fill
			usleep 300000
		done"
}

# put MIB SEED: 2 MiB of random data, told apart by the seed, from there on the volume
put() {
	head -c 2M /dev/urandom >"$LAB_RUN/share/run/data$2"
	echo "dd if=/lab/run/data$2 of=/dev/memx0 bs=64k seek=$(($1 * 16)) oflag=direct \
		iflag=fullblock status=none &&"
}

# same MIB SEED: they are there
same() {
	echo "dd if=/dev/memx0 bs=64k skip=$(($1 * 16)) count=32 iflag=direct status=none |
		cmp - /lab/run/data$2 &&"
}

of_donor() {
	vm_run donor1 20 'memx-admin --json server status' | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" |
		head -n 1
}

is_busy() { [ "$(of_donor busy)" -gt "$1" ]; }

calls_it() { vm_run client 20 'memx-admin servers' | grep -q "^donor1 .*$1"; }

@test "a donor that is short: what lies there can be rewritten, what is new waits for its need to end" {
	local busy n work=
	# The first half of four extents, so that all are open.
	vm_run client 60 "$(put 0 a) $(put 4 b) $(put 8 c) $(put 12 d) true"
	hunger pressure-short
	busy=$(of_donor busy)
	vm_bg client 150 new "$(put 2 e) $(put 6 f) true"
	lab_until 30 is_busy "$busy"
	# Five times what the donor has in store.
	for n in 1 2 3 4 5; do work+="$(put 0 "g$n") $(put 4 "h$n") $(put 8 "i$n") $(put 12 "j$n")"; done
	run -0 vm_run client 100 "$work $(same 0 g5) $(same 4 h5) $(same 8 i5) $(same 12 j5) true"
	[ ! -e "$LAB_RUN/bg/new.rc" ]
	vm_run donor1 20 'rm /mnt/fill'
	run -0 vm_wait new 60
	run -0 vm_run client 60 "$(same 2 e) $(same 6 f) $(same 0 g5) true"
	[ "$(volume errors)" = 0 ]
	[ "$(volume lost)" = 0 ]
}

@test "a donor that is pressured takes no new extents: they wait, or go to another one" {
	vm_run client 60 "$(put 0 a) true"
	hunger pressure-begins
	lab_until 20 calls_it pressured
	vm_bg client 150 new "$(put 8 b) true"
	run ! lab_until 5 test -e "$LAB_RUN/bg/new.rc"
	vm_run donor2 20 'memx-admin server start --capacity 64M'
	run -0 vm_wait new 60
	run -0 vm_run client 60 "$(same 0 a) $(same 8 b) true"
	[ "$(of_donor extents)" = 1 ]
	[ "$(volume errors)" = 0 ]
	vm_run donor2 20 'memx-admin server stop --force'
}
