# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What runs in dom0, on top of tests/lab/guest/lib.sh.
export PATH=/lab/bin:/usr/sbin:/usr/bin

# host_up: xenstored, xenconsoled and all that xl needs, without systemd and udev
host_up() {
	local module logs
	logs=/lab/xen/console/$(hostname)
	mkdir -p /run/xen /run/lock /var/lib/xen /var/log/xen "$logs"
	ln -sfn /run /var/run
	ln -sfn /run/lock /var/lock
	[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
	# Xen's scripts wait for their lock for ever when there is no /dev/stdin.
	[ -e /dev/stdin ] || ln -s /proc/self/fd/0 /dev/stdin
	for module in xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-blkback; do
		modprobe $module || return
	done
	mount -t xenfs xenfs /proc/xen || return
	daemon xenstored --pid-file /run/xen/xenstored.pid || return
	/usr/lib/xen-4.17/bin/xen-init-dom0 >/dev/null || return
	daemon xenconsoled --pid-file=/run/xen/xenconsoled.pid --log=guest \
		--log-dir="$logs" || return
	xl info >/dev/null
}

daemon() {
	"/usr/lib/xen-4.17/bin/$1" "${@:2}" </dev/null >/dev/null 2>&1 3>&-
}

# guest_make NAME: makes the guest of /lab/xen/run/NAME.cfg
guest_make() {
	xl create -q "/lab/xen/run/$1.cfg" && guest_tty "$1"
}

# guest_tty NAME: notes where the guest's console is; to be called when it got another domain
guest_tty() {
	xenstore-read "/local/domain/$(xl domid "$1")/console/tty" >"/run/xen/tty.$1"
}

# guest_say NAME FILE: gives the lines to the guest's console
guest_say() {
	local tty lines
	read -r tty <"/run/xen/tty.$1" && lines=$(<"$2") || return
	{
		flock 9
		echo "$lines" >"$tty"
	} 9>"/run/xen/tty.$1.lock"
}

guest_gone() { ! xl domid "$1" >/dev/null 2>&1; }

# vbd GUEST VDEV: the node of a guest's disk in the backend's part of xenstore
vbd() {
	echo "/local/domain/0/backend/vbd/$(xl domid "$1")/$2"
}

# vbds VOLUME...: how many disks of guests xenstore has that are one of the volumes
vbds() {
	local volume n=0
	for volume; do
		n=$((n + $(xenstore-ls -f /local/domain/0/backend/vbd 2>/dev/null |
			grep -c "/params = \"${volume}[,\"]")))
	done
	echo $n
}

# of_volume KEY [NAME]: a figure of a volume
of_volume() {
	memx-admin --json list | sed -n "/\"name\": \"${2:-v0}\"/,/\"places\"/p" |
		sed -n "s/.*\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" | head -n 1
}

# is_released VOLUME: no guest has it, and nothing on this host
is_released() {
	[ "$(vbds "$1")" = 0 ] && [ "$(of_volume openers "$1")" = 0 ]
}

# attach GUEST VDEV TARGET, detach GUEST VDEV: what xl says, and its status
attach() {
	xl block-attach "$1" "vdev=$2,${4:-access=rw},script=block-memx,target=$3" 2>&1
}

detach() { xl block-detach "$1" "$2" 2>&1; }

# host_bridge [DEVICE]: eth0, or it, becomes a port of the bridge xenbr0, where guests' interfaces go
# too
host_bridge() {
	local dev=${1:-eth0}
	modprobe xen-netback || return
	ip link add xenbr0 address "$(cat "/sys/class/net/$dev/address")" type bridge \
		mcast_snooping 0 forward_delay 0 &&
		ip addr flush dev "$dev" && ip link set "$dev" master xenbr0 && ip link set xenbr0 up
}

# backend_of GUEST NUMBER: the driver that has a disk
backend_of() {
	basename "$(readlink "/sys/bus/xen-backend/devices/vbd-$(xl domid "$1")-$2/driver")"
}

# grants [GUEST]: how many pages of guests, or of one, are mapped somewhere
grants() {
	xl dmesg -c >/dev/null
	xl debug-keys g
	until_true 60 console_done >&2 || return
	awk -v "d=${1:+d$(xl domid "$1") }" '
		/grant-table for remote/ { mine = index($0, d) > 0 }
		mine && /\[0x[0-9a-f]+\]/ { n++ }
		END { print n + 0 }' /tmp/grants
}

console_done() {
	xl dmesg >/tmp/grants
	grep -q 'gnttab_usage_print_all .*done' /tmp/grants
}

grants_are() { [ "$(grants)" = "$1" ]; }

# held GUEST: what a guest's disks hold, a figure a line: nodes in xenstore, grants of the guest that
# are mapped, MiB of the hypervisor that are free, users of the module memx_client, and ranges of
# addresses that drivers took for pages of guests
held() {
	echo "nodes $(xenstore-ls -f | wc -l)"
	echo "grants $(grants "$1")"
	echo "free $(xl info free_memory)"
	echo "users $(cat /sys/module/memx_client/refcnt)"
	echo "ranges $(grep -c 'Xen scratch' /proc/iomem)"
}

# pages: of dom0 that are in use, without caches that can be dropped
pages() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(MemFree|Cached|Buffers|SReclaimable):/ { n += $2 } END { print n / 4 }' /proc/meminfo
}

# cycles FROM TO BACKEND: volume v0 becomes a disk of g1 and is taken from it; in between the guest writes a block
cycles() {
	local n
	for n in $(seq "$1" "$2"); do
		attach g1 xvdb "v0,backend=$3" || return
		until_true 60 written v0 $((n + 1)) || return
		detach g1 xvdb || return
		until_true 30 is_released v0 || return
	done
}

written() { [ "$(of_volume pages_out "$1")" = "$2" ]; }
