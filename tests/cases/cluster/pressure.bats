#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# A client that lives on remote swap while frames get lost.
load common

setup_file() {
	lab_start
	cluster_programs anon
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
