#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The version of MemX. It stands in one place, the first line of debian/changelog.
set -eu
sed -n '1s/.*(\([^)]*\)).*/\1/p' "$(dirname "$0")/../debian/changelog"
