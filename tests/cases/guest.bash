# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the cases of MemX use inside the machine, on top of tests/lab/guest/lib.sh.

# For <(...)
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd

failed_line() { echo "line $((BASH_LINENO[0] - 2)) of the commands failed: $BASH_COMMAND" >&2; }

# field KEY: its first value in JSON
field() { sed -n "/\"$1\": /{s/.*\"$1\": *\"\\{0,1\\}\\([^\",]*\\).*/\\1/p;q}"; }

# counter NAMESPACE NAME: of the node there
counter() { "$1" memx-admin --json node | field "$2"; }

# of_server KEY, of_volume KEY [NAME]: figures of server and volume
of_server() { srv memx-admin --json server status | field "$1"; }
of_volume() {
	cli memx-admin --json list | sed -n "/\"name\": \"${2:-v0}\"/,/\"places\"/p" | field "$1"
}

# is VALUE OP NUMBER: [ ] that says what it saw
is() {
	[ "$@" ] && return
	echo "false: $*" >&2
	return 1
}

# says WORDS COMMAND...: the command fails, and its errors have these words in them
says() {
	local words=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "was not refused: $*" >&2
		return 1
	fi
	case $said in
	*"$words"*) return 0 ;;
	esac
	echo "expected '$words' from '$*', got '$said'" >&2
	return 1
}

# prints WORDS COMMAND...: these words are in what it prints
prints() {
	local words=$1 said
	shift
	said=$("$@" 2>&1) || true
	case $said in
	*"$words"*) return 0 ;;
	esac
	echo "expected '$words' from '$*', got '$said'" >&2
	return 1
}

# refused COMMAND...: it fails (set -e does not see `! command`)
refused() {
	if "$@"; then
		echo "went well, but should not: $*" >&2
		return 1
	fi
}

# lasts LEAST MOST COMMAND...: it is through after so many seconds, and not before
lasts() {
	local least=$1 most=$2 rc=0 from now
	from=$(cut -d. -f1 /proc/uptime)
	shift 2
	"$@" || rc=$?
	now=$(cut -d. -f1 /proc/uptime)
	is $((now - from)) -ge "$least" && is $((now - from)) -le $((most * ${LAB_SLOW:-1})) || return 1
	return $rc
}

# node NAMESPACE psk|none [KEYFILE]: names the node like its namespace and gives it its link
node() {
	"$1" memx-admin node set --name "$1" --security "$2"
	[ "$2" = none ] || "$1" memx-admin key set "${3:-/tmp/key}"
	"$1" memx-admin link add eth0
}

# three_namespaces: cli, srv and other, on a bridge
three_namespaces() {
	local ns n=1
	ip link add br0 type bridge mcast_snooping 0 forward_delay 0
	ip link set br0 up
	for ns in cli srv other; do
		ip netns add $ns
		ip link add p$ns type veth peer name eth0 netns $ns address "52:54:00:0a:00:0$n"
		ip link set p$ns master br0 up
		ip -n $ns link set lo up
		ip -n $ns link set eth0 up
		n=$((n + 1))
	done
}

other() { in_namespace other "$@"; }

# puppet [PARAMETER=VALUE...]: a donor in the namespace other that answers as it is told, see
# tests/lab/kmod/lab_donor.c; tell PARAMETER VALUE goes on telling it, told PARAMETER asks
puppet() { other insmod /lab/modules/lab_donor.ko "$@"; }
tell() { echo "$2" >"/sys/module/lab_donor/parameters/$1"; }
told() { cat "/sys/module/lab_donor/parameters/$1"; }

# state NAMESPACE: how the client's session to it is: up, connecting or -
state() {
	cli memx-admin --json servers | tr -d ' \n' |
		sed -n "s/.*\"name\":\"$1\"[^}]*\"session\":\"\{0,1\}\([a-z-]*\).*/\1/p"
}
state_is() { [ "$(state "$1")" = "$2" ]; }

# away NAMESPACE, back NAMESPACE: nothing that it says is heard
away() { tc -n "$1" qdisc replace dev eth0 root netem loss 100%; }
back() { tc -n "$1" qdisc del dev eth0 root; }

sees_server() { "${1:-cli}" memx-admin --json servers | grep -q '"state": "ok"'; }

# pair [MTU] [psk|none] [CAPACITY]: modules, client and server that know each other
pair() {
	two_namespaces "${1:-1500}"
	memx_load memx_rmap memx_server memx_client
	[ "${2:-none}" = none ] || memx-admin key generate --force /tmp/key >/dev/null
	node srv "${2:-none}"
	node cli "${2:-none}"
	srv memx-admin server start --capacity "${3:-128M}"
	until_true 10 sees_server
}

# volume NAME SIZE [OPTIONS]: made, and its disk is there
volume() {
	local name=$1 size=$2
	shift 2
	cli memx-admin create "$name" --size "$size" "$@" >/dev/null
	until_true 5 test -b "$(disk "$name")"
}

# disk [NAME]: device of a volume of the client
disk() { echo "/dev/$(of_volume disk "${1:-v0}")"; }

# under_load [NAME]: reads of the volume have gone through and more is in flight
under_load() {
	[ "$(of_volume pages_in "${1:-v0}")" -gt 0 ] &&
		grep -q '[1-9]' "/sys/block/$(of_volume disk "${1:-v0}")/inflight"
}

# flows [NAME]: pages of the volume are read and written since the last call
flows() {
	local now
	now="$(of_volume pages_in "${1:-v0}") $(of_volume pages_out "${1:-v0}")"
	set -- "$now" "${flowed:-0 0}"
	flowed=$now
	[ "${1% *}" -gt "${2% *}" ] && [ "${1#* }" -gt "${2#* }" ]
}

# within MEMORY COMMAND...: runs it with at most this much memory; swap does not count
within() {
	local group=/sys/fs/cgroup/within
	echo '+memory +io' >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p $group
	echo "$1" >$group/memory.max
	shift
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' $group "$@" || return
	rmdir $group
}

in_namespace() { nsenter "--net=/run/netns/$1" "${@:2}"; }

names_of_volumes() {
	in_namespace "$1" memx-admin --json list 2>/dev/null |
		sed -n '/"places"/,/\]/d;s/.*"name": "\([^"]*\)".*/\1/p'
}

# Take back what a case left. The modules must go: a reference that was forgotten keeps them.
all_gone() {
	local ns name
	umount -l /mnt/* 2>/dev/null || true
	swapoff -a
	for ns in $(ip netns list | cut -d' ' -f1); do
		tc -n "$ns" qdisc del dev eth0 root 2>/dev/null || true
		if [ -d /sys/module/memx_client ]; then
			for name in $(names_of_volumes "$ns"); do
				in_namespace "$ns" memx-admin destroy "$name" --force
			done
		fi
		if [ -d /sys/module/memx_server ]; then
			in_namespace "$ns" memx-admin server stop --force 2>/dev/null || true
		fi
	done
	for name in memx_client lab_disk lab_donor memx_server memx_rmap; do
		if [ -d /sys/module/$name ]; then
			until_true 5 rmmod $name
		fi
	done
	for ns in $(ip netns list | cut -d' ' -f1); do ip netns del "$ns"; done
	ip link del br0 2>/dev/null || true
}
