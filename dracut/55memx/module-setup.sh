#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
# MemX in the images of dracut: swap on remote memory before the root file system is mounted.

. /usr/lib/memx/boot.sh
. /usr/lib/memx/image.sh

# Dracut knows no way to say that a swap device is not a local disk: what it would do with such is
# to wait for it at boot, and to resume from it.
forget_memx_swap() {
	local dev kept=()
	for dev in "${!host_fs_types[@]}"; do
		case $(readlink -f "$dev") in
		/dev/memx*) unset "host_fs_types[$dev]" ;;
		esac
	done
	for dev in "${swap_devs[@]}"; do
		case $(readlink -f "$dev") in /dev/memx*) ;; *) kept+=("$dev") ;; esac
	done
	swap_devs=("${kept[@]}")
	kept=()
	for dev in "${host_devs[@]}"; do
		case $(readlink -f "$dev") in /dev/memx*) ;; *) kept+=("$dev") ;; esac
	done
	host_devs=("${kept[@]}")
}

check() {
	forget_memx_swap
	require_binaries memx-admin mkswap || return 1
	modinfo -k "$kernel" memx_client >/dev/null 2>&1 || return 1
	return 0
}

depends() {
	return 0
}

installkernel() {
	# shellcheck disable=SC2046
	hostonly='' instmods $(memx_image_modules "$kernel")
	# An image for this machine alone has the drivers of its links, others have those of all.
	if [[ $hostonly ]]; then
		# shellcheck disable=SC2046
		hostonly='' instmods $(memx_link_drivers)
	else
		instmods '=drivers/net/ethernet' virtio_net hv_netvsc vmxnet3 xen-netfront
	fi
}

install() {
	local file
	# shellcheck disable=SC2046
	inst_multiple $(memx_image_programs) mkdir sleep mv rm cat uname
	memx_image_files | while read -r file; do inst_simple "$file"; done
	# Dracut writes over an image that is there, and leaves its mode as it is.
	if memx_wants_key && [[ -e $outfile ]]; then
		chmod 600 "$outfile"
	fi
	inst_hook pre-mount 10 "$moddir/memx-pre-mount.sh"
}
