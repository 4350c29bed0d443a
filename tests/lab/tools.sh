#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the programs that guests run and that are not Debian's: memx-admin.
# Usage: tests/lab/tools.sh       results: $MEMX_BUILD/bin
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "$0")/env.sh"

mkdir -p "$MEMX_BUILD/bin"
[ -e "$LAB_ROOT/tools/memx-admin/Makefile" ] || exit 0
make -s -C "$LAB_ROOT/tools/memx-admin" program "B=$MEMX_BUILD/admin" >/dev/null
cmp -s "$MEMX_BUILD/admin/memx-admin" "$MEMX_BUILD/bin/memx-admin" ||
	cp "$MEMX_BUILD/admin/memx-admin" "$MEMX_BUILD/bin/"
