#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# memx-admin doctor on systems made for it: every fault that files show, there and not there.
# shellcheck disable=SC2154 # common.bash sets them

load common

release=6.1.0-37-amd64
next=6.12.0-9-amd64
mok=MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23
secure_boot=SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c

# A file below the root, with what stands on standard input.
put()
{
	mkdir -p "$root/$(dirname "$1")"
	cat >"$root/$1"
}

# The bytes of a module that the checks look at: a build id that is made from $1.
module_bytes()
{
	printf '\177ELF\4\0\0\0\24\0\0\0\3\0\0\0GNU\0%.20s' "$1-0123456789012345678901234"
}

sign() { printf 'key~Module signature appended~\n' >>"$root/$1"; }

add_kernel() # RELEASE
{
	put "boot/vmlinuz-$1" </dev/null
	put "boot/config-$1" <<<$'CONFIG_NETFILTER_INGRESS=y\nCONFIG_MODULES=y'
	put "usr/src/linux-headers-$1/Makefile" </dev/null
	mkdir -p "$root/lib/modules/$1/updates/dkms"
	# An absolute link, as Debian has it.
	ln -sfn "/usr/src/linux-headers-$1" "$root/lib/modules/$1/build"
	module_bytes one >"$root/lib/modules/$1/updates/dkms/memx_rmap.ko"
	put "lib/modules/$1/modules.dep" <<-'END'
		kernel/net/core/other.ko:
		updates/dkms/memx_client.ko: updates/dkms/memx_rmap.ko
		updates/dkms/memx_rmap.ko: kernel/lib/libcrc32c.ko
	END
}

no_module() # RELEASE
{
	rm "$root/lib/modules/$1/updates/dkms/memx_rmap.ko"
	sed -i '/rmap.ko:/d; /client/d' "$root/lib/modules/$1/modules.dep"
}

# A machine on which all is well: a client that swaps at boot.
setup()
{
	root=$BATS_TEST_TMPDIR/root
	put etc/os-release <<<$'ID=debian\nNAME="Debian GNU/Linux"'
	put proc/sys/kernel/osrelease <<<"$release"
	put proc/cmdline <<<'BOOT_IMAGE=/vmlinuz root=/dev/sda1'
	put proc/swaps <<-'END'
		Filename				Type		Size	Used	Priority
		/dev/memx0                              partition	1024	0	100
	END
	put usr/src/memx-0.1.0/dkms.conf <<-'END'
		PACKAGE_NAME="memx"
		BUILD_EXCLUSIVE_KERNEL_MIN="5.14"
		BUILD_EXCLUSIVE_KERNEL_MAX="7.3"
		BUILD_EXCLUSIVE_CONFIG="CONFIG_NETFILTER_INGRESS !CONFIG_PREEMPT_RT"
	END
	add_kernel "$release"
	module_bytes one | put sys/module/memx_rmap/notes/.note.gnu.build-id
	put sys/class/net/eth1/ifindex <<<3
	put usr/share/initramfs-tools/hooks/memx </dev/null
	put usr/sbin/update-initramfs </dev/null
	put etc/memx/memx.conf <<-'END'
		# a client
		[link eth1]
		[volume swap0]
		size = 64G
		use = swap
	END
	put etc/memx/cluster.key <<<0123
	chmod 600 "$root/etc/memx/cluster.key"
	for unit in node server volumes; do
		put usr/lib/systemd/system/memx-$unit.service </dev/null
		put etc/systemd/system/multi-user.target.wants/memx-$unit.service </dev/null
	done
}

doctor() { admin doctor --root "$root" "$@"; }

# Nothing is found, or exactly these, a line each: SEVERITY ID
finds()
{
	local all

	doctor
	all=$(sed -n 's/^\(error\|warning\) \([a-z-]*\): .*/\1 \2/p' <<<"$out")
	[ "$all" = "$(printf '%s\n' "$@")" ] && [ "$rc" -eq $(($# > 0)) ] && [ -z "$err" ] && return
	printf 'status %s\n%s\n%s\n' "$rc" "$out" "$err"
	return 1
}

says() { grep -qF -- "$1" <<<"$out" || { printf '%s\n' "$out"; return 1; }; }

@test "nothing is wrong" {
	finds
	[ "$out" = 'There is nothing to do.' ]
	doctor --json
	[ "$rc" -eq 0 ]
	[ "$(tr -d ' \n' <<<"$out")" = '{"findings":[],"unseen":[]}' ]
}

@test "what is found, for programs" {
	chmod 640 "$root/etc/memx/cluster.key"
	doctor --json
	[ "$rc" -eq 1 ]
	[ "$out" = "$(python3 -c 'import json, sys; print(sys.argv[1])' "$out")" ]
	run -0 python3 -c '
import json, sys
(f,) = json.loads(sys.argv[1])["findings"]
assert f == {"id": "key-open", "severity": "error",
             "sentence": "others than root can read the cluster key /etc/memx/cluster.key",
             "remedy": "run \x27chmod 600 /etc/memx/cluster.key\x27, and think of a new key"}, f
' "$out"
}

@test "where nothing can be looked at" {
	admin doctor --root "$BATS_TEST_TMPDIR/none"
	refused 2 "doctor: cannot look at $BATS_TEST_TMPDIR/none: No such file or directory"
	mkdir "$BATS_TEST_TMPDIR/empty"
	admin doctor --root "$BATS_TEST_TMPDIR/empty"
	[ "$rc" -eq 2 ]
	[ "$out" = 'not looked at: there is no kernel in /boot, and none runs here' ]
}

@test "links of the system stay in its folder" {
	rm "$root/etc/memx/cluster.key"
	(umask 022; echo >"$BATS_TEST_TMPDIR/cluster.key")
	ln -s ../../../cluster.key "$root/etc/memx/cluster.key"
	finds 'error key-missing'
}

@test "no module, though it could be built" {
	no_module "$release"
	finds 'error module-missing'
	says "the running kernel $release has no module"
	says "run 'dkms autoinstall -k $release'"
}

@test "no module for the next kernel" {
	add_kernel "$next"
	finds
	no_module "$next"
	finds 'error module-missing'
	says "the newest installed kernel $next"
}

@test "an older kernel than the running one is nobody's next" {
	add_kernel 6.1.0-9-amd64
	no_module 6.1.0-9-amd64
	finds
}

@test "no source of the modules" {
	no_module "$release"
	rm -r "$root/usr/src/memx-0.1.0"
	finds 'error source-missing'
	says "run 'apt install memx-dkms'"
	put etc/os-release <<<$'ID="rocky"\nID_LIKE="rhel fedora"'
	finds 'error source-missing'
	says "run 'dnf install memx-dkms'"
}

@test "a kernel out of the range" {
	add_kernel 7.3.0-amd64
	no_module 7.3.0-amd64
	finds 'error kernel-range'
	says 'from 5.14 on, below 7.3'
	rm "$root"/boot/vmlinuz-7.3.0-amd64
	finds
	add_kernel 7.2.9-amd64
	no_module 7.2.9-amd64
	finds 'error module-missing'
}

@test "a kernel that is too old" {
	put proc/sys/kernel/osrelease <<<5.10.0-30-amd64
	add_kernel 5.10.0-30-amd64
	no_module 5.10.0-30-amd64
	finds 'error kernel-range'
	put proc/sys/kernel/osrelease <<<5.14.0-30-amd64
	mv "$root/boot/vmlinuz-$release" "$root/boot/vmlinuz-5.14.0-30-amd64"
	add_kernel 5.14.0-30-amd64
	no_module 5.14.0-30-amd64
	finds 'error module-missing'
}

@test "a kernel without what MemX needs" {
	no_module "$release"
	put "boot/config-$release" <<<'# CONFIG_NETFILTER_INGRESS is not set'
	finds 'error kernel-config'
	says 'was built without CONFIG_NETFILTER_INGRESS'
	put "boot/config-$release" <<<$'CONFIG_NETFILTER_INGRESS=y\nCONFIG_PREEMPT_RT=y'
	finds 'error kernel-config'
	says 'was built with CONFIG_PREEMPT_RT'
}

@test "no headers" {
	no_module "$release"
	rm -r "$root/usr/src/linux-headers-$release"
	finds 'error headers-missing'
	says "run 'apt install linux-headers-$release'"
	put etc/os-release <<<$'ID=fedora'
	finds 'error headers-missing'
	says "run 'dnf install kernel-devel-$release'"
}

@test "modules, but no headers for their next build" {
	rm -r "$root/usr/src/linux-headers-$release"
	finds 'warning headers-later'
	says "run 'apt install linux-headers-$release'"
	rm -r "$root/usr/src/memx-0.1.0"
	finds
}

@test "a build that failed" {
	no_module "$release"
	put var/lib/dkms/memx/0.1.0/build/make.log <<<"DKMS make.log for memx-0.1.0 for kernel $next"
	finds 'error module-missing'
	put var/lib/dkms/memx/0.1.0/build/make.log <<<"DKMS make.log for memx-0.1.0 for kernel $release"
	finds 'error build-failed'
	says '/var/lib/dkms/memx/0.1.0/build/make.log says why'
}

@test "a module that is not loaded" {
	rm -r "$root/sys/module/memx_rmap"
	finds 'error module-unloaded'
	rm "$root/etc/memx/memx.conf"
	finds
}

@test "another build than the one that runs" {
	module_bytes two | put sys/module/memx_rmap/notes/.note.gnu.build-id
	finds 'warning module-reload'
}

@test "compressed modules" {
	local packer

	for packer in xz zstd gzip; do
		module_bytes two | $packer -c | put "lib/modules/$release/updates/dkms/memx_rmap.ko.$packer"
		sed -i "s/memx_rmap\.ko[.a-z]*:/memx_rmap.ko.$packer:/" \
			"$root/lib/modules/$release/modules.dep"
		finds 'warning module-reload'
	done
	put "lib/modules/$release/updates/dkms/memx_rmap.ko.gzip" <<<$'\x1f\x8bnothing'
	doctor
	[ "$rc" -eq 2 ]
	says "not looked at: /lib/modules/$release/updates/dkms/memx_rmap.ko.gzip cannot be read"
}

turn_on_secure_boot() { printf '\6\0\0\0\1' | put sys/firmware/efi/efivars/$secure_boot; }

@test "Secure Boot, and a module without a signature" {
	rm -r "$root/sys/module/memx_rmap" "$root/etc/memx/memx.conf"
	printf '\6\0\0\0\0' | put sys/firmware/efi/efivars/$secure_boot
	finds
	turn_on_secure_boot
	finds 'error secure-boot'
	says "mokutil --import /var/lib/dkms/mok.pub"
	put "sys/module/memx_rmap/initstate" <<<live
	finds
}

@test "Secure Boot, and a key that the machine does not trust" {
	local module=lib/modules/$release/updates/dkms/memx_rmap.ko

	rm -r "$root/sys/module/memx_rmap" "$root/etc/memx/memx.conf"
	turn_on_secure_boot
	sign "$module"
	put var/lib/dkms/mok.pub <<<'a certificate'
	finds 'error secure-boot-key'
	says "run 'mokutil --import /var/lib/dkms/mok.pub'"
	{ printf '\6\0\0\0list '; cat "$root/var/lib/dkms/mok.pub"; } | put sys/firmware/efi/efivars/$mok
	finds
	rm "$root/sys/firmware/efi/efivars/$mok"
	finds 'error secure-boot-key'
	{ printf 'x'; cat "$root/var/lib/dkms/mok.pub"; } | put sys/firmware/efi/mok-variables/MokListRT
	finds
	put var/lib/shim-signed/mok/MOK.der <<<'that of Ubuntu'
	finds 'error secure-boot-key'
	says "run 'mokutil --import /var/lib/shim-signed/mok/MOK.der'"
}

@test "lockdown, and a module without a signature" {
	rm -r "$root/sys/module/memx_rmap" "$root/etc/memx/memx.conf"
	put sys/kernel/security/lockdown <<<'[none] integrity confidentiality'
	finds
	put sys/kernel/security/lockdown <<<'none [integrity] confidentiality'
	finds 'error lockdown'
	says '(lockdown)'
	put sys/kernel/security/lockdown <<<'none integrity [confidentiality]'
	finds 'error lockdown'
	sign "lib/modules/$release/updates/dkms/memx_rmap.ko"
	finds
	module_bytes one >"$root/lib/modules/$release/updates/dkms/memx_rmap.ko"
	rm "$root/sys/kernel/security/lockdown"
	put sys/module/module/parameters/sig_enforce <<<N
	finds
	put sys/module/module/parameters/sig_enforce <<<Y
	finds 'error lockdown'
	says '(module.sig_enforce)'
}

@test "a key file that others can read" {
	local mode

	for mode in 640 604 620 601; do
		chmod $mode "$root/etc/memx/cluster.key"
		finds 'error key-open'
	done
	mv "$root/etc/memx/cluster.key" "$root/etc/memx/our.key"
	printf '[node]\nkey-file=/etc/memx/our.key\n' >>"$root/etc/memx/memx.conf"
	finds 'error key-open'
	says 'chmod 600 /etc/memx/our.key'
}

@test "a key file of someone else" {
	[ "$(id -u)" -eq 0 ] || return 0
	chown 12345 "$root/etc/memx/cluster.key"
	finds 'error key-owner'
}

@test "no key file" {
	rm "$root/etc/memx/cluster.key"
	finds 'error key-missing'
	printf '[node]\nsecurity = none\n' >>"$root/etc/memx/memx.conf"
	finds
}

@test "units that are not enabled" {
	rm "$root/etc/systemd/system/multi-user.target.wants/memx-server.service"
	finds
	rm "$root"/etc/systemd/system/multi-user.target.wants/*
	finds 'warning unit-disabled' 'warning unit-disabled'
	says "run 'systemctl enable --now memx-node.service'"
	says "run 'systemctl enable --now memx-volumes.service'"
	printf '[server]\ncapacity=1G\n' >>"$root/etc/memx/memx.conf"
	finds 'warning unit-disabled' 'warning unit-disabled' 'warning unit-disabled'
	put etc/systemd/system/sysinit.target.requires/memx-node.service </dev/null
	finds 'warning unit-disabled' 'warning unit-disabled'
	rm "$root"/usr/lib/systemd/system/*
	finds
}

@test "a link without a device" {
	printf '[link eth9]\n' >>"$root/etc/memx/memx.conf"
	finds 'error link-device'
	says 'memx.conf has the link eth9'
	put sys/class/net/eth9/ifindex <<<4
	finds
}

@test "swap that is not in use" {
	put proc/swaps <<<'Filename				Type		Size	Used	Priority'
	finds 'error swap-unused'
	says 'the volume swap0 as swap'
	sed -i 's/use = swap/use = block/' "$root/etc/memx/memx.conf"
	finds
}

@test "a configuration with a fault" {
	printf 'colour = red\n' >>"$root/etc/memx/memx.conf"
	doctor
	[ "$rc" -eq 1 ]
	says 'error conf-fault: /etc/memx/memx.conf cannot be used'
	[[ $err == "memx-admin: /etc/memx/memx.conf:6: there is no key 'colour' in [volume]"* ]]
}

at_boot() { printf 'boot = yes\n[node]\nsecurity = none\n' >>"$root/etc/memx/memx.conf"; }

# An archive with a module of build $1, if any, and a file named $2, which is a copy of $3.
archive() # BUILD [FILE [FROM]]
{
	local dir=$BATS_TEST_TMPDIR/image at=usr/lib/modules/$release/updates/dkms

	rm -rf "$dir"
	mkdir -p "$dir/$at" "$dir/bin"
	head -c 70001 /dev/zero >"$dir/bin/sh"
	[ -z "$1" ] || module_bytes "$1" >"$dir/$at/memx_rmap.ko"
	[ -z "${2-}" ] || { mkdir -p "$dir/$(dirname "$2")" && cat "${3-$root/proc/cmdline}" >"$dir/$2"; }
	(cd "$dir" && find . | cpio -o -H newc --quiet)
}

@test "an initramfs without MemX" {
	archive one | put "boot/initrd.img-$release"
	at_boot
	finds
	archive '' | put "boot/initrd.img-$release"
	finds 'error initramfs-missing'
	says "run 'update-initramfs -c -k $release'"
	rm "$root/usr/sbin/update-initramfs"
	mkdir -p "$root/usr/lib/dracut/modules.d/55memx"
	finds 'error initramfs-missing'
	says "run 'dracut --force --kver $release'"
	sed -i 's/boot = yes/boot = no/' "$root/etc/memx/memx.conf"
	finds
	put proc/cmdline <<<'root=/dev/sda1 memx.timeout=9'
	finds
	put proc/cmdline <<<'root=/dev/sda1 memx.swap=1G'
	finds 'error initramfs-missing'
}

@test "an initramfs with an old module" {
	at_boot
	archive two | put "boot/initrd.img-$release"
	finds 'error initramfs-old'
	says "/boot/initrd.img-$release holds another build"
}

@test "no initramfs at all, and other names of it" {
	at_boot
	finds 'error initramfs-none'
	says "no initramfs for kernel $release"
	archive one | put "boot/initramfs-$release.img"
	finds
	mv "$root/boot/initramfs-$release.img" "$root/boot/initrd-$release"
	finds
}

@test "a kernel that is not in /boot needs no initramfs" {
	at_boot
	rm "$root/boot/vmlinuz-$release"
	finds
}

@test "an initramfs of the next kernel" {
	at_boot
	add_kernel "$next"
	archive one | put "boot/initrd.img-$release"
	archive '' | put "boot/initrd.img-$next"
	finds 'error initramfs-missing'
	says "update-initramfs -c -k $next"
}

@test "an initramfs of several parts, each packed in its own way" {
	local packer

	at_boot
	for packer in 'gzip -c' 'xz -c' 'zstd -qc' cat; do
		{ archive '' kernel/x86/microcode; head -c 512 /dev/zero; archive two | $packer; } |
			put "boot/initrd.img-$release"
		finds 'error initramfs-old'
		{ archive ''; archive '' | $packer; } | put "boot/initrd.img-$release"
		finds 'error initramfs-missing'
	done
	{ archive two; archive '' | xz -c; } | put "boot/initrd.img-$release"
	finds 'error initramfs-old'
}

@test "an initramfs that cannot be unpacked" {
	at_boot
	archive one | xz -c | head -c 300 | put "boot/initrd.img-$release"
	doctor
	[ "$rc" -eq 2 ]
	says "not looked at: /boot/initrd.img-$release cannot be unpacked"
	printf 'what is this' | put "boot/initrd.img-$release"
	doctor
	[ "$rc" -eq 2 ]
}

@test "an initramfs with the key in it" {
	local mode

	at_boot
	archive one etc/memx/cluster.key | put "boot/initrd.img-$release"
	finds 'error initramfs-key'
	for mode in 644 640 604; do
		chmod $mode "$root/boot/initrd.img-$release"
		finds 'error initramfs-key'
	done
	chmod 600 "$root/boot/initrd.img-$release"
	finds
}

@test "an initramfs without the key" {
	at_boot
	archive one | put "boot/initrd.img-$release"
	finds
	sed -i '/security/d' "$root/etc/memx/memx.conf"
	finds 'warning initramfs-keyless'
	says "write KEY_IN_INITRAMFS=yes to /etc/default/memx, and run 'update-initramfs -c -k $release'"
	archive one etc/memx/cluster.key | put "boot/initrd.img-$release"
	chmod 600 "$root/boot/initrd.img-$release"
	finds
}

@test "an initramfs without the key that the kernel command line needs" {
	at_boot
	sed -i '/security/d; /boot/d' "$root/etc/memx/memx.conf"
	archive one | put "boot/initrd.img-$release"
	finds
	put proc/cmdline <<<'memx.swap=1G memx.link=eth1'
	finds 'warning initramfs-keyless'
	put proc/cmdline <<<'quiet rd.memx.swap=1G memx.link=eth1'
	finds 'warning initramfs-keyless'
	put proc/cmdline <<<'quiet memx.swap=1G memx.security=none'
	finds
}

@test "an initramfs with another configuration" {
	at_boot
	archive one etc/memx/memx.conf | put "boot/initrd.img-$release"
	finds 'warning initramfs-conf'
	archive one etc/memx/memx.conf "$root/etc/memx/memx.conf" | put "boot/initrd.img-$release"
	finds
}

@test "nothing puts MemX into the initramfs" {
	at_boot
	archive one | put "boot/initrd.img-$release"
	rm "$root/usr/share/initramfs-tools/hooks/memx"
	finds 'error initramfs-tool'
	says "run 'apt install memx-initramfs'"
	rm "$root/usr/sbin/update-initramfs"
	finds 'error initramfs-tool'
	says "run 'apt install memx-dracut'"
	# What is for the other generator is of no use.
	put usr/share/initramfs-tools/hooks/memx </dev/null
	finds 'error initramfs-tool'
	mkdir -p "$root/usr/lib/dracut/modules.d/55memx"
	finds
}

@test "docs/INSTALL.md has the ids of all findings, and no other" {
	diff <(sed -nE 's/^\t\{ "([a-z-]+)", (ERROR|WARNING),.*/\1/p' \
			"$top"/tools/memx-admin/doctor*.c | sort) \
		<(sed -n '/^## What doctor finds/,$s/^| \([a-z, -]*-[a-z, -]*\|lockdown\) |.*/\1/p' \
			"$top/docs/INSTALL.md" | tr -d ' ' | tr ',' '\n' | sort)
}

@test "this machine can be looked at" {
	admin doctor
	[[ $rc -le 2 ]]
	[ -n "$out" ]
	[ -z "$err" ]
}
