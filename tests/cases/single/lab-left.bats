#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The lab leaves nothing behind, however it ends.
load ../../lab/lab

# The folder's name is in the command line of every process of a lab, and names its network.
left_of() {
	pgrep -f "$1" || [ -e "$1" ] || [ -e "/run/netns/${1##*/}" ]
}

nothing_runs_of() { ! pgrep -f "$1" >/dev/null; }

@test "stopped in order" {
	lab_start
	vm_boot one
	dir=$LAB_RUN
	run -0 left_of "$dir"
	lab_stop
	run ! left_of "$dir"
}

# A lab of its own that says where it is and then waits to be killed.
victim() {
	bash -c '. "$1"; lab_start; lab_trap; vm_start one; echo "$LAB_RUN"
		read -r _ <>"$LAB_RUN/tick"' victim "$LAB_DIR/lab.bash" >"$1" 3>&- &
	lab=$!
	mkfifo "$BATS_TEST_TMPDIR/tick"
	LAB_RUN=$BATS_TEST_TMPDIR lab_until 20 test -s "$1"
	dir=$(cat "$1")
	pgrep -f "qemu.*$dir"
}

@test "terminated" {
	victim "$BATS_TEST_TMPDIR/where"
	kill -TERM "$lab"
	wait "$lab" || [ $? -eq 143 ]
	run ! left_of "$dir"
}

@test "killed: machines end at once, the next lab clears away the rest" {
	victim "$BATS_TEST_TMPDIR/where"
	kill -KILL "$lab"
	wait "$lab" || [ $? -eq 137 ]
	LAB_RUN=$BATS_TEST_TMPDIR lab_until 10 nothing_runs_of "$dir"
	lab_sweep
	run ! left_of "$dir"
}
