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
mkdir -p "$build"
work=$(mktemp -d "$build/deb-work.XXXXXX")
trap 'rm -rf "$work"' EXIT

export_source "$work/memx-$version"
set_version "$work/memx-$version" "$version"
(cd "$work/memx-$version" && dpkg-buildpackage -F -us -uc) >"$out.log" 2>&1 || {
	tail -n 30 "$out.log" >&2
	die "the packages could not be built, see $out.log"
}
rm -rf "$out"
mkdir -p "$out"
mv "$work"/*.* "$out/"
ls "$out"/*.deb
