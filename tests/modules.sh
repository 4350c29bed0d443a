#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel modules build without a warning, with the kernel's own extra checks (W=1) and sparse.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

LAB_MAKE="W=1 C=1" "$top/tests/lab/modules.sh" >"$log" 2>&1
rc=$?
# The last one is make's, about the compiler's minor version: not of our source.
faults=$(grep -E '(warning|error):' "$log" | grep -vE 'missing-include-dirs|compiler differs' | sort -u)
if [ $rc -eq 0 ] && [ -z "$faults" ]; then
	echo "ok   modules build without a warning"
	echo "modules: 1 passed, 0 failed"
	exit 0
fi
printf '%s\n' "${faults:-$(tail -n 20 "$log")}"
echo "FAIL modules build without a warning"
echo "modules: 0 passed, 1 failed"
exit 1
