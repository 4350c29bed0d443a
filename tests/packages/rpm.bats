# SPDX-License-Identifier: GPL-2.0-only
# The RPM packages, as files, and in a tree made for them: a Debian with dkms and headers, to which rpm
# installs. What packages need by name is known to Debian and not to rpm, so that is looked at apart.
setup_file() {
	load chroot
	"$top/packaging/rpm.sh" 0.0.9 "$PKG_WORK/repo/rpm-old" >&2
	"$top/packaging/rpm.sh" >&2
	cp -r "$build/rpm" "$PKG_WORK/repo/rpm-new"
	# A database of rpm's that knows the key and nothing else.
	export HOME=$BATS_FILE_TMPDIR
	echo "%_dbpath $HOME/rpmdb" >"$HOME/.rpmmacros"
	rpm --import "$build/rpm/RPM-GPG-KEY-memx"
}

setup() {
	load chroot
	version=$("$top/packaging/version.sh")
}

rpm_file() { # PACKAGE
	echo "$build/rpm/memx-$1-$version-1."*.rpm
}

# The tree: its files are Debian's, its database of rpm's is empty.
rpm_tree() {
	prepared_debian rpm bookworm
	# It is no machine of its own: dkms is told which kernel runs.
	pretend_kernel rpm "$(kernel_of rpm)"
}

# on_tree COMMAND: a shell command of this machine, where `tree` is rpm on the tree
on_tree() {
	# shellcheck disable=SC2016
	mounted rpm bash -ec 'tree() { rpm --root "$ROOT" --dbpath /var/lib/rpm "$@"; }
		cd "$ROOT/repo"
		eval "$1"' bash "$1"
}

@test "every package is built, and signed with the key that lies beside" {
	local package
	for package in dkms tools dracut xen; do
		run rpm -K "$(rpm_file $package)"
		echo "$output"
		[[ $output == *"signatures OK" ]]
	done
	[ "$(rpm -qp --qf '%{ARCH}' "$(rpm_file dkms)")" = noarch ]
}

@test "rpmlint is pleased with the packages and their description" {
	sed "s/@VERSION@/$version/" "$top/rpm/memx.spec.in" >"$BATS_TEST_TMPDIR/memx.spec"
	run rpmlint -c "$top/rpm/rpmlint.toml" "$build"/rpm/*.rpm "$BATS_TEST_TMPDIR/memx.spec"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" 0 errors, 0 warnings"* ]]
}

@test "rpm and deb put the same files in place" {
	local package
	for package in dkms tools dracut xen; do
		rpm -qlp --noghost "$(rpm_file $package)"
	done | grep -vE '^/usr/share/doc/|\.d$|/55memx$' | LC_ALL=C sort >"$BATS_TEST_TMPDIR/rpm"
	for package in dkms tools dracut xen; do
		dpkg-deb -c "$build"/deb/memx-${package}_*.deb
	done | awk '{ print substr($6, 2) }' |
		grep -vE '^/usr/share/doc/|\.d/?$|/55memx/$|header_postinst' |
		sed 's#/$##' | LC_ALL=C sort -u >"$BATS_TEST_TMPDIR/deb"
	# rpm lists the folders that are MemX's own, dpkg all.
	comm -23 "$BATS_TEST_TMPDIR/rpm" "$BATS_TEST_TMPDIR/deb" | tee "$BATS_TEST_TMPDIR/more"
	[ ! -s "$BATS_TEST_TMPDIR/more" ]
	comm -13 "$BATS_TEST_TMPDIR/rpm" "$BATS_TEST_TMPDIR/deb" | grep '\.[a-z0-9]*$' |
		tee "$BATS_TEST_TMPDIR/less"
	[ ! -s "$BATS_TEST_TMPDIR/less" ]
}

@test "packages ask for what they need" {
	rpm -qpR "$(rpm_file dkms)" | grep '^dkms '
	rpm -qpR "$(rpm_file dracut)" | grep -x dracut
	rpm -qpR "$(rpm_file tools)" | grep 'libnl-genl-3.so'
	rpm -qp --scripts "$(rpm_file dkms)" | grep 'dkms add .*--rpm_safe_upgrade'
}

@test "install: dkms has the source and builds it, the program runs" {
	rpm_tree
	on_tree 'tree --import rpm-old/RPM-GPG-KEY-memx
		tree -i --nodeps rpm-old/memx-{dkms,tools,xen}-*.rpm'
	has_modules rpm "$(kernel_of rpm)" 0.0.9
	inside rpm 'memx-admin --version' | grep -x 'memx-admin 0.0.9'
	on_tree 'tree -V --nodeps memx-dkms memx-tools'
}

@test "upgrade: the new modules take the place of the old, the configuration is kept" {
	[ -e "$PKG_WORK/rpm/lower" ]
	inside rpm 'echo "# of the administrator" >>/etc/memx/memx.conf'
	on_tree 'tree -U --nodeps rpm-new/memx-{dkms,tools,xen}-*.rpm'
	has_modules rpm "$(kernel_of rpm)" "$version"
	inside rpm 'test ! -e /usr/src/memx-0.0.9
		test ! -e /var/lib/dkms/memx/0.0.9
		tail -n 1 /etc/memx/memx.conf | grep -x "# of the administrator"'
}

@test "erase: nothing is left but the configuration that was changed" {
	[ -e "$PKG_WORK/rpm/lower" ]
	on_tree 'tree -e memx-dkms memx-tools memx-xen'
	run inside rpm 'find /usr /etc /var/lib/dkms /lib/modules -name "*memx*" \
		! -path "/etc/apt/*" ! -path "/usr/share/keyrings/*"'
	echo "$output"
	[ "$output" = $'/etc/memx\n/etc/memx/memx.conf.rpmsave' ]
}
