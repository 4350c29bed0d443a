# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The virtual lab: source this, then lab_start, vm_boot, vm_run, ..., lab_check, lab_stop.
# See README.md beside this file.

# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source-path=SCRIPTDIR source=vm.bash
. "$LAB_DIR/vm.bash"
# shellcheck source-path=SCRIPTDIR source=net.bash
. "$LAB_DIR/net.bash"
# shellcheck source-path=SCRIPTDIR source=check.bash
. "$LAB_DIR/check.bash"
PATH=$PATH:/usr/sbin:/sbin
if declare -F bats_require_minimum_version >/dev/null; then
	bats_require_minimum_version 1.5.0
fi

# lab_until SECONDS COMMAND...: waits until the command holds
lab_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -le $end ] || return 1
		read -r -t 0.05 <>"$LAB_RUN/tick" || true
	done
}

is() { # WHAT WANTED
	[ "$1" = "$2" ] || { echo "it is '$1', not '$2'"; return 1; }
}

# lab_start: an empty lab. Modules and images must have been made: tests/lab/prepare.sh
lab_start() {
	lab_sweep
	[ -e "$LAB_INITRD" ] || lab_die "no guest image: run tests/lab/prepare.sh"
	LAB_RUN=$(mktemp -d "${TMPDIR:-/tmp}/memxlab-$$-XXXXXX")
	LAB_NETNS=${LAB_RUN##*/}
	export LAB_RUN LAB_NETNS
	mkfifo "$LAB_RUN/tick"
	mkdir -p "$LAB_RUN"/{vm,bg} "$LAB_RUN"/share/{run,guest,modules,bin,udev}
	cp -a "$LAB_DIR"/guest/. "$LAB_RUN/share/guest/"
	lab_put_files
	"$MEMX_BUILD/bin/tsc_khz" >"$LAB_RUN/tsc_khz"
	net_start
	mkfifo "$LAB_RUN/keeper"
	setpriv --pdeathsig KILL "$LAB_DIR/keeper" "$LAB_RUN/keeper" \
		</dev/null >/dev/null 2>&1 3>&- &
	echo $! >"$LAB_RUN/keeper.pid"
	disown $!
}

# Without debug information a module takes little of a small guest's memory.
lab_put_files() {
	local file lock
	mkdir -p "$LAB_OUT"
	exec {lock}>>"$LAB_OUT/lock" # not while modules.sh builds
	flock -s "$lock"
	for file in "$LAB_OUT"/*.ko; do
		[ -e "$file" ] || continue
		strip --strip-debug -o "$LAB_RUN/share/modules/${file##*/}" "$file"
	done
	exec {lock}<&-
	for file in "$MEMX_BUILD"/bin/*; do
		[ ! -f "$file" ] || cp "$file" "$LAB_RUN/share/bin/"
	done
	find "$LAB_ROOT/tools" "$LAB_ROOT/systemd" -name '*.rules' \
		-exec cp {} "$LAB_RUN/share/udev/" \; 2>/dev/null || true
}

# lab_stop: ends all that the lab started. With LAB_KEEP set the logs stay.
lab_stop() {
	local name pid
	[ -d "${LAB_RUN:-}" ] || return 0
	for name in $(vm_names); do vm_kill "$name"; done
	for pid in "$LAB_RUN"/bg/*.pid; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true
	done
	kill -KILL "$(cat "$LAB_RUN/keeper.pid")" 2>/dev/null || true
	net_stop
	if [ -n "${LAB_KEEP:-}" ]; then
		echo "lab: logs are in $LAB_RUN" >&2
	else
		rm -rf "$LAB_RUN"
	fi
	unset LAB_RUN LAB_NETNS
}

# A lab that was killed could not clean up: its machines died with it, its network and files stayed.
lab_sweep() {
	local path pid
	for path in /run/netns/memxlab-* "${TMPDIR:-/tmp}"/memxlab-*; do
		pid=${path##*/memxlab-}
		pid=${pid%%-*}
		if [ ! -e "$path" ] || [ -d "/proc/$pid" ]; then continue; fi
		case $path in
		/run/netns/*) ip netns del "${path##*/}" 2>/dev/null ;;
		*) [ -n "${LAB_KEEP:-}" ] || rm -rf "$path" ;;
		esac
	done
	return 0
}

# lab_trap: for scripts (bats has teardown instead): stop the lab however the script ends
lab_trap() {
	trap lab_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}
