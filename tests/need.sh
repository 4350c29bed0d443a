#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Install the Debian packages that some part of the work needs, where they are missing.
# Usage: tests/need.sh PART...	parts: lab tools check kernels packages callgrind debug
set -eu

packages() {
	case $1 in
	lab) echo qemu-system-x86 busybox-static dash kmod iproute2 ethtool fio bats e2fsprogs \
		util-linux xz-utils zstd rsync cpio make gcc libc6-dev linux-headers-amd64 \
		libkmod2 libblkid1 procps parallel ;;
	tools) echo make gcc libc6-dev pkg-config libnl-3-dev libnl-genl-3-dev libjson-c-dev \
		libinih-dev scdoc ;;
	check) echo make gcc libc6-dev bats shellcheck python3 python3-yaml python3-cryptography \
		tshark man-db sparse bash-completion ;;
	kernels) echo mmdebstrap ;;
	packages) echo dpkg-dev debhelper dh-dkms fakeroot lintian apt-utils gnupg rsync rpm rpmlint ;;
	debug) echo make gcc libc6-dev flex bison bc libelf-dev libssl-dev xz-utils rsync ;;
	callgrind) echo make gcc libc6-dev valgrind ;;
	*)
		echo "need.sh: unknown part: $1" >&2
		exit 2
		;;
	esac
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "need.sh: run this as root, or install sudo: '$*' needs it" >&2
		exit 1
	fi
}

missing=
for part; do
	for package in $(packages "$part"); do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
			missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
as_root apt-get -q -y update >/dev/null
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
	install $missing >/dev/null
