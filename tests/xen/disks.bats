#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Volumes of dom0 as disks of guests, by block-memx and XEN_BACKEND: blkback (default), the stock
# xen-blkback, or memx, that is memx_xen.
load xen
BACKEND=${XEN_BACKEND:-blkback}

setup_file() {
	xen_lab
	vm_start donor1 mem=384
	vm_start donor2 mem=384
	xen_start client
	vm_ready donor1 donor2
	xen_ready client
	cluster_donor donor1 256M
	cluster_donor donor2 256M
	cluster_join client memx_client
	load_backend
	lab_until 20 cluster_sees 2
	xen_guest client g1
}

load_backend() { [ "$BACKEND" = blkback ] || vm_run client 30 'memx_load memx_xen'; }
unload_backend() { [ "$BACKEND" = blkback ] || vm_run client 30 'rmmod memx_xen'; }

teardown_file() { lab_stop; }

setup() {
	lab_until 30 cluster_sees 2
	[ "$(xen_guests client)" = g1 ] || xen_guest client g1
	vm_run client 20 'memx-admin create v0 --size 32M'
}

teardown() {
	local rc=0
	xen_end_case || rc=1
	vm_run client 60 'for name in v0 v1; do memx-admin destroy $name --force 2>/dev/null; done; true'
	return $rc
}

# attach GUEST VDEV VOLUME [access=...]: until the guest has the disk
attach() {
	xen_run client 60 "attach $1 $2 $3,backend=$BACKEND ${4:-}" || return
	guest_run client "$1" 30 "until_true 20 test -b /dev/$2" || return
	is "$(xen_run client 20 "backend_of $1 $(vdev_number "$2")")" "$(driver)"
}

# The name that a driver has in sysfs
driver() { [ "$BACKEND" = blkback ] && echo vbd || echo memx_xen; }
vdev_number() { echo $((51712 + 16 * ($(printf %d "'${1#xvd}") - 97))); }

# detach GUEST VDEV VOLUME: and nobody holds the volume
detach() {
	xen_run client 60 "detach $1 $2 && until_true 20 is_released $3"
}

# verify_bg GUEST TAG DEVICE MIB
guest_verify_bg() {
	guest_bg client "$1" 200 "$2" "fio --name=v --filename=/dev/$3 --direct=1 --ioengine=libaio \
		--iodepth=8 --rw=randwrite --bsrange=4k-64k --size=$4M --verify=crc32c \
		--verify_fatal=1 --do_verify=1 --output=/tmp/fio.out || { cat /tmp/fio.out; false; }"
}

has_begun() { [ "$(volume pages_out)" -gt "${1:-500}" ]; }
waits() { [ "$(volume waiting)" -gt 0 ]; }

# refused_in_time GUEST WORDS TARGET [access=...]: what fails says so within the 40 s after which libxl would
# kill the script. libxl leaves the nodes of such a disk; block-detach takes them away.
refused_in_time() {
	local from=$SECONDS before
	before=$(xen_run client 20 'xenstore-ls -f | wc -l')
	run xen_run client 90 "attach $1 xvdb $3,backend=$BACKEND ${4:-}"
	[ "$status" -ne 0 ]
	[[ $output == *"script: MemX: $2"* ]]
	[[ $output != *"because of timeout"* ]]
	[ $((SECONDS - from)) -lt 40 ]
	xen_run client 60 "detach $1 xvdb"
	[ "$(xen_run client 20 'xenstore-ls -f | wc -l')" = "$before" ]
}

@test "fio verifies what it wrote, and each block is on the volume when the guest has let it go" {
	attach g1 xvdb v0
	guest_verify_bg g1 load xvdb 16
	run -0 vm_wait load 220
	[ "$(volume pages_out)" -ge 4096 ]
	[ "$(volume pages_in)" -ge 4096 ]
	run -0 guest_run client g1 200 'blocks write /dev/xvdb 7'
	[ "${lines[0]}" = "ok 8192" ]
	detach g1 xvdb v0
	run -0 vm_run client 100 'blocks check /dev/memx0 7'
	[ "${lines[0]}" = "ok 8192" ]
	[ "$(volume errors)" = 0 ]
	vm_run client 20 'memx-admin destroy v0'
}

@test "ext4: files are right after a forced unmount, and the check finds nothing" {
	attach g1 xvdb v0
	run -0 guest_run client g1 150 'set -e
		mkfs.ext4 -q /dev/xvdb
		mkdir -p /mnt/v && mount -t ext4 -o discard /dev/xvdb /mnt/v
		dd if=/dev/urandom of=/tmp/r bs=1M count=4 status=none
		for n in 1 2 3; do cp /tmp/r /mnt/v/$n; done
		rm /mnt/v/2
		umount -f /mnt/v
		e2fsck -fn /dev/xvdb
		mount -t ext4 /dev/xvdb /mnt/v
		for n in 1 3; do cmp /tmp/r /mnt/v/$n; done
		umount /mnt/v; rm /tmp/r'
	detach g1 xvdb v0
	run -0 vm_run client 60 'e2fsck -fn /dev/memx0'
	[[ $output =~ " 13/"[0-9]+" files " ]]
	[ "$(volume errors)" = 0 ]
}

@test "swap: a guest thrashes half as much again as its memory, and every word is right" {
	vm_run client 20 'memx-admin create v1 --size 160M'
	GUEST_MEM=128 xen_guest client g2
	attach g2 xvdb v1
	run -0 guest_run client g2 400 'set -e
		mkswap /dev/xvdb >/dev/null; swapon -d /dev/xvdb
		free=$(awk "/MemAvailable/ { print int(\$2 / 1024) }" /proc/meminfo)
		anon $((free * 3 / 2)) 30 5
		swapoff /dev/xvdb
		sed -n "s/^pswpout //p" /proc/vmstat'
	[[ ${lines[0]} == *" pages, "*" visits, 0 words wrong" ]]
	[ "${lines[1]}" -gt 5000 ]
	[ "$(xen_run client 20 'of_volume pages_out v1')" -gt "${lines[1]}" ]
	[ "$(xen_run client 20 'of_volume errors v1')" = 0 ]
	detach g2 xvdb v1
	vm_run client 60 'xl destroy g2 && memx-admin destroy v1'
}

@test "a donor that is paused for 10 s under load: the guest waits, and nothing is lost" {
	attach g1 xvdb v0
	guest_verify_bg g1 load xvdb 24
	lab_until 60 has_begun
	vm_pause donor1
	lab_until 20 waits
	run ! lab_until 10 test -e "$LAB_RUN/bg/load.rc"
	vm_resume donor1
	run -0 vm_wait load 220
	[ "$(volume errors)" = 0 ]
	[ "$(volume lost)" = 0 ]
	detach g1 xvdb v0
}

@test "a volume that a guest writes is refused to another, and given when it is free" {
	GUEST_MEM=128 xen_guest client g2
	attach g1 xvdb v0
	run -0 guest_run client g1 200 'blocks write /dev/xvdb 3'
	refused_in_time g2 "volume v0 is the disk of guest g1 already (vdev 51728)" v0
	refused_in_time g2 "volume v0 is the disk of guest g1 already (vdev 51728)" v0 access=ro
	[ "$(xen_run client 20 'vbds v0')" = 1 ]
	detach g1 xvdb v0

	vm_bg client 90 holder 'exec 5</dev/memx0; touch /tmp/held; until_true 80 test ! -e /tmp/held'
	lab_until 10 vm_run client 10 'test -e /tmp/held'
	refused_in_time g2 "volume v0 is in use on this host" v0
	vm_run client 10 'rm /tmp/held'
	run -0 vm_wait holder 20

	attach g1 xvdb v0 access=ro
	attach g2 xvdb v0 access=ro
	run -1 guest_run client g1 30 'dd if=/dev/zero of=/dev/xvdb bs=4096 count=1 oflag=direct'
	run -0 guest_run client g2 200 'blocks check /dev/xvdb 3'
	[ "${lines[0]}" = "ok 8192" ]
	xen_run client 60 'detach g1 xvdb'
	detach g2 xvdb v0
	vm_run client 60 'xl destroy g2'
}

@test "a guest that crashes under load lets go of its volume" {
	attach g1 xvdb v0
	guest_verify_bg g1 load xvdb 24
	lab_until 60 has_begun
	guest_run client g1 5 'echo c >/proc/sysrq-trigger' || true
	lab_until 40 xen_run client 20 'guest_gone g1'
	run -0 guest_log g1
	[[ $output == *"Kernel panic - not syncing: sysrq triggered crash"* ]]
	run -1 xen_check
	[[ $output == *"the console guest-g1.log says:"* ]]
	xen_forgive
	xen_run client 60 'until_true 40 is_released v0 && memx-admin destroy v0'
	rm -f "$LAB_RUN/bg/load.rc"
}

@test "a guest that is destroyed with I/O in flight lets go of its volume and of its pages" {
	local grants
	vm_run client 60 'xl destroy g1'
	grants=$(xen_run client 60 grants)
	xen_guest client g1
	attach g1 xvdb v0
	guest_verify_bg g1 load xvdb 24
	lab_until 60 has_begun
	run -0 xen_run client 90 'xl destroy g1 && until_true 40 is_released v0'
	xen_run client 90 "until_true 60 grants_are $grants"
	[ "$(volume errors)" = 0 ]
	vm_run client 20 'memx-admin destroy v0'
}

@test "a guest that is destroyed while its I/O waits for donors: the volume is free when they are back" {
	attach g1 xvdb v0
	guest_verify_bg g1 load xvdb 24
	lab_until 60 has_begun
	vm_pause donor1
	vm_pause donor2
	lab_until 20 waits
	run xen_run client 120 'xl destroy g1'
	run ! xen_run client 20 'is_released v0'
	[ "$(volume openers)" -gt 0 ]
	vm_resume donor1
	vm_resume donor2
	lab_until 60 xen_run client 30 'is_released v0'
	[ "$(volume errors)" = 0 ]
	vm_run client 20 'memx-admin destroy v0'
}

@test "a PVH guest: fio verifies what it wrote" {
	GUEST_MEM=192 xen_guest client g2 "type = 'pvh'"
	run -0 guest_run client g2 20 'cat /sys/hypervisor/guest_type'
	[ "$output" = PVH ]
	attach g2 xvdb v0
	guest_verify_bg g2 load xvdb 16
	run -0 vm_wait load 220
	[ "$(volume pages_in)" -ge 4096 ]
	[ "$(volume errors)" = 0 ]
	detach g2 xvdb v0
	guest_check client g2
	vm_run client 60 'xl destroy g2'
}

@test "two guests on two volumes at once" {
	vm_run client 20 'memx-admin create v1 --size 24M'
	GUEST_MEM=192 xen_guest client g2
	attach g1 xvdb v0
	attach g2 xvdb v1
	guest_verify_bg g1 one xvdb 12
	guest_verify_bg g2 two xvdb 12
	run -0 vm_wait one 220
	run -0 vm_wait two 220
	guest_bg client g1 250 one 'blocks write /dev/xvdb 11'
	guest_bg client g2 250 two 'blocks write /dev/xvdb 12'
	run -0 vm_wait one 270
	[ "${lines[0]}" = "ok 8192" ]
	run -0 vm_wait two 270
	[ "${lines[0]}" = "ok 6144" ]
	detach g1 xvdb v0
	detach g2 xvdb v1
	run -0 xen_run client 200 'blocks check /dev/$(of_volume disk v0) 11 &&
		blocks check /dev/$(of_volume disk v1) 12'
	[ "${lines[0]}" = "ok 8192" ]
	[ "${lines[3]}" = "ok 6144" ]
	vm_run client 60 'xl destroy g2 && memx-admin destroy v1'
}

@test "save and restore under write load: the volume is free in between, every word is right" {
	vm_run client 60 'xl destroy g1'
	DISKS=("vdev=xvdb,format=raw,access=rw,script=block-memx,target=v0,backend=$BACKEND")
	GUEST_MEM=160 xen_guest client g3
	guest_bg client g3 280 load 'blocks write /dev/xvdb 21'
	lab_until 60 has_begun 2000
	run -0 xen_run client 120 'xl save g3 /tmp/g3.save && until_true 20 is_released v0'
	[ ! -e "$LAB_RUN/bg/load.rc" ]
	run -0 xen_run client 120 'xl restore /tmp/g3.save && guest_tty g3; rm /tmp/g3.save'
	run -0 vm_wait load 300
	[ "${lines[0]}" = "ok 8192" ]
	run -0 guest_run client g3 200 'blocks check /dev/xvdb 21'
	[ "${lines[0]}" = "ok 8192" ]
	[ "$(volume errors)" = 0 ]
	guest_check client g3
	run -0 xen_run client 60 'xl destroy g3 && until_true 20 is_released v0 && memx-admin destroy v0'
}

@test "100 times attached, written and detached: no grant, page or node of xenstore is left" {
	local cycles=${XEN_CYCLES:-100} before after pages left grants
	guest_bg client g1 3000 writer "for n in \$(seq 0 $((cycles + 2))); do
			until_true 60 test -b /dev/xvdb || exit 1
			printf '%-4096s' \"cycle \$n\" | dd of=/dev/xvdb bs=4096 seek=\$n count=1 iflag=fullblock \
				oflag=direct conv=nocreat,notrunc status=none || exit 1
			until_true 60 test ! -e /dev/xvdb || exit 1
		done"
	run -0 xen_run client 100 "cycles 0 2 $BACKEND"
	before=$(xen_run client 60 'held g1')
	pages=$(xen_run client 60 pages)
	run -0 xen_run client 3000 "cycles 3 $((cycles + 2)) $BACKEND"
	run -0 vm_wait writer 60
	after=$(xen_run client 60 'held g1')
	left=$((pages - $(xen_run client 60 pages)))
	echo "before: ${before//$'\n'/, }; after: ${after//$'\n'/, }; $left pages more in dom0"
	[ "$(volume pages_out)" = $((cycles + 3)) ]
	[ "$(grep -v grants <<<"$after")" = "$(grep -v grants <<<"$before")" ]
	# The guest's root disk keeps grants as well, and gives some back when it is idle.
	grants=$(($(sed -n 's/^grants //p' <<<"$after") - $(sed -n 's/^grants //p' <<<"$before")))
	[ $grants -lt $((cycles / 4 + 1)) ]
	[ $left -lt "$cycles" ]
	run -0 vm_run client 60 "for n in \$(seq 0 $((cycles + 2))); do printf '%-4096s' \"cycle \$n\"; done |
		cmp - <(dd if=/dev/memx0 bs=4096 count=$((cycles + 3)) iflag=direct status=none)"
	vm_run client 20 'memx-admin destroy v0'
}

@test "no such volume, and one that is larger than it" {
	refused_in_time g1 "there is no volume nothing; make it with 'memx-admin create nothing" nothing
	refused_in_time g1 "volume v0 has 32 MiB, not 33" 'v0,size=33M'
	refused_in_time g1 "'' is no name of a volume" ''
	refused_in_time g1 "there is no key 'colour'" v0,colour=red
}

@test "a volume is made with create=yes, and goes with destroy=yes" {
	attach g1 xvdb v1,size=16M,create=yes,destroy=yes
	run -0 guest_run client g1 60 'blockdev --getsize64 /dev/xvdb; blocks write /dev/xvdb 4'
	[ "${lines[0]}" = $((16 << 20)) ]
	[ "${lines[1]}" = "ok 4096" ]
	xen_run client 60 'detach g1 xvdb'
	run -1 xen_run client 20 'memx-admin list | grep v1'
	run -0 vm_run donor1 20 'memx-admin --json server status'
	[[ $output == *'"stored": 0'* ]]
}

@test "no donor answers" {
	net_cut donor1
	net_cut donor2
	lab_until 60 cluster_sees 0
	refused_in_time g1 "no server answers; " v0
	refused_in_time g1 "no server with free memory answers; " v1,size=8M,create=yes
	run -1 vm_run client 20 'memx-admin list | grep v1'
	net_join donor1
	net_join donor2
	lab_until 60 cluster_sees 2
	attach g1 xvdb v0
	detach g1 xvdb v0
}

secure() { # HOST psk|none
	vm_run "$1" 20 "memx-admin key set /lab/run/key && memx-admin node set --security $2"
}

@test "the module is absent, and the key is wrong" {
	unload_backend
	vm_run client 30 'memx-admin destroy v0; rmmod memx_client memx_rmap'
	refused_in_time g1 "the kernel module memx_client cannot be loaded: FATAL: Module memx_client not" v0

	secure donor1 psk
	secure donor2 psk
	cluster_join client memx_client
	load_backend
	vm_run client 30 'memx-admin key generate --force /tmp/key && memx-admin key set /tmp/key &&
		memx-admin node set --security psk && memx-admin create v0 --size 32M'
	refused_in_time g1 "no server answers; " v0
	[[ $output =~ ": no server answers; "[0-9]+" frames of another cluster or with another security" ]]
	vm_run client 30 'memx-admin destroy v0'
	secure client psk
	lab_until 60 cluster_sees 2
	vm_run client 30 'memx-admin create v0 --size 32M'
	attach g1 xvdb v0
	detach g1 xvdb v0
	vm_run client 30 'memx-admin destroy v0'
	for name in client donor1 donor2; do secure "$name" none; done
	lab_until 60 cluster_sees 2
}
