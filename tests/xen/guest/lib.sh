# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What commands in a guest can use, on top of tests/lab/guest/lib.sh.
export PATH=/run/lab:/bin LAB_MODULES=/run/lab

# of_volume KEY: a figure of the guest's own volume v0
of_volume() {
	memx-admin --json list | sed -n "s/.*\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" | head -n 1
}

begun() { [ "$(of_volume pages_out)" -gt "$1" ]; }
waits() { [ "$(of_volume waiting)" -gt 0 ]; }
sees() { [ "$(memx-admin --json servers | grep -c '"state": "ok"')" = "$1" ]; }
