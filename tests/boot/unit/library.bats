#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# The shell library of early boot, with commands that only pretend, under dash and under busybox sh.
load fake

@test "nothing is wanted: nothing is said or done" {
	sh_with memx_boot
	[ -z "$output" ]
	[ ! -e "$ROOT/calls" ]
	[ ! -e "$ROOT/run/memx/boot" ]
}

@test "a file without boot=yes wants nothing at boot" {
	conf <<<$'[link eth1]\n[volume a]\nsize=1G\nuse=swap\nboot = no\n#boot=yes'
	sh_with memx_boot
	[ -z "$output" ]
	[ ! -e "$ROOT/calls" ]
}

@test "a file with boot=yes is applied, with most of the time for waiting" {
	key
	conf <<<$'[link eth1]\n[volume a]\nsize=1G\nuse=swap\nboot = yes'
	sh_with memx_boot
	said "swap on remote memory is on, after 0 s"
	called "modprobe memx_client"
	called "memx-admin apply --config $ROOT/etc/memx/memx.conf --part node --part volumes --boot --wait 24"
	[ "$(cat "$ROOT/run/memx/boot")" = "ok 0" ]
	conf <<<$'[node]\nkey-file : /etc/memx/rack2.key\n[volume a]\nboot: yes'
	sh_with memx_boot
	said "this image has no cluster key /etc/memx/rack2.key"
}

@test "memx.timeout is the deadline" {
	key
	conf <<<'boot=yes'
	cmdline "memx.timeout=10"
	sh_with memx_boot
	called "--wait 8"
}

@test "memx=0 turns it off" {
	key
	conf <<<'boot=yes'
	for word in memx=0 memx=off rd.memx=no; do
		cmdline "$word memx.swap=1G memx.link=eth1"
		sh_with memx_boot
		[ -z "$output" ]
		[ ! -e "$ROOT/calls" ]
	done
}

@test "the kernel command line makes a configuration" {
	cmdline "quiet rd.memx.swap=2G memx.link=eth1,mtu=9000,ethertype=0x88b6 memx.security=none" \
		"memx.link=52:54:00:12:34:56 memx.server=d3,52:54:00:00:00:03,eth1 memx.name=c1" \
		"memx.server=d4,52:54:00:00:00:04,eth1" \
		"memx.priority=7 rd.memx.loss-timeout=60"
	sh_with memx_boot
	called "--config $ROOT/run/memx/boot.conf"
	diff - "$ROOT/run/memx/boot.conf" <<-E
	# Made in early boot from the kernel command line.
	[node]
	security=none
	name=c1

	[link eth1]
	mtu=9000
	ethertype=0x88b6

	[link eth1]

	[peer d3]
	address=52:54:00:00:00:03
	link=eth1

	[peer d4]
	address=52:54:00:00:00:04
	link=eth1

	[volume swap0]
	size=2G
	use=swap
	boot=yes
	priority=7
	loss-timeout=60
	E
}

@test "what is not understood on the command line is said, and left out" {
	cmdline 'memx.swap=1G memx.link=eth1 memx.timeout=soon memx.security=none memx.name=a;b memx.swop=1'
	sh_with memx_boot
	said "memx.timeout=soon on the kernel command line is not a number"
	said "memx.name=a;b on the kernel command line is not understood"
	said "there is no parameter memx.swop"
	called "--wait 24"
	run -1 grep name= "$ROOT/run/memx/boot.conf"
	cmdline 'memx.swap=1G memx.link=eth1 memx.security=none memx.priority=high memx.loss-timeout=1m'
	sh_with memx_boot
	said "memx.priority=high on the kernel command line is not a number"
	said "memx.loss-timeout=1m on the kernel command line is not a number"
	run -1 grep -E 'priority|loss' "$ROOT/run/memx/boot.conf"
}

@test "a number that shells take for an octal one, or cannot count with, is left out" {
	local number
	key
	for number in 08 010 12345678; do
		cmdline "memx.swap=1G memx.link=eth1 memx.timeout=$number"
		sh_with memx_boot
		said "memx.timeout=$number on the kernel command line is not a number"
		called "--wait 24"
	done
}

@test "the key that memx.conf names is the one that has to be in the image" {
	conf <<<$'[node]\nkey-file=/etc/memx/rack2.key\n[link eth1]\n[volume a]\nsize=1G\nboot=yes'
	key
	sh_with memx_boot
	said "this image has no cluster key /etc/memx/rack2.key"
	echo 00 >"$ROOT/etc/memx/rack2.key"
	sh_with memx_boot
	said "swap on remote memory is on"
	rm "$ROOT/etc/memx/cluster.key"
	cmdline "memx.swap=1G memx.link=eth1"
	sh_with memx_boot
	said "swap on remote memory is on"
	grep -qx key-file=/etc/memx/rack2.key "$ROOT/run/memx/boot.conf"
}

@test "no link, no key, no module: each is said, and boot goes on" {
	cmdline "memx.swap=1G"
	sh_with memx_boot
	said "memx.swap= needs memx.link=DEVICE"
	said "boot goes on without it"
	cmdline "memx.swap=1G memx.link=eth1"
	sh_with memx_boot
	said "this image has no cluster key"
	key
	sh_with memx_boot
	said "swap on remote memory is on"
	fake modprobe 'exit 1'
	sh_with memx_boot
	said "the module memx_client is not in this image for kernel"
	grep -q '^failed 0 the module' "$ROOT/run/memx/boot"
}

@test "an address that no network device has is waited for until the deadline" {
	key
	clock_ticks
	cmdline "memx.swap=1G memx.link=52:54:00:00:00:99 memx.timeout=3"
	sh_with memx_boot
	said "no swap on remote memory after 3 s: no network device has the address"
	[ ! -e "$ROOT/run/memx/boot.conf" ]
}

@test "each way in which apply ends has its sentence" {
	key
	conf <<<'boot=yes'
	fake memx-admin 'echo a line of its own; exit 3'
	sh_with memx_boot
	said "memx: a line of its own"
	said "no swap on remote memory after 0 s: no server with room was heard in time"
	grep -qx 'a line of its own' "$ROOT/run/memx/boot.log"
	fake memx-admin 'exit 1'
	sh_with memx_boot
	said "memx-admin apply failed"
}

@test "a memx-admin that hangs is given up at the deadline" {
	local hangs
	hangs="busybox usleep $(printf '6%07d' $$)"	# of this run alone
	key
	conf <<<'boot=yes'
	clock_ticks
	fake memx-admin "exec $hangs"
	cmdline memx.timeout=4
	sh_with memx_boot
	said "no swap on remote memory after 4 s: it took longer than memx.timeout=4"
	run -1 pgrep -f "$hangs"
}

@test "it is done once" {
	key
	conf <<<'boot=yes'
	sh_with 'memx_boot; memx_boot'
	[ "$(grep -c '^memx-admin' "$ROOT/calls")" -eq 1 ]
	fake memx-admin 'exit 1'
	sh_with 'memx_boot; memx_boot'
	[ "$(grep -c '^memx-admin' "$ROOT/calls")" -eq 1 ]
}

# scoped INIT: the commands that begin it in its scope, with mounts that only pretend
scoped() {
	echo 'mount() { $MEMX_TOP/bin/mount; }; umount() { $MEMX_TOP/bin/umount; }'
	echo "memx_begin_in_scope \$MEMX_TOP/root $1"
}

# begins INIT COMMANDS: the scope of the first process when /root/sbin/init is a link to INIT
begins() {
	fake mount "mkdir -p $ROOT/groups; mv $ROOT/run/memx/cgroup $ROOT/old; ln -s $ROOT/groups $ROOT/run/memx/cgroup"
	fake umount "rm $ROOT/run/memx/cgroup; mv $ROOT/old $ROOT/run/memx/cgroup"
	mkdir -p "$ROOT/root/sbin"
	ln -sfn "$1" "$ROOT/root/sbin/init"
	rm -rf "$ROOT/groups"
	sh_with "${2:-:}; $(scoped /sbin/init)"
	[ ! -e "$ROOT/run/memx/cgroup" ] || [ -z "$(ls "$ROOT/run/memx/cgroup")" ]
}

@test "systemd is begun in its scope, which is kept out of swap" {
	begins ../lib/systemd/systemd
	[ -z "$output" ]
	[ "$(cd "$ROOT/groups" && grep -r . | sort)" = "cgroup.subtree_control:+memory
init.scope/cgroup.procs:1
init.scope/memory.swap.max:0" ]
	rm -r "$ROOT/groups"
	sh_with "$(scoped /lib/systemd/systemd)"
	[ -e "$ROOT/groups/init.scope/cgroup.procs" ]
	for word in 1 yes on; do
		cmdline "systemd.unified_cgroup_hierarchy=$word"
		begins /lib/systemd/systemd
		[ -e "$ROOT/groups/init.scope/cgroup.procs" ]
	done
}

@test "another init is not, nor is any on old control groups or without MemX" {
	begins /lib/runit/runit-init
	[ ! -e "$ROOT/groups" ]
	sh_with "$(scoped /bin/bash)"
	[ ! -e "$ROOT/groups" ]
	for word in memx=0 rd.memx=0 systemd.unified_cgroup_hierarchy={0,no,False,off}; do
		cmdline "$word"
		begins /lib/systemd/systemd
		[ ! -e "$ROOT/groups" ]
	done
}

@test "without the control group for memory the first process stays where it is" {
	begins /lib/systemd/systemd 'mkdir -p $MEMX_TOP/groups/init.scope/memory.swap.max'
	said 'the first process may be swapped out'
	[ ! -e "$ROOT/groups/init.scope/cgroup.procs" ]
}

@test "no shell has words for what dash does not know" {
	for file in "$TOP"/lib/*.sh "$TOP/lib/memx-unit" "$TOP"/initramfs-tools/*/memx \
		"$TOP"/initramfs-tools/scripts/*/memx "$TOP/dracut/55memx/memx-pre-mount.sh"; do
		dash -n "$file"
		busybox sh -n "$file"
	done
}
