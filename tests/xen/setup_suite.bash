# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Before the first case: what all cases need is built. Takes seconds when nothing changed.
setup_suite() {
	"${BASH_SOURCE[0]%/*}/prepare.sh" >&2 3>&-
}
