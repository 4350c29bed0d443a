# SPDX-License-Identifier: GPL-2.0-only
# dkms.conf, for which kernels it is: read here as dkms reads it.
setup() {
	load chroot
	read_dkms_conf
}

# What dkms sets before; the source beside a kernel's configuration.
read_dkms_conf() {
	dkms_tree=$BATS_TEST_TMPDIR source_tree=$BATS_TEST_TMPDIR kernel_source_dir=$BATS_TEST_TMPDIR
	unset BUILT_MODULE_NAME DEST_MODULE_LOCATION
	# shellcheck disable=SC1090
	. <(sed 's/#MODULE_VERSION#/1.2.3/' "$top/dkms.conf")
}

xen_host() { echo 'CONFIG_XEN_BACKEND=m' >"$BATS_TEST_TMPDIR/.config"; }

@test "the bounds and the expression, which older dkms know alone, say the same" {
	local version in
	for version in 5.10.0-1 5.14.0-570.el9 6.0.19 6.1.0 6.1.0-50-amd64 6.2.1 6.9.7 6.10.1 6.12.117+deb13-amd64 \
		6.19.99 7.0.0 7.1.3 7.2.13+deb14-amd64 7.2.99 7.3.0-1-amd64 7.10.0 7.20.1 8.0.1 16.1.1 61.0.1; do
		in=no
		dpkg --compare-versions "$version" ge "$BUILD_EXCLUSIVE_KERNEL_MIN" &&
			dpkg --compare-versions "$version" lt "$BUILD_EXCLUSIVE_KERNEL_MAX" && in=yes
		echo "$version: $in by the bounds"
		[ $in = "$([[ $version =~ $BUILD_EXCLUSIVE_KERNEL ]] && echo yes || echo no)" ]
	done
}

@test "a module is named for each that Kbuild makes" {
	local named made
	mkdir "$source_tree/memx-1.2.3"
	cp "$top/src/Kbuild" "$source_tree/memx-1.2.3/"
	xen_host
	read_dkms_conf
	named=$(printf '%s\n' "${BUILT_MODULE_NAME[@]}" | sort)
	made=$(our_modules | sort)
	[ -n "$named" ]
	diff <(echo "$named") <(echo "$made")
	[ ${#DEST_MODULE_LOCATION[@]} -eq ${#BUILT_MODULE_NAME[@]} ]
}

@test "memx_xen is for kernels that can be a Xen host, and for sources that make it" {
	mkdir -p "$source_tree/memx-1.2.3/xen/pure"
	xen_host
	echo 'obj-m += memx_client.o' >"$source_tree/memx-1.2.3/Kbuild"
	read_dkms_conf
	[ ${#BUILT_MODULE_NAME[@]} -eq 3 ]
	echo 'obj-m += memx_xen.o' >>"$source_tree/memx-1.2.3/Kbuild"
	read_dkms_conf
	[ "${BUILT_MODULE_NAME[3]}" = memx_xen ]
	[ ${#DEST_MODULE_LOCATION[@]} -eq 4 ]
	echo '# CONFIG_XEN_BACKEND is not set' >"$kernel_source_dir/.config"
	read_dkms_conf
	[ ${#BUILT_MODULE_NAME[@]} -eq 3 ]
	rm "$kernel_source_dir/.config"
	read_dkms_conf
	[ ${#BUILT_MODULE_NAME[@]} -eq 3 ]
}

@test "memx_xen is removed, too, when the headers of its kernel went before" {
	mkdir -p "$source_tree/memx-1.2.3" "$BATS_TEST_TMPDIR/memx/1.2.3/6.1.0-50-amd64/x86_64/module"
	echo 'obj-m += memx_xen.o' >"$source_tree/memx-1.2.3/Kbuild"
	touch "$BATS_TEST_TMPDIR/memx/1.2.3/6.1.0-50-amd64/x86_64/module/memx_xen.ko"
	read_dkms_conf
	[ "${BUILT_MODULE_NAME[3]}" = memx_xen ]
	echo '# CONFIG_XEN_BACKEND is not set' >"$kernel_source_dir/.config"
	read_dkms_conf
	[ ${#BUILT_MODULE_NAME[@]} -eq 3 ]
}
