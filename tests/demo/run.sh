#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demonstration: a client of 192 MiB and two donors, virtual machines with a stock Debian kernel
# on a virtual network, sort on remote memory what does not fit into the client's.
# Usage: make demo		DEMO_SECURITY=none: without encryption
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/lab.bash
. "$here/../lab/lab.bash"
security=${DEMO_SECURITY:-psk}
began=$SECONDS

step() { printf '\n[%3d s] %s\n' $((SECONDS - began)) "$*"; }

# The first number of a JSON key in the client's list of volumes.
volume() {
	vm_run client 20 'memx-admin --json list' |
		sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" |
		head -n 1
}

join_node() { # NAME MODULE
	vm_run "$1" 60 "memx_load memx_rmap $2 && memx-admin node set --name $1 --security $security &&
		if [ $security = psk ]; then memx-admin key set /lab/run/cluster.key; fi &&
		memx-admin link add eth0"
}

# Sorts in the client and reports until it is done. Prints nothing but progress; the program's own
# words are in $LAB_RUN/share/run/$1.
sort_there() { # TAG MIB SECONDS
	local tag=$1 mib=$2 seconds=$3 line last=
	vm_bg client "$seconds" "$tag" "quicksort $mib 2007 >/lab/run/$tag 2>&1"
	until [ -e "$LAB_RUN/bg/$tag.rc" ]; do
		lab_until 5 test -e "$LAB_RUN/bg/$tag.rc" || true
		line=$(tail -n 1 "$LAB_RUN/share/run/$tag" 2>/dev/null || true)
		[ "$line" = "$last" ] || printf '          %s\n' "$line"
		last=$line
	done
	vm_wait "$tag" 5 || true
}

both_are_seen() {
	[ "$(vm_run client 10 'memx-admin --json servers' | grep -c '"state": "ok"')" = 2 ]
}

said() { sed -n "s/^$2 //p" "$LAB_RUN/share/run/$1"; }
disk_limit=150	# seconds

step "building the kernel modules and memx-admin"
"$here/../lab/prepare.sh"
lab_start
lab_trap
gcc -std=gnu11 -O2 -static -o "$LAB_RUN/share/bin/quicksort" "$here/quicksort.c"
"$MEMX_BUILD/bin/memx-admin" key generate "$LAB_RUN/share/run/cluster.key" >/dev/null
truncate -s 256M "$LAB_RUN/disk"

step "booting: client (192 MiB, and a disk of 8 ms per request), donor1 and donor2 (512 MiB)"
LAB_QEMU_ARGS="-drive file=$LAB_RUN/disk,format=raw,if=none,id=d1,throttling.iops-total=125 \
	-device virtio-blk-pci,drive=d1,romfile=" vm_start client mem=192
vm_start donor1 mem=512
vm_start donor2 mem=512
vm_ready client donor1 donor2

step "the donors give 256 MiB each, the client swaps to both (security: $security)"
for donor in donor1 donor2; do
	join_node $donor memx_server
	vm_run $donor 20 'memx-admin server start --capacity 256M'
done
join_node client memx_client
lab_until 15 both_are_seen
vm_run client 60 'udev_start; memx-admin create swap0 --size 480M --use swap; memx-admin servers'
free=$(vm_run client 10 "awk '/MemAvailable/ { print int(\$2 / 1024) }' /proc/meminfo")
big=$((2 * free)) small=$((free - 5))

# Pages that a fault brings in. A quicksort goes through its memory in order, so many help it.
read_ahead() { vm_run client 10 "echo $1 >/proc/sys/vm/page-cluster"; }

step "quicksort of $big MiB of random integers in $free MiB of free memory"
read_ahead 5
sort_there big $big 400
pages_out=$(volume pages_out) pages_in=$(volume pages_in)
places=$(vm_run client 20 'memx-admin list')
for donor in donor1 donor2; do
	rtt+=$(vm_run client 30 "memx-admin ping $donor --size 4096 --count 50")$'\n'
done

step "a smaller one, $small MiB, page by page, on remote memory and then on the disk"
# The disk here has no limit of bytes: with pages read ahead it would be quicker than any that
# needs 8 ms for a request, and than the emulated processor, which has to decrypt them.
read_ahead 0
sort_there small $small 120
vm_run client 60 'swapoff -a; mkswap /dev/vdb >/dev/null && swapon /dev/vdb'
sort_there disk $small $disk_limit
lab_check

printf '\n%s\n' "Where the pages lie"
printf '%s\n' "$places" | sed 's/^/  /'
printf '\n%s\n' "Round trips of a page"
printf '%s' "$rtt" | sed 's/^/  /'
disk_seconds=$(said disk seconds) disk_result=$(said disk result)
printf '\n%-46s %10s %8s\n' "Quicksort" seconds result
printf '  %-44s %10s %8s\n' \
	"$big MiB on remote memory" "$(said big seconds)" "$(said big result)" \
	"$small MiB page by page, on remote memory" "$(said small seconds)" "$(said small result)" \
	"$small MiB page by page, on a disk of 8 ms" "${disk_seconds:-over $disk_limit}" \
	"${disk_result:-ended}"
printf '\n%s\n' "$pages_out pages went out and $pages_in came in while $big MiB were sorted."
if [ "$(said big result)" = right ] && [ "$(said small result)" = right ] &&
	[ "$pages_out" -gt $((free * 256)) ] && [ "$pages_in" -gt $((free * 256)) ]; then
	echo "The demonstration went well ($((SECONDS - began)) s)."
else
	echo "The demonstration failed ($((SECONDS - began)) s)."
	exit 1
fi
