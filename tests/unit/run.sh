#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run test programs, show their lines, and end with the sum of all. A program that dies, says
# nothing or holds no test counts as one failed test. Usage: run.sh PROGRAM...
passed=0
failed=0

if [ $# -eq 0 ]; then
	echo "unit: no test programs were given" >&2
	exit 1
fi
for program; do
	echo "== ${program##*/}"
	out=$program.out
	timeout "${T_TIMEOUT:-120}" "$program" >"$out" 2>&1
	rc=$?
	grep -v '^total [0-9]* [0-9]*$' "$out"
	total=$(sed -n 's/^total \([0-9]* [0-9]*\)$/\1/p' "$out" | tail -n 1)
	: "${total:=0 0}"
	p=${total% *}
	f=${total#* }
	if [ "$f" -eq 0 ] && { [ "$rc" -ne 0 ] || [ "$p" -eq 0 ]; }; then
		echo "FAIL ${program##*/}: ended with status $rc after $p tests that passed"
		f=1
	fi
	passed=$((passed + p))
	failed=$((failed + f))
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
