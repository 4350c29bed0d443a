# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What every script that runs in a guest can use.
export PATH=/lab/bin:/bin HOME=/root LAB_MODULES=/lab/modules

# memx_load MODULE...: loads modules of ours with all they need; one that was not built is absent
memx_load() {
	local module
	for module; do
		if [ ! -e "$LAB_MODULES/$module.ko" ]; then
			echo "lab: no $module.ko, left out" >&2
			continue
		fi
		lab_dependencies "$module"
		insmod "$LAB_MODULES/$module.ko" || return
	done
}

lab_dependencies() {
	local dep
	for dep in $(modinfo -F depends "$LAB_MODULES/$1.ko" | tr , ' '); do
		[ ! -d "/sys/module/${dep//-/_}" ] || continue
		if [ -e "$LAB_MODULES/$dep.ko" ]; then
			memx_load "$dep" || return
		else
			modprobe "$dep" || return
		fi
	done
}

# two_namespaces [MTU]: namespaces cli and srv, joined by a veth pair that is eth0 in both
two_namespaces() {
	local mtu=${1:-1500} ns n=1
	ip link add cli0 mtu "$mtu" type veth peer name srv0 mtu "$mtu"
	for ns in cli srv; do
		ip netns add $ns
		ip link set ${ns}0 netns $ns
		ip -n $ns link set ${ns}0 name eth0
		ip -n $ns link set lo up
		ip -n $ns link set eth0 address "52:54:00:0a:00:0$n" up
		ip -n $ns addr add "10.8.0.$n/24" dev eth0
		n=$((n + 1))
	done
}

# cli COMMAND..., srv COMMAND...: runs it in that namespace (and leaves /sys as it is)
cli() { nsenter --net=/run/netns/cli "$@"; }
srv() { nsenter --net=/run/netns/srv "$@"; }

# wire SPEC|none: what both ends send suffers so, e.g. wire loss 1% delay 1ms
wire() {
	local ns
	for ns in cli srv; do
		if [ "$1" = none ]; then
			tc -n $ns qdisc del dev eth0 root 2>/dev/null
		else
			tc -n $ns qdisc replace dev eth0 root netem "$@"
		fi
	done
	return 0
}

# until_true SECONDS COMMAND...: waits for it, and fails when the time is over
until_true() {
	local end=$((SECONDS + $1 * ${LAB_SLOW:-1}))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		usleep 50000
	done
}

# Only a debug kernel can look for leaks by itself.
lab_kmemleak() {
	[ -e /sys/kernel/debug/kmemleak ] || return 0
	echo scan >/sys/kernel/debug/kmemleak
	cat /sys/kernel/debug/kmemleak
}

# udev_start: runs udevd with Debian's block rules and those of ours that are in /lab/udev
udev_start() {
	mkdir -p /run/udev/rules.d
	cp /lab/udev/*.rules /run/udev/rules.d/ 2>/dev/null
	setsid systemd-udevd --daemon 3>&- </dev/null >/dev/null 2>&1 || return
	udevadm trigger --type=devices --action=add --subsystem-match=block
	udevadm settle --timeout=20
}
