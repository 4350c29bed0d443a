# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What bench-path does in the machine: each function measures one thing and prints lines of
# "THING FIGURE VALUE". Sourced after lib.sh of the lab; path.sh beside this file calls it.

BENCH_MIB=128
BENCH_SERVER=52:54:00:0a:00:02

# Virtual time leaps from timer to timer while the machine is idle, waiting for its host: deadlines
# would run out at once. So something runs whenever nothing else does, but not while we measure.
awake() {
	setsid chrt -i 0 sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 3>&- &
	echo $! >/tmp/awake
}

undisturbed() {
	local rc
	kill -STOP "$(cat /tmp/awake)"
	"$@"
	rc=$?
	kill -CONT "$(cat /tmp/awake)"
	return $rc
}

# fio_run DEVICE READ|WRITE-PATTERN SIZE DEPTH: leaves /tmp/fio.json
fio_run() {
	undisturbed fio --name=path --filename="$1" --size=${BENCH_MIB}M --direct=1 \
		--ioengine=libaio --rw="$2" --bs="$3" --iodepth="$4" --time_based \
		--runtime="${BENCH_MS:-300}ms" --randrepeat=1 --norandommap \
		--lat_percentiles=1 --clat_percentiles=0 --percentile_list=50 \
		--output-format=json --output=/tmp/fio.json
}

# Of the whole way, submission included: some devices complete in it. To half a percent.
fio_median_ns() {
	awk -v dir="\"$1\"" '
		$1 == dir { on = 1 }
		on && $1 == "\"lat_ns\"" { lat = 1 }
		lat && $1 == "\"50.000000\"" { gsub(",", "", $3); print $3; exit }' /tmp/fio.json
}

# fio_figure READ|WRITE KEY: a figure of the direction from fio's report
fio_figure() {
	awk -v dir="\"$1\"" -v key="\"$2\"" '
		$1 == dir { on = 1 }
		on && $1 == key { gsub(",", "", $3); print $3; exit }' /tmp/fio.json
}

# measure_device NAME DEVICE: all that fio measures of a device
measure_device() {
	local op
	for op in read write; do
		fio_run "$2" rand$op 4k 1 || return
		echo "$1 ${op}_ns $(fio_median_ns $op)"
	done
	for op in read write; do
		fio_run "$2" rand$op 4k 16 || return
		echo "$1 ${op}_iops $(fio_figure $op iops)"
	done
	for op in read write; do
		fio_run "$2" $op 128k 4 || return
		echo "$1 seq_${op}_bytes $(fio_figure $op bw_bytes)"
	done
}

# What was never written is read without a frame, and equal words travel as one: fill with others.
fill_device() {
	dd if=/dev/urandom of=/tmp/random bs=1M count=4 2>/dev/null
	seq 0 4 $((BENCH_MIB - 4)) | while read -r at; do
		dd if=/tmp/random of="$1" bs=1M seek="$at" oflag=direct 2>/dev/null || exit
	done
	rm /tmp/random
}

measure_echo() {
	local params=/sys/module/bench_echo/parameters op
	insmod /lab/modules/bench_echo.ko || return
	srv sh -c "echo eth0 >$params/serve" || return
	for op in read write; do
		undisturbed cli sh -c "echo eth0 $BENCH_SERVER $op 2000 >$params/measure" ||
			return
		echo "echo ${op}_ns $(cat $params/measure)"
	done
	rmmod bench_echo
}

measure_brd() {
	modprobe brd rd_nr=1 rd_size=$((BENCH_MIB * 1024)) || return
	fill_device /dev/ram0
	measure_device brd /dev/ram0
}

nvmet_start() {
	local conf=/sys/kernel/config/nvmet
	modprobe -a nvmet nvmet_tcp nvme_tcp || return
	[ -d "$conf" ] || mount -t configfs configfs /sys/kernel/config || return
	mkdir "$conf/subsystems/ram" "$conf/subsystems/ram/namespaces/1" "$conf/ports/1"
	echo 1 >"$conf/subsystems/ram/attr_allow_any_host"
	echo -n /dev/ram0 >"$conf/subsystems/ram/namespaces/1/device_path"
	echo 1 >"$conf/subsystems/ram/namespaces/1/enable"
	echo tcp >"$conf/ports/1/addr_trtype"
	echo ipv4 >"$conf/ports/1/addr_adrfam"
	echo 10.8.0.2 >"$conf/ports/1/addr_traddr"
	echo 4420 >"$conf/ports/1/addr_trsvcid"
	srv ln -s "$conf/subsystems/ram" "$conf/ports/1/subsystems/ram"
}

# Needs what measure_brd has left: the server's store is the same RAM disk.
measure_nvme() {
	local host=11111111-2222-3333-4444-555555555555 control
	nvmet_start || return
	cli sh -c "echo 'transport=tcp,traddr=10.8.0.2,trsvcid=4420,nqn=ram,\
hostnqn=nqn.2014-08.org.nvmexpress:uuid:$host,hostid=$host' >/dev/nvme-fabrics" || return
	until_true 10 test -b /dev/nvme0n1 || return
	measure_device nvme_tcp /dev/nvme0n1 || return
	for control in /sys/class/nvme/nvme*/delete_controller; do echo 1 >"$control"; done
	rm /sys/kernel/config/nvmet/ports/1/subsystems/ram
}

server_is_ok() { cli memx-admin servers | grep -qw ok; }

# memx_up none|psk: a server and a volume of the size of the others
memx_up() {
	local ns
	memx_load memx_rmap memx_server memx_client || return
	[ "$1" = none ] || memx-admin key generate /tmp/key || return
	for ns in cli srv; do
		$ns memx-admin node set --security "$1" || return
		[ "$1" = none ] || $ns memx-admin key set /tmp/key || return
		$ns memx-admin link add eth0 || return
	done
	srv memx-admin server start --capacity $((BENCH_MIB + 32))M || return
	until_true 10 server_is_ok || return
	cli memx-admin create bench --size ${BENCH_MIB}M || return
	until_true 5 test -b /dev/memx0
}

memx_down() {
	cli memx-admin destroy bench && srv memx-admin server stop &&
		rmmod memx_client memx_server memx_rmap
}

# measure_memx none|psk
measure_memx() {
	memx_up "$1" >/dev/null || return
	fill_device /dev/memx0
	measure_device "memx_$1" /dev/memx0 || return
	memx_down >/dev/null
}
