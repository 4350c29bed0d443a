#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of one machine under the debug kernel, or those files that are named.
# Usage: tests/debug/run.sh [BATS-FILE...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
vars=$("$here/kernel.sh")
set -a
eval "$vars"
set +a
# Of these the debug kernel itself is no part: the lab's own cases, and the function graph of a path.
if [ $# -eq 0 ]; then
	for file in "$here"/../cases/single/*.bats; do
		case ${file##*/} in
		lab.bats | lab-left.bats | path.bats) ;;
		*) set -- "$@" "$file" ;;
		esac
	done
fi
"$here/../lab/prepare.sh"
exec bats --tap --timing --print-output-on-failure "$@"
