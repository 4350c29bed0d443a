# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# An emulated Xen host and its guests, beside the machines of the lab. load this in a bats file.
# See README.md beside this file.
# shellcheck source-path=SCRIPTDIR source=../lab/lab.bash
. "${BASH_SOURCE[0]%/*}/../lab/lab.bash"
# shellcheck source-path=SCRIPTDIR source=../cases/cluster/common.bash
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
	xen_files
}

xen_files() {
	cluster_programs blocks anon
	mkdir -p "$LAB_RUN/share/xen"/{hooks,guest/extra,run,console}
	cp "$XEN_DIR/guest/host.sh" "$LAB_RUN/share/guest/"
	cp "$LAB_ROOT"/xen-hooks/* "$LAB_RUN/share/xen/hooks/"
	cp "$LAB_RUN"/share/bin/{blocks,anon} "$LAB_RUN/share/xen/guest/extra/"
	cat "$LAB_DIR/guest/lib.sh" "$XEN_DIR/guest/lib.sh" >"$LAB_RUN/share/xen/guest/extra/lib.sh"
}

# xen_memx_in_guests: before xen_start, for guests that run MemX themselves
xen_memx_in_guests() {
	cp "$LAB_RUN/share/bin/memx-admin" "$LAB_RUN"/share/modules/memx_{rmap,client,server}.ko \
		"$LAB_RUN/share/modules/lab_warn.ko" "$LAB_RUN/share/xen/guest/extra/"
}

# guest_join HOST GUEST MODULE: the guest's node gets its name and its link, like cluster_join
guest_join() {
	guest_run "$1" "$2" 60 "ip link set eth0 up && memx_load memx_rmap $3 &&
		memx-admin node set --name $2 --security none && memx-admin link add eth0"
}

# xen_start NAME [MIB [SETTING of vm_start]...]: switches on a Xen host whose machine has so much memory
# for its guests
xen_start() (
	name=$1 guests=${2:-640} id=$(($(vm_names | wc -l) + 1))
	[ ! -e "$(vm_dir "$name")/id" ] || id=$(cat "$(vm_dir "$name")/id")
	vm_add_guest_initrd
	vm_append() {
		echo "com1=115200,8n1 console=com1 loglvl=info guest_loglvl=info conring_size=256k" \
			"dom0_mem=${DOM0_MEM}M,max:${DOM0_MEM}M dom0_max_vcpus=1 ${XEN_ARGS:-}"
	}
	# A comma would end the arguments of dom0's kernel.
	dom0="$LAB_KERNEL console=hvc0 loglevel=6 panic=-1 oops=panic mitigations=off norandmaps net.ifnames=0"
	dom0+=" lab_name=$name lab_id=$id lab_mtu=1500 lab_ports=$LAB_PORTS"
	LAB_QEMU_ARGS="-drive file=$LAB_IMAGE,format=raw,if=none,id=d1,readonly=on,cache=unsafe
		-device virtio-blk-pci,drive=d1,romfile= ${LAB_QEMU_ARGS:-}"
	# shellcheck disable=SC2034	# vm_start takes them
	LAB_CPU=$XEN_CPU LAB_IMAGE=$XEN_OUT/root.ext4 LAB_KERNEL=$XEN_OUT/xen
	LAB_INITRD="$dom0,$LAB_INITRD"
	vm_start "$name" "mem=$((DOM0_MEM + guests + 160))" "${@:3}"
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
	local host=$1 name=$2 seen
	shift 2
	xen_config "$name" "$@"
	seen=$(guest_count "$name" '^@ready')
	xen_run "$host" 60 "guest_make $name" || return
	lab_until 60 guest_said "$name" "$seen" '^@ready' && return
	echo "xen_guest: $name did not come up; its console:" >&2
	guest_log "$name" | tail -n 40 >&2
	return 1
}

# xen_config NAME [LINE]...: DISKS, a list of disk specifications, comes behind the guest's root disk
xen_config() {
	local name=$1
	shift
	{
		echo "name = '$name'"
		echo "kernel = '/domu/vmlinux'"
		echo "ramdisk = '/lab/xen/guest.cpio'"
		echo "memory = ${GUEST_MEM:-256}"
		echo "vcpus = 1"
		echo "tsc_mode = 'native'"
		echo "on_crash = 'destroy'"
		echo "extra = 'console=hvc0 loglevel=4 panic=-1 mitigations=off norandmaps net.ifnames=0" \
			"lab_name=$name'"
		printf 'disk = [ "phy:/dev/vdb,xvda,r"'
		[ -z "${DISKS[*]}" ] || printf ', "%s"' "${DISKS[@]}"
		echo ' ]'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$LAB_RUN/share/xen/run/$name.cfg"
}

# guest_log NAME: all that its console said, on any host and under any name while it migrated
guest_log() {
	cat "$LAB_RUN"/share/xen/console/*/guest-"$1"{,--incoming}.log 2>/dev/null | tr -d '\r'
}

guest_count() { guest_log "$1" | grep -c "$2" || true; }

# guest_said NAME N PATTERN: more than N lines of its console are like this
guest_said() { [ "$(guest_count "$1" "$3")" -gt "$2" ]; }

# guest_run HOST GUEST SECONDS COMMAND: in a guest, by its console; output, errors and status. 124:
# too late. The answer comes by whatever host the guest is on by then.
guest_run() {
	local id status _
	for _ in 1 2 3; do
		id=$BASHPID.$RANDOM
		guest_send "$1" "$2" "$id" "$3" "$4" || return 125
		if ! lab_until $(($3 + 15)) guest_said "$2" 0 "^@$id = "; then
			echo "guest_run: $2: no answer to '$4' in $3 s" >&2
			return 124
		fi
		status=$(guest_log "$2" | sed -n "s/^@$id = //p")
		[ "$status" = garbled ] || break
	done
	if [ "$status" = garbled ]; then
		echo "guest_run: $2: '$4' does not arrive as it is sent" >&2
		return 125
	fi
	guest_log "$2" | sed -n "s/^@$id \([^=][^ ]*\)$/\1/p" | base64 -d
	return "$status"
}

guest_send() { # HOST GUEST ID SECONDS COMMAND
	local file=$LAB_RUN/share/xen/run/say.$3 lines rc=0
	lines=$(printf '%s\n' '. /run/lab/lib.sh' "$5" | base64 -w 200)
	{
		sed "s/^/+$3 /" <<<"$lines"
		echo "!$3 $4 $(tr -d '\n' <<<"$lines" | sha256sum)"
	} >"$file"
	xen_run "$1" 15 "guest_say $2 /lab/xen/run/${file##*/}" || rc=$?
	rm -f "$file"
	return $rc
}

guest_bg() { # HOST GUEST SECONDS TAG COMMAND; vm_wait TAG gives output and status
	local tag=$4
	rm -f "$LAB_RUN/bg/$tag".*
	(
		guest_run "$1" "$2" "$3" "$5" >"$LAB_RUN/bg/$tag.out" 2>"$LAB_RUN/bg/$tag.err"
		echo $? >"$LAB_RUN/bg/$tag.rc.new"
		mv "$LAB_RUN/bg/$tag.rc.new" "$LAB_RUN/bg/$tag.rc"
	) </dev/null >/dev/null 2>&1 3>&- &
	disown $!
	echo $! >"$LAB_RUN/bg/$tag.pid"
}

# xen_guests HOST: the names of its guests
xen_guests() { vm_run "$1" 20 'xl list | awk "NR > 2 { print \$1 }"'; }

xen_hosts() {
	local name
	for name in $(vm_names); do
		if grep -q "$XEN_OUT/root.ext4" "$(vm_dir "$name")/launch" && vm_alive "$name"; then
			echo "$name"
		fi
	done
}

# guest_check HOST GUEST: fails, with the lines, if the kernel of the guest has complained
guest_check() {
	local said
	if ! said=$(guest_run "$1" "$2" 20 'cat /proc/sys/kernel/tainted; dmesg'); then
		echo "guest_check: $2 on $1 runs but does not answer" >&2
		return 1
	fi
	if grep -qE "$LAB_FAULTS" <<<"$said"; then
		echo "guest_check: the kernel of $2 on $1 says:" >&2
		grep -E -B 3 -A 25 "$LAB_FAULTS" <<<"$said" | head -n 120 >&2
		return 1
	fi
	if [ $(($(head -n 1 <<<"$said") & LAB_TAINTS)) -ne 0 ]; then
		echo "guest_check: the kernel of $2 on $1 is tainted" >&2
		return 1
	fi
}

# xen_check: fails, with the lines, if the kernel of a guest that runs has complained, or the console
# of any guest since the last time
xen_check() {
	local host guest log rc=0
	for host in $(xen_hosts); do
		for guest in $(xen_guests "$host"); do
			guest_check "$host" "$guest" || rc=1
		done
	done
	for log in "$LAB_RUN"/share/xen/console/*/*.log; do
		[ -e "$log" ] || continue
		guest_new "$log" | grep -aqE "$LAB_FAULTS" || continue
		echo "xen_check: the console ${log##*/} says:" >&2
		guest_new "$log" | tail -n 60 >&2
		rc=1
	done
	return $rc
}

# What a console said since xen_forgive; answers of the agent are no words of the kernel.
guest_new() {
	tail -c "+$(($(cat "$1.seen" 2>/dev/null || echo 0) + 1))" "$1" | grep -av '^@'
}

# xen_forgive: what the consoles of guests have said up to here is known and no longer counts
xen_forgive() {
	local log
	for log in "$LAB_RUN"/share/xen/console/*/*.log; do
		[ ! -e "$log" ] || stat -c %s "$log" >"$log.seen"
	done
}

# xen_end_case: for teardown: what the kernels of hosts and guests said. A case that failed leaves no
# guest to the next.
xen_end_case() {
	local rc=0 host guest
	xen_check || rc=1
	if [ $rc -ne 0 ] || [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		for host in $(xen_hosts); do
			vm_run "$host" 20 'tail -n 20 /var/log/xen/xen-hotplug.log' || true
			for guest in $(xen_guests "$host"); do
				vm_run "$host" 60 "xl destroy $guest" || true
			done
		done
	fi
	xen_forgive
	lab_end_case || rc=1
	return $rc
}
