#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# What a donor promises, keeps, refuses and takes back.
load ../memx

setup_file() {
	memx_boot mem=640
	memx_program blocks
}
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

@test "capacity goes up at once, and down to what is promised" {
	guest 60 'pair 1500 none 64M; volume v0 64M; device=$(disk)
		says "the server runs already" srv memx-admin server start --capacity 8M
		dd if=/dev/urandom of=$device bs=4k count=1 oflag=direct
		dd if=/dev/urandom of=$device bs=4k count=1 seek=1024 oflag=direct
		is "$(of_server reserved)" -eq $((8 << 20))
		srv memx-admin server set --capacity 96M
		is "$(of_server capacity)" -eq $((96 << 20))
		seen() { [ "$(cli memx-admin --json servers | field "$1")" = "$2" ]; }
		until_true 5 seen capacity $((96 << 20))
		until_true 5 seen free $((88 << 20))
		says "8 MiB are promised to clients: the capacity cannot be less" \
			srv memx-admin server set --capacity 7M
		srv memx-admin server set --capacity 8M
		until_true 5 seen state full
		says "the capacity is below 4 MiB" srv memx-admin server set --capacity 3M
		says "this machine can donate" srv memx-admin server set --capacity 100G
		dd if=/dev/urandom of=$device bs=4k count=2 seek=1023 oflag=direct
		is "$(of_server capacity) $(of_server reserved)" = "$((8 << 20)) $((8 << 20))"'
}

@test "a full server gives ENOSPC and goes on serving" {
	guest 60 'pair 1500 none 8M; volume v0 64M; device=$(disk)
		dd if=/dev/urandom of=/tmp/r bs=1M count=8
		dd if=/tmp/r of=$device bs=1M oflag=direct
		says "No space left on device" timeout 20 \
			dd if=/tmp/r of=$device bs=64k count=1 seek=1000 oflag=direct
		cmp /tmp/r <(dd if=$device bs=1M count=8 iflag=direct)
		dd if=/tmp/r of=$device bs=64k count=2 seek=62 oflag=direct
		srv memx-admin server set --capacity 16M
		until_true 5 sees_server
		dd if=/tmp/r of=$device bs=64k count=1 seek=1000 oflag=direct
		cmp -n 65536 /tmp/r <(dd if=$device bs=64k skip=1000 count=1 iflag=direct)'
}

@test "stop is refused while clients have pages here; with --force exactly those are lost" {
	guest 90 'pair; volume v0 32M; volume v1 32M
		v0=$(disk v0); v1=$(disk v1)
		dd if=/dev/urandom of=/tmp/r bs=64k count=1
		dd if=/tmp/r of=$v0 bs=64k oflag=direct
		dd if=/tmp/r of=$v0 bs=64k seek=64 oflag=direct
		says "1 client(s) have 8 MiB here; --force would lose their data" \
			srv memx-admin server stop
		refused rmmod memx_server
		is "$(of_server reserved)" -eq $((8 << 20))
		srv memx-admin server stop --force
		says "the server does not run" srv memx-admin server stop
		prints stopped srv memx-admin server status
		says "Input/output error" timeout 20 dd if=$v0 of=/dev/null bs=4k count=1 iflag=direct
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		says "Input/output error" dd if=$v0 of=/dev/null bs=4k skip=1039 count=1 iflag=direct
		cmp -n 65536 <(dd if=$v0 bs=64k skip=1 count=1 iflag=direct) /dev/zero
		cmp -n 65536 <(dd if=$v0 bs=64k skip=65 count=1 iflag=direct) /dev/zero
		cmp -n 65536 <(dd if=$v1 bs=64k count=1 iflag=direct) /dev/zero
		is "$(of_volume lost)" -eq 131072
		dd if=/tmp/r of=$v0 bs=4k seek=1 skip=1 count=1 oflag=direct
		cmp -n 4096 <(dd if=$v0 bs=4k skip=1 count=1 iflag=direct) <(tail -c +4097 /tmp/r)
		says "Input/output error" dd if=$v0 of=/dev/null bs=4k count=1 iflag=direct
		is "$(of_volume lost)" -eq $((131072 - 4096))
		dd if=/tmp/r of=$v0 bs=64k oflag=direct
		cmp -n 65536 <(dd if=$v0 bs=64k count=1 iflag=direct) /tmp/r
		blkdiscard -f -o $((4 << 20)) -l 65536 $v0
		cmp -n 65536 <(dd if=$v0 bs=64k skip=64 count=1 iflag=direct) /dev/zero
		is "$(of_volume lost)" -eq 0'
}

@test "a server that stops under load gives errors, then writes go on" {
	guest 90 'pair; volume v0 32M; device=$(disk)
		fio --name=v --filename=$device --direct=1 --ioengine=libaio --iodepth=16 --rw=randrw \
			--bsrange=4k-64k --time_based --runtime=40 --continue_on_error=all \
			--output=/tmp/fio.out >/dev/null 2>&1 &
		for round in 1 2 3; do
			until_true 20 flows
			srv memx-admin server stop --force
			srv memx-admin server start --capacity 64M
		done
		until_true 20 flows
		kill -TERM $!; wait $! || true
		is "$(of_volume errors)" -gt 0
		dd if=/dev/urandom of=/tmp/r bs=1M count=32
		dd if=/tmp/r of=$device bs=1M oflag=direct
		cmp /tmp/r <(dd if=$device bs=1M iflag=direct)
		is "$(of_volume lost)" -eq 0'
}

# Nothing is written between a stop and the next start: what was sent to a node without a server has
# to end by itself.
# bats test_tags=long
@test "a server that stops under a load of writes: they end with errors, those of others go on" {
	guest 90 'pair; volume v0 32M --loss-timeout 20; device=$(disk)
		fio --name=v --filename=$device --direct=1 --ioengine=libaio --iodepth=16 --rw=randwrite \
			--bsrange=4k-64k --time_based --runtime=60 --output=/tmp/fio.out >/dev/null 2>&1 &
		written() { [ "$(of_volume pages_out)" -gt 500 ]; }
		until_true 20 written
		srv memx-admin server stop --force
		# At once. One that came just after its extent was lost waits for another server.
		failed() { [ "$(of_volume errors)" -gt 0 ]; }
		until_true 10 failed
		until_true 40 refused kill -0 $! 2>/dev/null
		refused wait $!
		grep -q "Input/output error" /tmp/fio.out
		is "$(of_volume errors)" -gt 0
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		# An extent of which nothing was asked since then is not known to be lost.
		for n in 0 1 2 3 4 5 6 7; do
			dd if=/dev/urandom of=$device bs=4k count=1 seek=$((n * 1024)) oflag=direct || true
		done
		dd if=/dev/urandom of=$device bs=1M count=32 oflag=direct
		is "$(of_volume lost)" -eq 0'
}

@test "discarded blocks are no loss when the donor goes" {
	guest 60 'pair; volume v0 16M; device=$(disk)
		dd if=/dev/urandom of=$device bs=1M count=8 oflag=direct
		is "$(of_volume written)" -eq $((8 << 20))
		blkdiscard -o $((3 << 20)) -l $((3 << 20)) $device
		blkdiscard -z -o 0 -l 8192 $device
		is "$(of_volume written)" -eq $(((5 << 20) - 8192))
		srv memx-admin server stop --force
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		says "Input/output error" dd if=$device of=/dev/null bs=4k skip=2 count=1 iflag=direct
		says "Input/output error" dd if=$device of=/dev/null bs=4k skip=1536 count=1 iflag=direct
		is "$(of_volume lost)" -eq $(((5 << 20) - 8192))
		cmp -n 8192 <(dd if=$device bs=4k count=2 iflag=direct) /dev/zero
		cmp -n $((3 << 20)) <(dd if=$device bs=1M skip=3 count=3 iflag=direct) /dev/zero
		is "$(of_volume errors)" -eq 2'
}

@test "of reads that are merged, those of lost blocks fail and the others do not" {
	guest 90 'pair; volume v0 8M; device=$(disk)
		blocks write $device 3
		srv memx-admin server stop --force
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		# The first one who asks hears that the extent is gone.
		for at in 0 1024; do
			says "Input/output error" dd if=$device of=/dev/null bs=4k skip=$at count=1 iflag=direct
		done
		blocks odd $device 3
		is "$(of_volume lost)" -eq $((4 << 20))
		merges() { awk "{ print \$2 }" /sys/block/${device#/dev/}/stat; }
		before=$(merges)
		blocks batch $device 3 >/tmp/said
		is "$(echo $(cat /tmp/said))" = "ok 1024 errors 1024 wrong 0"
		is "$(($(merges) - before))" -ge 1024
		# One request that has a lost block in it fails as a whole.
		says "Input/output error" dd if=$device of=/dev/null bs=64k count=1 iflag=direct
		blocks repair $device 3 >/tmp/said
		is "$(echo $(cat /tmp/said))" = "ok 1024 errors 1024 wrong 0"
		blocks batch $device 3 >/tmp/said
		is "$(echo $(cat /tmp/said))" = "ok 2048 errors 0 wrong 0"
		is "$(of_volume lost)" -eq 0'
}

@test "two clients on a server are apart, also with volumes of the same name" {
	guest 90 'memx_load memx_rmap memx_server memx_client; three_namespaces
		for ns in srv cli other; do node $ns none; done
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server; until_true 10 sees_server other
		volume v0 16M; mine=$(disk)
		other memx-admin create v0 --size 16M >/dev/null
		theirs=/dev/$(other memx-admin --json list | field disk)
		refused test $mine = $theirs
		for n in 1 2; do dd if=/dev/urandom of=/tmp/r$n bs=1M count=8; done
		dd if=/tmp/r1 of=$mine bs=64k oflag=direct &
		dd if=/tmp/r2 of=$theirs bs=64k oflag=direct
		wait $!
		cmp /tmp/r1 <(dd if=$mine bs=1M count=8 iflag=direct)
		cmp /tmp/r2 <(dd if=$theirs bs=1M count=8 iflag=direct)
		is "$(of_server extents)" -eq 4
		is "$(srv memx-admin --json server status | grep -c "\"name\": \"v0\"")" -eq 2
		says "2 client(s) have 16 MiB here" srv memx-admin server stop
		other memx-admin destroy v0
		is "$(of_server extents)" -eq 2
		cmp /tmp/r1 <(dd if=$mine bs=1M count=8 iflag=direct)
		says "there is no volume of this name" other memx-admin destroy v0'
}

# Namespace gone: its node says nothing more, and a new one with the same id is a new incarnation.
@test "a client that went is no loss of memory: released by hand, or when it comes back" {
	guest 90 'memx_load memx_rmap memx_server memx_client; three_namespaces
		id=00112233445566778899aabbccddeeff
		come() {
			other memx-admin node set --id $id
			node other none
			until_true 10 sees_server other
			other memx-admin create v0 --size 16M >/dev/null
			device=/dev/$(other memx-admin --json list | field disk)
		}
		# Nothing that it says as it goes is heard.
		vanish() {
			tc -n other qdisc replace dev eth0 root netem loss 100%
			other memx-admin destroy v0
			ip netns del other
			until_true 10 refused ip link show pother >/dev/null 2>&1
			ip netns add other
			ip link add pother type veth peer name eth0 netns other address 52:54:00:0a:00:03
			ip link set pother master br0 up; ip -n other link set eth0 up
		}
		node srv none; srv memx-admin server start --capacity 64M
		come
		dd if=/dev/urandom of=$device bs=64k count=1 oflag=direct
		dd if=/dev/urandom of=$device bs=64k count=1 seek=64 oflag=direct
		vanish
		is "$(of_server extents) $(of_server stored)" = "2 131072"
		come
		freed() { [ "$(of_server extents) $(of_server stored)" = "0 0" ]; }
		until_true 10 freed
		cmp -n 65536 <(dd if=$device bs=64k count=1 iflag=direct) /dev/zero
		dd if=/dev/urandom of=$device bs=64k count=1 oflag=direct
		is "$(of_server extents)" -eq 1
		vanish
		is "$(of_server extents)" -eq 1
		says "this client has nothing here" \
			srv memx-admin server release 000102030405060708090a0b0c0d0e0f
		srv memx-admin server release "$(srv memx-admin --json server status | field node)"
		is "$(of_server extents) $(of_server reserved)" = "0 0"
		srv memx-admin server stop'
}
