#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Who does not have the key gets no session, is counted, and the administrator is told.
load ../memx

setup_file() { memx_boot mem=512; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

# Both nodes, each with a key of its own choice: $1 srv's security and key file, $2 cli's
STRANGERS='
	strangers() {
		two_namespaces
		memx_load memx_rmap memx_server memx_client
		for k in a b; do memx-admin key generate --force /tmp/$k >/dev/null; done
		node srv $1
		node cli $2
		srv memx-admin server start --capacity 64M
		cli memx-admin add-server donor --address 52:54:00:0a:00:02 --link eth0
	}
	dropped() { [ "$(counter cli rx_foreign)" -ge 3 ] && [ "$(counter srv rx_foreign)" -ge 3 ]; }
	no_session() {
		until_true 10 dropped
		is "$(counter cli handshakes) $(counter srv handshakes)" = "0 0"
		is "$(counter cli rx_requests) $(counter srv rx_requests)" = "0 0"
		is "$(cli memx-admin --json servers | field state)" = unheard
		prints "of another cluster or with another security were dropped" cli memx-admin
		prints "of another cluster or with another security were dropped" srv memx-admin
		prints "server donor was never heard" cli memx-admin
	}
	told() { cli memx-admin events --timeout 10 --count 1 | grep -F "$1"; }
'

@test "another cluster key: no session, counted, told" {
	guest 60 "$STRANGERS"'
		strangers "psk /tmp/a" "psk /tmp/b"
		told "uses another cluster key"
		no_session'
}

@test "security none against psk: no session, counted, told" {
	guest 60 "$STRANGERS"'
		strangers "psk /tmp/a" "none"
		told "uses another kind of security"
		no_session'
}

@test "security psk against none: no session, counted, told" {
	guest 60 "$STRANGERS"'
		strangers "none" "psk /tmp/b"
		told "uses another kind of security"
		no_session'
}

@test "without a key nothing is sent, and the administrator is told what to do" {
	guest 60 'two_namespaces; memx_load memx_rmap memx_server memx_client
		says "no cluster key is loaded" cli memx-admin link add eth0
		prints "no cluster key is loaded; '"'memx-admin key set'"' loads it" cli memx-admin
		memx-admin key generate --force /tmp/key >/dev/null
		node cli psk
		id=$(cli memx-admin --json key list | field id)
		cli memx-admin key delete "$id"
		before=$(counter cli tx_frames)
		node srv psk; srv memx-admin server start --capacity 64M
		heard() { [ "$(counter cli rx_foreign)" -ge 2 ]; }
		until_true 10 heard
		is "$(counter cli tx_frames)" -eq "$before"
		prints "no cluster key is loaded" cli memx-admin
		cli memx-admin key set /tmp/key
		until_true 10 sees_server'
}

@test "a key that is changed at one end only is a problem that the client shows" {
	guest 90 'pair 1500 psk; volume v0 32M; device=$(disk)
		dd if=/dev/urandom of=/tmp/r bs=64k count=1
		dd if=/tmp/r of=$device oflag=direct bs=64k
		memx-admin key generate --force /tmp/other >/dev/null
		old=$(cli memx-admin --json key list | field id)
		cli memx-admin key set /tmp/other
		cli memx-admin key delete "$old"
		cli memx-admin node set --rekey 1
		why="does not answer the handshake: it is down, or has another cluster key or security"
		until_true 20 prints "srv: $why" cli memx-admin servers
		prints "server srv: $why" cli memx-admin
		is "$(cli memx-admin --json servers | field state)" = problem
		is "$(counter srv rx_foreign)" -ge 3
		cli memx-admin key set /tmp/key
		until_true 20 sees_server
		cmp -n 65536 /tmp/r <(dd if=$device iflag=direct bs=64k count=1)
		is "$(of_volume errors)" -eq 0'
}

@test "another cluster on the same wire: each uses its own server" {
	guest 90 'memx_load memx_rmap memx_server memx_client
		three_namespaces
		for k in a b; do memx-admin key generate --force /tmp/$k >/dev/null; done
		node srv psk /tmp/a; node cli psk /tmp/a; node other psk /tmp/b
		srv memx-admin server start --capacity 64M
		other memx-admin server start --capacity 64M
		until_true 10 sees_server
		foreign() { [ "$(counter cli rx_foreign)" -ge 2 ] && [ "$(counter srv rx_foreign)" -ge 2 ]; }
		until_true 10 foreign
		is "$(cli memx-admin --json servers | grep -c "\"name\"")" -eq 1
		is "$(cli memx-admin --json servers | field name)" = srv
		volume v0 32M
		dd if=/dev/urandom of=$(disk) bs=64k count=64 oflag=direct
		is "$(of_server extents)" -eq 1
		is "$(other memx-admin --json server status | field extents)" -eq 0
		is "$(counter other handshakes) $(counter other rx_requests)" = "0 0"
		prints "of another cluster" cli memx-admin'
}

@test "a key is rolled while I/O goes on" {
	guest 120 'pair 1500 psk; volume v0 64M; device=$(disk)
		for ns in cli srv; do $ns memx-admin node set --rekey 2; done
		fio --name=v --filename=$device --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite \
			--bs=16k --size=32M --verify=crc32c --verify_backlog=16 --verify_fatal=1 \
			--time_based --runtime=80 --rate=4m,4m --output=/tmp/fio.out &
		until_true 20 flows
		old=$(cli memx-admin --json key list | field id)
		memx-admin key generate --force /tmp/new >/dev/null
		for ns in srv cli; do $ns memx-admin key set /tmp/new --secondary; done
		for ns in srv cli; do $ns memx-admin key set /tmp/new; done
		for ns in srv cli; do $ns memx-admin key delete "$old"; done
		is "$(cli memx-admin --json key list | grep -c "\"id\"")" -eq 1
		refused test "$(cli memx-admin --json key list | field id)" = "$old"
		before=$(counter cli handshakes)
		more() { [ "$(counter cli handshakes)" -gt $((before + 1)) ]; }
		until_true 20 more
		until_true 20 flows
		kill -TERM $!; wait $! || true
		grep "err= 0" /tmp/fio.out || { cat /tmp/fio.out; return 1; }
		is "$(of_volume errors)" -eq 0
		is "$(counter cli rx_badtag) $(counter srv rx_badtag)" = "0 0"'
}
