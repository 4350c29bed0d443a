#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Where new extents go, how long a write waits for a place, and how long for a busy donor. The donor
# in the namespace other is a puppet that answers as it is told; srv is a real one.
load ../memx

setup_file() { memx_boot mem=640; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

# The client, the puppet with these parameters and a volume; with a real donor when $1 is both.
begin() {
	echo 'memx_load memx_rmap memx_server memx_client; three_namespaces
		for ns in srv cli other; do node $ns none; done'
	[ "$1" != both ] || echo 'srv memx-admin server start --capacity 64M'
	echo "puppet ${*:2}"
	[ "$1" != both ] || echo 'until_true 10 state_is srv none'
	echo 'until_true 10 state_is other none
		volume v0 64M; device=$(disk)
		until_true 10 state_is other up'
	[ "$1" != both ] || echo 'until_true 10 state_is srv up'
	echo 'put() { dd if=/dev/urandom of=$device bs=4k seek=$((1024 * $1)) count=1 oflag=direct 2>&1; }
		get() { dd if=$device of=/dev/null bs=4k skip=$((1024 * $1)) count=1 iflag=direct 2>&1; }
		waits() { [ "$(of_volume waiting)" -ge 1 ]; }
		# That a donor is away is seen when it is asked: for an extent that it has.
		lose() {
			get $2 >/tmp/get.$2 2>&1 &
			until_true 20 state_is $1 connecting
		}
		runs() { kill -0 $1 2>/dev/null; }
		# still SECONDS PID: it runs, and goes on doing so
		still() { refused until_true $1 refused runs $2 2>/dev/null; }'
}

@test "the full one of two donors is left alone" {
	guest 60 "$(begin both load=3)"'
		for n in 0 1 2 3 4 5 6 7; do put $n; done
		is "$(told opens)" -eq 0
		is "$(of_server extents)" -eq 8'
}

@test "a donor that refuses, or says it is busy, is asked once for an extent when another has room" {
	guest 90 "$(begin both open=5)"'
		n=0
		for status in 5 6 1; do
			tell open $status
			for _ in 1 2 3 4; do
				before=$(told opens)
				lasts 0 2 put $n
				is "$(($(told opens) - before))" -le 1
				n=$((n + 1))
			done
		done
		is "$(told opens)" -gt 0
		is "$(of_server extents)" -eq 12'
}

@test "every donor is full: no space after 2 s" {
	guest 60 "$(begin both load=3)"'
		srv memx-admin server set --capacity 4M
		put 0
		says "No space left" lasts 2 8 put 1
		tell load 0; tell open 5
		says "No space left" lasts 2 8 put 1
		is "$(of_volume waiting)" -eq 0'
}

@test "one donor is full, the other is away: writes wait for that one, for the loss timeout" {
	guest 120 "$(begin both load=3)"'
		put 7
		away srv; lose srv 7
		put 0 >/tmp/put.out 2>&1 &
		still 5 $!
		back srv
		wait $!
		is "$(of_server extents)" -eq 2
		cli memx-admin set v0 --loss-timeout 12
		away srv; lose srv 7
		says "No space left" lasts 5 20 put 1
		says "Input/output error" get 7
		says "No space left" lasts 2 8 put 1'
}

@test "the wire of the client is cut, and the full donor is the first one to come back" {
	guest 120 "$(begin alone)"'
		put 7
		srv memx-admin server start --capacity 64M
		until_true 10 state_is srv up
		tell load 3
		put 6
		is "$(of_server extents) $(told opens)" = "1 1"
		away cli; lose other 7; lose srv 6
		put 0 >/tmp/put.out 2>&1 &
		still 3 $!
		away srv; back cli
		until_true 20 state_is other up
		still 3 $!
		back srv
		wait $!
		is "$(of_server extents)" -eq 2'
}

@test "a donor under pressure is waited for, for the loss timeout" {
	guest 90 "$(begin alone load=1)"'
		put 0 >/tmp/put.out 2>&1 &
		until_true 5 waits
		still 5 $!
		tell load 0
		wait $!
		tell load 1
		cli memx-admin set v0 --loss-timeout 5
		says "No space left" lasts 5 12 put 1'
}

@test "a donor that is too busy to take an extent is waited for, for the loss timeout" {
	guest 90 "$(begin alone open=1)"'
		put 0 >/tmp/put.out 2>&1 &
		until_true 5 waits
		still 5 $!
		tell open 0
		wait $!
		tell open 1
		before=$(told opens)
		cli memx-admin set v0 --loss-timeout 5
		says "No space left" lasts 5 12 put 1
		is "$(($(told opens) - before))" -lt 100'
}

# bats test_tags=long
@test "a donor that is busy is asked for the loss timeout" {
	guest 90 "$(begin alone)"'
		put 0
		tell data 1
		get 0 >/tmp/get.out 2>&1 &
		still 6 $!
		tell data 0
		wait $!
		tell data 1
		cli memx-admin set v0 --loss-timeout 4
		says "Input/output error" lasts 4 12 get 0
		says "Input/output error" lasts 4 12 put 0
		cli memx-admin set v0 --loss-timeout 0
		get 0 >/tmp/get.out 2>&1 &
		still 8 $!
		tell data 0
		wait $!
		is "$(of_volume errors)" -eq 2'
}

# What is read from the puppet is never zero.
BLOCK='
	discard() { blkdiscard -o 0 -l 4096 $device; }
	holds() { [ "$(told held)" = "$1" ]; }
	is_written() {
		is "$(of_volume written)" -eq 4096
		refused cmp -s -n 4096 <(dd if=$device bs=4k count=1 iflag=direct 2>/dev/null) /dev/zero
	}
	is_zero() {
		is "$(of_volume written)" -eq 0
		cmp -n 4096 <(dd if=$device bs=4k count=1 iflag=direct 2>/dev/null) /dev/zero
	}
'

@test "a discarded block is not written any more" {
	guest 60 "$(begin alone)$BLOCK"'
		put 0; is_written
		discard; is_zero
		put 0; is_written'
}

@test "a block that is written while its discard is under way is written" {
	guest 60 "$(begin alone)$BLOCK"'
		put 0
		tell hold 3
		discard &
		until_true 5 holds 1
		put 0
		tell hold 0
		wait $!
		is_written
		discard; is_zero'
}

@test "a block that is discarded while its write is under way is written" {
	guest 60 "$(begin alone)$BLOCK"'
		put 0
		tell hold 2
		put 0 >/tmp/put.out &
		write=$!
		until_true 5 holds 1
		discard
		is_written
		tell hold 0
		wait $write
		is_written
		discard; is_zero'
}

@test "a write that was given up may be executed yet: what writes or discards begins after it" {
	guest 90 "$(begin alone)$BLOCK"'
		put 0
		cli memx-admin set v0 --loss-timeout 2
		tell hold 2
		put 0 >/tmp/put.out 2>&1 &
		until_true 5 holds 1
		away other
		refused wait $!
		cli memx-admin set v0 --loss-timeout 60
		back other
		until_true 20 state_is other up
		discard &
		still 3 $!
		is "$(of_volume written)" -eq 4096
		tell hold 0
		wait $!
		is_zero'
}

@test "a volume with extents at a donor that is away goes, with its puppet" {
	guest 60 "$(begin alone)"'
		put 0; put 1
		away other; lose other 1
		lasts 0 8 cli memx-admin destroy v0 --force
		grep -q "Input/output error" /tmp/get.1
		back other'
}

# A message of the listing ends after some 45 volumes. The first ones grow by the 76 bytes of a place,
# one after the other, so that it ends at one time or another where the places of a volume are.
# bats test_tags=long
@test "every volume is listed with all the donors where it lies" {
	guest 400 "$(begin both load=3)"'
		srv memx-admin server set --capacity 280M
		first() { dd if=/dev/urandom of=/dev/memx$1 bs=4k count=1 oflag=direct status=none; }
		second() { dd if=/dev/urandom of=/dev/memx$1 bs=4k count=1 seek=1024 oflag=direct status=none; }
		for n in $(seq 1 69); do cli memx-admin create v$n --size 8M >/dev/null; done
		for n in $(seq 4 69); do first $n; done
		is "$(of_server extents)" -eq 66
		tell load 0
		ready() { cli memx-admin --json servers | grep -c "\"state\": \"ok\"" | grep -qx 2; }
		until_true 10 ready
		for n in $(seq 4 69); do second $n; done
		is "$(($(of_server extents) + $(told opens)))" -eq 132
		# of volumes, and of their places
		extents() {
			cli memx-admin --json list | awk "\$1 == \"\\\"extents\\\":\" { n += \$2 } END { print n }"
		}
		is "$(extents)" -eq $((2 * 132))
		for n in 0 1 2 3; do
			first $n
			is "$(extents)" -eq $((2 * (133 + n)))
		done
		for n in $(seq 0 69); do cli memx-admin destroy v$n; done
		is "$(of_server extents)" -eq 0'
}
