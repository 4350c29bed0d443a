# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packages of this version and of one before it, each in a repository that the chroots see in /repo.
setup_suite() {
	# shellcheck source-path=SCRIPTDIR source=chroot.bash
	. "$BATS_TEST_DIRNAME/chroot.bash"
	mkdir -p "$PKG_KEPT"
	exec 8>"$PKG_KEPT/lock"
	flock -w 3600 8 || die "another run of these tests has been under way for an hour"
	rm -rf "$PKG_WORK"
	mkdir -p "$PKG_WORK/repo"
	echo "$BATS_RUN_TMPDIR" >"$PKG_WORK/run"
	"$top/packaging/deb.sh" 0.0.9 "$PKG_WORK/deb-old" >&2 8>&- || return 1
	"$top/packaging/deb.sh" >&2 8>&- || return 1
	"$top/packaging/repo.sh" "$PKG_WORK/repo/old" "$PKG_WORK/deb-old" >&2 8>&- || return 1
	"$top/packaging/repo.sh" "$PKG_WORK/repo/new" "$build/deb" >&2 8>&- || return 1
}

teardown_suite() {
	[ "$(cat "$PKG_WORK/run" 2>/dev/null)" != "$BATS_RUN_TMPDIR" ] || rm -rf "$PKG_WORK"
}
