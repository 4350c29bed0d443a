#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A client that lives on remote swap while frames get lost.
load common

setup_file() {
	lab_start
	cluster_programs anon pageout
	vm_start client mem=160
	vm_start donor1 mem=384
	vm_start donor2 mem=384
	vm_ready client donor1 donor2
	SECURITY=psk
	cluster_donor donor1 256M
	cluster_donor donor2 256M
	cluster_join client memx_client
	lab_until 20 cluster_sees 2
}

teardown_file() { lab_stop; }
teardown() { lab_end_case; }

# Into extents that donors have, and into new ones. Other requests wait for ten minutes, but for this one all
# that allocates memory may be waiting. The kernel keeps the pages. Before it gives a slot of its swap space
# away it may have to discard others.
@test "swap-out and discards to donors that are silent fail after 30 s, and nothing is lost" {
	vm_run client 60 'memx-admin create swap0 --size 64M --use swap && pageout 4 0'
	vm_run client 60 'memx-admin create v1 --size 4M && until_true 10 test -b /dev/memx1 &&
		dd if=/dev/urandom of=/dev/memx1 bs=1M count=4 oflag=direct'
	[ "$(volume errors)" = 0 ]
	vm_pause donor1
	vm_pause donor2
	vm_bg client 200 out 'pageout 32 60'
	vm_bg client 200 discard 'from=$(cut -d. -f1 /proc/uptime); blkdiscard -f /dev/memx1
		echo "status $? after $(($(cut -d. -f1 /proc/uptime) - from)) s"'
	sleep 20
	[ "$(volume errors)" = 0 ]
	sleep 30
	[ "$(volume errors)" -gt 0 ]
	run -0 vm_wait out 60
	[ "$output" = "0 words wrong" ]
	run vm_wait discard 60
	[[ $output =~ status\ 1\ after\ ([0-9]+)\ s ]]
	[ "${BASH_REMATCH[1]}" -ge 25 ] && [ "${BASH_REMATCH[1]}" -le 45 ]
	vm_resume donor1
	vm_resume donor2
	vm_run client 60 'dmesg | grep "Write-error on swap-device" && pageout 4 0 &&
		swapoff /dev/memx0 && memx-admin destroy swap0 && memx-admin destroy v1'
}

@test "a working set of three times the free memory for a minute: no deadlock, every word right" {
	vm_run client 60 'memx-admin create swap0 --size 480M && until_true 10 test -b /dev/memx0 &&
		mkswap /dev/memx0 >/dev/null && swapon -d /dev/memx0'
	free=$(vm_run client 10 "awk '/MemAvailable/ { print int(\$2 / 1024) }' /proc/meminfo")
	for name in client donor1 donor2; do net_netem $name "loss 0.5%"; done
	run -0 vm_run client 500 "anon $((3 * free)) 60 5"
	[[ $output == *" 0 words wrong" ]]
	[ "$(volume errors)" = 0 ]
	run -1 vm_run client 20 'dmesg | grep -ci "out of memory\|oom-kill"'
	for name in client donor1 donor2; do net_netem $name none; done
	vm_run client 240 'swapoff /dev/memx0 && memx-admin destroy swap0'
}
