# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A whole Debian as the client, and machines of the lab as donors. load this in a bats file.
# shellcheck source-path=SCRIPTDIR source=../lab/lab.bash
. "${BASH_SOURCE[0]%/*}/../lab/lab.bash"

CLIENT_MEM=448		# MiB
CLIENT_BOOT_S=${CLIENT_BOOT_S:-360}	# a whole Debian, emulated, on a machine that does other things too

# lab_begin IMAGE: which image the client boots; donors are not started
boot_lab() {
	lab_start
	BOOT_IMAGE=$MEMX_BUILD/boot/$1
	export BOOT_IMAGE
	cp "$MEMX_BUILD/boot/key" "$LAB_RUN/share/run/key"
}

# donor NAME CAPACITY: boots, and donates
donor() {
	vm_boot "$1" mem=1400 && donate "$1" "$2"
}

donate() {
	vm_run "$1" 60 "memx_load memx_server && memx-admin node set --name $1 --security psk &&
		memx-admin key set /lab/run/key && memx-admin link add eth0 &&
		memx-admin server start --capacity $2"
}

# client KERNEL [ARGUMENTS]: switches the client on; KERNEL is first or second
client() {
	local disk=$BOOT_IMAGE/disk dir
	dir=$(vm_dir client)
	if [ -e "$dir/console" ]; then
		lab_check_console client || return
		: >"$dir/console"
	fi
	LAB_KERNEL=$BOOT_IMAGE/$1.kernel LAB_INITRD=$BOOT_IMAGE/$1.initrd \
		LAB_QEMU_ARGS="-drive file=$disk,format=raw,if=none,id=d1,snapshot=on,cache=unsafe
			-device virtio-blk-pci,drive=d1,romfile= ${LAB_QEMU_ARGS:-}" \
		vm_start client "mem=$CLIENT_MEM" \
		"append=root=LABEL=memxroot rw net.ifnames=0 systemd.log_target=kmsg \
systemd.show_status=error ${*:2}"
}

# client_up: waits until the client has started all that it starts
client_up() {
	local boot_s=$LAB_BOOT_S
	LAB_BOOT_S=$CLIENT_BOOT_S
	vm_ready client || return
	LAB_BOOT_S=$boot_s
	in_client "$CLIENT_BOOT_S" 'systemctl is-system-running --wait' || {
		in_client 20 'systemctl --failed --no-pager; systemctl list-jobs --no-pager'
		return 1
	}
}

# in_client SECONDS COMMAND: with the programs of the client, not those of the lab
in_client() {
	vm_run client "$1" "PATH=/usr/local/bin:/usr/sbin:/usr/bin; $2"
}

# console PATTERN: the client has said so since it was switched on
console() {
	grep -aqE "$1" "$(vm_dir client)/console"
}

# report_is_good KERNEL: lab-report, of which the function `reported` gives a line, says that KERNEL runs
# and that all is well
report_is_good() {
	is "$(reported kernel)" "$(cat "$BOOT_IMAGE/$1.version")" || return
	reported before-root | grep '^/dev/memx0.*partition.*100$' || return
	reported now | grep ^/dev/memx0 || return
	is "$(reported failed)" '' || return
	is "$(reported system)" running || return
	is "$(reported memx-admin)" 'Nothing is wrong.'
}

# switch_off SECONDS [COMMAND...]: tells the client to, runs the command, and puts how long it took into
# $took, in tenths of seconds
switch_off() {
	local start=$EPOCHREALTIME
	in_client 60 "systemctl --no-block poweroff" || return
	"${@:2}"
	lab_until "$1" vm_is_dead client || return 1
	# shellcheck disable=SC2034
	took=$(((${EPOCHREALTIME/./} - ${start/./}) / 100000))
	console 'reboot: Power down' || return 1
	if console 'ordering cycle'; then
		grep -a 'ordering cycle' "$(vm_dir client)/console"
		return 1
	fi
}

# The end of a case: whatever a kernel complained of fails it.
end_case() {
	local rc=0
	lab_check || rc=1
	if [ $rc -ne 0 ] || [ "${BATS_ERROR_STATUS:-0}" -ne 0 ]; then
		tail -n 40 "$(vm_dir client)/console" || true
	fi
	lab_stop
	return $rc
}

donors_die() {
	vm_kill donor1
	vm_kill donor2
}

# The address that the lab gives to the machine that is made next.
client_mac() { printf '52:54:00:09:00:%02x' $(($(vm_names | wc -l) + 1)); }
