#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run stages of tests one after the other. The last line is the sum of all that they say.
# Usage: tests/check.sh [--beside "STAGE..."] STAGE...
#
# Those that are to run beside the others, one after the other too, are shown in the end.
# A stage says "NAME: N passed, N failed" in its end, or is a bats run in TAP. One that ends with an
# error without a failed test, or without any test, counts as one failed test.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
build=${MEMX_BUILD:-$top/build}
logs=$build/log
mkdir -p "$logs"
cd "$top" || exit 1

install_arguments() {
	local rc=0
	for INSTALL_SHELL in dash 'busybox sh'; do
		export INSTALL_SHELL
		bats --tap --print-output-on-failure tests/install || rc=1
	done
	return $rc
}

install_in_machines() {
	local rc=0
	for INSTALL_SUITE in bookworm trixie; do
		export INSTALL_SUITE
		bats --tap --timing --print-output-on-failure tests/install/vm || rc=1
	done
	return $rc
}

on_a_xen_host() {
	local rc=0
	XEN_BACKEND=memx bats --tap --timing --print-output-on-failure tests/xen || rc=1
	XEN_BACKEND=blkback bats --tap --timing --print-output-on-failure tests/xen/disks.bats || rc=1
	return $rc
}

in_one_machine() { # TAG
	bats --tap --timing --print-output-on-failure --filter-tags "$1" --jobs 2 \
		--no-parallelize-within-files tests/cases/single
}

stage() {
	case $1 in
	lint) tests/lint/run.sh ;;
	unit) make -s -C tests/unit ;;
	python) make -s -C tests/unit python ;;
	sim) make -s -C tests/sim check "SECONDS=${SIM_SECONDS:-60}" ;;
	dissector) tests/dissector/run.sh ;;
	admin) make -s -C tools/memx-admin check ;;
	modules) tests/modules.sh ;;
	boot-unit) bats --tap --print-output-on-failure tests/boot/unit ;;
	kernels) tests/kernels.sh ;;
	install) install_arguments ;;
	install-real) tests/install/run.sh ;;
	install-vm) install_in_machines ;;
	packages) bats --tap --timing --print-output-on-failure tests/packages ;;
	debug) tests/debug/run.sh ;;
	xen-unit) bats --tap --print-output-on-failure tests/xen/unit ;;
	xen) on_a_xen_host ;;
	single) in_one_machine '!long' ;;
	single-long) in_one_machine long ;;
	cluster) bats --tap --timing --print-output-on-failure tests/cases/cluster ;;
	*)
		echo "check.sh: unknown stage: $1" >&2
		return 2
		;;
	esac
}

# The last sum in a log. Prints: passed failed skipped
sum_of() {
	awk '
	/^ok [0-9]+/ { if (/# skip/) s++; else p++ }
	/^not ok [0-9]+/ { f++ }
	match($0, /[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?/) {
		split(substr($0, RSTART, RLENGTH), w, /[ ,]+/)
		P = w[1]; F = w[3]; S = w[5]	# the last one is the sum of those before
	}
	END { print p + P + 0, f + F + 0, s + S + 0 }' "$1"
}

beside=
if [ "${1:-}" = --beside ]; then
	read -ra stages <<<"$2"
	shift 2
	tests/check.sh "${stages[@]}" >"$logs/beside.log" 2>&1 &
	beside=$!
fi

passed=0 failed=0 skipped=0 bad=()
# add NAME PASSED FAILED SKIPPED
add() {
	[ "$3" -eq 0 ] || bad+=("$1")
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
}

for name; do
	log=$logs/$name.log
	start=$SECONDS
	echo "=== $name"
	stage "$name" 2>&1 | tee "$log"
	rc=${PIPESTATUS[0]}
	read -r p f s <<<"$(sum_of "$log")"
	if [ "$f" -eq 0 ] && { [ "$rc" -ne 0 ] || [ $((p + s)) -eq 0 ]; }; then
		echo "FAIL $name: ended with status $rc after $p tests that passed"
		f=1
	fi
	add "$name" "$p" "$f" "$s"
	echo "=== $name: $p passed, $f failed, $s skipped, $((SECONDS - start)) s"
done

if [ -n "$beside" ]; then
	wait "$beside"
	echo "=== beside these: ${stages[*]}"
	cat "$logs/beside.log"
	sum=$(tail -n 1 "$logs/beside.log")
	if [[ $sum =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
		add "${stages[*]}" "${BASH_REMATCH[@]:1}"
	else
		echo "FAIL ${stages[*]}: ended without a sum"
		add "${stages[*]}" 0 1 0
	fi
fi

if [ "$failed" -eq 0 ]; then
	echo "All is well."
else
	echo "There are faults in: ${bad[*]}. The logs are in $logs."
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
