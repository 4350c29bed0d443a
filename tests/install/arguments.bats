#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# install.sh on systems made for it, without root: what it takes, and what it says that it would do.
# INSTALL_SHELL names the shell, for instance "busybox sh".
# shellcheck disable=SC2154 # run sets output and status

bats_require_minimum_version 1.5.0

setup()
{
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	read -ra shell <<<"${INSTALL_SHELL:-dash}"
	export MEMX_ROOT=$BATS_TEST_TMPDIR/root
	repo=$BATS_TEST_TMPDIR/repo
	mkdir -p "$repo/dists/memx" "$MEMX_ROOT/boot" "$MEMX_ROOT/var/lib/dpkg"
	put etc/os-release <<<$'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"'
	put sys/class/net/eth1/type <<<1
	put sys/class/net/eth2/type <<<1
	put sys/class/net/lo/type <<<772
	put boot/vmlinuz-6.1.0-37-amd64 </dev/null
	put boot/vmlinuz-6.1.0-9-amd64 </dev/null
	: >"$MEMX_ROOT/var/lib/dpkg/status"
}

put()
{
	mkdir -p "$MEMX_ROOT/$(dirname "$1")"
	cat >"$MEMX_ROOT/$1"
}

has_package() # NAME...
{
	for package; do
		printf 'Package: %s\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n%s\n\n' \
			"$package" $'Maintainer: x <x@x>\nDescription: x' >>"$MEMX_ROOT/var/lib/dpkg/status"
	done
}

install_sh() { run -"$1" --separate-stderr "${shell[@]}" "$top/install.sh" "${@:2}"; }

# It would do exactly these.
plans() # SENTENCE... -- OPTION...
{
	local wish=

	while [ "$1" != -- ]; do
		wish+="  - $1"$'\n'
		shift
	done
	install_sh 0 --dry-run --unattended --repo "$repo" "${@:2}" </dev/null
	[ "$(grep '^  - ' <<<"$output")" = "${wish%$'\n'}" ] && [ -z "$stderr" ] && return
	printf '%s\n%s\n' "$output" "$stderr"
	return 1
}

# It is called wrongly, and says so.
refused() # SENTENCE OPTION...
{
	install_sh 2 "${@:2}" </dev/null
	[ -z "$output" ] && [ "$stderr" = "install.sh: $1; see 'install.sh --help'" ] && return
	printf '%s\n%s\n' "$output" "$stderr"
	return 1
}

conf_lines() { sed -n 's/^\t//p' <<<"$output"; }

@test "help" {
	install_sh 0 --help
	diff <(grep -oE -- '^  --[a-z-]+' <<<"$output" | tr -d ' ' | sort) \
		<(sed -nE '/^take_option/,/^}/s/^\t(--[a-z-]+).*/\1/p' "$top/install.sh" | sort)
	grep -oE -- '^  --[a-z-]+' <<<"$output" | sort -u | while read -r option; do
		grep -qF -- "$option" "$top/docs/INSTALL.md" || { echo "$option"; return 1; }
	done
}

@test "options that there are not, or without a value" {
	refused 'there is no option --frob' --frob
	refused 'there is no option client' client
	refused '--role needs a value' --role
	refused '--link needs a value' --role client --link
}

@test "roles" {
	refused '--role is missing: it is client, server or both' --dry-run
	refused "--role is client, server or both, not 'donor'" --dry-run --role donor
	refused "--role is client, server or both, not 'clients'" --dry-run --role=clients
}

@test "links" {
	refused '--link is missing; this machine has: eth1 eth2 ' --dry-run --role client
	refused "there is no Ethernet device 'lo'; this machine has: eth1 eth2 " \
		--dry-run --role client --link lo
	refused "there is no Ethernet device 'eth9'; this machine has: eth1 eth2 " \
		--dry-run --role client --link eth1 --link eth9
	refused "there is no Ethernet device 'eth'; this machine has: eth1 eth2 " \
		--dry-run --role client --link eth
}

@test "sizes" {
	local size

	for size in 0 -1 1.5G 64GB G 5Q 101% 0% 64g; do
		refused "--capacity is a size such as 48G or a part such as 50%, not '$size'" \
			--dry-run --role server --link eth1 --capacity "$size"
		refused "--swap-size is a size such as 64G or 512M, not '$size'" \
			--dry-run --role client --link eth1 --swap-size "$size"
	done
	refused "--swap-size is a size such as 64G or 512M, not '50%'" \
		--dry-run --role client --link eth1 --swap-size 50%
}

@test "options of the other role" {
	refused '--capacity is for --role server or both' \
		--dry-run --role client --link eth1 --capacity 1G
	refused '--swap-size and --boot are for --role client or both' \
		--dry-run --role server --link eth1 --swap-size 1G
	refused '--swap-size and --boot are for --role client or both' \
		--dry-run --role server --link eth1 --boot
	refused '--boot needs --swap-size' --dry-run --role client --link eth1 --boot
}

@test "key files" {
	local file=$BATS_TEST_TMPDIR/key text

	refused "the key file '$file' cannot be read" --dry-run --role client --link eth1 --key-file "$file"
	refused "the key file '/a=b' cannot be read" --dry-run --role client --link eth1 --key-file=/a=b
	for text in '' 0123 "$(printf 'x%.0s' {1..64})" "$(printf '%64d\n%64d' 0 0 | tr ' ' 0)"; do
		printf '%s\n' "$text" >"$file"
		refused "'$file' holds no key: a key is 64 hexadecimal digits" \
			--dry-run --role client --link eth1 --key-file "$file"
	done
}

@test "repositories" {
	refused "there is no repository '/none'" --dry-run --role client --link eth1 --repo /none
	refused "'$BATS_TEST_TMPDIR' is no repository that 'make repo' made" \
		--dry-run --role client --link eth1 --repo "$BATS_TEST_TMPDIR"
	refused '--repo-key is needed for a repository without https' \
		--dry-run --role client --link eth1 --repo http://packages.example
	refused "the key '/none' cannot be read" \
		--dry-run --role client --link eth1 --repo http://packages.example --repo-key /none
	install_sh 0 --dry-run --unattended --role client --link eth1 --repo https://packages.example
	[[ $output == *'add the repository https://packages.example'* ]]
}

@test "sections and values that are there are found however they are written, with their comments" {
	has_package memx-dkms memx-tools linux-headers-6.1.0-37-amd64
	printf '%s\n' '[link  eth1]   ; uplink' '[ volume swap0 ]' 'use = swap ; what else' \
		'size = 1G ; for now' | put etc/memx/memx.conf
	install_sh 0 --dry-run --unattended --repo "$repo" --role client --link eth1 --swap-size 2G
	[ "$(conf_lines)" = 'size = 2G ; for now' ]
	install_sh 0 --dry-run --unattended --repo "$repo" --role client --link eth1 --swap-size 1G
	[[ $output != *"write /etc/memx/memx.conf"* ]]
	printf '%s\n' '[node]' 'key-file: /etc/memx/lab.key' '[link eth1]' '[volume swap0]' 'use: swap' 'size:1G' |
		put etc/memx/memx.conf
	install_sh 0 --dry-run --unattended --repo "$repo" --role client --link eth1 --swap-size 1G
	[[ $output != *"write /etc/memx/memx.conf"* && $output == *"key in /etc/memx/lab.key"* ]]
}

@test "the key that the configuration names is the one that counts" {
	has_package memx-dkms memx-tools linux-headers-6.1.0-37-amd64
	printf '%064d\n' 7 >"$BATS_TEST_TMPDIR/key"
	printf '%s\n' '[node]' 'key-file = /etc/memx/lab.key ; ours' | put etc/memx/memx.conf
	install_sh 0 --dry-run --unattended --repo "$repo" --role client --link eth1 \
		--key-file "$BATS_TEST_TMPDIR/key"
	[[ $output == *"copy the cluster key $BATS_TEST_TMPDIR/key to /etc/memx/lab.key"* ]]
	put etc/memx/lab.key <"$BATS_TEST_TMPDIR/key"
	install_sh 0 --dry-run --unattended --repo "$repo" --role client --link eth1
	[[ $output != *"cluster key"* ]]
}

@test "without a terminal it does not ask" {
	unset MEMX_ROOT
	refused 'standard input is no terminal: say --unattended' --role client --link lo
}

# Answers, a line each, to what it asks on a terminal.
asked() # STATUS ANSWERS OPTION...
{
	run -"$1" script -qec "${shell[*]} $top/install.sh --dry-run --repo $repo ${*:3}" /dev/null <<<"$2"
	output=${output//$'\r'/}
}

@test "with a terminal it asks for what is missing" {
	asked 0 $'both\neth2\n\n4G\n\n'
	[[ $output == *'(eth1 eth2)? [eth1]'*'make a cluster key'*'memx-server.service, memx-volumes'* ]]
	[ "$(conf_lines | sed '/^$/d' | tr '\n' ' ')" = \
		'[link eth2] [server] capacity = 50% [volume swap0] size = 4G use = swap ' ]
	asked 0 $'\n\n\n\n'
	[ "$(conf_lines)" = '[link eth1]' ]
	asked 0 $'\n' --role server --link eth1 --capacity 1G
	[ "$(conf_lines | tr '\n' ' ')" = '[link eth1]  [server] capacity = 1G ' ]
	asked 2 $'donor\n\n\n\n\n'
	asked 1 ''
	asked 2 $'client\neth1\nmuch\n\n'
}

@test "another root is for a dry run only" {
	refused 'MEMX_ROOT is for --dry-run' --unattended --role client --link eth1
}

@test "distributions that there is nothing for" {
	put etc/os-release <<<$'ID=plan9\nPRETTY_NAME="Plan 9"'
	install_sh 1 --dry-run --role client --link eth1
	[[ $stderr == 'install.sh: Plan 9 is neither like Debian nor like Fedora; build from source'* ]]
	rm "$MEMX_ROOT/etc/os-release"
	install_sh 1 --dry-run --role client --link eth1
	[[ $stderr == 'install.sh: there is no /etc/os-release'* ]]
}

@test "a client" {
	plans "add the repository $repo (/etc/apt/sources.list.d/memx.sources)" \
		'install linux-headers-6.1.0-37-amd64, memx-dkms, memx-tools' \
		'make a cluster key in /etc/memx/cluster.key' \
		'write /etc/memx/memx.conf:' \
		'enable memx-node.service, memx-volumes.service' \
		-- --role client --link eth1 --swap-size 64G
	[[ $output == 'This is Debian GNU/Linux 12 (bookworm).'* ]]
	[ "$(conf_lines)" = $'[link eth1]\n\n[volume swap0]\nsize = 64G\nuse = swap' ]
}

@test "a server" {
	printf '%64d\n' 0 | tr ' ' 0 >"$BATS_TEST_TMPDIR/key"
	plans "add the repository $repo (/etc/apt/sources.list.d/memx.sources)" \
		'install linux-headers-6.1.0-37-amd64, memx-dkms, memx-tools' \
		"copy the cluster key $BATS_TEST_TMPDIR/key to /etc/memx/cluster.key" \
		'write /etc/memx/memx.conf:' \
		'enable memx-node.service, memx-server.service' \
		-- --role=server --link=eth1 --link eth2 --key-file="$BATS_TEST_TMPDIR/key"
	[ "$(conf_lines)" = $'[link eth1]\n\n[link eth2]\n\n[server]\ncapacity = 50%' ]
}

@test "both, with swap in early boot" {
	plans "add the repository $repo (/etc/apt/sources.list.d/memx.sources)" \
		'install linux-headers-6.1.0-37-amd64, memx-dkms, memx-tools, memx-initramfs' \
		'make a cluster key in /etc/memx/cluster.key' \
		'write /etc/memx/memx.conf:' \
		'put MemX with its configuration and the cluster key into the initramfs' \
		'enable memx-node.service, memx-server.service, memx-volumes.service' \
		-- --role both --link eth1 --capacity 48G --swap-size 1G --boot
	[ "$(conf_lines | sed '/^$/d' | tr '\n' ' ')" = \
		'[link eth1] [server] capacity = 48G [volume swap0] size = 1G use = swap boot = yes ' ]
	has_package dracut
	install_sh 0 --dry-run --role both --link eth1 --repo "$repo" --swap-size 1G --boot
	[[ $output == *memx-dracut* ]]
}

@test "headers for this kernel and for those to come" {
	has_package linux-image-amd64
	mkdir -p "$MEMX_ROOT/lib/modules/$(uname -r)"
	plans "add the repository $repo (/etc/apt/sources.list.d/memx.sources)" \
		"install linux-headers-$(uname -r), linux-headers-6.1.0-37-amd64, \
linux-headers-amd64, memx-dkms, memx-tools" \
		'make a cluster key in /etc/memx/cluster.key' \
		'write /etc/memx/memx.conf:' \
		'enable memx-node.service, memx-volumes.service' \
		-- --role client --link eth1
	put usr/src/linux-headers-6.1.0-37-amd64/Makefile </dev/null
	install_sh 0 --dry-run --role client --link eth1 --repo "$repo"
	[[ $output != *linux-headers-6.1.0-37-amd64* ]]
	rm "$MEMX_ROOT"/boot/*
	put "boot/vmlinuz-$(uname -r)" </dev/null
	install_sh 0 --dry-run --role client --link eth1 --repo "$repo"
	[ "$(grep -o "linux-headers-$(uname -r)," <<<"$output" | wc -l)" -eq 1 ]
}

# What the plan leads to.
make_so()
{
	has_package memx-dkms memx-tools linux-headers-6.1.0-37-amd64
	put usr/src/linux-headers-6.1.0-37-amd64/Makefile </dev/null
	put etc/memx/cluster.key </dev/null
	put etc/apt/sources.list.d/memx.sources <<-END
		Types: deb
		URIs: file:$repo
		Suites: memx
		Components: main
		Signed-By: /usr/share/keyrings/memx-archive-keyring.gpg
	END
	mkdir -p "$MEMX_ROOT/etc/systemd/system/multi-user.target.wants"
	for unit in node volumes server; do
		ln -s /x "$MEMX_ROOT/etc/systemd/system/multi-user.target.wants/memx-$unit.service"
	done
}

@test "nothing is left to do" {
	make_so
	put etc/memx/memx.conf <<<$'# ours\n[volume swap0]\nuse=swap\nsize=1G\n\n[link eth1]\n'
	plans -- --role client --link eth1 --swap-size 1G
	[[ $output == *'Nothing is to be installed or configured.' ]]
	rm "$MEMX_ROOT/etc/systemd/system/multi-user.target.wants/memx-volumes.service"
	plans 'enable memx-volumes.service' -- --role client --link eth1 --swap-size 1G
}

@test "the initramfs is made anew when something in it changes" {
	local image='put MemX with its configuration and the cluster key into the initramfs'

	make_so
	has_package memx-initramfs
	put etc/memx/memx.conf <<<$'[link eth1]\n[volume swap0]\nsize=1G\nuse=swap\nboot=yes'
	plans "$image" -- --role client --link eth1 --swap-size 1G --boot
	put etc/default/memx <<<$'# x\nKEY_IN_INITRAMFS=yes'
	plans -- --role client --link eth1 --swap-size 1G --boot
	plans 'write /etc/memx/memx.conf:' "$image" -- --role client --link eth1 --swap-size 2G --boot
	printf '%064d\n' 7 >"$BATS_TEST_TMPDIR/key"
	plans "copy the cluster key $BATS_TEST_TMPDIR/key to /etc/memx/cluster.key" "$image" \
		-- --role client --link eth1 --swap-size 1G --boot --key-file "$BATS_TEST_TMPDIR/key"
	# It could not be made the last time.
	put var/lib/memx-install/image-wanted </dev/null
	plans "$image" -- --role client --link eth1 --swap-size 1G --boot
}

@test "a configuration keeps what it has" {
	make_so
	put etc/memx/memx.conf <<<$'# ours\n[volume swap0]  \n size=1G\nloss-timeout=9\n[link eth1]\nmtu=4000'
	plans 'write /etc/memx/memx.conf:' -- --role both --link eth1 --link eth2 --capacity 1G --swap-size 2G
	[ "$(conf_lines)" = $'use = swap\nsize = 2G\n[link eth2]\n[server]\ncapacity = 1G' ]
}

@test "an RPM system" {
	put etc/os-release <<<$'ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9.4"'
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/rpm"
	chmod +x "$BATS_TEST_TMPDIR/bin/rpm"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH plans \
		"add the repository $repo (/etc/yum.repos.d/memx.repo)" \
		'install kernel-devel-6.1.0-37-amd64, memx-dkms, memx-tools, memx-dracut' \
		'make a cluster key in /etc/memx/cluster.key' \
		'write /etc/memx/memx.conf:' \
		'put MemX with its configuration and the cluster key into the initramfs' \
		'enable memx-node.service, memx-volumes.service' \
		-- --role client --link eth1 --swap-size 1G --boot
	put etc/yum.repos.d/memx.repo <<-END
		[memx]
		name=MemX
		baseurl=file://$repo
		enabled=1
		gpgcheck=1
		gpgkey=file:///usr/share/keyrings/memx-archive-keyring.gpg
	END
	PATH=$BATS_TEST_TMPDIR/bin:$PATH install_sh 0 --dry-run --unattended --repo "$repo" \
		--role client --link eth1
	[[ $output != *'add the repository'* ]]
}

@test "a dry run writes nothing" {
	local before

	before=$(cd "$MEMX_ROOT" && find . | sort)
	install_sh 0 --dry-run --role both --link eth1 --repo "$repo" --swap-size 1G
	install_sh 0 --dry-run --uninstall
	[ "$(cd "$MEMX_ROOT" && find . | sort)" = "$before" ]
}
