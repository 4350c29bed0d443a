#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Median time of a random read of 4 KiB at queue depth 1, in one run: in dom0, in guests through
# xen-blkback and memx_xen, in a guest that is the client itself, and on a virtual disk.
# Usage: tests/xen/bench.sh     BENCH_S=N: each time for N seconds (5); BENCH_ROUNDS=N (5)
# Rounds alternate, so that a busy host hits all alike; the figure is the median of the rounds.
set -u
# shellcheck source-path=SCRIPTDIR source=domu.bash
. "$(dirname "$0")/domu.bash"
seconds=${BENCH_S:-5} rounds=${BENCH_ROUNDS:-5}

# A donor on two networks: eth0 is dom0's own, eth1 that of the guests' bridge.
donor() {
	cluster_donor "$1" 384M && vm_run "$1" 20 'memx-admin link add eth1'
}

fio="fio --name=r --direct=1 --ioengine=psync --rw=randread --bs=4k --time_based --lat_percentiles=1
	--percentile_list=50 --output-format=json --runtime=$seconds --filename="
median() { sed -n '/"lat_ns"/,/}/s/.*"50.000000" : \([0-9]*\).*/\1/p' | sort -n | tail -n 1; }

in_dom0() { vm_run host $((seconds + 40)) "$fio$1" | median; }
in_guest() { guest_run host "$1" $((seconds + 40)) "$fio$2" | median; }

# give GUEST VOLUME BACKEND
give() {
	vm_run host 60 "memx-admin create $2 --size 64M >/dev/null" &&
		xen_run host 60 "attach $1 xvdb $2,backend=$3" &&
		guest_run host "$1" 30 'until_true 20 test -b /dev/xvdb' && fill_guest "$1" /dev/xvdb
}

# Blocks that were never written, or are uniform, are answered without a page on the wire.
fill_guest() { guest_run host "$1" 300 "blocks write $2 1 >/dev/null"; }

set_up() {
	xen_lab
	xen_memx_in_guests
	vm_start donor1 mem=640 nics=2
	xen_start host 1024 nics=2
	vm_ready donor1 && xen_ready host && donor donor1 || return
	cluster_join host memx_client && xen_run host 20 'host_bridge eth1' || return
	xen_guest host blkback && give blkback v1 blkback || return
	ways=(native blkback)
	if vm_run host 20 'memx_load memx_xen 2>/dev/null; [ -d /sys/module/memx_xen ]'; then
		xen_guest host memx && give memx v2 memx && ways+=(memx) || return
	fi
	domu_guest host domu 1 && guest_join host domu memx_client && domu_volume host domu 64M &&
		fill_guest domu /dev/memx0 || return
	vm_run host 20 'memx-admin create v0 --size 64M >/dev/null' || return
	native=/dev/$(xen_run host 20 'of_volume disk v0')
	vm_run host 300 "blocks write $native 1 >/dev/null" || return
	ways+=(domu disk)
}

measure() {
	case $1 in
	native) in_dom0 "$native" ;;
	blkback | memx) in_guest "$1" /dev/xvdb ;;
	domu) in_guest domu /dev/memx0 ;;
	disk) in_dom0 /dev/vdb ;;
	esac
}

lab_trap
"$XEN_DIR/prepare.sh" >&2 || exit
set_up || {
	echo "bench-xen: cannot set it up" >&2
	exit 1
}
figures=$MEMX_BUILD/bench-xen.figures
: >"$figures"
for ((round = 1; round <= rounds; round++)); do
	for way in "${ways[@]}"; do
		ns=$(measure "$way") && [ -n "$ns" ] || {
			echo "bench-xen: cannot measure: $way" >&2
			exit 1
		}
		echo "$way $ns" >>"$figures"
	done
	echo "bench-xen: round $round of $rounds" >&2
done
xen_check && lab_check || exit

awk '
function middle(way,	n, i, j, t, v) {
	n = split(all[way], v, " ")
	for (i = 1; i <= n; i++)
		for (j = i + 1; j <= n; j++)
			if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
	return v[int((n + 1) / 2)] / 1000
}
BEGIN {
	split("native blkback memx domu disk", order, " ")
	title["native"] = "dom0, the volume itself"; paper["native"] = "1"
	title["blkback"] = "guest, xen-blkback (DD)"; paper["blkback"] = "1.12"
	title["memx"] = "guest, memx_xen (DD)"; paper["memx"] = "1.12"
	title["domu"] = "guest that is the client (DomU)"; paper["domu"] = "1.35"
	title["disk"] = "dom0, a virtual disk"; paper["disk"] = "98"
}
{ all[$1] = all[$1] " " $2 }
END {
	printf "%-34s %10s %10s %10s\n", "4 KiB random read, depth 1", "median us", "ratio", "paper"
	for (i = 1; i <= 5; i++) {
		way = order[i]
		if (!(way in all)) { printf "%-34s %10s\n", title[way], "not there"; continue }
		printf "%-34s %10.0f %10.2f %10s\n", title[way], middle(way), middle(way) / middle("native"),
			paper[way]
	}
}' "$figures"
