#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzzer for its share of the time, from a corpus made anew; and each one with a planted fault,
# which it must find. Usage: smoke.sh BUILD SECONDS FUZZER...
build=$1
seconds=$2
shift 2
share=$((seconds / $#))
[ "$share" -gt 0 ] || share=1
passed=0
failed=0

for fuzzer; do
	corpus=$build/corpus/$fuzzer
	log=$build/$fuzzer.log
	if "$build/planted/$fuzzer" -runs=100000 -artifact_prefix="$build/planted/" "$corpus" \
		>"$log" 2>&1; then
		failed=$((failed + 1))
		echo "FAIL $fuzzer does not find a planted fault"
	elif grep -q 'deadly signal' "$log"; then
		passed=$((passed + 1))
		echo "ok   $fuzzer finds a planted fault"
	else
		failed=$((failed + 1))
		tail -n 20 "$log"
		echo "FAIL $fuzzer dies of something else than the planted fault"
	fi
	if "$build/$fuzzer" -max_total_time="$share" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="$build/$fuzzer-" "$corpus" >"$log" 2>&1; then
		passed=$((passed + 1))
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "ok   $fuzzer: $runs inputs in $share s"
	else
		failed=$((failed + 1))
		tail -n 60 "$log"
		echo "FAIL $fuzzer: the input is in $build/$fuzzer-*"
	fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
