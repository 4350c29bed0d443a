# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC3043
# What the units of systemd do, sourced by the program memx-unit beside it. Times can be changed with
# `systemctl edit`: Environment=MEMX_WAIT_S=...

MEMX_WAIT_S=${MEMX_WAIT_S:-20}		# for links and servers, before boot goes on
MEMX_RETRY_S=${MEMX_RETRY_S:-30}	# one try after that
MEMX_STOP_S=${MEMX_STOP_S:-90}		# all of a stop
MEMX_QUIET_S=${MEMX_QUIET_S:-20}	# of it, for other services to end first
MEMX_ANSWER_S=${MEMX_ANSWER_S:-10}	# of it, for systemd to answer a question
MEMX_LOSS_S=${MEMX_LOSS_S:-10}		# a server that is gone is waited for no longer at shutdown
MEMX_MERGED=$MEMX_TOP/run/memx/memx.conf

# Prints the file to apply. What early boot took from the kernel command line is wanted too: its
# sections follow those of the file, unless they are there.
unit_conf() {
	if [ ! -e "$MEMX_GENERATED" ]; then
		echo "$MEMX_CONF"
		return
	fi
	mkdir -p "${MEMX_MERGED%/*}"
	{
		cat "$MEMX_CONF" 2>/dev/null && echo
		unit_other_sections
	} >"$MEMX_MERGED.new"
	mv "$MEMX_MERGED.new" "$MEMX_MERGED"
	echo "$MEMX_MERGED"
}

unit_other_sections() {
	local line keep=no
	while read -r line; do
		case $line in
		'['*)
			keep=yes
			! unit_has_section "$(memx_head "$line")" || keep=no
			;;
		esac
		[ $keep = no ] || echo "$line"
	done <"$MEMX_GENERATED"
}

unit_has_section() { # NAME
	[ -e "$MEMX_CONF" ] && memx_sections "$MEMX_CONF" | grep -qxF -- "$1"
}

# Ends the shell: it becomes memx-admin.
unit_apply() { # CONF PART... -- SECONDS
	local conf=$1 parts=
	shift
	while [ "$1" != -- ]; do
		parts="$parts --part $1"
		shift
	done
	# shellcheck disable=SC2086
	exec memx-admin apply --config "$conf" $parts --wait "$2"
}

unit_start_node() {
	unit_apply "$(unit_conf)" node -- "$MEMX_WAIT_S"
}

unit_start_server() {
	unit_apply "$(unit_conf)" node server -- "$MEMX_WAIT_S"
}

unit_notify() {
	[ -z "${NOTIFY_SOCKET:-}" ] || systemd-notify "$@"
}

# What is under way ends with this process, so that nothing is made any more once a stop has begun.
unit_apply_to_the_end() {
	local child rc=0
	unit_apply "$@" &
	child=$!
	trap 'kill $child 2>/dev/null; wait $child; exit 0' TERM
	wait $child || rc=$?
	trap - TERM
	return $rc
}

unit_has_volumes() {
	set -- "$MEMX_TOP"/sys/block/memx*
	[ -e "$1" ]
}

# Boot waits for the first try only, and not for long where early boot has waited already. Servers
# that appear later are found by the tries that follow. A file that is wrong ends it, unless there are
# volumes, from early boot: they are to be taken down at shutdown, and systemd does that only for what has
# been ready.
unit_start_volumes() {
	local seconds=$MEMX_WAIT_S rc
	case $(cat "$MEMX_STATE" 2>/dev/null) in failed*) seconds=1 ;; esac
	while :; do
		rc=0
		unit_apply_to_the_end "$(unit_conf)" node volumes -- "$seconds" || rc=$?
		[ $rc -ne 0 ] || break
		[ $rc -ne 2 ] || unit_has_volumes || return 2
		unit_notify --ready --status='Not all volumes are up; the journal says why. Trying again.'
		seconds=$MEMX_RETRY_S
		case $rc in
		2) sleep "$MEMX_RETRY_S" ;;
		3) ;;
		*) sleep 5 ;;
		esac
	done
	unit_notify --ready --status='All volumes are up.'
}

# systemd, as long as it answers.
unit_ask_systemd() {
	timeout "$MEMX_ANSWER_S" systemctl "$@" 2>/dev/null
}

# systemd does not answer when it waits for a page itself, of a server that is gone: then we do not wait for
# that server any more, or a shutdown would not end before the loss timeout.
unit_going_down() {
	local state rc=0
	state=$(unit_ask_systemd is-system-running) || rc=$?
	[ "$state" = stopping ] || [ $rc -ge 124 ]
}

# Prints jobs that are being worked on, but those of MemX. All that is left then waits for us.
unit_other_jobs() {
	unit_ask_systemd list-jobs --no-legend --plain | while read -r _ name _ state; do
		case $name/$state in
		memx-*) ;;
		*.service/running | *.scope/running) echo "$name" ;;
		esac
	done
}

# What other services have in swap is gone when they are: nothing needs to be brought back for them.
# An ordering after all services would be a cycle with network managers that are services too. Where they
# do not wait for us, systemd switches the swap off by itself when services have ended.
unit_wait_for_others() {
	local end looks=0
	end=$(($(memx_uptime) + MEMX_QUIET_S))
	while [ "$(memx_uptime)" -lt "$end" ] && unit_swap >/dev/null; do
		# systemd is asked now and then only: it has better things to do.
		[ $((looks % 5)) -ne 0 ] || [ -n "$(unit_other_jobs)" ] || return 0
		looks=$((looks + 1))
		memx_pause
	done
}

# Prints a volume that is swapped on; fails when there is none.
unit_swap() {
	local device
	while read -r device _; do
		case $device in
		/dev/memx*)
			echo "$device"
			return 0
			;;
		esac
	done <"$MEMX_TOP/proc/swaps"
	return 1
}

unit_forget_lost_servers() {
	local path name
	for path in "$MEMX_TOP"/sys/block/memx*/memx/name; do
		read -r name 2>/dev/null <"$path" || continue
		memx-admin set "$name" --loss-timeout "$MEMX_LOSS_S" || true
	done
}

# systemd says in $MAINPID who still tries to bring volumes up.
unit_stop_trying() {
	local end
	[ -n "${MAINPID:-}" ] || return 0
	end=$(($(memx_uptime) + 10))
	kill "$MAINPID" 2>/dev/null || return 0
	while kill -0 "$MAINPID" 2>/dev/null && [ "$(memx_uptime)" -lt "$end" ]; do
		memx_pause
	done
}

unit_stop_volumes() {
	local start left
	start=$(memx_uptime)
	unit_stop_trying
	if unit_going_down; then
		unit_forget_lost_servers
		unit_wait_for_others
	fi
	left=$((start + MEMX_STOP_S - $(memx_uptime)))
	memx-admin down --part volumes --timeout "$left"
}

unit_stop_server() {
	memx-admin down --part server --timeout "$MEMX_STOP_S"
}

unit_stop_node() {
	memx-admin down --part node --timeout "$MEMX_STOP_S"
}

# An image of the memory on MemX could not be read back at boot, and what is swapped to servers would
# be out of reach in between.
unit_may_hibernate() {
	local device
	if device=$(unit_swap); then
		echo "there is no hibernation while swap is on remote memory ($device):" \
			"stop memx-volumes.service first" >&2
		return 1
	fi
}
