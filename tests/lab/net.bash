# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Virtual networks of the lab: a network namespace of its own with bridges, one tap per machine's
# network device. Nothing of it touches the machine's own network. Sourced by lab.bash.

net_start() {
	ip netns add "$LAB_NETNS"
	nsenter "--net=/run/netns/$LAB_NETNS" sh -c \
		'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null || true
}

net_stop() {
	[ ! -e "/run/netns/$LAB_NETNS" ] || ip netns del "$LAB_NETNS"
}

net_ip() { ip -n "$LAB_NETNS" "$@"; }

# Without multicast snooping a bridge is the plainest of switches.
net_bridge() {
	net_ip link show "$1" >/dev/null 2>&1 && return
	net_ip link add "$1" type bridge mcast_snooping 0 forward_delay 0
	net_ip link set "$1" up
}

# net_port TAP BRIDGE MTU
net_port() {
	net_bridge "$2"
	net_ip link show "$1" >/dev/null 2>&1 ||
		net_ip tuntap add dev "$1" mode tap vnet_hdr
	net_ip link set "$1" mtu "$3" master "$2" up
}

net_tap() { echo "t$(cat "$(vm_dir "$1")/id")n${2:-0}"; }

# net_cut VM [NIC], net_join VM [NIC]: pull the cable out of the switch; the machine is not told
net_cut() { net_ip link set "$(net_tap "$1" "${2:-0}")" nomaster; }
net_join() { net_ip link set "$(net_tap "$1" "${2:-0}")" master "br${2:-0}"; }

# net_link VM on|off [NIC]: the machine sees its carrier come and go
net_link() {
	local up=true
	[ "$2" = on ] || up=false
	vm_monitor "$1" \
		'{"execute":"set_link","arguments":{"name":"nic'"${3:-0}"'","up":'$up'}}'
}

# net_netem VM "loss 1% delay 1ms ..." | none [NIC]: what the machine sends suffers so. It sits in
# the guest's kernel, because the machine that runs the lab may have no netem.
net_netem() {
	local dev=eth${3:-0}
	if [ "$2" = none ]; then
		vm_run "$1" 20 "tc qdisc del dev $dev root 2>/dev/null; true"
	else
		vm_run "$1" 20 "tc qdisc replace dev $dev root netem $2"
	fi
}
