#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# install.sh for real: on a fresh Debian in a folder, in all roles, twice, and back. What it wrote and
# what stays is compared file by file. Needs root, and fetches about 500 MB per suite the first time.
# Usage: tests/install/run.sh [SUITE...]	by default bookworm trixie; ROLES="client server both"
set -u
# shellcheck source-path=SCRIPTDIR source=../packages/chroot.bash
. "$(dirname "$0")/../packages/chroot.bash"
PKG_KEPT=$build/install
PKG_WORK=$PKG_KEPT/work
[ $# -gt 0 ] || set -- bookworm trixie
passed=0 failed=0
capacity=1G swap=64M

# What a machine has, that was just installed.
fresh=systemd,systemd-sysv,dbus,udev,kmod,iproute2,linux-image-amd64,initramfs-tools,ca-certificates

check() { # WHAT COMMAND...
	local out
	if out=$("${@:2}" 2>&1); then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		printf '%s\n' "$out" | tail -n 25 | sed 's/^/     /'
		echo "FAIL $1"
	fi
}

# The folder is a machine that knows its own devices; what starts there ends with the command.
on() { inside "$1" "mount -t sysfs sysfs /sys; $2"; }

# All files: kind, mode, owner, content or target; of an initramfs, which was made anew, the names in
# it. Logs may differ, caches, and the copy that dpkg keeps of its last state; times are not looked at.
manifest() { # LAYER
	on "$1" 'cd /
		files() {
			find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./repo \
				-o -path ./var/log -o -path ./var/cache -o -path ./tmp \
				-o -path ./var/lib/dpkg/status-old -o -path ./run \) -prune -o "$@"
		}
		files -printf "%p %y %m %U:%G %l\n"
		files -type f ! -path "./boot/initrd.img-*" -exec sha256sum {} +
		lsinitramfs boot/initrd.img-*' | sort
}

# Prints what differs; none is well.
differences() { # BEFORE AFTER
	diff "$1" "$2" | grep '^[<>]'
	[ "${PIPESTATUS[1]}" -eq 1 ]
}

role_options() { # ROLE
	case $1 in
	client) echo "--swap-size $swap" ;;
	server) echo "--capacity $capacity" ;;
	both) echo "--swap-size $swap --capacity $capacity --boot" ;;
	esac
}

# What doctor finds in a folder: the kernel that runs is none of this Debian's, nothing is started.
only_the_kernel() { # FILE STATUS ROLE
	local wish="headers-missing "
	[ "$3" = server ] || wish+="swap-unused "
	[ "$2" -eq 3 ] && grep -q "^  error headers-missing: .*$(uname -r)" "$1" &&
		[ "$(sed -nE 's/^  (error|warning) ([a-z-]*):.*/\2/p' "$1" | tr '\n' ' ')" = "$wish" ] || {
		cat "$1"
		return 1
	}
}

is_configured() { # LAYER ROLE
	on "$1" "
		[ \"\$(ls /lib/modules/*/updates/dkms/memx_*.ko* | wc -l)\" -eq $(our_modules | wc -l) ]
		[ \"\$(stat -c '%a %U' /etc/memx/cluster.key)\" = '600 root' ]
		[ \"\$(sed '/^#/d; /^\$/d' /etc/memx/memx.conf)\" = \"$(wanted_conf "$2")\" ]
		for unit in $(wanted_units "$2"); do systemctl -q is-enabled \$unit; done
		[ \"\$(systemctl list-unit-files --state enabled 'memx-*' | grep -c '^memx-')\" -eq \
			$(wanted_units "$2" | wc -w) ]"
}

wanted_conf() { # ROLE
	echo "[link $device]"
	[ "$1" = client ] || printf '[server]\ncapacity = %s\n' $capacity
	[ "$1" = server ] || printf '[volume swap0]\nsize = %s\nuse = swap\n' $swap
	[ "$1" != both ] || echo 'boot = yes'
}

wanted_units() { # ROLE
	printf 'memx-node '
	[ "$1" = client ] || printf 'memx-server '
	[ "$1" = server ] || printf 'memx-volumes '
}

image_has_memx() { # LAYER
	on "$1" 'lsinitramfs /boot/initrd.img-* | grep -q "memx_rmap\.ko"'
}

install_sh() { # LAYER OPTION...
	on "$1" "/repo/install.sh --repo /repo/new --unattended ${*:2}"
}

try_role() { # SUITE ROLE
	local out=$PKG_WORK/$1-$2.out name="$1 $2:" options rc
	options="--role $2 --link $device $(role_options "$2")"
	layer "$1-once" "$1-fresh"
	install_sh "$1-once" "$options" >"$out" 2>&1
	rc=$?
	check "$name installed, and doctor finds no more than a kernel that is not its own" \
		only_the_kernel "$out" $rc "$2"
	check "$name modules, key, configuration, units" is_configured "$1-once" "$2"
	[ "$2" != both ] || check "$name the initramfs has the modules" image_has_memx "$1-once"
	manifest "$1-once" >"$out.once"
	layer "$1-twice" "$1-once"
	install_sh "$1-twice" "$options" >"$out" 2>&1
	rc=$?
	check "$name the second time nothing is to be done" \
		grep -qx 'Nothing is to be installed or configured.' "$out"
	check "$name and it ends in the same way" only_the_kernel "$out" $rc "$2"
	manifest "$1-twice" >"$out.twice"
	check "$name and it changes nothing" differences "$out.once" "$out.twice"
	layer "$1-back" "$1-twice"
	check "$name taken back" install_sh "$1-back" --uninstall
	manifest "$1-back" >"$out.back"
	check "$name and nothing stays" differences "$PKG_WORK/$1.fresh" "$out.back"
	rm -rf "$PKG_WORK/$1-once" "$PKG_WORK/$1-twice" "$PKG_WORK/$1-back"
}

# A Debian of today, which has looked for packages before.
prepare() { # SUITE
	make_chroot "$1" "$PKG_KEPT/base-$1" "$fresh" || return 1
	layer "$1-fresh" "$1"
	inside "$1-fresh" 'echo "Acquire::Retries 5;" >/etc/apt/apt.conf.d/99mmdebstrap
		echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/50lab
		apt-get -q update' >"$PKG_WORK/$1-update.log" 2>&1 || return 1
	manifest "$1-fresh" >"$PKG_WORK/$1.fresh"
}

device=$(grep -lx 1 /sys/class/net/*/type | sed 's|/type$||; s|.*/||' | head -n 1)
[ -d "$build/repo" ] || die 'there is no repository: run make repo first'
rm -rf "$PKG_WORK"
mkdir -p "$PKG_WORK/repo"
cp -r "$build/repo" "$PKG_WORK/repo/new"
cp "$top/install.sh" "$PKG_WORK/repo/"
trap 'rm -rf "$PKG_WORK"' EXIT
for suite; do
	if prepare "$suite"; then
		for role in ${ROLES:-client server both}; do
			try_role "$suite" $role
		done
	else
		failed=$((failed + 1))
		echo "FAIL $suite: no fresh Debian could be made, see $PKG_KEPT"
	fi
done
echo "install: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
