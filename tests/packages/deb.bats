# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages as files.
setup() {
	load chroot
}

# paths PACKAGE...: what they install, but for what every package has
paths() {
	local package
	for package; do
		dpkg-deb -c "$build"/deb/"$package"_*.deb
	done | awk '$6 !~ /\/$/ { print substr($6, 2) }' | grep -v '^/usr/share/doc/' | LC_ALL=C sort
}

@test "every package is built" {
	cd "$build/deb"
	run ls -1
	for package in memx memx-dkms memx-dracut memx-initramfs memx-tools memx-xen; do
		ls "${package}_$("$top/packaging/version.sh")"_*.deb
	done
}

@test "lintian is pleased, also in what it is pedantic about, without an override" {
	run lintian --pedantic --allow-root --fail-on error,warning,pedantic \
		"$build"/deb/memx_*.changes
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ -z "$(find "$top/debian" -name '*lintian-overrides*')" ]
}

@test "make install puts the same files in place as the packages" {
	local at=$BATS_TEST_TMPDIR/at
	make -s -C "$top" install DESTDIR="$at" >/dev/null
	(cd "$at" && find . ! -type d) | sed 's/^\.//' | LC_ALL=C sort >"$at.files"
	# Debian's compressed pages.
	paths memx-dkms memx-tools memx-initramfs memx-dracut memx-xen |
		sed 's#\(/man/.*\)\.gz$#\1#' |
		LC_ALL=C sort | diff - "$at.files"
}

@test "the configuration is a conffile that wants nothing" {
	dpkg-deb -I "$build"/deb/memx-tools_*.deb conffiles | grep -x '/etc/memx/memx.conf'
	[ -z "$(grep -v '^#' "$top/conf/memx.conf" | grep .)" ]
}

@test "the program and the modules have the version of the packages" {
	local version
	version=$("$top/packaging/version.sh")
	dpkg-deb -x "$build"/deb/memx-tools_*_amd64.deb "$BATS_TEST_TMPDIR"
	[ "$("$BATS_TEST_TMPDIR/usr/sbin/memx-admin" --version)" = "memx-admin $version" ]
	dpkg-deb -x "$build"/deb/memx-dkms_*.deb "$BATS_TEST_TMPDIR"
	grep -qx "PACKAGE_VERSION=\"$version\"" "$BATS_TEST_TMPDIR/usr/src/memx-$version/dkms.conf"
}

@test "the packages need nothing newer than the oldest Debian has" {
	run dpkg-deb -f "$build"/deb/memx-tools_*_amd64.deb Depends
	echo "$output"
	[[ $output =~ libc6\ \(\>=\ 2\.([0-9]+)\) ]]
	[ "${BASH_REMATCH[1]}" -le 36 ]
}

@test "the repository is signed by its key, and by no other" {
	gpgv --keyring "$PKG_WORK/repo/new/memx-archive-keyring.gpg" \
		"$PKG_WORK/repo/new/dists/memx/InRelease"
	sed 's/^Origin: MemX/Origin: Another/' "$PKG_WORK/repo/new/dists/memx/InRelease" \
		>"$BATS_TEST_TMPDIR/InRelease"
	run gpgv --keyring "$PKG_WORK/repo/new/memx-archive-keyring.gpg" \
		"$BATS_TEST_TMPDIR/InRelease"
	[ "$status" -ne 0 ]
	[ -z "$(git -C "$top" ls-files | grep -E 'repo-key|\.(gpg|asc)$')" ]
}
