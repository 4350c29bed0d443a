#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the Debian packages, binary and source, for the distribution of this machine.
# Usage: packaging/deb.sh [VERSION [DIR]]
#	VERSION: another than the one in debian/changelog (tests of upgrades)
#	DIR: where the packages go; default build/deb
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
version=${1:-$("$top/packaging/version.sh")}
out=${2:-$build/deb}
work=$build/deb-work/memx-$version

rm -rf "$build/deb-work"
export_source "$work"
set_version "$work" "$version"
(cd "$work" && dpkg-buildpackage -F -us -uc) >"$build/deb.log" 2>&1 || {
	tail -n 30 "$build/deb.log" >&2
	die "the packages could not be built, see $build/deb.log"
}
rm -rf "$out"
mkdir -p "$out"
mv "$build"/deb-work/*.* "$out/"
rm -rf "$build/deb-work"
ls "$out"/*.deb
