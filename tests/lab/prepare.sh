#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# All that a case needs: packages, kernel, modules, image. Takes a second when nothing changed.
set -eu
dir=$(dirname "$0")
"$dir/deps.sh"
"$dir/image.sh"
"$dir/modules.sh"
"$dir/tools.sh"
