#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boot and shutdown of whole systems with remote memory. The last line says how many cases passed.
# Usage: tests/boot/run.sh [CASES.bats...]	as root
set -u
here=$(cd "$(dirname "$0")" && pwd)
export MEMX_BUILD=${MEMX_BUILD:-$(cd "$here/../.." && pwd)/build}
[ $# -gt 0 ] || set -- "$here/unit" "$here"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
bats --tap --timing --print-output-on-failure "$@" | tee "$log"
rc=${PIPESTATUS[0]}
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
[ "$rc" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
[ $((passed + failed)) -gt 0 ] || failed=1
echo "boot: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
