#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The same source builds without a warning against Debian's kernels: bookworm (6.1), trixie (6.12)
# and sid (7.2), each with its own compiler in a chroot that is kept in the build folder.
# Usage: tests/kernels.sh [SUITE...]	as root; the first time it fetches about 700 MB per suite
set -u
# shellcheck source-path=SCRIPTDIR source=../packaging/common.sh
. "$(dirname "$0")/../packaging/common.sh"
[ $# -gt 0 ] || set -- bookworm trixie sid
passed=0 failed=0

build_in() { # DIR
	local headers
	headers=$(cd "$1/usr/src" && printf '%s\n' linux-headers-*-amd64 | grep -v cloud |
		sort -V | tail -n 1)
	echo "$1: ${headers#linux-headers-}, $(chroot "$1" gcc -dumpfullversion)"
	rm -rf "$1/tmp/src"
	cp -a "$top/src" "$1/tmp/src"
	# In a mount namespace: newer headers look at /proc, and nothing is left mounted.
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" \
		make -s -j2 -C "/usr/src/$2" M=/tmp/src W=1 CONFIG_DEBUG_INFO_BTF_MODULES= modules' \
		sh "$1" "$headers"
}

for suite; do
	dir=$build/chroot-$suite
	mkdir -p "$build"
	log=$dir.build.log
	rc=1
	make_chroot "$suite" "$dir" linux-headers-amd64,make,gcc,perl &&
		{ build_in "$dir" >"$log" 2>&1; rc=$?; }
	faults=$(grep -E '(warning|error):' "$log" 2>/dev/null | sort -u)
	n=$(find "$dir/tmp/src" -maxdepth 1 -name 'memx_*.ko' 2>/dev/null | wc -l)
	head -n 1 "$log" 2>/dev/null
	if [ $rc -eq 0 ] && [ -z "$faults" ] && [ "$n" -ge 3 ]; then
		passed=$((passed + 1))
		echo "ok   $suite: $n modules without a warning"
	else
		failed=$((failed + 1))
		printf '%s\n' "${faults:-$(tail -n 20 "$log" 2>/dev/null)}"
		echo "FAIL $suite"
	fi
done
echo "kernels: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
