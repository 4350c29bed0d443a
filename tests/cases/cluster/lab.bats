#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The lab itself, with several machines: networks and faults.
load ../../lab/lab

setup_file() {
	lab_start
	vm_start a mtu=9000
	vm_start b mtu=9000
	vm_start c mtu=1500 smp=2
	vm_ready a b c
}

teardown_file() {
	lab_stop
}

teardown() {
	lab_end_case
}

reaches() { vm_run "$1" 10 "ping -q -c 1 -W 1 -s ${3:-56} 10.9.0.$(cat "$(vm_dir "$2")/id")"; }

@test "machines reach each other, with jumbo frames where set" {
	reaches a b 8000
	reaches a c
	reaches c b
	[ "$(vm_run b 5 'cat /sys/class/net/eth0/mtu')" = 9000 ]
	[ "$(vm_run c 5 'cat /sys/class/net/eth0/mtu; nproc' | xargs)" = "1500 2" ]
	[ "$(vm_run a 5 'cat /sys/class/net/eth0/address')" = "$(vm_mac a)" ]
}

@test "the clocks of all machines run as fast as the host's" {
	for vm in a b c; do
		khz=$(vm_run $vm 10 'dmesg' | sed -n 's/.*tsc: Detected \([0-9.]*\) MHz.*/\1/p' |
			tail -n 1 | tr -d .)
		host=$(cat "$LAB_RUN/tsc_khz")
		echo "$vm: $khz kHz, host: $host kHz"
		[ $((khz * 100 / host)) -ge 99 ] && [ $((khz * 100 / host)) -le 101 ]
	done
}

@test "the lab's network has no way out" {
	run -0 net_ip route
	[ -z "$output" ]
	run -0 net_ip -o link show type veth
	[ -z "$output" ]
}

@test "a paused machine is silent and goes on when resumed" {
	reaches a b
	vm_pause b
	run ! reaches a b
	LAB_GRACE_S=1 run vm_run b 1 true
	[ "$status" -eq 124 ]
	vm_resume b
	lab_until 20 reaches a b
	vm_run b 5 true
}

@test "time stands still for a paused machine" {
	before=$(vm_run b 5 'cut -d. -f1 /proc/uptime')
	vm_pause b
	run ! lab_until 12 vm_is_dead b
	vm_resume b
	after=$(vm_run b 10 'cut -d. -f1 /proc/uptime')
	[ $((after - before)) -lt 10 ]
}

@test "a port that was cut carries nothing until it is joined, and the machine keeps its carrier" {
	net_cut b
	run ! reaches a b
	reaches a c
	[ "$(vm_run b 5 'cat /sys/class/net/eth0/carrier')" = 1 ]
	net_join b
	lab_until 20 reaches a b
}

@test "a machine sees its link go and come" {
	net_link b off
	lab_until 10 carrier_is b 0
	net_link b on
	lab_until 10 carrier_is b 1
	lab_until 20 reaches a b
}

carrier_is() { [ "$(vm_run "$1" 5 'cat /sys/class/net/eth0/carrier')" = "$2" ]; }

@test "netem on a machine's port" {
	net_netem b "loss 100%"
	run ! reaches a b
	net_netem b "delay 200ms"
	run -0 vm_run a 10 "ping -q -c 2 10.9.0.$(cat "$(vm_dir b)/id")"
	[[ $output =~ min/avg/max\ =\ ([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -ge 200 ]
	net_netem b none
	reaches a b
}

@test "a killed machine is dead, and another boot is another one" {
	id=$(vm_run b 5 'cat /proc/sys/kernel/random/boot_id')
	vm_kill b
	run vm_run b 5 true
	[ "$status" -eq 125 ]
	run ! reaches a b
	vm_boot b
	[ "$(vm_run b 5 'cat /proc/sys/kernel/random/boot_id')" != "$id" ]
	[ "$(vm_run b 5 'cat /sys/class/net/eth0/address')" = "$(vm_mac b)" ]
	lab_until 20 reaches a b
}

@test "a warning in any of the machines is found, dead ones included" {
	vm_run c 20 'insmod /lab/modules/lab_warn.ko'
	vm_kill c
	run ! lab_check
	[[ $output == *"the console of c says"* ]]
	lab_forgive
	vm_boot c
}
