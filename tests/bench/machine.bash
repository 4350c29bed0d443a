# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The machine in which a virtual nanosecond is a guest instruction. Sourced by path.sh, profile.sh.
# Without ERMS and FSRM, `rep movs` counts an instruction for 8 bytes, as long words take.

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB_CPU=max,-erms,-fsrm
export LAB_QEMU_ARGS="-icount shift=0,sleep=off ${BENCH_QEMU_ARGS:-}"
# shellcheck source-path=SCRIPTDIR source=../lab/lab.bash
. "$BENCH_DIR/../lab/lab.bash"
# Counting is slow, and a laden machine is slower still.
# shellcheck disable=SC2034
LAB_BOOT_S=600

# bench_start: builds all, and boots the machine, its two namespaces joined
bench_start() {
	local kmod=$LAB_OUT/bench-kmod
	"$LAB_DIR/image.sh" && "$LAB_DIR/tools.sh" && "$LAB_DIR/modules.sh" || return
	mkdir -p "$kmod"
	rsync -a --checksum "$BENCH_DIR/kmod/" "$kmod/"
	make -s -C "$LAB_KDIR" "M=$kmod" CONFIG_DEBUG_INFO_BTF_MODULES= modules || return
	lab_start
	lab_trap
	strip --strip-debug -o "$LAB_RUN/share/modules/bench_echo.ko" "$kmod/bench_echo.ko"
	cp "$BENCH_DIR/guest.sh" "$LAB_RUN/share/guest/bench.sh"
	vm_start bench mem=1024 smp=1 && vm_ready bench && bench_run 'awake; two_namespaces 1500'
}

# bench_run COMMAND...: runs a function of guest.sh
bench_run() { vm_run bench "${BENCH_DEADLINE_S:-900}" ". /lab/guest/bench.sh; $*"; }
