#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The path of a page in instructions of both ends together: a RAM disk, a raw echo, NVMe/TCP and
# MemX, side by side in one virtual machine. Figures repeat, whatever else the machine does.
# Usage: tests/bench/path.sh     BENCH_MS=N: measure for N virtual milliseconds each (300)
# The figures are also in $MEMX_BUILD/bench-path.json. Takes 2 to 6 minutes.
set -u
# shellcheck source-path=SCRIPTDIR source=machine.bash
. "$(dirname "$0")/machine.bash"

bench_start || exit 1
figures=$MEMX_BUILD/bench-path.figures
: >"$figures"
for what in echo brd nvme "memx none" "memx psk"; do
	echo "bench-path: measuring $what ($SECONDS s)" >&2
	if ! bench_run "BENCH_MS=${BENCH_MS:-300}; measure_$what" >>"$figures"; then
		echo "bench-path: cannot measure: $what" >&2
		lab_check || true
		exit 1
	fi
done
lab_check || exit 1

# shellcheck disable=SC2153
awk -v json="$MEMX_BUILD/bench-path.json" -v kernel="$LAB_KVER" \
	-v commit="$(git -C "$LAB_ROOT" describe --always --dirty 2>/dev/null)" \
	-f "$BENCH_DIR/report.awk" "$figures"
