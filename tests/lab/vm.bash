# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Virtual machines of the lab: boot, run a command in one, pause, kill. Sourced by lab.bash.
# All state is in files under $LAB_RUN/vm/NAME, so any process that knows LAB_RUN can use it.

LAB_PORTS=6        # commands that can run in one machine at the same time
LAB_BOOT_S=$((60 * LAB_SLOW))	# a machine that is not up by then will not come up

vm_dir() { echo "$LAB_RUN/vm/$1"; }

# vm_start NAME [mem=MiB] [smp=N] [mtu=BYTES] [nics=N] [append="KERNEL ARGUMENTS"]
# Starts a machine and returns at once; vm_ready waits for it. Settings are kept for vm_boot again.
# A machine lives until it is killed or the process that called lab_start ends.
vm_start() {
	local name=$1 dir
	dir=$(vm_dir "$name")
	shift
	if vm_alive "$name"; then
		echo "vm_start: $name runs already" >&2
		return 1
	fi
	if [ ! -d "$dir" ]; then
		mkdir -p "$dir"
		printf '%s\n' mem=512 smp=1 mtu=1500 nics=1 'append=' >"$dir/settings"
		vm_names | wc -l >"$dir/id"
		: >"$dir/console"
	fi
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$dir/settings"
	vm_launch "$name" "$dir"
}

vm_setting() { sed -n "s/^$2=//p" "$(vm_dir "$1")/settings" | tail -n 1; }

vm_launch() {
	local name=$1 dir=$2 id args
	id=$(cat "$dir/id")
	rm -f "$dir"/port* "$dir"/mon.* "$dir"/{lines,taint}
	mkfifo "$dir/mon.in" "$dir/mon.out"
	# shellcheck disable=SC2054
	args=(
		-M q35 -accel tcg -cpu "${LAB_CPU:-max,-avx,-avx2}" -nodefaults -display none -no-reboot
		-name "$name" -m "$(vm_setting "$name" mem)" -smp "$(vm_setting "$name" smp)"
		-kernel "$LAB_KERNEL" -initrd "$LAB_INITRD" -append "$(vm_append "$name" "$id")"
		-chardev "file,id=con,path=$dir/console,append=on" -serial chardev:con
		-chardev "pipe,id=mon,path=$dir/mon" -mon chardev=mon,mode=control
		-drive "file=$LAB_IMAGE,format=raw,if=none,id=d0,readonly=on,cache=unsafe"
		-device virtio-blk-pci,drive=d0,romfile=
		-fsdev "local,id=share,path=$LAB_RUN/share,security_model=none"
		-device virtio-9p-pci,fsdev=share,mount_tag=lab -device virtio-serial-pci
	)
	vm_add_ports "$dir"
	vm_add_nics "$name" "$id"
	# shellcheck disable=SC2206
	args+=(${LAB_QEMU_ARGS:-})
	rm -f "$dir/pid"
	printf '%q ' exec nsenter "--net=/run/netns/$LAB_NETNS" qemu-system-x86_64 "${args[@]}" \
		>"$dir/launch"
	sed -i "1i exec >'$dir/qemu.log' 2>&1\necho \$\$ >'$dir/pid'" "$dir/launch"
	echo "$dir/launch" >"$LAB_RUN/keeper"
	lab_until 10 test -s "$dir/pid" || return
	vm_monitor "$name" '{"execute":"qmp_capabilities"}' || {
		cat "$dir/qemu.log" >&2
		return 1
	}
}

# Under icount the counter is virtual, and the guest measures it rightly.
vm_clock() {
	case ${LAB_QEMU_ARGS:-} in
	*icount*) ;;
	*) echo "tsc_early_khz=$(cat "$LAB_RUN/tsc_khz")" ;;
	esac
}

# norandmaps: QEMU translates a program anew for each address that it has been at. And a page that was
# translated ten thousand times takes seconds to clear, later: Linux tells of a CPU that is stuck.
vm_append() {
	echo "console=ttyS0 loglevel=6 panic=-1 oops=panic mitigations=off nokaslr norandmaps" \
		"tsc=reliable $(vm_clock) no_timer_check lab_name=$1 lab_id=$2" \
		"lab_mtu=$(vm_setting "$1" mtu) lab_ports=$LAB_PORTS $(vm_setting "$1" append)"
}

# The next two add to the array args of vm_launch.
vm_add_ports() {
	local dir=$1 n
	for ((n = 1; n <= LAB_PORTS; n++)); do
		mkfifo "$dir/port$n.in" "$dir/port$n.out"
		args+=(
			-chardev "pipe,id=p$n,path=$dir/port$n"
			-device "virtserialport,chardev=p$n,nr=$n"
		)
	done
}

vm_add_nics() {
	local name=$1 id=$2 n mtu nic
	mtu=$(vm_setting "$name" mtu)
	for ((n = 0; n < $(vm_setting "$name" nics); n++)); do
		net_port "t${id}n$n" "br$n" "$mtu"
		nic="virtio-net-pci,id=nic$n,netdev=n$n,mac=$(vm_mac "$name" "$n")"
		args+=(
			-netdev "tap,id=n$n,ifname=t${id}n$n,script=no,downscript=no,vhost=off"
			-device "$nic,romfile=,host_mtu=$mtu"
		)
	done
}

# vm_mac NAME [NIC]: the hardware address of a machine's network device
vm_mac() { printf '52:54:00:09:%02x:%02x\n' "${2:-0}" "$(cat "$(vm_dir "$1")/id")"; }

vm_alive() {
	local pid state
	pid=$(cat "$(vm_dir "$1")/pid" 2>/dev/null) || return 1
	read -r _ _ state _ 2>/dev/null <"/proc/$pid/stat" || return 1
	[ "$state" != Z ]
}

# vm_ready NAME...: waits until the machines can run commands
vm_ready() {
	local name n dir
	for name; do
		dir=$(vm_dir "$name")
		for ((n = 1; n <= LAB_PORTS; n++)); do
			if ! vm_answer "$name" "$n" ready "$LAB_BOOT_S" >/dev/null; then
				echo "vm_ready: $name did not come up; the end of its console:" >&2
				tail -n 20 "$dir/console" "$dir/qemu.log" >&2
				return 1
			fi
		done
	done
}

vm_boot() {
	vm_start "$@" && vm_ready "$1"
}

# lab_line FD SECONDS: waits for a line and puts it into $line. Whole lines are written at once, so
# none is read before one is there: bash loses bytes that come as the time of `read -t` runs out.
lab_line() {
	lab_until "$2" read -r -t 0 -u "$1" && read -r -u "$1" line
}

# vm_answer NAME PORT ID SECONDS: prints the status that the guest answers to the line ID
vm_answer() {
	local name=$1 id=$3 end=$((SECONDS + $4)) io line rc=1
	exec {io}<>"$(vm_dir "$name")/port$2.out"
	while [ $SECONDS -le $end ] && vm_alive "$name"; do
		lab_line "$io" 1 || continue
		[ "${line% *}" = "$id" ] || continue
		echo "${line##* }"
		rc=0
		break
	done
	exec {io}>&-
	return $rc
}

# vm_run NAME SECONDS COMMAND...: runs a shell command in a machine, with its output and status.
# A command that is not done in time ends with 124 (137 if it had to be killed, 124 also if the
# machine does not answer at all); 125 says that the machine is dead or out of ports.
vm_run() {
	local name=$1 seconds=$(($2 * LAB_SLOW)) dir id n lock status
	dir=$(vm_dir "$name")
	shift 2
	for ((n = 1; n <= LAB_PORTS; n++)); do
		exec {lock}>"$dir/port$n.lock"
		flock -n "$lock" && vm_port_is_free "$name" "$n" && break
		exec {lock}>&-
	done
	if [ "$n" -gt "$LAB_PORTS" ] || ! vm_alive "$name"; then
		echo "vm_run: $name is dead or has $LAB_PORTS commands running" >&2
		return 125
	fi
	id=$name.$n.$BASHPID.$RANDOM
	printf '%s\n' "LAB_SLOW=$LAB_SLOW" '. /lab/guest/lib.sh' "$*" >"$LAB_RUN/share/run/$id.sh"
	echo "$id $seconds" >"$dir/port$n.in"
	if ! status=$(vm_answer "$name" "$n" "$id" $((seconds + ${LAB_GRACE_S:-5}))); then
		echo "$id" >"$dir/port$n.stuck"
		vm_alive "$name" && status=124 || status=125
		echo "vm_run: $name: no answer to '$*' in $seconds s" >&2
	fi
	exec {lock}>&-
	[ ! -e "$LAB_RUN/share/run/$id.out" ] || cat "$LAB_RUN/share/run/$id.out"
	[ ! -e "$LAB_RUN/share/run/$id.err" ] || cat "$LAB_RUN/share/run/$id.err" >&2
	rm -f "$LAB_RUN/share/run/$id".*
	return "$status"
}

# A port whose command did not end in time can be used again when its answer has come after all.
vm_port_is_free() {
	local stuck
	stuck=$(vm_dir "$1")/port$2.stuck
	[ -e "$stuck" ] || return 0
	vm_answer "$1" "$2" "$(cat "$stuck")" 0 >/dev/null && rm -f "$stuck"
}

# vm_bg NAME SECONDS TAG COMMAND...: the same in the background; vm_wait TAG gives output and status
vm_bg() {
	local name=$1 seconds=$2 tag=$3
	shift 3
	rm -f "$LAB_RUN/bg/$tag".*
	mkdir -p "$LAB_RUN/bg"
	(
		vm_run "$name" "$seconds" "$@" >"$LAB_RUN/bg/$tag.out" 2>"$LAB_RUN/bg/$tag.err"
		echo $? >"$LAB_RUN/bg/$tag.rc.new"
		mv "$LAB_RUN/bg/$tag.rc.new" "$LAB_RUN/bg/$tag.rc"
	) </dev/null >/dev/null 2>&1 3>&- &
	disown $!
	echo $! >"$LAB_RUN/bg/$tag.pid"
}

vm_bg_done() { [ -e "$LAB_RUN/bg/$1.rc" ]; }

# vm_wait TAG SECONDS
vm_wait() {
	if ! lab_until $(($2 * LAB_SLOW)) vm_bg_done "$1"; then
		echo "vm_wait: $1 is not done after $2 s" >&2
		return 124
	fi
	cat "$LAB_RUN/bg/$1.out"
	cat "$LAB_RUN/bg/$1.err" >&2
	return "$(cat "$LAB_RUN/bg/$1.rc")"
}

# vm_monitor NAME JSON: gives the virtual machine monitor a command and waits for its answer
vm_monitor() {
	local dir in out line=
	dir=$(vm_dir "$1")
	exec {in}<>"$dir/mon.in" {out}<>"$dir/mon.out"
	echo "$2" >&"$in"
	while lab_line "$out" 10; do
		case $line in
		*'"return"'* | *'"error"'*) break ;;
		esac
	done
	exec {in}>&- {out}>&-
	case $line in
	*'"return"'*) return 0 ;;
	esac
	echo "vm_monitor: $1: '$2' was answered '$line'" >&2
	return 1
}

vm_pause() { vm_monitor "$1" '{"execute":"stop"}'; }
vm_resume() { vm_monitor "$1" '{"execute":"cont"}'; }

# vm_kill NAME: as if the power was cut
vm_kill() {
	local pid
	pid=$(cat "$(vm_dir "$1")/pid" 2>/dev/null) || return 0
	kill -KILL "$pid" 2>/dev/null || true
	lab_until 10 vm_is_dead "$1"
}

vm_is_dead() { ! vm_alive "$1"; }

vm_names() { ls "$LAB_RUN/vm"; }
