#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the instructions of a 4 KiB request go: each one that the machine executes is traced, for
# some dozens of requests at queue depth 1, and counted by function and as a tree of calls.
# Usage: tests/bench/profile.sh [none|psk] [randread|randwrite]
# Results: $MEMX_BUILD/profile-none-randread.functions and .tree
set -u
security=${1:-none}
pattern=${2:-randread}
# shellcheck source-path=SCRIPTDIR source=machine.bash
. "$(dirname "$0")/machine.bash"
name=$MEMX_BUILD/profile-$security-$pattern
trace_bytes=150000000		# at about 85 bytes for an instruction

mkdir -p "$MEMX_BUILD"
trap 'rm -f "$name.trace"' EXIT
LAB_QEMU_ARGS="$LAB_QEMU_ARGS -D $name.trace"
bench_start || exit 1
trap 'lab_stop; rm -f "$name.trace"' EXIT

bench_run "memx_up $security && fill_device /dev/memx0 && cat /proc/kallsyms >/lab/run/kallsyms" \
	>/dev/null || exit 1
cp "$LAB_RUN/share/run/kallsyms" "$name.kallsyms"
vm_bg bench 3600 load ". /lab/guest/bench.sh; BENCH_MS=3000000 fio_run /dev/memx0 $pattern 4k 1"

monitor() {
	vm_monitor bench "{\"execute\": \"human-monitor-command\",
		\"arguments\": {\"command-line\": \"$1\"}}"
}
trace_holds() { [ "$(stat -c %s "$name.trace")" -gt "$1" ]; }

# fio sets itself up first; the device's own count says when it has begun.
requests() { bench_run "awk '{ print \$1 + \$5 }' /sys/block/memx0/stat"; }
before=$(requests)
has_begun() { [ "$(requests)" -gt $((before + 1000)) ]; }
lab_until 120 has_begun || lab_die "fio does not begin"

vm_pause bench && monitor "singlestep on" && monitor "log exec,nochain" && vm_resume bench
lab_until 300 trace_holds $trace_bytes
vm_pause bench && monitor "log none"
lab_check_console bench || exit 1
vm_kill bench
vm_wait load 60 >/dev/null 2>&1
python3 "$BENCH_DIR/profile.py" "$name.trace" "$name.kallsyms" "$name"
rm -f "$name.kallsyms"
head -n 40 "$name.functions"
