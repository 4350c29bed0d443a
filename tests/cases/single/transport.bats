#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# What can be set of the transport, and what it tells.
load ../memx

setup_file() { memx_boot mem=512; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

TRANSPORT='
	# verify: data is written, read back and compared
	verify() {
		dd if=/dev/urandom of=/tmp/r bs=64k count=16
		dd if=/tmp/r of=$(disk) bs=64k oflag=direct
		cmp /tmp/r <(dd if=$(disk) bs=64k count=16 iflag=direct)
		is "$(of_volume errors)" -eq 0
	}
	server_and_volume() {
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		volume v0 32M
	}
	state() { cli memx-admin --json servers | field state; }
	is_state() { [ "$(state)" = "$1" ]; }
	traced() { grep -q " $1: $2" /sys/kernel/tracing/trace; }
'

@test "another EtherType carries traffic, and keeps nodes apart" {
	guest 60 "$TRANSPORT"'
		two_namespaces; memx_load memx_rmap memx_server memx_client
		for ns in cli srv; do $ns memx-admin node set --name $ns --security none; done
		srv memx-admin link add eth0 --ethertype 0x88b6
		cli memx-admin link add eth0
		srv memx-admin server start --capacity 64M
		refused until_true 3 sees_server
		is "$(counter cli rx_frames) $(counter srv rx_frames)" = "0 0"
		cli memx-admin link del eth0
		cli memx-admin link add eth0 --ethertype 0x88b6
		until_true 10 sees_server
		volume v0 32M
		verify'
}

@test "without the ingress hook frames come by a protocol handler" {
	guest 60 "$TRANSPORT"'
		two_namespaces
		lab_dependencies memx_rmap
		insmod /lab/modules/memx_rmap.ko ingress=0
		memx_load memx_server memx_client
		for ns in srv cli; do node $ns none; done
		server_and_volume
		verify
		is "$(cli memx-admin --json link | field ingress)" = false
		# and broadcasts
		cli memx-admin servers | grep -q srv'
}

@test "tracepoints tell of frames, drops, timeouts and sessions" {
	guest 90 "$TRANSPORT"'
		memx_load memx_rmap
		echo 1 >/sys/kernel/tracing/events/rmap/enable
		two_namespaces; memx_load memx_server memx_client
		for ns in srv cli; do node $ns none; done
		server_and_volume
		wire duplicate 20%
		verify
		wire none
		until_true 5 traced rmp_session_state "session=[0-9]* state=up"
		until_true 5 traced rmp_tx "type=5 "
		until_true 5 traced rmp_rx "type=6 "
		until_true 5 traced rmp_drop "type=5 "
		wire loss 100%
		timeout 20 dd if=$(disk) of=/dev/null bs=4k count=1 iflag=direct &
		until_true 10 traced rmp_timeout "session="
		until_true 10 traced rmp_session_state "session=[0-9]* state=connecting"
		wire none
		wait $!
		echo 0 >/sys/kernel/tracing/events/rmap/enable'
}

@test "a retransmission timeout has the floor and the ceiling that are set" {
	guest 60 "$TRANSPORT"'
		pair; volume v0 32M
		dd if=/dev/urandom of=$(disk) bs=4k count=1 oflag=direct
		# floor MS CEILING MS: gaps between timeouts of one request without an answer, in ms
		gaps() {
			cli memx-admin node set --rto-min $(($1 * 1000)) --rto-max $(($2 * 1000))
			until_true 10 is_state ok
			dd if=$(disk) of=/dev/null bs=4k count=1 iflag=direct
			echo >/sys/kernel/tracing/trace
			echo 1 >/sys/kernel/tracing/events/rmap/rmp_timeout/enable
			wire loss 100%
			timeout 20 dd if=$(disk) of=/dev/null bs=4k count=1 iflag=direct &
			until_true 10 eval "[ \$(grep -c rmp_timeout: /sys/kernel/tracing/trace) -ge 4 ]"
			wire none
			wait $!
			echo 0 >/sys/kernel/tracing/events/rmap/rmp_timeout/enable
			sed -n "s/.* \([0-9]*\)\.\([0-9]*\): rmp_timeout: .*/\1\2/p" /sys/kernel/tracing/trace |
				head -n 4 | awk "NR > 1 { print int((\$1 - last) / 1000) } { last = \$1 }"
		}
		# A machine that does not run for a while makes some of them longer.
		least=$(gaps 100 100 | sort -n | head -n 1)
		is $least -ge 99; is $least -lt 199
		set -- $(gaps 20 1000)
		echo "doubled: $*"
		is $1 -ge 39; is $2 -ge 79; is $3 -ge 159'
}

@test "a server that falls silent is suspect after three intervals, forgotten after sixty" {
	guest 90 "$TRANSPORT"'
		two_namespaces; memx_load memx_rmap memx_server memx_client
		node srv none; srv memx-admin node set --interval 200
		node cli none
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		wire loss 100%
		until_true 5 is_state suspect
		is "$(cli memx-admin --json servers | grep -c "\"name\"")" -eq 1
		gone() { [ "$(cli memx-admin --json servers | grep -c "\"name\"")" -eq 0 ]; }
		refused gone
		until_true 30 gone
		wire none
		until_true 10 sees_server'
}

@test "who asks is answered at once, not with the next interval" {
	guest 60 "$TRANSPORT"'
		two_namespaces; memx_load memx_rmap memx_server memx_client
		node srv none; srv memx-admin node set --interval 30000
		srv memx-admin server start --capacity 64M
		sleep 2
		before=$(counter srv tx_frames)
		usleep 500000
		is "$(counter srv tx_frames)" -eq $before
		node cli none
		until_true 4 sees_server'
}

@test "a server that broadcasts do not reach works when it is added by hand" {
	guest 60 "$TRANSPORT"'
		memx_load memx_rmap memx_server memx_client; three_namespaces
		for ns in pcli psrv; do bridge link set dev $ns bcast_flood off; done
		for ns in srv cli; do node $ns none; done
		srv memx-admin server start --capacity 64M
		refused until_true 3 sees_server
		cli memx-admin add-server donor --address 52:54:00:0a:00:02 --link eth0
		until_true 10 sees_server
		is "$(cli memx-admin --json servers | field name)" = donor
		volume v0 32M
		verify
		# The link goes and comes: it is asked for again.
		cli memx-admin link del eth0
		cli memx-admin link add eth0
		until_true 15 sees_server
		verify'
}
