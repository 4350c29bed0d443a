#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016,SC2034
# What the units of systemd run, with commands that only pretend, and the units as files.
load fake
LIBRARIES=". $TOP/lib/boot.sh; . $TOP/lib/unit.sh"

# answers NAME STATUS...: memx-admin's, one after the other; the last one stays
answers() {
	echo "$*" >"$ROOT/answers"
	fake memx-admin "read -r first rest <$ROOT/answers
		[ -z \"\$rest\" ] || echo \"\$rest\" >$ROOT/answers
		exit \$first"
}

systemd() { # STATE [JOBS]
	printf '%s\n' "${@:2}" >"$ROOT/jobs"
	fake systemctl "case \$1 in is-system-running) echo $1 ;; list-jobs) cat $ROOT/jobs ;; esac"
	fake systemd-notify 'exit 0'
}

volume() {
	mkdir -p "$ROOT/sys/block/memx0/memx"
	echo swap0 >"$ROOT/sys/block/memx0/memx/name"
}

swap_on() {
	printf '%s\n' 'Filename Type Size Used Priority' '/dev/memx0 partition 1 0 -2' >"$ROOT/proc/swaps"
}

calls() { diff - <(grep -v '^sleep' "$ROOT/calls"); }

@test "the file is applied; sections of the kernel command line follow it" {
	conf <<<$'# mine\n[node]\nname=a\n[volume x]\nsize=1G'
	printf '%s\n' '[node]' security=none '' '[link eth1]' '' '[volume swap0]' size=2G >"$ROOT/boot.conf"
	sh_with 'unit_conf; mkdir -p $MEMX_TOP/run/memx
		cp $MEMX_TOP/boot.conf $MEMX_GENERATED; unit_conf; cat $MEMX_MERGED'
	diff - <(echo "$output") <<-E
	$ROOT/etc/memx/memx.conf
	$ROOT/run/memx/memx.conf
	# mine
	[node]
	name=a
	[volume x]
	size=1G

	[link eth1]

	[volume swap0]
	size=2G
	E
}

@test "sections of the file count however they are written, and its last line may have no end" {
	conf <<<$'  [link  eth1]   ; uplink\n[server]\ncapacity=50%'
	printf '[ volume swap0 ]' >>"$ROOT/etc/memx/memx.conf"
	printf '%s\n' '[node]' security=none '' '[link eth1]' '' '[volume swap0]' size=2G >"$ROOT/boot.conf"
	sh_with 'mkdir -p $MEMX_TOP/run/memx
		cp $MEMX_TOP/boot.conf $MEMX_GENERATED; cat $(unit_conf)'
	diff - <(echo "$output") <<-E
	  [link  eth1]   ; uplink
	[server]
	capacity=50%
	[ volume swap0 ]
	[node]
	security=none
	E
}

@test "volumes: ready after the first try, and on until all are up" {
	clock_ticks
	systemd running
	answers 0
	sh_with "echo 3 1 0 >$ROOT/answers; NOTIFY_SOCKET=x; unit_start_volumes"
	calls <<-E
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --wait 20
	systemd-notify --ready --status=Not all volumes are up; the journal says why. Trying again.
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --wait 30
	systemd-notify --ready --status=Not all volumes are up; the journal says why. Trying again.
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --wait 30
	systemd-notify --ready --status=All volumes are up.
	E
	called "sleep 5"
}

@test "volumes: what early boot has waited for is not waited for again" {
	answers 0
	sh_with 'mkdir -p $MEMX_TOP/run/memx; echo failed 30 >$MEMX_STATE; unit_start_volumes'
	called "--part volumes --wait 1"
}

@test "volumes: a bad file is not tried again" {
	answers 2
	sh_with 'unit_start_volumes && echo done || echo $?'
	[ "$output" = 2 ]
	[ "$(wc -l <"$ROOT/calls")" -eq 1 ]
}

@test "volumes: a bad file is tried again when volumes of early boot are there to be taken down" {
	clock_ticks
	systemd running
	volume
	answers 0
	sh_with "echo 2 0 >$ROOT/answers; NOTIFY_SOCKET=x; unit_start_volumes"
	calls <<-E
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --wait 20
	systemd-notify --ready --status=Not all volumes are up; the journal says why. Trying again.
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --wait 30
	systemd-notify --ready --status=All volumes are up.
	E
	called "sleep 30"
}

@test "a stop ends what is still tried before it takes anything away" {
	systemd running
	# It takes a while to end, as what is in a system call does.
	fake memx-admin "[ \$1 = apply ] || exit 0
		trap 'kill \$!; busybox usleep 1000000; echo ended >>$ROOT/calls; exit 1' TERM
		busybox usleep 60123457 &
		echo begun >>$ROOT/calls
		wait"
	sh_with '(unit_start_volumes) & MAINPID=$!
		until grep -q begun $MEMX_TOP/calls 2>/dev/null; do busybox usleep 10000; done
		unit_stop_volumes; echo stopped'
	[ "$output" = stopped ]
	diff - <(grep -E 'memx-admin|ended' "$ROOT/calls" | cut -d ' ' -f 1,2) <<-E
	memx-admin apply
	ended
	memx-admin down
	E
}

@test "a stop waits no longer than 10 s for what does not end" {
	systemd running
	clock_ticks
	sh_with 'rm -f $MEMX_TOP/deaf
		(trap "" TERM; : >$MEMX_TOP/deaf; exec busybox usleep 60000000) & MAINPID=$!
		until [ -e $MEMX_TOP/deaf ]; do busybox usleep 10000; done
		unit_stop_volumes; kill -9 $MAINPID'
	called "memx-admin down --part volumes --timeout 80"
}

@test "stop while the system runs: no time-out of a volume is touched" {
	volume
	answers 0
	systemd running
	sh_with unit_stop_volumes
	diff - <(grep memx-admin "$ROOT/calls") <<<"memx-admin down --part volumes --timeout 90"
}

@test "shutdown: lost servers are given up, other services end first, the time is bounded" {
	volume
	swap_on
	clock_ticks
	answers 0
	systemd stopping "12 memx-volumes.service stop running" "13 db.service stop running"
	sh_with unit_stop_volumes
	diff - <(grep memx-admin "$ROOT/calls") <<-E
	memx-admin set swap0 --loss-timeout 10
	memx-admin down --part volumes --timeout 70
	E
	systemd stopping "12 memx-volumes.service stop running" "13 db.service stop running"
	printf '%s\n' 'Filename Type Size Used Priority' '/dev/sda2 partition 1 0 -2' >"$ROOT/proc/swaps"
	sh_with unit_stop_volumes
	called "memx-admin down --part volumes --timeout 90"
	swap_on
	systemd stopping "12 memx-volumes.service stop running" "13 net.service stop waiting" \
		"14 umount.target stop running"
	sh_with unit_stop_volumes
	called "memx-admin down --part volumes --timeout 90"
	systemd stopping "13 session-1.scope stop running"
	sh_with unit_stop_volumes
	called "memx-admin down --part volumes --timeout 70"
}

@test "stop of the server: it is never forced, and its refusal is that of the unit" {
	answers 1
	sh_with 'unit_stop_server && echo stopped || echo refused'
	[ "$output" = refused ]
	diff - <(grep memx-admin "$ROOT/calls") <<<"memx-admin down --part server --timeout 90"
}

@test "no hibernation while swap is on a volume" {
	printf '%s\n' 'Filename Type Size Used Priority' '/dev/sda2 partition 1 0 -2' >"$ROOT/proc/swaps"
	sh_with 'unit_may_hibernate && echo yes'
	[ "$output" = yes ]
	echo '/dev/memx0 partition 1 0 100' >>"$ROOT/proc/swaps"
	sh_with 'unit_may_hibernate || echo no'
	said "no hibernation while swap is on remote memory (/dev/memx0)"
	grep -qx no <<<"$output"
}

# memx_unit WORD...: the program itself, in both shells
memx_unit() { LIBRARIES=: sh_with "set -- $*; here=$TOP/lib; $(sed '/^set -u\|^here=/d' "$TOP/lib/memx-unit")"; }

@test "each word of memx-unit does what it says" {
	local words
	systemd running
	: >"$ROOT/proc/swaps"
	conf </dev/null
	for words in 'start node' 'start server' 'start volumes' 'stop node' 'stop server' 'stop volumes'; do
		memx_unit "$words"
		grep memx-admin "$ROOT/calls"
	done >"$ROOT/all"
	diff - "$ROOT/all" <<-E
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --wait 20
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part server --wait 20
	memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --wait 20
	memx-admin down --part node --timeout 90
	memx-admin down --part server --timeout 90
	memx-admin down --part volumes --timeout 90
	E
	run -2 dash "$TOP/lib/memx-unit" stop
	[[ $output == 'memx-unit: usage:'* ]]
}

@test "hibernation asks first, in each of its ways" {
	local file command
	for file in hibernate hybrid-sleep suspend-then-hibernate; do
		command=$(sed -n 's,^ExecCondition=/usr,,p' "$TOP/systemd/systemd-$file.service.d/50-memx.conf")
		: >"$ROOT/proc/swaps"
		MEMX_TOP=$ROOT run -0 dash -c "$TOP${command/memx\/}"
		swap_on
		MEMX_TOP=$ROOT run -1 dash -c "$TOP${command/memx\/}"
	done
}

@test "systemd does not answer as it waits for a page itself: lost servers are given up" {
	fake systemctl "exec busybox usleep 60000000"
	volume
	: >"$ROOT/proc/swaps"
	clock_ticks
	MEMX_ANSWER_S=1 sh_with unit_stop_volumes
	grep memx-admin "$ROOT/calls" | head -n 1 | grep -x 'memx-admin set swap0 --loss-timeout 10'
	called "memx-admin down --part volumes"
}

@test "what takes swap off, what the first process reads, and itself are kept out of swap" {
	local file
	for file in "$TOP"/systemd/memx-*.service \
		"$TOP"/systemd/{init.scope,systemd-udevd.service}.d/50-memx.conf; do
		grep -qx MemorySwapMax=0 "$file"
	done
}

@test "systemd gives the stop of volumes the time that it may take" {
	sh_with 'echo "$MEMX_STOP_S"'
	[ "$(sed -n 's/^TimeoutStopSec=//p' "$TOP/systemd/memx-volumes.service")" -ge $((output + 20)) ]
}

@test "removal of the tools ends volumes first, those made by hand too; an upgrade ends nothing" {
	local script
	script=$(sed "s,/run/systemd/system,$ROOT/run," "$TOP/debian/memx-tools.prerm")
	fake deb-systemd-invoke 'exit 1'
	fake memx-admin 'exit 1'
	PATH=$ROOT/bin:$PATH run -0 dash -c "$script" prerm upgrade 2
	[ ! -e "$ROOT/calls" ]
	PATH=$ROOT/bin:$PATH run -0 dash -c "$script" prerm remove
	calls <<-E
	deb-systemd-invoke stop memx-volumes.service
	memx-admin down --part volumes --timeout 90
	deb-systemd-invoke stop memx-server.service
	deb-systemd-invoke stop memx-node.service
	E
}

@test "systemd-analyze finds nothing to say of the units" {
	mkdir -p "$ROOT/usr/lib/memx" "$ROOT/units"
	for unit in "$TOP"/systemd/*.service; do
		sed -e "s,/usr/lib/memx/,$TOP/lib/," -e /^Documentation/d "$unit" >"$ROOT/units/${unit##*/}"
	done
	run systemd-analyze verify --man=no "$ROOT"/units/*.service
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "what uses the network is stopped before it, and before the machine is off" {
	local unit
	for unit in "$TOP"/systemd/memx-{server,volumes}.service; do
		grep -qE '^After=.*\bnetwork\.target\b' "$unit"
		grep -qx 'Before=shutdown.target' "$unit"
		grep -qx 'Conflicts=shutdown.target' "$unit"
	done
}

@test "units are hardened" {
	for unit in "$TOP"/systemd/*.service; do
		run systemd-analyze security --offline=true --threshold=45 "$unit"
		[ "$status" -eq 0 ] || { echo "$unit: $output"; return 1; }
	done
}
