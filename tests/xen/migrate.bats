#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# A guest with a MemX client in it is migrated live between two Xen hosts.
load domu

setup_file() {
	domu_lab host1 host2
	local host
	for host in host1 host2; do
		vm_run "$host" 10 "ip addr add 10.9.9.${host#host}/24 dev xenbr0"
	done
	GUEST_MEM=144 domu_client host1 g1 1
	domu_volume host1 g1 32M
}

teardown_file() { lab_stop; }
teardown() { xen_end_case; }

@test "live migration to another host under write load: no error, and every word is right" {
	xen_bg host2 580 receiver 'exec socat -t 600 TCP-LISTEN:9000,reuseaddr EXEC:"xl migrate-receive"'
	guest_bg host1 g1 900 load '
		n=0
		until [ -e /tmp/enough ]; do
			n=$((n + 1))
			blocks write /dev/memx0 $n >/tmp/said && blocks check /dev/memx0 $n >>/tmp/said || break
		done
		echo "$n passes"; cat /tmp/said'
	guest_run host1 g1 60 'until_true 50 begun 2000'
	run -0 xen_run host1 580 'xl migrate -s "" g1 "socat -t 600 - TCP:10.9.9.2:9000"'
	[ ! -e "$LAB_RUN/bg/load.rc" ]
	[ "$(xen_guests host1)" = "" ]
	[ "$(xen_guests host2)" = g1 ]
	xen_run host2 20 'guest_tty g1'
	guest_run host2 g1 20 'touch /tmp/enough'
	run -0 vm_wait load 300
	[ "${lines[1]}" = "ok 8192" ]
	[ "${lines[4]}" = "ok 8192" ]
	[ "$(figures host2 g1 errors lost)" = $'0\n0' ]
	# The writes went on over there.
	out=$(figures host2 g1 pages_out)
	run -0 guest_run host2 g1 200 'blocks write /dev/memx0 99'
	[ "$(figures host2 g1 pages_out)" = $((out + 8192)) ]
}
