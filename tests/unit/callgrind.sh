#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Instructions of the pure core, both ends together, for one page read and one page written: the
# functions that take most. Usage: callgrind.sh PROGRAM
program=$1
times=1000
passed=0
failed=0

# Count one operation. Prints the table; its first line is the sum.
count() { # OPERATION MTU
	out=$program.$1.$2.out
	valgrind --tool=callgrind --toggle-collect="$1_page" --callgrind-out-file="$out" \
		"$program" "$1" "$times" "$2" >"$program.log" 2>&1 || return 1
	callgrind_annotate --threshold=100 --show-percs=no "$out" |
		awk -v times="$times" '
		/PROGRAM TOTALS/ { gsub(/,/, "", $1); printf "%9.1f  all\n", $1 / times }
		/^ *[0-9,]+ .*:.*/ && !/TOTALS/ {
			n = $1
			gsub(/,/, "", n)
			name = $0
			sub(/^ *[0-9,]+ +/, "", name)
			sub(/ \[.*/, "", name)
			sub(/.*:/, "", name)
			if (shown++ < 10)
				printf "%9.1f  %s\n", n / times, name
		}'
}

for mtu in 1500 9000; do
	for op in read write; do
		first=$(count "$op" "$mtu")
		second=$(count "$op" "$mtu")
		echo "== one page $op, MTU $mtu: instructions"
		printf '%s\n' "$first"
		if [ -n "$first" ] && [ "$first" = "$second" ]; then
			passed=$((passed + 1))
			echo "ok   the same when counted again"
		else
			failed=$((failed + 1))
			cat "$program.log"
			echo "FAIL counted again: $second"
		fi
	done
done
echo "callgrind: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
