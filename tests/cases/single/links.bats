#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Links on devices that are stacked, that go and come back, and on wires that are not as they look.
load ../memx

setup_file() { memx_boot mem=512; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

LINKS='
	mid() { in_namespace mid "$@"; }
	# switched [MTU]: cli and srv, eth0 in both, and the switch sw in a namespace between them
	switched() {
		memx_load memx_rmap memx_server memx_client
		for ns in cli srv mid; do ip netns add $ns; done
		ip -n mid link add sw type bridge mcast_snooping 0 forward_delay 0
		ip -n mid link set sw up
		port cli eth0 01 ${1:-1500}
		port srv eth0 02 ${1:-1500}
	}
	# port NAMESPACE DEVICE NUMBER [MTU]: a network card there, and its port at the switch
	port() {
		ip -n $1 link add $2 address 52:54:00:0a:00:$3 mtu ${4:-1500} type veth \
			peer name $1-$2 netns mid mtu 1500
		ip -n mid link set $1-$2 master sw up
		ip -n $1 link set $2 up
	}
	# node_on NAMESPACE DEVICE...
	node_on() {
		local ns=$1 dev
		shift
		$ns memx-admin node set --name $ns --security none
		for dev; do $ns memx-admin link add $dev; done
	}
	# at_work CLI-DEVICE SRV-DEVICE: a volume, with data that was written and read back
	at_work() {
		node_on srv $2
		node_on cli $1
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		volume v0 32M
		at_first=$(more_taken)
		seen_from $1
		verify
	}
	verify() {
		fio --name=v --filename=$(disk) --direct=1 --ioengine=libaio --iodepth=8 --rw=randwrite \
			--bsrange=4k-32k --size=8M --verify=crc32c --verify_fatal=1 --do_verify=1 \
			--output=/tmp/fio.out || { cat /tmp/fio.out; return 1; }
	}
	begin_load() {
		fio --name=v --filename=$(disk) --direct=1 --ioengine=libaio --iodepth=4 --rw=randwrite \
			--bs=16k --size=16M --verify=crc32c --verify_backlog=16 --verify_fatal=1 \
			--time_based --runtime=80 --rate=3m,3m --output=/tmp/fio.out &
		load=$!
		until_true 20 flows
	}
	end_load() {
		until_true 20 flows
		kill -TERM $load; wait $load || true
		grep "err= 0" /tmp/fio.out || { cat /tmp/fio.out; return 1; }
		is "$(of_volume errors)" -eq 0
	}
	# both NAMESPACE: frames that its node has taken and sent
	both() {
		"$1" memx-admin --json node | awk -F "[:,]" "/\"rx_frames\"/ { r = \$2 }
			/\"tx_frames\"/ { t = \$2 } END { print r + 0, t + 0 }"
	}
	# How many more frames each node has taken than the other one has sent, when they rest.
	more_taken() {
		local a b n
		for n in $(seq 20); do
			a="$(both cli) $(both srv)"
			[ "$a" = "$b" ] && break
			b=$a
		done
		set -- $a
		echo "$(($1 - $4)) $(($3 - $2))"
	}
	# What was sent since at_work was taken, and once.
	each_once() {
		[ "$(more_taken)" = "$at_first" ] && return
		echo "taken too often: $(more_taken), in the beginning $at_first" >&2
		return 1
	}
	# Frames that a device of cli was given: a tc filter comes before the ingress hook.
	seen_from() {
		tc -n cli qdisc add dev $1 clsact
		tc -n cli filter add dev $1 ingress matchall classid 1:1
	}
	seen() {
		tc -n cli -s qdisc show dev $1 clsact | sed -n "s/.* bytes \([0-9]*\) pkt.*/\1/p"
	}
	# taken_below DEVICE: hardly a frame of the node has come up to it
	taken_below() {
		local all
		all=$(counter cli rx_frames)
		is "$all" -gt 2000
		is "$(seen $1)" -gt 0
		is "$(seen $1)" -lt $((all / 20))
		is "$(cli memx-admin --json link | field ingress)" = true
	}
	vlan() { ip -n $1 link add link $2 name $2.10 type vlan id 10; ip -n $1 link set $2.10 up; }
	bridge_over() {
		ip -n $1 link add br0 address 52:54:00:0b:00:01 type bridge mcast_snooping 0 forward_delay 0
		ip -n $1 link set $2 master br0
		ip -n $1 link set br0 up
	}
	# A switch that learns nothing floods: each slave gets every frame.
	bond() {
		ip -n cli link add bond0 type bond mode active-backup miimon 20
		port cli eth1 03
		for n in 0 1; do
			ip -n cli link set eth$n down
			ip -n cli link set eth$n master bond0
			ip -n mid link set cli-eth$n type bridge_slave learning off
		done
		ip -n cli link set bond0 up
		until_true 5 active eth0
	}
	active() { [ "$(cat /tmp/sys/class/net/bond0/bonding/active_slave)" = $1 ]; }
	fails_over() {
		mkdir -p /tmp/sys
		cli sh -c "mount -t sysfs sysfs /tmp/sys"
		bond
	}
'

@test "VLAN: frames are taken at the device below, each once" {
	guest 40 "$LINKS"'
		switched; vlan cli eth0; vlan srv eth0
		at_work eth0.10 eth0.10
		taken_below eth0.10
		until_true 5 each_once'
}

@test "bridge: frames go by its rules; its ports come and go under load" {
	guest 60 "$LINKS"'
		waits() { [ "$(of_volume waiting)" -gt 0 ]; }
		switched; bridge_over cli eth0
		at_work br0 eth0
		until_true 5 each_once
		begin_load
		for n in 1 2 3; do
			ip -n cli link add extra type veth peer name extra2
			ip -n cli link set extra master br0 up
			ip -n cli link set extra2 up
			until_true 10 flows
			ip -n cli link del extra
			until_true 10 flows
		done
		# A port of no VLAN takes nothing in.
		ip -n cli link set br0 type bridge vlan_filtering 1
		bridge -n cli vlan del dev eth0 vid 1
		until_true 10 waits
		bridge -n cli vlan add dev eth0 vid 1 pvid untagged
		until_true 20 flows
		end_load'
}

@test "bridge over a VLAN" {
	guest 40 "$LINKS"'
		switched; vlan cli eth0; vlan srv eth0; bridge_over cli eth0.10
		at_work br0 eth0.10
		is "$(cli memx-admin --json link | field ingress)" = true
		until_true 5 each_once'
}

failover() {
	guest 60 "$LINKS"'
		switched; fails_over '"$1"'
		at_work '"$2"'
		taken_below '"${2% *}"'
		until_true 5 each_once
		begin_load
		ip -n mid link set cli-eth0 down
		until_true 5 active eth1
		until_true 20 flows
		ip -n mid link set cli-eth0 up
		ip -n mid link set cli-eth1 down
		until_true 5 active eth0
		end_load
		umount /tmp/sys'
}

@test "bond: one slave works at a time, the other takes over under load" {
	failover '' 'bond0 eth0'
}

@test "VLAN over a bond: the same" {
	failover '; vlan cli bond0; vlan srv eth0' 'bond0.10 eth0.10'
}

@test "a device goes under load: I/O waits, and goes on when it is back" {
	guest 60 "$LINKS"'
		waits() { [ "$(of_volume waiting)" -gt 0 ]; }
		switched; vlan cli eth0; vlan srv eth0
		at_work eth0.10 eth0.10
		begin_load
		ip -n cli link del eth0.10
		is "$(cli memx-admin --json link | grep -c eth0)" -eq 0
		prints "there is no link" cli memx-admin
		until_true 10 waits
		vlan cli eth0
		cli memx-admin link add eth0.10
		until_true 20 flows
		# and the card below it: with another address, but the node is the same one
		ip -n cli link del eth0
		until_true 10 waits
		port cli eth0 04; vlan cli eth0
		cli memx-admin link add eth0.10
		end_load
		is "$(of_volume lost)" -eq 0'
}

@test "a VLAN that has a wire of another kind below it: told, and it works" {
	guest 40 "$LINKS"'
		switched
		for ns in cli srv; do
			ip -n $ns link add link eth0 eth0.5 type vlan protocol 802.1ad id 5
			ip -n $ns link set eth0.5 up
			ip -n $ns link add link eth0.5 eth0.5.5 type vlan id 5
			ip -n $ns link set eth0.5.5 up
		done
		at_work eth0.5.5 eth0.5.5
		is "$(cli memx-admin --json link | field ingress)" = false
		until_true 5 each_once'
}

@test "frames that a tc filter redirects are taken behind the hook, and it is told" {
	guest 40 "$LINKS"'
		switched
		ip -n cli link add ifb0 type ifb; ip -n cli link set ifb0 up
		at_work eth0 eth0
		is "$(cli memx-admin --json link | field ingress)" = true
		tc -n cli filter add dev eth0 ingress prio 1 matchall \
			action mirred egress redirect dev ifb0
		verify
		dmesg | grep "eth0: frames come past the ingress hook; a tc filter redirects them"
		is "$(cli memx-admin --json link | field ingress)" = false
		until_true 5 each_once'
}

@test "two links: the session goes on over the other one" {
	guest 60 "$LINKS"'
		switched
		ip -n cli link add eth1 type veth peer name eth1 netns srv
		for ns in cli srv; do ip -n $ns link set eth1 up; done
		node_on srv eth0 eth1
		node_on cli eth0 eth1
		srv memx-admin server start --capacity 64M
		until_true 10 sees_server
		volume v0 32M
		begin_load
		way() { cli memx-admin --json servers | field link; }
		# The client loses its carrier.
		wire_of() {
			case $1 in
			eth0) ip -n mid link set cli-eth0 $2 ;;
			*) ip -n srv link set eth1 $2 ;;
			esac
		}
		first=$(way)
		wire_of $first down
		goes_on() { [ "$(way)" != $1 ] && flows; }
		until_true 20 goes_on $first
		prints "link $first is down" cli memx-admin
		second=$(way)
		wire_of $first up
		wire_of $second down
		until_true 20 goes_on $second
		is "$(way)" = $first
		end_load'
}

@test "a path with a smaller MTU than its ends: used as far as it carries, and told" {
	guest 60 "$LINKS"'
		switched 9000
		cli memx-admin events --timeout 40 >/tmp/events &
		events=$!
		at_work eth0 eth0
		is "$(cli memx-admin --json link | field mtu)" -eq 9000
		carries() { grep -qF "$1" /tmp/events; }
		until_true 20 carries "the path to srv carries only 1500 of 9000 bytes: check the switches between"
		kill $events; wait $events || true
		is "$(of_volume errors)" -eq 0'
}

MTU='
	# carries MTU: the switch in the middle does so from now on
	carries() {
		for port in cli-eth0 srv-eth0 sw; do ip -n mid link set $port mtu $1 || return; done
	}
	# long_frames: what was written lately went in frames of so many bytes
	long_frames() {
		local bytes frames
		bytes=$(counter cli tx_bytes) frames=$(counter cli tx_frames)
		dd if=/dev/urandom of=$(disk) bs=64k count=16 oflag=direct 2>/dev/null
		echo $((($(counter cli tx_bytes) - bytes) / ($(counter cli tx_frames) - frames)))
	}
	frames_above() { [ "$(long_frames)" -gt $1 ]; }
'

@test "a path whose MTU falls under load: I/O goes on with smaller frames, later with large ones" {
	guest 120 "$LINKS$MTU"'
		switched 9000; carries 9000
		at_work eth0 eth0
		until_true 10 frames_above 6000
		begin_load
		carries 4300
		until_true 20 flows
		carries 1500
		until_true 30 flows
		end_load
		is "$(long_frames)" -lt 1600
		carries 9000
		until_true 30 frames_above 6000'
}

@test "the MTU of a network card falls under load, and rises" {
	guest 120 "$LINKS$MTU"'
		switched 9000; carries 9000
		at_work eth0 eth0
		begin_load
		ip -n cli link set eth0 mtu 3000
		until_true 20 flows
		ip -n srv link set eth0 mtu 1500
		until_true 20 flows
		end_load
		is "$(long_frames)" -lt 1600
		for ns in cli srv; do ip -n $ns link set eth0 mtu 9000; done
		until_true 30 frames_above 6000'
}

