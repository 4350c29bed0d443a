#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# Volumes of dom0 as disks of PV guests, by memx_xen.
load xen

setup_file() {
	"$XEN_DIR/kmod.sh"
	xen_lab
	cp "$XEN_DIR/guest/backend.sh" "$LAB_RUN/share/guest/"
	cp "$LAB_OUT/xen/evil_front.ko" "$LAB_RUN/share/xen/guest/extra/"
	echo '. /lab/guest/backend.sh' >>"$LAB_RUN/share/guest/host.sh"
	vm_start donor mem=384
	xen_start client 700
	vm_ready donor
	xen_ready client
	cluster_donor donor 256M
	cluster_join client memx_client
	# Grants of the guests' root disks do not stay mapped: so they can be counted.
	vm_run client 60 'mkdir -p /run/modprobe.d && modprobe -r xen-blkback &&
		echo options xen_blkback feature_persistent=0 >/run/modprobe.d/xen.conf &&
		modprobe xen-blkback && memx_load memx_xen'
	lab_until 20 cluster_sees 1
	xen_guest client g1
}

teardown_file() { lab_stop; }

setup() {
	lab_until 20 cluster_sees 1
	vm_run client 60 'lsmod | grep -q ^memx_xen || memx_load memx_xen'
	xen_run client 60 '! guest_gone g1' || xen_guest client g1
	vm_run client 60 'memx-admin create v1 --size 64M; memx-admin create v2 --size 64M'
}

# Whatever a case left: nothing of it stays for the next.
teardown() {
	local rc=0
	xen_end_case || rc=1
	vm_run client 120 'for guest in $(xl list | awk "NR > 2 { print \$1 }"); do
		for dev in 51728 51744; do xl block-detach $guest $dev; done; done
		for v in v1 v2; do memx-admin destroy $v --force; done; true' >/dev/null 2>&1
	return $rc
}

# verify GUEST VDEV MIB [ARGUMENT of fio]...: writes, and reads all of it again
verify() {
	local guest=$1 vdev=$2 mib=$3
	shift 3
	guest_run client "$guest" 240 "test -b /dev/$vdev && fio --name=v --filename=/dev/$vdev --direct=1 \
		--ioengine=libaio --iodepth=16 --rw=randwrite --bsrange=4k-128k --size=${mib}M \
		--verify=crc32c --verify_fatal=1 --do_verify=1 --output=/tmp/fio.out $* ||
		{ cat /tmp/fio.out; false; }"
}

# on_disk GUEST VDEV ATTRIBUTE
on_disk() { xen_run client 60 "of_disk $1 $2 $3"; }

@test "a guest writes and verifies 48 MiB; every byte goes by memx_xen, by grants that stay mapped" {
	xen_run client 150 'attach_disk g1 xvdb v1 && [ $(backend_of g1 51728) = memx_xen ]'
	verify g1 xvdb 48
	[ "$(on_disk g1 xvdb write_bytes)" -eq $((48 << 20)) ]
	[ "$(on_disk g1 xvdb read_bytes)" -ge $((48 << 20)) ]
	[ "$(on_disk g1 xvdb indirect)" -gt 100 ]
	[ "$(on_disk g1 xvdb persistent)" = 1 ]
	[ "$(on_disk g1 xvdb mapped)" -le 1200 ]
	[ "$(on_disk g1 xvdb errors)$(on_disk g1 xvdb refused)" = 00 ]
	[[ $(vm_run client 60 'memx-admin xen list') =~ xvdb\ +v1\ +rw\ +connected\ +1\ .*\ 48\ MiB\ +0\ +0$ ]]
	xen_run client 150 'detach_disk g1 xvdb'
}

@test "one request at a time: grants stay mapped as well" {
	xen_run client 150 'attach_disk g1 xvdb v1'
	guest_run client g1 120 'dd if=/dev/urandom of=/dev/xvdb bs=4k count=300 oflag=direct conv=notrunc'
	[ "$(on_disk g1 xvdb writes)" -ge 300 ]
	[ "$(on_disk g1 xvdb mapped)" -le 100 ]
	xen_run client 150 'detach_disk g1 xvdb'
}

@test "a file system on it, flushed, unmounted and checked; discarded, it reads as zeros" {
	xen_run client 150 'attach_disk g1 xvdb v1'
	guest_run client g1 120 'mkfs.ext4 -q /dev/xvdb && mkdir -p /mnt/a && mount /dev/xvdb /mnt/a &&
		cp /bin/busybox /mnt/a/ && sync && umount /mnt/a && e2fsck -fn /dev/xvdb &&
		mount -o ro /dev/xvdb /mnt/a && cmp /bin/busybox /mnt/a/busybox && umount /mnt/a'
	[ "$(on_disk g1 xvdb flushes)" -gt 0 ]
	local discards
	discards=$(on_disk g1 xvdb discards)
	guest_run client g1 120 'blkdiscard /dev/xvdb && cmp -n 67108864 /dev/xvdb /dev/zero'
	[ "$(on_disk g1 xvdb discards)" -gt "$discards" ]
	xen_run client 150 'detach_disk g1 xvdb'
}

@test "without persistent grants each page is mapped for its request, and none is left" {
	local grants
	vm_run client 60 'echo 0 >/sys/module/memx_xen/parameters/persistent_grants'
	grants=$(xen_run client 150 grants)
	xen_run client 150 'attach_disk g1 xvdb v1'
	verify g1 xvdb 16
	[ "$(on_disk g1 xvdb persistent)" = 0 ]
	[ "$(on_disk g1 xvdb mapped)" -ge 8192 ]
	# What is mapped is the ring.
	xen_run client 150 "until_true 60 grants_are $((grants + $(on_disk g1 xvdb ring_pages)))"
	xen_run client 150 'detach_disk g1 xvdb'
	vm_run client 60 'echo 1 >/sys/module/memx_xen/parameters/persistent_grants'
}

@test "a disk for reading cannot be written, nor a volume that another guest writes be attached" {
	xen_run client 150 'attach_disk g1 xvdb v1 ro'
	[ "$(on_disk g1 xvdb mode)" = ro ]
	guest_run client g1 120 '[ "$(cat /sys/block/xvdb/ro)" = 1 ] &&
		! dd if=/dev/zero of=/dev/xvdb bs=4k count=1 oflag=direct conv=notrunc 2>/dev/null'
	[ "$(on_disk g1 xvdb writes)" = 0 ]
	xen_run client 150 'detach_disk g1 xvdb'
}

@test "a volume that grows under a guest: the guest sees it, and uses what is new" {
	xen_run client 150 'attach_disk g1 xvdb v1'
	vm_run client 60 'memx-admin resize v1 --size 96M'
	guest_run client g1 120 'until_true 60 [ "$(blockdev --getsize64 /dev/xvdb)" = 100663296 ]' ||
		guest_run client g1 120 'until_true 60 grep -q 196608 /sys/block/xvdb/size'
	verify g1 xvdb 16 --offset=80M
	xen_run client 150 'detach_disk g1 xvdb'
}

@test "destroyed while no server answers: the guest's pages stay until its requests end" {
	DISKS=("vdev=xvdb,format=raw,access=rw,script=block-memx,target=v1")
	xen_guest client g2
	DISKS=()
	guest_run client g2 120 'dd if=/dev/zero of=/dev/xvdb bs=1M count=2 oflag=direct conv=notrunc'
	net_cut donor
	guest_bg client g2 150 busy 'dd if=/dev/urandom of=/dev/xvdb bs=64k count=64 oflag=direct conv=notrunc'
	xen_run client 150 'waits() { [ "$(of_volume waiting v1)" -gt 0 ]; }; until_true 60 waits; xl destroy g2'
	[ "$(xen_run client 60 'openers v1')" = 1 ]
	net_join donor
	xen_run client 150 'until_true 60 no_opener v1 && until_true 60 guest_gone g2'
}

@test "the volume is destroyed by force under a guest: errors there, and nowhere else" {
	xen_run client 150 'attach_disk g1 xvdb v1 && attach_disk g1 xvdc v2'
	vm_run client 60 'memx-admin destroy v1 --force'
	guest_run client g1 120 '! dd if=/dev/zero of=/dev/xvdb bs=4k count=1 oflag=direct conv=notrunc'
	verify g1 xvdc 8
	xen_run client 150 'detach_disk g1 xvdb && detach_disk g1 xvdc'
}

@test "disks of others are xen-blkback's, whichever module was loaded first" {
	local order
	for order in 'modprobe -r xen-blkback; memx_load memx_xen; modprobe xen-blkback' \
		'modprobe xen-blkback; memx_load memx_xen'; do
		xen_run client 150 "xl destroy g1; until_true 60 guest_gone g1; rmmod memx_xen && $order"
		xen_guest client g1
		xen_run client 150 'attach_disk g1 xvdb v1 && attach g1 xvdc v2,backend=blkback
			[ "$(backend_of g1 51712) $(backend_of g1 51728) $(backend_of g1 51744)" = "vbd memx_xen vbd" ]'
		verify g1 xvdb 4
		verify g1 xvdc 4
		xen_run client 150 'detach_disk g1 xvdb && xl block-detach g1 xvdc
			! dmesg | grep -E "xenbus_dev_probe|error -19"'
	done
}

@test "memx_xen comes while xen-blkback waits with the disk: it is taken over, and those in use stay" {
	xen_run client 150 'rmmod memx_xen && attach g1 xvdb v1 &&
		echo "install memx_xen bash -c \". /lab/guest/lib.sh; memx_load memx_xen\"" \
			>/run/modprobe.d/memx.conf && attach_disk g1 xvdc v2,backend=memx &&
		[ "$(backend_of g1 51728) $(backend_of g1 51744)" = "vbd memx_xen" ]'
	verify g1 xvdc 8
	verify g1 xvdb 4
	xen_run client 150 'detach_disk g1 xvdc && xl block-detach g1 xvdb && attach_disk g1 xvdb v1 &&
		detach_disk g1 xvdb'
}

@test "a guest with two queues, of four pages each, uses both" {
	xen_run client 150 'xl destroy g1; until_true 60 guest_gone g1
		rmmod memx_xen && insmod /lab/modules/memx_xen.ko max_queues=2'
	# As they are loaded, but one with an option.
	sed '/read -r module/s/insmod "[^"]*"/& $([ $module != xen-blkfront.ko ] || echo max_ring_page_order=2)/' \
		"$XEN_DIR/guest/init" >"$LAB_RUN/share/xen/guest/init"
	chmod +x "$LAB_RUN/share/xen/guest/init"
	vm_add_guest_initrd
	DISKS=("vdev=xvdb,format=raw,access=rw,script=block-memx,target=v1")
	xen_guest client g2 'vcpus = 2'
	DISKS=()
	rm "$LAB_RUN/share/xen/guest/init"
	vm_add_guest_initrd
	[ "$(on_disk g2 xvdb queues) $(on_disk g2 xvdb ring_pages)" = '2 4' ]
	verify g2 xvdb 16 --numjobs=2 --size=8M --offset_increment=8M
	# Each has a thread, and events of both came.
	[ "$(xen_run client 60 'grep memx_xen /proc/interrupts | awk "\$2 > 20" | wc -l')" = 2 ]
	xen_run client 150 'xl destroy g2 && until_true 60 no_opener v1 && rmmod memx_xen && memx_load memx_xen'
}

# attacks NAME...: of the guest on its disk xvdb, without its driver
attacks() {
	guest_run client g1 280 "cd /sys/bus/xen/drivers && echo vbd-51728 >vbd/unbind
		for attack in $*; do
			insmod /run/lab/evil_front.ko attack=\$attack
			result=\$(cat /sys/module/evil_front/parameters/result)
			echo vbd-51728 >evil_front/unbind
			rmmod evil_front
			echo \"\$attack: \$result\"
			[ \"\$result\" = ok ] || exit 1
		done" || return
	xen_run client 150 'detach_disk g1 xvdb && attach_disk g1 xvdb v1'
}

@test "a hostile guest: requests, segments, grants and indices that cannot be" {
	local grants said
	grants=$(xen_run client 150 grants)
	said=$(xen_run client 60 said_by_memx_xen)
	xen_run client 150 'attach_disk g1 xvdb v1 && attach_disk g1 xvdc v2'
	attacks ops segs grefs indirect ids prod indices events leave many
	verify g1 xvdc 4
	verify g1 xvdb 4
	xen_run client 150 'detach_disk g1 xvdb && detach_disk g1 xvdc'
	xen_run client 150 "until_true 60 grants_are $grants"
	[ "$(xen_run client 60 said_by_memx_xen)" -le $((said + 20)) ]
	[ "$(vm_run client 60 'grep -c "Xen scratch" /proc/iomem')" = 1 ]
}

@test "a hostile guest: entries and segments that change while they are read" {
	xen_run client 150 'attach_disk g1 xvdb v1'
	attacks rewrite
	verify g1 xvdb 4
	xen_run client 150 'detach_disk g1 xvdb'
}

@test "a hostile guest: nonsense in xenstore, and states that flap" {
	local said
	said=$(xen_run client 60 said_by_memx_xen)
	xen_run client 150 'attach_disk g1 xvdb v1'
	attacks nodes flap
	verify g1 xvdb 4
	[ "$(xen_run client 60 said_by_memx_xen)" -le $((said + 20)) ]
	xen_run client 150 'detach_disk g1 xvdb'
}
