# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# An emulated Xen host and its guests, beside the machines of the lab. load this in a bats file.
# See README.md beside this file.
# shellcheck source-path=SCRIPTDIR source=../lab/lab.bash
. "${BASH_SOURCE[0]%/*}/../lab/lab.bash"
# shellcheck source-path=SCRIPTDIR source=../packages/../cases/cluster/common.bash
. "${BASH_SOURCE[0]%/*}/../cases/cluster/common.bash"
XEN_DIR=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
XEN_OUT=$MEMX_BUILD/xen
XEN_BOOT_S=120
DOM0_MEM=640	# MiB

# With SMAP dom0 dies at its first instruction patching. With AVX on, programs in dom0 and in guests
# are silently corrupted under load: never test data with it.
XEN_CPU=max,-smap,-xsave,-avx,-avx2

# xen_lab: an empty lab, with what dom0 and guests need in the share
xen_lab() {
	lab_start
	cluster_programs blocks
	mkdir -p "$LAB_RUN/share/xen"/{hooks,guest/extra,run}
	cp "$XEN_DIR"/guest/{host.sh,domu} "$LAB_RUN/share/guest/"
	cp "$LAB_ROOT"/xen-hooks/* "$LAB_RUN/share/xen/hooks/"
	cp "$LAB_RUN/share/bin/blocks" "$LAB_RUN/share/xen/guest/extra/"
}

# xen_start NAME [MIB]: switches on a Xen host whose machine has this much memory for its guests
xen_start() (
	name=$1 guests=${2:-512} id=$(($(vm_names | wc -l) + 1))
	[ ! -e "$(vm_dir "$name")/id" ] || id=$(cat "$(vm_dir "$name")/id")
	vm_add_guest_initrd
	vm_append() {
		echo "com1=115200,8n1 console=com1 loglvl=info guest_loglvl=info" \
			"dom0_mem=${DOM0_MEM}M,max:${DOM0_MEM}M dom0_max_vcpus=1 ${XEN_ARGS:-}"
	}
	# A comma would end the arguments of dom0's kernel.
	dom0="$LAB_KERNEL console=hvc0 loglevel=6 panic=-1 oops=panic mitigations=off net.ifnames=0"
	dom0+=" lab_name=$name lab_id=$id lab_mtu=1500 lab_ports=$LAB_PORTS"
	LAB_QEMU_ARGS="-drive file=$LAB_IMAGE,format=raw,if=none,id=d1,readonly=on,cache=unsafe
		-device virtio-blk-pci,drive=d1,romfile= ${LAB_QEMU_ARGS:-}"
	# shellcheck disable=SC2034	# vm_start takes them
	LAB_CPU=$XEN_CPU LAB_IMAGE=$XEN_OUT/root.ext4 LAB_KERNEL=$XEN_OUT/xen
	LAB_INITRD="$dom0,$LAB_INITRD"
	vm_start "$name" "mem=$((DOM0_MEM + guests + 160))"
)

# Cases can put files for the guests into $LAB_RUN/share/xen/guest/extra: there they are in /run/lab.
vm_add_guest_initrd() {
	(cd "$LAB_RUN/share/xen/guest" && find . | cpio -o -H newc --quiet) |
		cat "$XEN_OUT/guest.cpio" - >"$LAB_RUN/share/xen/guest.cpio"
}

# xen_ready NAME: waits until the host can make guests
xen_ready() {
	local boot_s=$LAB_BOOT_S rc=0
	LAB_BOOT_S=$XEN_BOOT_S
	vm_ready "$1" || rc=1
	LAB_BOOT_S=$boot_s
	[ $rc -eq 0 ] && xen_run "$1" 60 'host_up'
}

# xen_run HOST SECONDS COMMAND: in dom0, with the functions of guest/host.sh
xen_run() {
	vm_run "$1" "$2" ". /lab/guest/host.sh
$3"
}

xen_bg() { # HOST SECONDS TAG COMMAND
	vm_bg "$1" "$2" "$3" ". /lab/guest/host.sh
$4"
}

# xen_guest HOST NAME [LINE of its xl configuration]...: makes a PV guest and waits until it is up
xen_guest() {
	local host=$1 name=$2
	shift 2
	xen_config "$name" "$@"
	xen_run "$host" 90 "guest_up $name" || return
}

# xen_config NAME [LINE]...: DISKS, a list of disk specifications, comes behind the guest's root disk
xen_config() {
	local name=$1 disk
	shift
	{
		echo "name = '$name'"
		echo "kernel = '/domu/vmlinux'"
		echo "ramdisk = '/lab/xen/guest.cpio'"
		echo "memory = ${GUEST_MEM:-160}"
		echo "vcpus = 1"
		echo "tsc_mode = 'native'"
		echo "on_crash = 'destroy'"
		echo "extra = 'console=hvc0 loglevel=4 panic=-1 mitigations=off lab_name=$name'"
		printf 'disk = [ "phy:/dev/vdb,xvda,r"'
		for disk in "${DISKS[@]}"; do printf ', "%s"' "$disk"; done
		echo ' ]'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$LAB_RUN/share/xen/run/$name.cfg"
}

# guest_run HOST GUEST SECONDS COMMAND: in a guest, by its console; output, errors and status
guest_run() {
	local file=guest.$BASHPID.$RANDOM rc=0
	printf '%s\n' 'export PATH=/run/lab:/bin' "$4" >"$LAB_RUN/share/xen/run/$file"
	vm_run "$1" $(($3 + 15)) "bash /lab/guest/domu $2 $3 /lab/xen/run/$file" || rc=$?
	rm -f "$LAB_RUN/share/xen/run/$file"
	return $rc
}

guest_bg() { # HOST GUEST SECONDS TAG COMMAND
	local file=guest.$BASHPID.$RANDOM
	printf '%s\n' 'export PATH=/run/lab:/bin' "$5" >"$LAB_RUN/share/xen/run/$file"
	vm_bg "$1" $(($3 + 15)) "$4" "bash /lab/guest/domu $2 $3 /lab/xen/run/$file"
}
