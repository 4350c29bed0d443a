# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debians in folders, to install packages in. Each is a stack of layers (overlayfs) over a base that is
# kept in the build folder; nothing stays mounted or running after a command.
# shellcheck source-path=SCRIPTDIR source=../../packaging/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../packaging/common.sh"
PKG_KEPT=$build/packages		# bases and what apt fetched
PKG_WORK=$PKG_KEPT/work			# layers; of one run

# Debian with its newest kernel, before anybody thought of MemX.
base_packages() { # SUITE
	case $1 in
	sid) echo linux-image-amd64,ca-certificates ;;
	*) echo linux-image-amd64,initramfs-tools,ca-certificates ;;
	esac
}

# layer NEW BELOW: a place for changes over another layer, or over the base of a suite
layer() {
	local dir=$PKG_WORK/$1 below=$PKG_WORK/$2
	rm -rf "$dir"
	mkdir -p "$dir/upper" "$dir/work" "$dir/root"
	if [ -e "$below/lower" ]; then
		echo "$below/upper:$(cat "$below/lower")" >"$dir/lower"
		cp "$below/suite" "$dir/suite"
	else
		echo "$PKG_KEPT/base-$2" >"$dir/lower"
		echo "$2" >"$dir/suite"
	fi
}

# mounted LAYER PROGRAM...: run where $ROOT is the layer, with the repositories in its /repo and the
# mirror's packages kept
mounted() {
	local dir=$PKG_WORK/$1 cache
	cache=$PKG_KEPT/apt-$(cat "$dir/suite")
	mkdir -p "$cache/partial" "$PKG_WORK/repo"
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child sh -ec '
		mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
		mkdir -p "$1/root/repo"
		mount -t proc proc "$1/root/proc"
		mount --rbind /dev "$1/root/dev"
		mount --bind "$3" "$1/root/var/cache/apt/archives"
		mount --bind "$4" "$1/root/repo"
		export ROOT="$1/root"
		shift 4
		exec "$@"' \
		sh "$dir" "$(cat "$dir/lower")" "$cache" "$PKG_WORK/repo" "${@:2}" </dev/null
}

# inside LAYER COMMAND: as root on that machine
inside() {
	# shellcheck disable=SC2016
	mounted "$1" sh -c 'exec chroot "$ROOT" env -i HOME=/root LC_ALL=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin DEBIAN_FRONTEND=noninteractive \
		bash -ec "$1"' sh "$2"
}

# A clean Debian of today, that knows the repository but has nothing of it.
# The base is made anew when the mirror has another kernel: the headers of the old one are gone.
clean_debian() { # LAYER SUITE
	fresh_debian "$1" "$2" && return 0
	rm -f "$PKG_KEPT/base-$2/done"
	fresh_debian "$1" "$2"
}

fresh_debian() { # LAYER SUITE
	make_chroot "$2" "$PKG_KEPT/base-$2" "$(base_packages "$2")" || return 1
	layer "$1" "$2"
	# As on a machine: what is recommended comes along.
	inside "$1" '
		rm -f /etc/apt/apt.conf.d/99mmdebstrap
		echo "Acquire::Check-Valid-Until false; Acquire::Retries 5;" >/etc/apt/apt.conf.d/50lab
		echo "Binary::apt::APT::Keep-Downloaded-Packages true;" >>/etc/apt/apt.conf.d/50lab
		install -D -m 644 /repo/new/memx-archive-keyring.gpg \
			/usr/share/keyrings/memx-archive-keyring.gpg
		use="[signed-by=/usr/share/keyrings/memx-archive-keyring.gpg]"
		echo "deb $use file:/repo/new memx main" >/etc/apt/sources.list.d/memx.list
		apt-get -q update
		apt-cache policy linux-image-amd64 | awk "/Installed:/ { i = \$2 }
			/Candidate:/ { c = \$2 } END { exit i != c }"' >"$PKG_WORK/$1/update.log" 2>&1
}

# All that MemX needs from Debian, so that what comes later is of MemX alone.
prepared_debian() { # LAYER SUITE
	clean_debian "$1" "$2" || return 1
	# apt would have its scripts find no program of the tests in /usr/local.
	inside "$1" 'echo "DPkg::Path \"$PATH\";" >>/etc/apt/apt.conf.d/50lab
		apt-get -q -y install dkms linux-headers-amd64 initramfs-tools kmod udev \
		$(apt-cache depends memx-tools | sed -n "s/.*Depends: \(lib.*\)/\1/p")' \
		>"$PKG_WORK/$1/prepare.log" 2>&1 || {
		tail -n 20 "$PKG_WORK/$1/prepare.log"
		return 1
	}
}

# What every machine must be after any change: nothing half done, and no package that complains.
sound() { # LAYER
	inside "$1" 'test -z "$(dpkg --audit)"; apt-get -q check'
}

kernel_of() { # LAYER
	inside "$1" 'ls /lib/modules | sort -V | tail -n 1'
}

# The modules that the sources make, for a kernel that can be a Xen host as Debian's are.
our_modules() {
	sed -nE 's/^\s*obj-\S+\s*[+:]=\s*//p' "$top/src/Kbuild" | tr ' ' '\n' | sed 's/\.o$//'
}

# The modules are built, of this version, and found by modprobe; and the initramfs has them.
has_modules() { # LAYER KERNEL VERSION
	inside "$1" "kernel=$2 version=$3 modules='$(our_modules | tr '\n' ' ')'"'
		dkms status -m memx -k "$kernel" | grep -F "$version" | grep -q ": installed"
		for module in $modules; do
			test "$(modinfo -k "$kernel" -F version $module)" = "$version"
			modinfo -k "$kernel" -F vermagic $module | grep -q "^$kernel "
		done
		modprobe -S "$kernel" --show-depends memx_client | grep -q /memx_rmap.ko'
}

image_files() { # LAYER KERNEL
	inside "$1" "image=/boot/initrd.img-$2"'
		if command -v lsinitramfs >/dev/null; then lsinitramfs $image; else lsinitrd $image; fi'
}

image_has_modules() { # LAYER KERNEL
	local module
	image_files "$1" "$2" >"$PKG_WORK/$1/image"
	for module in memx_rmap memx_client; do
		grep -q "/$module\.ko" "$PKG_WORK/$1/image" || return 1
	done
}

# The kernel that runs on that machine, as its scripts ask for it.
pretend_kernel() { # LAYER KERNEL
	inside "$1" "kernel=$2"'
		[ -e /usr/bin/uname.real ] || mv /usr/bin/uname /usr/bin/uname.real
		printf "#!/bin/sh\n[ \"\$1\" != -r ] || exec echo %s\nexec uname.real \"\$@\"\n" \
			$kernel >/usr/bin/uname
		chmod +x /usr/bin/uname'
}
