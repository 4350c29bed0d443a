# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs the shell libraries with commands that only pretend. Sourced by bats files.
bats_require_minimum_version 1.5.0
TOP=${BATS_TEST_DIRNAME%/tests/boot/unit}
LIBRARIES=". $TOP/lib/boot.sh"

setup() { fake_root; }

fake_root() {
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT"/{proc,run,bin,etc/memx,sys/class/net/eth1}
	echo 52:54:00:12:34:56 >"$ROOT/sys/class/net/eth1/address"
	echo '10.00 9.00' >"$ROOT/proc/uptime"
	cmdline 'root=/dev/vda quiet'
	fake modprobe 'exit 0'
	fake memx-admin 'exit 0'
}

cmdline() { echo "$*" >"$ROOT/proc/cmdline"; }

# fake NAME COMMANDS: a program that notes how it was called
fake() {
	printf '#!/bin/sh\necho "%s $*" >>"%s"\n%s\n' "$1" "$ROOT/calls" "$2" >"$ROOT/bin/$1"
	chmod +x "$ROOT/bin/$1"
}

conf() { cat >"$ROOT/etc/memx/memx.conf"; }

key() { echo 00 >"$ROOT/etc/memx/cluster.key"; }

# Time goes on by a second each time that somebody waits.
clock_ticks() {
	fake sleep "read -r up _ <$ROOT/proc/uptime
		echo \"\$((\${up%%.*} + 1)).00 0\" >$ROOT/proc/uptime
		exec busybox usleep 20000"
}

# sh_with COMMANDS: in both shells; each has to succeed, and they have to print the same. What is left
# running is not waited for.
sh_with() {
	local shell first='' out rc
	for shell in dash 'busybox sh'; do
		rc=0
		rm -rf "$ROOT"/run/memx "$ROOT/calls"
		echo '10.00 9.00' >"$ROOT/proc/uptime"
		# busybox sh would take its own sleep before that of the PATH
		# shellcheck disable=SC2086
		MEMX_TOP=$ROOT PATH=$ROOT/bin:$PATH timeout 30 $shell -euc "
			[ ! -e $ROOT/bin/sleep ] || sleep() { $ROOT/bin/sleep \"\$@\"; }
			[ ! -e $ROOT/bin/modinfo ] || modinfo() { $ROOT/bin/modinfo \"\$@\"; }
			modprobe() { $ROOT/bin/modprobe \"\$@\"; }
			${LIBRARIES}; $1" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || rc=$?
		out=$(cat "$BATS_TEST_TMPDIR/out")
		[ $rc -eq 0 ] || { echo "$shell: status $rc: $out"; return 1; }
		[ -z "$first" ] || [ "$out" = "$first" ] || { echo "$shell: $out, not: $first"; return 1; }
		first=$out
	done
	output=$out
}

said() { grep -qF -- "$1" <<<"$output" || { echo "not said: $1"; echo "$output"; return 1; }; }
called() { grep -qF -- "$1" "$ROOT/calls" || { echo "not called: $1"; cat "$ROOT/calls"; return 1; }; }
