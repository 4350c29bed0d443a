#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# install.sh on a fresh machine that runs, with its own kernel and real modules, and a donor beside it.
# INSTALL_SUITE is bookworm (default) or trixie. The packages' own sources are out of reach in there, so
# the image has DKMS, a compiler and the headers; the modules are built in the machine.
# shellcheck disable=SC2016,SC2154
load ../../boot/common
bats_require_minimum_version 1.5.0

INSTALL_S=1500	# DKMS builds three modules and an initramfs is made, emulated

setup_file()
{
	local suite=${INSTALL_SUITE:-bookworm}

	"$BATS_TEST_DIRNAME/../../lab/prepare.sh" >&2
	"$BATS_TEST_DIRNAME/../../boot/prepare.sh" "$suite-plain" >&2
	boot_lab "$suite-plain"
	cp -r "$MEMX_BUILD/boot/repo" "$BATS_TEST_DIRNAME/../../../install.sh" "$LAB_RUN/share/run/"
	donor donor1 256M
	client first
	client_up
	in_client 300 "$(declare -f files); files >/root/before"
}

teardown() { lab_end_case; }
teardown_file() { lab_stop; }

# What there is: kind, mode, owner, target; and what /etc has in it. Logs, caches, and what dpkg keeps
# of its last state may differ.
files()
{
	cd / && find . -xdev \( -path ./var/log -o -path ./var/cache -o -path ./tmp -o -path ./run \
		-o -path ./proc -o -path ./sys -o -path ./dev -o -path ./lab -o -path ./root \
		-o -path ./var/lib/dpkg/status-old -o -path ./var/lib/systemd \
		-o -path ./var/lib/apt/lists \) -prune -o -printf '%p %y %m %U:%G %l\n' | sort
	find etc -type f -exec sha256sum {} + | sort
}

# Tells what it printed when its status is another one.
install_sh() # STATUS OPTION...
{
	local rc=0

	in_client $INSTALL_S "/lab/run/install.sh --unattended ${*:2}" >"$BATS_TEST_TMPDIR/out" 2>&1 || rc=$?
	[ $rc -eq "$1" ] && return
	echo "status $rc"
	cat "$BATS_TEST_TMPDIR/out"
	in_client 60 'tail -n 30 /var/log/memx-install.log; journalctl -b -u "memx-*" --no-pager | tail -n 30'
	return 1
}

there_and_back() # ROLE CHECK OPTION...
{
	local options="--role $1 --link eth0 --repo /lab/run/repo --key-file /lab/run/key ${*:3}"

	install_sh 0 "$options"
	in_client 60 "$2"
	in_client 60 'memx-admin doctor'
	install_sh 0 "$options"
	grep -qx 'Nothing is to be installed or configured.' "$BATS_TEST_TMPDIR/out"
	in_client 60 "$2"
	install_sh 0 --uninstall
	in_client 300 "[ ! -e /sys/module/memx_rmap ] && ! grep -q memx /proc/swaps && ! command -v memx-admin
		$(declare -f files); files >/root/after; diff /root/before /root/after"
}

@test "a client" {
	there_and_back client 'grep -q "^/dev/memx0 " /proc/swaps && systemctl is-active memx-node memx-volumes' \
		--swap-size 64M
}

@test "a server" {
	there_and_back server 'memx-admin server status | grep -q "^ok  *64 MiB" &&
		systemctl is-active memx-node memx-server' --capacity 64M
}

@test "both, with swap in early boot" {
	there_and_back both 'grep -q "^/dev/memx0 " /proc/swaps &&
		memx-admin server status | grep -q "^ok  *64 MiB"' --swap-size 64M --capacity 64M
}
