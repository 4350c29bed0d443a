# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC3043
# Swap on remote memory in early boot, for the images of initramfs-tools and of dracut. It is sourced
# there by busybox sh, dash, klibc sh or bash: POSIX sh, no exit, no option of the shell changed.
# Whatever happens, memx_boot returns in time and boot goes on. See memx-boot(7).

MEMX_TOP=${MEMX_TOP:-}			# another root of the file system, in tests
MEMX_LOG=$MEMX_TOP/run/memx/boot.log
MEMX_STATE=$MEMX_TOP/run/memx/boot
MEMX_GENERATED=$MEMX_TOP/run/memx/boot.conf
MEMX_CONF=$MEMX_TOP/etc/memx/memx.conf
MEMX_KEY=/etc/memx/cluster.key		# unless memx.conf names another
MEMX_TIMEOUT_S=30			# the deadline, unless memx.timeout= says another

# The log is for the running system; dracut shows what is on standard error on the console.
memx_say() {
	echo "memx: $*" >&2
	mkdir -p "${MEMX_LOG%/*}"
	echo "$*" >>"$MEMX_LOG"
}

# Whole seconds since boot: the clock of an image may be set at any time.
memx_uptime() {
	local up
	read -r up <"$MEMX_TOP/proc/uptime"
	echo "${up%%.*}"
}

# The shortest sleep that this sleep(1) knows.
memx_pause() {
	sleep 0.1 2>/dev/null || sleep 1
}

memx_left() {
	local left
	left=$((memx_deadline - $(memx_uptime)))
	[ $left -gt 0 ] || left=0
	echo $left
}

# What lands in a configuration file has no blank, quote, bracket or end of line.
memx_value_ok() { # PARAMETER VALUE
	case $2 in
	'' | *[!A-Za-z0-9.:,_=%-]*)
		memx_say "$1=$2 on the kernel command line is not understood; it is left out"
		return 1
		;;
	esac
}

memx_number_ok() { # PARAMETER VALUE
	case $2 in
	'' | *[!0-9]* | 0?* | ????????*)
		memx_say "$1=$2 on the kernel command line is not a number; it is left out"
		return 1
		;;
	esac
}

memx_take_parameter() { # NAME VALUE
	case $1 in
	memx.timeout | memx.priority | memx.loss-timeout) memx_number_ok "$1" "$2" || return 0 ;;
	*) memx_value_ok "$1" "$2" || return 0 ;;
	esac
	case $1 in
	memx.swap) memx_swap=$2 ;;
	memx.link) memx_links="$memx_links $2" ;;
	memx.server) memx_servers="$memx_servers $2" ;;
	memx.timeout) memx_timeout=$2 ;;
	memx.security) memx_security=$2 ;;
	memx.name) memx_name=$2 ;;
	memx.priority) memx_priority=$2 ;;
	memx.loss-timeout) memx_loss=$2 ;;
	*) memx_say "there is no parameter $1; memx-boot(7) lists them" ;;
	esac
}

# Is a word of the kernel command line like one of these? A prefix rd. counts for nothing.
memx_cmdline_has() { # PATTERN...
	local line word pattern
	read -r line <"$MEMX_TOP/proc/cmdline" || [ -n "$line" ] || return 1
	for word in $line; do
		for pattern; do
			# shellcheck disable=SC2254
			case ${word#rd.} in $pattern) return 0 ;; esac
		done
	done
	return 1
}

memx_is_off() {
	memx_cmdline_has memx=0 memx=no memx=off
}

# Sets the variables memx_... from the kernel command line. rd.memx.X is the same as memx.X.
memx_read_cmdline() {
	local line word
	memx_swap='' memx_links='' memx_servers='' memx_timeout=$MEMX_TIMEOUT_S
	memx_security='' memx_name='' memx_priority='' memx_loss=''
	read -r line <"$MEMX_TOP/proc/cmdline" || [ -n "$line" ] || return 0
	for word in $line; do
		word=${word#rd.}
		case $word in
		memx.*=*) memx_take_parameter "${word%%=*}" "${word#*=}" ;;
		esac
	done
}

# The name of a section from the line that begins it: blanks and comments count for nothing.
memx_head() { # LINE
	local head=${1#*[}
	# shellcheck disable=SC2086
	echo ${head%%]*}
}

memx_sections() { # FILE
	local line
	while read -r line || [ -n "$line" ]; do
		case $line in '['*) memx_head "$line" ;; esac
	done <"$1"
}

# The values of a key, wherever it is in the file.
memx_values() { # KEY FILE
	local line key value
	while read -r line || [ -n "$line" ]; do
		case $line in *[=:]*) ;; *) continue ;; esac
		key=${line%%[=:]*} value=${line#*[=:]}
		key=${key%"${key##*[![:space:]]}"}
		value=${value#"${value%%[![:space:]]*}"}
		value=${value%%[[:space:];#]*}
		[ "$key" != "$1" ] || echo "$value"
	done <"$2"
}

memx_has_key() { # KEY VALUE FILE
	local value
	for value in $(memx_values "$1" "$3"); do
		[ "$value" != "$2" ] || return 0
	done
	return 1
}

# The file of the cluster key, as a configuration file says it or as it is by default.
memx_key_of() { # FILE
	local value key=$MEMX_KEY
	[ ! -e "$1" ] || for value in $(memx_values key-file "$1"); do key=$value; done
	echo "$key"
}

# The network device with a hardware address, in small letters as sysfs has them.
memx_device_of() {
	local path address
	for path in "$MEMX_TOP"/sys/class/net/*; do
		read -r address 2>/dev/null <"$path/address" || continue
		if [ "$address" = "$1" ]; then
			echo "${path##*/}"
			return 0
		fi
	done
	return 1
}

# Prints the name of a link's device. One that is named by its address has to be there for that;
# memx-admin waits for the others.
memx_link_device() { # NAME|MAC
	case $1 in
	*:*:*:*:*:*) ;;
	*)
		echo "$1"
		return 0
		;;
	esac
	until memx_device_of "$1"; do
		[ "$(memx_left)" -gt 0 ] || return 1
		memx_pause
	done
}

# Options after the first word, KEY=VALUE,KEY=VALUE, as lines of the file.
memx_options() {
	local rest=$1
	while [ -n "$rest" ]; do
		case $rest in
		*,*) ;;
		*) rest=$rest, ;;
		esac
		echo "${rest%%,*}"
		rest=${rest#*,}
	done
}

# memx.link=DEVICE[,mtu=N][,ethertype=N]
memx_generate_link() {
	local name rest=
	case $1 in *,*) rest=${1#*,} ;; esac
	name=$(memx_link_device "${1%%,*}") || return 1
	printf '\n[link %s]\n' "$name"
	memx_options "$rest"
}

# memx.server=NAME,ADDRESS,LINK
memx_generate_server() {
	local name=${1%%,*} rest=${1#*,}
	printf '\n[peer %s]\naddress=%s\nlink=%s\n' "$name" "${rest%%,*}" "${rest#*,}"
}

# A configuration as the kernel command line wants it.
memx_generate() {
	local word key
	echo '# Made in early boot from the kernel command line.'
	echo '[node]'
	key=$(memx_key_of "$MEMX_CONF")
	[ "$key" = "$MEMX_KEY" ] || echo "key-file=$key"
	[ -z "$memx_security" ] || echo "security=$memx_security"
	[ -z "$memx_name" ] || echo "name=$memx_name"
	for word in $memx_links; do memx_generate_link "$word" || return 1; done
	for word in $memx_servers; do memx_generate_server "$word"; done
	printf '\n[volume swap0]\nsize=%s\nuse=swap\nboot=yes\n' "$memx_swap"
	[ -z "$memx_priority" ] || echo "priority=$memx_priority"
	[ -z "$memx_loss" ] || echo "loss-timeout=$memx_loss"
}

# Sets memx_conf to the file that is to be applied, or fails: nothing is wanted at boot.
memx_choose_conf() {
	memx_conf=
	if [ -n "$memx_swap" ]; then
		memx_conf=$MEMX_GENERATED
	elif [ -e "$MEMX_CONF" ] && memx_has_key boot yes "$MEMX_CONF"; then
		memx_conf=$MEMX_CONF
	fi
	[ -n "$memx_conf" ]
}

memx_make_conf() {
	[ "$memx_conf" = "$MEMX_GENERATED" ] || return 0
	if [ -z "$memx_links" ]; then
		memx_fault="memx.swap= needs memx.link=DEVICE on the kernel command line"
		return 1
	fi
	mkdir -p "${MEMX_GENERATED%/*}"
	if ! memx_generate >"$MEMX_GENERATED"; then
		rm -f "$MEMX_GENERATED"
		memx_fault="no network device has the address that memx.link= says"
		return 1
	fi
}

memx_load_modules() {
	modprobe memx_client && return 0
	memx_fault="the module memx_client is not in this image for kernel $(uname -r);\
 install memx-dkms with the headers of this kernel, and make the image anew"
	return 1
}

memx_check_key() {
	local key
	key=$(memx_key_of "$memx_conf")
	if [ -e "$MEMX_TOP$key" ] || memx_has_key security none "$memx_conf"; then
		return 0
	fi
	memx_fault="this image has no cluster key $key; set KEY_IN_INITRAMFS=yes in /etc/default/memx and\
 make the image anew"
	return 1
}

# Runs a command and shows what it says, but waits for it no longer than until the deadline: it may
# sit in a system call that no signal ends. Return: its status, or 124.
memx_run() {
	local dir=$MEMX_TOP/run/memx rc line
	rm -f "$dir/run.rc" "$dir/run.pid"
	{
		{
			"$@" &
			echo $! >"$dir/run.pid"
			rc=0
			wait $! 2>/dev/null || rc=$?
			echo $rc >"$dir/run.rc.new"
		} 2>&1 | while read -r line; do memx_say "$line"; done
		mv "$dir/run.rc.new" "$dir/run.rc"
	} &
	while [ ! -e "$dir/run.rc" ]; do
		if [ "$(memx_left)" -eq 0 ]; then
			kill "$(cat "$dir/run.pid")" 2>/dev/null
			return 124
		fi
		memx_pause
	done
	read -r rc <"$dir/run.rc"
	rm -f "$dir/run.rc" "$dir/run.pid"
	return "$rc"
}

# Part of the time is for what comes after the waiting: the volume, mkswap, swapon.
memx_apply() {
	local left rc
	left=$(memx_left)
	rc=0
	memx_run memx-admin apply --config "$memx_conf" --part node --part volumes --boot \
		--wait $((left - left / 5)) || rc=$?
	case $rc in
	0) return 0 ;;
	3) memx_fault="no server with room was heard in time" ;;
	124) memx_fault="it took longer than memx.timeout=$memx_timeout" ;;
	*) memx_fault="memx-admin apply failed" ;;
	esac
	return 1
}

memx_bring_up() {
	memx_load_modules && memx_make_conf && memx_check_key && memx_apply
}

# The first process keeps out of swap what it gets in its scope (init.scope.d), but systemd makes that
# only after it has loaded. In a scope that is there it begins; other programs would not leave it again.
memx_begin_in_scope() { # ROOT INIT
	local to
	to=$(readlink "$1$2") || to=$2
	case $to in */systemd) ;; *) return 0 ;; esac
	! memx_is_off || return 0
	! memx_cmdline_has 'systemd.unified_cgroup_hierarchy=[0nNfF]*' \
		'systemd.unified_cgroup_hierarchy=[oO][fF]*' || return 0
	to=$MEMX_TOP/run/memx/cgroup
	mkdir -p "$to"
	if mount -t cgroup2 cgroup2 "$to"; then
		memx_make_scope "$to" 2>/dev/null ||
			memx_say "the first process may be swapped out: there is no control group for it"
		umount "$to"
	fi
}

memx_make_scope() { # CGROUPS
	echo +memory >"$1/cgroup.subtree_control" && mkdir -p "$1/init.scope" &&
		echo 0 >"$1/init.scope/memory.swap.max" && echo 1 >"$1/init.scope/cgroup.procs"
}

# The whole of it. Always returns 0, at most memx.timeout seconds later.
memx_boot() {
	local start took
	memx_read_cmdline
	if memx_is_off || [ -e "$MEMX_STATE" ] || ! memx_choose_conf; then
		return 0
	fi
	memx_fault=
	start=$(memx_uptime)
	memx_deadline=$((start + memx_timeout))
	memx_say "bringing up swap on remote memory, for at most $memx_timeout s"
	if memx_bring_up; then
		took=$(($(memx_uptime) - start))
		memx_say "swap on remote memory is on, after $took s"
		echo "ok $took" >"$MEMX_STATE"
	else
		took=$(($(memx_uptime) - start))
		memx_say "no swap on remote memory after $took s: $memx_fault"
		memx_say "boot goes on without it; memx-volumes.service will go on trying"
		mkdir -p "${MEMX_STATE%/*}"
		echo "failed $took $memx_fault" >"$MEMX_STATE"
	fi
	return 0
}
