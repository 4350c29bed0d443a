#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# memx-admin xen list, with a /sys that is made for the test.
# shellcheck disable=SC2154 # common.bash sets them

load common

driver=sys/bus/xen-backend/drivers/memx_xen

setup()
{
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root"
}

# disk DOMID NUMBER [FILE=VALUE]...
disk()
{
	local dir=$root/$driver/vbd-$1-$2/memx word

	mkdir -p "$dir"
	for word in "domid=$1" vdev=xvdb volume=v0 mode=rw state=connected sectors=131072 queues=1 \
		ring_pages=4 persistent=1 reads=7 writes=8 flushes=1 discards=2 read_bytes=28672 \
		write_bytes=1048576 discard_bytes=8192 errors=0 refused=3 indirect=4 mapped=5 \
		stalls=0 "${@:3}"; do
		echo "${word#*=}" >"$dir/${word%%=*}"
	done
}

@test "without the module" {
	admin xen list --root "$root"
	refused 1 'xen list: memx_xen is not loaded: no guest has a disk of it'
	admin xen list --root "$root/absent"
	refused 1 "xen list: cannot look into $root/absent: No such file or directory"
}

@test "no disk" {
	mkdir -p "$root/$driver"
	admin xen list --root "$root"
	[ "$rc $out$err" = '0 no guest has a disk of memx_xen' ]
	admin xen list --root "$root" --json
	[ "$(tr -d ' \n' <<<"$out")" = '{"disks":[]}' ]
}

@test "disks by guest and name" {
	disk 12 51728 vdev=xvdb volume=big
	disk 3 51744 vdev=xvdc volume=b mode=ro
	disk 3 51728 state=waiting queues=0 errors=9
	admin xen list --root "$root"
	[ "$rc" -eq 0 ]
	[ "$out" = "$(cat <<-'END'
		GUEST  VDEV  VOLUME  MODE  STATE      QUEUES  READS  READ    WRITES  WRITTEN  ERRORS  REFUSED
		3      xvdb  v0      rw    waiting    0       7      28 KiB  8       1 MiB    9       3
		3      xvdc  b       ro    connected  1       7      28 KiB  8       1 MiB    0       3
		12     xvdb  big     rw    connected  1       7      28 KiB  8       1 MiB    0       3
	END
	)" ]
}

@test "all figures in JSON" {
	disk 3 51728
	admin xen list --root "$root" --json
	[ "$(tr -d ' \n' <<<"$out")" = "$(tr -d '\n\t' <<-'END'
		{"disks":[{"vdev":"xvdb","volume":"v0","mode":"rw","state":"connected","domid":3,
		"size":67108864,"queues":1,"ring_pages":4,"persistent":true,"reads":7,"writes":8,
		"flushes":1,"discards":2,"read_bytes":28672,"write_bytes":1048576,"discard_bytes":8192,
		"errors":0,"refused":3,"indirect":4,"mapped":5,"stalls":0}]}
	END
	)" ]
}

@test "a disk that goes while it is looked at is left out" {
	disk 3 51728
	disk 4 51728
	rm "$root/$driver/vbd-3-51728/memx/writes"
	disk 5 51728 reads=x
	admin xen list --root "$root"
	[ "$(wc -l <<<"$out")" -eq 2 ]
	[[ $out == *$'\n4 '* ]]
}

@test "what could drive a terminal does not" {
	disk 3 51728 volume=$'a\033[2J'
	admin xen list --root "$root"
	[[ $out == *' a?[2J '* ]]
}
