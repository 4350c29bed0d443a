#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the programs that the lab and its guests run and that are not Debian's: memx-admin, and each
# prog/NAME.c as a static program. Usage: tests/lab/tools.sh       results: $MEMX_BUILD/bin
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "$0")/env.sh"

build_program() {
	local to=$MEMX_BUILD/bin/$2
	[ "$to" -nt "$1" ] && return
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread -o "$to.new" "$1"
	mv "$to.new" "$to"
}

mkdir -p "$MEMX_BUILD/bin"
for source in "$LAB_DIR"/prog/*.c; do
	build_program "$source" "$(basename "$source" .c)"
done
[ -e "$LAB_ROOT/tools/memx-admin/Makefile" ] || exit 0
make -s -C "$LAB_ROOT/tools/memx-admin" program "B=$MEMX_BUILD/admin" >/dev/null
cmp -s "$MEMX_BUILD/admin/memx-admin" "$MEMX_BUILD/bin/memx-admin" ||
	cp "$MEMX_BUILD/admin/memx-admin" "$MEMX_BUILD/bin/"
