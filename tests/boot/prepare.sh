#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packages of this checkout in a repository, and the images that tests/boot boots. What is there and
# newer than the sources stays; with BOOT_KEEP set all that is there does.
# Usage: tests/boot/prepare.sh SUITE-KIND...
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../packaging/common.sh
. "$(dirname "$0")/../../packaging/common.sh"
here=$top/tests/boot
mkdir -p "$build/boot"

# All that the packages and the images are made of.
state() {
	cd "$top"
	find src tools lib systemd initramfs-tools dracut debian packaging conf dkms.conf tests/boot \
		-type f ! -name '*.bats' ! -name '*.bash' -print0 | sort -z | xargs -0 sha256sum | sha256sum
}

make_repo() {
	"$top/packaging/deb.sh" '' "$build/boot/deb" >/dev/null
	"$top/packaging/repo.sh" "$build/boot/repo" "$build/boot/deb" >/dev/null
}

# The same, of a higher version, to upgrade to.
make_next() {
	"$top/packaging/deb.sh" "$("$top/packaging/version.sh").1" "$build/boot/deb-next" >/dev/null
}

if [ -z "${BOOT_KEEP:-}" ] && [ "$(cat "$build/boot/state" 2>/dev/null)" != "$(state)" ]; then
	rm -rf "$build/boot"/*/disk "$build/boot/state" "$build/boot/deb-next"
	make_repo
	state >"$build/boot/state"
fi
[ -e "$build/boot/key" ] || "$build/bin/memx-admin" key generate "$build/boot/key" >/dev/null
[ -e "$build/boot/deb-next" ] || make_next
for image; do
	[ -e "$build/boot/$image/disk" ] || "$here/image.sh" "${image%-*}" "${image#*-}"
done
