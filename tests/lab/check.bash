# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the guests' kernels said: no case passes over a warning. Sourced by lab.bash.

LAB_FAULTS='WARNING:|BUG:|BUG |Oops|Call Trace|general protection|Kernel panic'
LAB_FAULTS+='|blocked for more than|hung task|soft lockup|hard LOCKUP|rcu.*stall|INFO: task'
LAB_FAULTS+='|KASAN|KCSAN|UBSAN|KFENCE|lockdep|suspicious RCU|possible .*deadlock|ODEBUG'
LAB_FAULTS+='|page allocation failure|Out of memory|oom-kill|invoked oom-killer'
LAB_FAULTS+='|Objects remaining|unreferenced object|kmemleak:.*new suspected|refcount_t'
LAB_FAULTS+='|list_(add|del) corruption|unregister_netdevice: waiting|scheduling while atomic'

# Bits of /proc/sys/kernel/tainted that only a fault sets: M, B, D, W, L.
LAB_TAINTS=$((16 | 32 | 128 | 512 | 16384))

# lab_check: fails, with the lines, if any guest's kernel complained since the last check
lab_check() {
	local name rc=0
	for name in $(vm_names); do
		if ! lab_check_console "$name"; then
			rc=1
		elif vm_alive "$name"; then
			lab_check_kernel "$name" || rc=1
		fi
	done
	return $rc
}

lab_check_console() {
	local dir seen
	dir=$(vm_dir "$1")
	seen=$(cat "$dir/seen" 2>/dev/null || echo 0)
	tail -c "+$((seen + 1))" "$dir/console" | tr -d '\r' >"$dir/new"
	grep -qE "$LAB_FAULTS" "$dir/new" || return 0
	echo "lab_check: the console of $1 says:" >&2
	grep -E -B 3 -A 25 "$LAB_FAULTS" "$dir/new" | head -n 120 >&2
	return 1
}

# The log itself is asked too: a console can lose lines, a ring buffer too, hardly both the same.
lab_check_kernel() {
	local dir said taint ask='cat /proc/sys/kernel/tainted; dmesg; lab_kmemleak'
	dir=$(vm_dir "$1")
	if ! vm_run "$1" 20 "$ask" >"$dir/log" 2>&1; then
		echo "lab_check: $1 runs but does not answer" >&2
		return 1
	fi
	taint=$(head -n 1 "$dir/log")
	said=$(tail -n "+$(($(cat "$dir/lines" 2>/dev/null || echo 0) + 2))" "$dir/log" |
		grep -cE "$LAB_FAULTS")
	if [ "$said" -gt 0 ]; then
		echo "lab_check: the kernel log of $1 has $said lines that tell of a fault:" >&2
		grep -E -B 3 -A 25 "$LAB_FAULTS" "$dir/log" | head -n 120 >&2
		return 1
	fi
	if [ $((taint & LAB_TAINTS)) -ne "$(cat "$dir/taint" 2>/dev/null || echo 0)" ]; then
		echo "lab_check: the kernel of $1 is tainted: $taint" >&2
		return 1
	fi
}

# lab_forgive: what the kernels have said up to here is known and no longer counts
lab_forgive() {
	local name dir taint
	for name in $(vm_names); do
		dir=$(vm_dir "$name")
		stat -c %s "$dir/console" >"$dir/seen"
		vm_alive "$name" || continue
		vm_run "$name" 20 'dmesg | wc -l' >"$dir/lines"
		taint=$(vm_run "$name" 20 'cat /proc/sys/kernel/tainted')
		echo $((taint & LAB_TAINTS)) >"$dir/taint"
	done
}

# lab_end_case: for bats' teardown: what the kernels said, and if the case failed, all of it
lab_end_case() {
	local name rc=0
	lab_check || rc=1
	if [ $rc -eq 0 ] && [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for name in $(vm_names); do
			echo "--- the end of the console of $name:"
			tail -n 40 "$(vm_dir "$name")/console"
		done
	fi
	[ $rc -eq 0 ] || lab_forgive || true
	return $rc
}
