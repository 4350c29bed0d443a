# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC3043
# What belongs into an image for early boot: for the hook of initramfs-tools and the module of dracut. On
# top of boot.sh.

# Fails, with a sentence, when MemX was not built for this kernel: a rebuilt image has it later.
memx_image_modules() { # KERNEL-RELEASE
	if ! modinfo -k "$1" memx_client >/dev/null 2>&1; then
		echo "memx: there are no modules of MemX for kernel $1 yet; its image goes without" >&2
		return 1
	fi
	# The digests are found by name, which no dependency between modules says.
	echo memx_rmap memx_client crc32c hmac sha256_generic
}

memx_image_programs() {
	local program
	for program in memx-admin mkswap swapon swapoff modprobe; do
		command -v "$program" || echo "memx: $program is missing in the image" >&2
	done
}

memx_wants_key() {
	KEY_IN_INITRAMFS=no
	# shellcheck source=/dev/null
	[ ! -e "$MEMX_TOP/etc/default/memx" ] || . "$MEMX_TOP/etc/default/memx"
	[ "$KEY_IN_INITRAMFS" = yes ]
}

memx_image_files() {
	local file key
	for file in /usr/lib/memx/boot.sh /usr/lib/udev/rules.d/60-memx.rules /etc/memx/memx.conf; do
		[ ! -e "$MEMX_TOP$file" ] || echo "$file"
	done
	memx_wants_key || return 0
	key=$(memx_key_of "$MEMX_CONF")
	if [ -e "$MEMX_TOP$key" ]; then
		echo "$key"
	else
		echo "memx: KEY_IN_INITRAMFS=yes, but there is no $key" >&2
	fi
}

# The drivers of a network device and of those that it stands on.
memx_drivers_of() { # DIRECTORY
	local path
	for path in "$1" "$1"/lower_*; do
		[ ! -e "$path/device/driver/module" ] ||
			basename "$(readlink -f "$path/device/driver/module")"
	done
}

# Those of the links that memx.conf names; of all devices when it names none: then the kernel command
# line does.
memx_link_drivers() {
	local links path
	links=$(memx_sections "$MEMX_TOP/etc/memx/memx.conf" 2>/dev/null | sed -n 's/^link //p')
	for path in "$MEMX_TOP"/sys/class/net/*; do
		if [ -z "$links" ] || printf '%s\n' "$links" | grep -qxF "${path##*/}"; then
			memx_drivers_of "$path"
		fi
	done | sort -u
}
