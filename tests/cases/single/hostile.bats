#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# A stranger on the wire: what he sends is counted and dropped, he gets neither memory nor the log,
# and the work of others goes on.
load ../memx

setup_file() {
	memx_boot mem=512
	memx_program stranger
}
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

HOSTILE='
	all=ff:ff:ff:ff:ff:ff
	addr_of_cli=52:54:00:0a:00:01 addr_of_srv=52:54:00:0a:00:02
	DROPS="malformed|badcrc|badtag|replayed|unknown|foreign|stale|duplicates|overload"

	# three SECURITY: client, server and a stranger on one wire; I/O goes on all the time
	three() {
		modprobe af_packet
		memx_load memx_rmap memx_server memx_client; three_namespaces
		[ $1 = none ] || memx-admin key generate --force /tmp/key >/dev/null
		for ns in srv cli; do node $ns $1; done
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		volume v0 32M
		id=$(cli memx-admin --json key list 2>/dev/null | field id)
		dd if=/dev/urandom of=$(disk) bs=1M count=16 oflag=direct
		fio --name=v --filename=$(disk) --direct=1 --ioengine=libaio --iodepth=4 \
			--rw=randwrite --bs=16k --size=16M --verify=crc32c --verify_backlog=16 \
			--verify_fatal=1 --time_based --runtime=100 --rate=2m,2m \
			--output=/tmp/fio.out >/dev/null 2>&1 &
		fio=$!
		until_true 20 flows
		dmesg -c >/dev/null
	}
	# frames that were dropped, for whatever reason
	dropped() {
		$1 memx-admin --json node | awk -v drops="\"rx_($DROPS)\":" \
			"\$1 ~ drops { n += \$2 } END { print n }"
	}
	free_kib() {
		echo 3 >/proc/sys/vm/drop_caches
		sed -n "s/^MemAvailable: *\([0-9]*\).*/\1/p" /proc/meminfo
	}
	free_again() { is "$(free_kib)" -ge $(($1 - 4096)); }
	all_well() {
		until_true 20 flows
		kill -TERM $fio; wait $fio || true
		grep -q "err= 0" /tmp/fio.out || { cat /tmp/fio.out; return 1; }
		is "$(of_volume errors) $(of_volume lost)" = "0 0"
		is "$(dmesg | wc -l)" -lt 50
	}
'

@test "nonsense, broken and homeless frames are dropped and counted one by one" {
	guest 90 "$HOSTILE"'
		three none
		before=$(free_kib)
		for what in random short session; do
			for ns in cli srv; do
				to=addr_of_$ns
				n=$(dropped $ns)
				other stranger $what eth0 ${!to} 1500 0 0
				counted() { [ "$(dropped $ns)" -ge $((n + 1500)) ]; }
				until_true 10 counted
			done
			n=$(dropped srv)
			other stranger $what eth0 $all 300 0 0
			counted() { [ "$(dropped srv)" -ge $((n + 300)) ]; }
			until_true 10 counted
		done
		is "$(counter srv handshakes) $(counter cli handshakes)" = "0 1"
		until_true 10 free_again "$before"
		all_well'
}

# bats test_tags=long
@test "with a key: floods of advertisements and sessions make no peer, no session" {
	guest 90 "$HOSTILE"'
		three psk
		before=$(free_kib)
		sessions="$(counter cli sessions) $(counter srv sessions)"
		for ns in cli srv; do
			to=addr_of_$ns
			for key in 0badc0de "$id"; do
				n=$(dropped $ns)
				other stranger advert eth0 ${!to} 1000 1 "$key"
				other stranger init eth0 ${!to} 1000 1 "$key"
				counted() { [ "$(dropped $ns)" -ge $((n + 2000)) ]; }
				until_true 15 counted
			done
			is "$(counter $ns rx_foreign)" -gt 0
			is "$(counter $ns rx_badtag)" -gt 0
		done
		is "$(cli memx-admin --json servers | grep -c "\"name\"")" -eq 1
		is "$(counter cli sessions) $(counter srv sessions)" = "$sessions"
		until_true 10 free_again "$before"
		all_well'
}

# bats test_tags=long
@test "without security: floods of right advertisements and sessions are bounded" {
	guest 120 "$HOSTILE"'
		three none
		before=$(free_kib)
		other stranger advert eth0 $all 3000 0 0
		other stranger init eth0 $addr_of_srv 3000 0 0
		# Half-open ones give way to a true one.
		cli memx-admin ping srv --count 1
		until_true 10 flows
		echo "with strangers: $((before - $(free_kib))) KiB less"
		echo "sessions: $(counter cli sessions) and $(counter srv sessions)"
		is "$(cli memx-admin --json servers | grep -c "\"name\"")" -le 256
		is "$(counter srv sessions)" -le 257
		is "$(counter cli sessions)" -le 257
		is "$(free_kib)" -gt $((before - 98304))
		# Half-open sessions are forgotten after 10 s.
		few() { [ "$(counter srv sessions)" -le 2 ]; }
		until_true 30 few
		all_well
		cli memx-admin destroy v0
		until_true 10 free_again "$before"'
}

@test "servers that were never there make room for one that is" {
	guest 120 "$HOSTILE"'
		modprobe af_packet
		memx_load memx_rmap memx_server memx_client; three_namespaces
		for ns in srv cli; do node $ns none; done
		volume v0 16M
		known() { [ "$(counter cli sessions)" -ge "$1" ]; }
		full() { other stranger advert eth0 $all 300 0 0; known 256; }
		until_true 30 full
		srv memx-admin server start --capacity 64M
		until_true 60 sees_server
		lasts 0 60 dd if=/dev/urandom of=$(disk) bs=4k count=1 oflag=direct
		is "$(of_server extents)" -eq 1
		lasts 0 20 cli memx-admin destroy v0'
}

# bats test_tags=long
@test "advertisements of an earlier life of the server that are sent again move no session" {
	guest 150 "$HOSTILE"'
		modprobe af_packet
		memx_load memx_rmap memx_server memx_client; three_namespaces
		memx-admin key generate --force /tmp/key >/dev/null
		node srv psk; srv memx-admin server start --capacity 64M
		other stranger record eth0 $all 3 1 0 >/tmp/adverts
		srv memx-admin server stop
		ip netns del srv
		until_true 10 refused ip link show psrv >/dev/null 2>&1
		ip netns add srv
		ip link add psrv type veth peer name eth0 netns srv address $addr_of_srv
		ip link set psrv master br0 up; ip -n srv link set eth0 up
		node srv psk; srv memx-admin server start --capacity 64M
		node cli psk
		until_true 10 sees_server
		volume v0 32M
		cli memx-admin node set --rto-min 500000 --rto-max 2000000
		dd if=/dev/urandom of=$(disk) bs=1M count=16 oflag=direct
		fio --name=v --filename=$(disk) --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite \
			--bs=16k --size=16M --verify=crc32c --verify_backlog=16 --verify_fatal=1 \
			--time_based --runtime=100 --rate=2m,2m --output=/tmp/fio.out >/dev/null 2>&1 &
		fio=$!
		until_true 20 flows
		timeouts=$(counter cli timeouts) handshakes=$(counter cli handshakes)
		other stranger replay eth0 $all 400 1 0 </tmp/adverts &
		while kill -0 $! 2>/dev/null; do
			is "$(cli memx-admin --json servers | field address)" = $addr_of_srv
			usleep 300000
		done
		is "$(($(counter cli timeouts) - timeouts))" -le 2
		is "$(($(counter cli handshakes) - handshakes))" -le 3
		dmesg -c >/dev/null
		all_well'
}
