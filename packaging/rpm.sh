#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build the RPM packages, binary and source, signed with the key of the repository (repo.sh).
# Usage: packaging/rpm.sh [VERSION [DIR]]
#	VERSION: another than the one in debian/changelog (tests of upgrades)
#	DIR: where the packages go; default build/rpm
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
version=${1:-$("$top/packaging/version.sh")}
out=${2:-$build/rpm}
mkdir -p "$build"
work=$(mktemp -d "$build/rpm-work.XXXXXX")
trap 'rm -rf "$work"' EXIT

export_source "$work/memx-$version"
set_version "$work/memx-$version" "$version"
spec=$work/memx-$version/rpm/memx.spec
sed "s/@VERSION@/$version/" "$spec.in" >"$spec"
tar -C "$work" -czf "$work/memx-$version.tar.gz" --owner=0 --group=0 "memx-$version"
# On Debian, rpm knows no installed packages: what is needed to build is not asked of it.
nodeps=
command -v dpkg >/dev/null && nodeps=--nodeps
rpmbuild $nodeps -ba --define "_topdir $work/top" --define "_sourcedir $work" \
	--define "packager $(sed -n 's/^Maintainer: //p' "$top/debian/control")" \
	"$spec" >"$out.log" 2>&1 || {
	tail -n 30 "$out.log" >&2
	die "the packages could not be built, see $out.log"
}
rm -rf "$out"
mkdir -p "$out"
find "$work/top" -name '*.rpm' -exec mv -t "$out" {} +
repo_key || die "no key could be made, see $build/repo-key.log"
trap 'rm -rf "$work"; gpgconf --kill gpg-agent' EXIT
rpmsign --addsign --define "__gpg $(command -v gpg)" --define "_gpg_name $(repo_key_id)" \
	"$out"/*.rpm >>"$out.log" 2>&1 ||
	die "the packages could not be signed, see $out.log"
gpg --batch --quiet --armor --export >"$out/RPM-GPG-KEY-memx"
ls "$out"/*.rpm
