#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# When the system has no memory to give: frames go out from the reserves of sessions, and come in
# from the emergency reserves. docs/SWAP-SAFETY.md has the argument.
load ../memx

setup_file() { memx_boot mem=512; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

MEMORY='
	verify() {
		fio --name=v --filename=$(disk) --direct=1 --ioengine=libaio --iodepth=8 --rw=randwrite \
			--bsrange=4k-64k --size=8M --verify=crc32c --verify_fatal=1 --do_verify=1 \
			--output=/tmp/fio.out || { cat /tmp/fio.out; return 1; }
	}
	begin_load() {
		fio --name=v --filename=$(disk) --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite \
			--bs=16k --size=8M --verify=crc32c --verify_backlog=16 --verify_fatal=1 \
			--time_based --runtime=80 --rate=3m,3m --output=/tmp/fio.out &
		load=$!
		until_true 20 flows
	}
	# The wire is cut until the session is given up, then the peer is met again.
	reconnect() {
		local handshakes
		handshakes=$(counter cli handshakes)
		begin_load
		wire loss 100%
		waits() { cli memx-admin --json servers | grep -q "\"state\": \"problem\""; }
		until_true 20 waits
		wire none
		until_true 30 flows
		kill -TERM $load; wait $load || true
		grep "err= 0" /tmp/fio.out || { cat /tmp/fio.out; return 1; }
		is "$(counter cli handshakes)" -gt $handshakes
		is "$(of_volume errors) $(of_volume lost)" = "0 0"
	}
	# from_reserve NAMESPACE: nearly all that it sends, but for what discovery says, comes from there
	from_reserve() {
		local sent=$(counter $1 tx_frames) reserve=$(counter $1 tx_reserve)
		$2
		sent=$(($(counter $1 tx_frames) - sent)) reserve=$(($(counter $1 tx_reserve) - reserve))
		echo "$1 sent $sent frames, $reserve from reserves, dropped $(counter $1 tx_drops)"
		is $sent -gt 500
		is $reserve -gt $((sent - 100))
	}
	both_from_reserve() { from_reserve srv verify; }
'

reserves_only() {
	guest 150 "$MEMORY pair $1 $2 64M"'; volume v0 32M
		echo 1 >/sys/module/memx_rmap/parameters/reserve_only
		from_reserve cli both_from_reserve
		reconnect
		verify'
}

@test "every frame from the reserve of its session, MTU 1500" { reserves_only 1500 psk; }
@test "every frame from the reserve of its session, MTU 9000" { reserves_only 9000 none; }

@test "a session that begins without memory for frames, MTU 9000" {
	guest 90 "$MEMORY"'
		two_namespaces 9000
		memx_load memx_rmap memx_server memx_client
		echo 1 >/sys/module/memx_rmap/parameters/reserve_only
		for ns in srv cli; do node $ns none; done
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		volume v0 32M
		from_reserve cli verify
		is "$(($(counter cli tx_bytes) / $(counter cli tx_frames)))" -gt 2000'
}

# A WireGuard device opens sockets that count as vital for reclaim.
@test "every frame arrives in memory of the emergency reserves, and a vital socket is open" {
	guest 150 "$MEMORY"'
		modprobe wireguard; modprobe veth
		ip link add wg0 type wireguard; ip link set wg0 up
		insmod /lab/modules/lab_probe.ko at=veth_xmit emergency=1
		pair 1500 psk 64M; volume v0 32M
		is "$(cli memx-admin --json link | field ingress)" = true
		verify
		reconnect
		is "$(cat /sys/module/lab_probe/parameters/hits)" -gt 4000
		is "$(counter cli rx_overload) $(counter srv rx_overload)" = "0 0"
		rmmod lab_probe; ip link del wg0'
}
