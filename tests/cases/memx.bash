# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Common to the cases of MemX: load this in a bats file. One machine is booted per file; each case
# loads the modules and makes the network namespaces anew, and takes everything back in the end.
# What runs in the machine is in guest.bash beside this file.

# shellcheck source-path=SCRIPTDIR source=../lab/lab.bash
. "${BASH_SOURCE[0]%/*}/../lab/lab.bash"
MEMX_CASES=${BASH_SOURCE[0]%/*}

# memx_boot [SETTINGS of vm_start]: for setup_file
memx_boot() {
	lab_start
	cp "$MEMX_CASES/guest.bash" "$LAB_RUN/share/guest/"
	MEMX_VM="$*"
	export MEMX_VM
	memx_vm
}

# A case that broke the machine leaves a new one to the next.
memx_vm() {
	# shellcheck disable=SC2086
	vm_alive one || vm_boot one $MEMX_VM
}

# memx_program NAME: compiles progs/NAME.c for the machine; it is in the PATH there
memx_program() {
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -I "$LAB_ROOT/src/include" \
		-I "$LAB_ROOT/src/rmap/pure" -I "$LAB_ROOT/tests/unit" \
		-o "$LAB_RUN/share/bin/$1" "$MEMX_CASES/progs/$1.c"
}

# guest SECONDS COMMANDS: runs them in the machine; the first that fails ends them
guest() {
	local seconds=$1
	shift
	vm_run one "$seconds" ". /lab/guest/guest.bash; set -eE; trap failed_line ERR
$*"
}

# guest_bg SECONDS TAG COMMANDS: the same in the background, see vm_bg and vm_wait
guest_bg() {
	local seconds=$1 tag=$2
	shift 2
	vm_bg one "$seconds" "$tag" ". /lab/guest/guest.bash; set -eE; trap failed_line ERR
$*"
}

# memx_end_case: for teardown. Modules that cannot be unloaded are a fault of the case.
memx_end_case() {
	local rc=0
	if vm_alive one && ! guest 40 'all_gone'; then
		echo "the machine could not be cleaned up after the case" >&2
		rc=1
	fi
	lab_end_case || rc=1
	[ $rc -eq 0 ] || vm_kill one
	return $rc
}
