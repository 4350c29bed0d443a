#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All that the emulated Xen host needs; seconds when nothing changed.
# Usage: tests/xen/prepare.sh	as root; the first time it fetches about 150 MB
set -eu
dir=$(dirname "$0")
"$dir/../need.sh" lab tools kernels
"$dir/../lab/prepare.sh"
"$dir/image.sh"
