#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# All that can be said of the sources without building them. The last line is the sum.
# Usage: tests/lint/run.sh
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
passed=0
failed=0

# A part that ends with "NAME: N passed, N failed"; one that does not is one failed test.
part() {
	out=$("$@" 2>&1)
	rc=$?
	printf '%s\n' "$out"
	sum=$(printf '%s\n' "$out" |
		sed -n 's/^[a-z]*: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
	: "${sum:=0 0}"
	p=${sum% *}
	f=${sum#* }
	if [ "$f" -eq 0 ] && { [ "$rc" -ne 0 ] || [ "$p" -eq 0 ]; }; then
		echo "FAIL $1: ended with status $rc"
		f=1
	fi
	passed=$((passed + p))
	failed=$((failed + f))
}

# Every shell script that is not bats': by its name, or by its first line.
scripts() {
	find install.sh tests tools packaging debian lib dracut initramfs-tools xen-hooks -type f ! -path '*/.*' \
		! -name '*.bats' ! -name '*.py' ! -name '*.[ch]' 2>/dev/null | sort |
		while read -r file; do
			case $file in
			*.sh | *.bash) echo "$file" ;;
			*) head -n 1 "$file" | grep -aq '^#!.*sh\>' && echo "$file" ;;
			esac
		done
}

shell() {
	p=0
	f=0
	for file in $(scripts); do
		if shellcheck -x -S warning "$file"; then
			p=$((p + 1))
		else
			echo "FAIL $file"
			f=$((f + 1))
		fi
	done
	echo "shell: $p passed, $f failed"
	[ "$f" -eq 0 ]
}

part tests/lint/deps.sh
part tests/lint/ynl.py
part shell
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
