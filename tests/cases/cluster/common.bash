# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Common to the cases with several machines: a client and donors. Security is none unless SECURITY
# says psk. load this in a bats file.

# shellcheck source-path=SCRIPTDIR source=../../lab/lab.bash
. "${BASH_SOURCE[0]%/*}/../../lab/lab.bash"
CASES=${BASH_SOURCE[0]%/*}/..

cluster_programs() {
	local name
	for name; do
		gcc -std=gnu11 -D_GNU_SOURCE -O2 -static -o "$LAB_RUN/share/bin/$name" "$CASES/progs/$name.c"
	done
	"$MEMX_BUILD/bin/memx-admin" key generate --force "$LAB_RUN/share/run/key" >/dev/null
}

# cluster_join NAME MODULE: the machine's node gets its name and its link
cluster_join() {
	vm_run "$1" 60 "memx_load memx_rmap $2 &&
		memx-admin node set --name $1 --security ${SECURITY:-none} &&
		{ [ ${SECURITY:-none} = none ] || memx-admin key set /lab/run/key; } &&
		memx-admin link add eth0"
}

# cluster_donor NAME CAPACITY
cluster_donor() {
	cluster_join "$1" memx_server && vm_run "$1" 20 "memx-admin server start --capacity $2"
}

# cluster_sees N: the client hears so many servers
cluster_sees() {
	[ "$(vm_run client 20 'memx-admin --json servers' | grep -c '"state": "ok"')" = "$1" ]
}

# volume KEY: a figure of the client's volume
volume() {
	vm_run client 20 'memx-admin --json list' | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" | head -n 1
}

# verify_bg TAG MIB: fio writes and verifies in the background
verify_bg() {
	vm_bg client 150 "$1" "fio --name=v --filename=/dev/memx0 --direct=1 --ioengine=libaio \
		--iodepth=8 --rw=randwrite --bsrange=4k-64k --size=$2M --verify=crc32c \
		--verify_fatal=1 --do_verify=1 --output=/tmp/fio.out || { cat /tmp/fio.out; false; }"
}
