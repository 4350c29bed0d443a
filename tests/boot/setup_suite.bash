# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Before the first case: the lab, and the images; BOOT_IMAGES names fewer.
setup_suite() {
	local here=${BASH_SOURCE[0]%/*}
	"$here/../lab/prepare.sh" >&2 3>&-
	# shellcheck disable=SC2086
	"$here/prepare.sh" ${BOOT_IMAGES:-bookworm-initramfs bookworm-dracut \
		trixie-initramfs trixie-dracut} >&2 3>&-
}
