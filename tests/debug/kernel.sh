#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Build Debian's kernel source as a debug kernel for the lab (KASAN, lockdep, kmemleak, debug
# objects, sleeping in atomic context): 11 minutes of both cores, once.
# Usage: tests/debug/kernel.sh     prints LAB_ variables for the lab, to be exported
# The kernel lies in MEMX_DEBUG_KERNEL (build/debug-kernel), which can be kept outside the checkout.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lab/env.sh
. "$(dirname "$0")/../lab/env.sh"
here=$(cd "$(dirname "$0")" && pwd)
place=${MEMX_DEBUG_KERNEL:-$MEMX_BUILD/debug-kernel}
source=$place/source
package=linux-source-6.1

fetch() {
	[ ! -e "$source/Makefile" ] || return 0
	echo "kernel.sh: fetching $package" >&2
	rm -rf "$place/package"
	mkdir -p "$place/package" "$source.new"
	(cd "$place/package" && apt-get -q download "$package" >/dev/null)
	dpkg -x "$place"/package/*.deb "$place/package"
	tar -x -C "$source.new" --strip-components=1 -f "$place"/package/usr/src/*.tar.xz
	mv "$source.new" "$source"
	rm -rf "$place/package"
}

# A wish that the kernel's configuration does not take is a wish that nobody checks.
configure() {
	make -s allnoconfig
	scripts/kconfig/merge_config.sh -m .config "$here/kernel.config" >/dev/null
	make -s olddefconfig
	grep '^CONFIG' "$here/kernel.config" | while read -r wish; do
		case $wish in
		*=n) grep -q "^${wish%=n}=" .config || continue ;;
		*) ! grep -qxF "$wish" .config || continue ;;
		esac
		lab_die "the kernel does not take $wish"
	done
}

build() (
	cd "$source"
	export LOCALVERSION=-memxdebug
	configure
	echo "kernel.sh: building the debug kernel, 11 minutes or more" >&2
	make -s -j2 bzImage modules_prepare >"$place/log" 2>&1 || {
		tail -n 20 "$place/log" >&2
		exit 1
	}
	cp vmlinux.symvers Module.symvers
	: >modules.order
	make -s INSTALL_MOD_PATH="$place/root" modules_install >>"$place/log" 2>&1
	strip --strip-debug -o "$place/root/vmlinux" vmlinux
	make -s kernelrelease >"$place/release"
)

mkdir -p "$place"
exec 9>"$place/lock"
flock 9
fetch
stamp=$(sha256sum <"$here/kernel.config")
if [ "$(cat "$place/stamp" 2>/dev/null)" != "$stamp" ]; then
	build >&2
	echo "$stamp" >"$place/stamp"
fi
cat <<EOF
LAB_KVER=$(cat "$place/release")
LAB_KDIR=$source
LAB_KERNEL=$place/root/vmlinux
LAB_KMODULES=$place/root
LAB_SLOW=${LAB_SLOW:-4}
EOF
