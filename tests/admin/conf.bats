#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# apply, down and --save on the command line, where no module is loaded: what is refused, what is
# planned, and that files stay as they are.
# shellcheck disable=SC2086 # words are split where they are passed on
# shellcheck disable=SC2154 # out, err and rc are set by admin

load common

# modprobe of these tests fails, and says in a file that it was called.
setup()
{
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "$@" >>"%s/modprobe"\nexit 1\n' "$BATS_TEST_TMPDIR" \
		>"$BATS_TEST_TMPDIR/bin/modprobe"
	chmod +x "$BATS_TEST_TMPDIR/bin/modprobe"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	cd "$BATS_TEST_TMPDIR" || return
	cat >good.conf <<-'END'
		# a comment
		[node]
		name = box   ; mine
		security=none

		[link none0]
		mtu=9000
		[server]
		capacity=1G
		[volume swap0]
		size=2G
		use=swap
	END
}

usage()
{
	local words=$1 sentence=$2

	admin $words
	refused 2 "$sentence"
}

no_module() { [ ! -e /sys/module/memx_rmap ]; }

@test "command lines that are wrong" {
	usage 'apply --part nodes' "apply: --part is node, server or volumes, not 'nodes'; \
see 'memx-admin apply --help'"
	usage 'apply --wait -1' "apply: --wait is a number from 0 to 4294967295, not '-1'; \
see 'memx-admin apply --help'"
	usage 'down --timeout x' "down: --timeout is a number from 0 to 4294967295, not 'x'; \
see 'memx-admin down --help'"
	usage 'apply good.conf' "there is no command 'apply good.conf'; see 'memx-admin --help'"
	usage 'apply --force' "apply: there is no option --force; see 'memx-admin apply --help'"
	usage 'destroy v --config good.conf' \
		"destroy: --config goes with --save; see 'memx-admin destroy --help'"
	usage 'create v --size 1G --priority 3' \
		"create: --priority goes with --use swap; see 'memx-admin create --help'"
	usage 'create v --size 1G --use swap --priority 32768' "create: --priority is a number from \
0 to 32767, not '32768'; see 'memx-admin create --help'"
	usage "apply $(printf ' --part node%.0s' {1..9})" \
		"apply: --part is given too often; see 'memx-admin apply --help'"
}

@test "a file with faults: each is told, with file and line" {
	printf '[link none0]\nmut=9000\n\n[volume v]\nuse=disk\n' >bad.conf
	admin apply --config bad.conf
	refused 2 "bad.conf:2: there is no key 'mut' in [link]; there are ethertype, mtu
memx-admin: bad.conf:5: use is swap or block, not 'disk'
memx-admin: bad.conf:4: size is missing in [volume], such as size=64G"
	[ ! -e modprobe ]
}

@test "files that cannot be read" {
	usage 'apply --config absent.conf' "apply: there is no file absent.conf"
	usage "apply --config $BATS_TEST_TMPDIR" \
		"apply: cannot read $BATS_TEST_TMPDIR: Is a directory"
	printf '[node]\n\0name=x\n' >nul.conf
	usage 'apply --config nul.conf' "apply: cannot read nul.conf: it is no text"
}

@test "a file without a section wants nothing" {
	printf '# [node]\n\n' >empty.conf
	admin apply --config empty.conf
	[ "$rc$out$err" = "0Nothing is wanted." ]
	[ ! -e modprobe ]
}

@test "a dry run shows the plan and does nothing" {
	no_module
	admin apply --dry-run --config good.conf
	[ "$rc$err" = 0 ]
	diff - out <<-'END'
		module memx_rmap: load
		node: set its name to box, set security to none
		link none0: wait until the network device exists
		link none0: bring it up
		link none0: add, MTU 9000 at most
		module memx_server: load
		server: start, donating 1 GiB
		module memx_client: load
		servers: wait for 2 GiB of free memory
		volume swap0: create with 2 GiB
		volume swap0: swap on
	END
	admin apply --dry-run --config good.conf --part server --part volumes
	[ "$(wc -l <out)" -eq 6 ]
	admin apply --dry-run --config good.conf --boot
	[ "$(grep -c volume out)" -eq 0 ]
	[ ! -e modprobe ]
}

@test "what needs a step that failed is left, the rest is tried" {
	no_module
	admin apply --config good.conf --wait 0 --json
	[ "$rc" -eq 1 ]
	[ "$(cat modprobe)" = $'memx_rmap\nmemx_server\nmemx_client' ]
	diff <(sed -n 's/.*"\(object\|end\)": *"\([^"]*\)".*/\2/p' out | paste -d: - -) - <<-'END'
		module memx_rmap:failed
		node:left
		link none0:late
		link none0:left
		link none0:left
		module memx_server:failed
		server:left
		module memx_client:failed
		servers:failed
		volume swap0:left
		volume swap0:left
	END
	diff err - <<-'END'
		memx-admin: apply module memx_rmap: modprobe memx_rmap failed; 'memx-admin doctor' tells why
		memx-admin: apply link none0: there is no network device none0
		memx-admin: apply module memx_server: modprobe memx_server failed; 'memx-admin doctor' tells why
		memx-admin: apply module memx_client: modprobe memx_client failed; 'memx-admin doctor' tells why
		memx-admin: memx_rmap is not loaded; run "modprobe memx_rmap"
	END
}

@test "down where nothing runs" {
	no_module
	admin down
	[ "$rc$out$err" = "0Nothing runs." ]
	[ ! -e modprobe ]
}

# The commands that save, each with a section of its own.
saving='link add none0
link del none0
add-server d --address 52:54:00:12:34:03 --link none0
remove-server d
server start --capacity 1G
server set --capacity 2G
server stop
node set --name x
create v --size 1G
resize swap0 --size 4G
set swap0 --loss-timeout 4
destroy swap0'

@test "--save writes nothing when the change failed" {
	local words

	no_module
	cp good.conf old.conf
	while read -r words; do
		admin $words --save --config good.conf
		[ "$rc" -eq 1 ] && [[ $err == *'is not loaded'* ]]
		cmp good.conf old.conf
		admin $words --save --config new/new.conf
		[ "$rc" -eq 1 ]
		[ ! -e new ]
	done <<<"$saving"
}

@test "--save refuses a file with faults before it changes anything" {
	local words

	printf '[node]\nnam=x\n' >bad.conf
	while read -r words; do
		admin $words --save --config bad.conf
		[ "$rc" -eq 2 ]
		[[ $err == *"bad.conf:2: there is no key 'nam' in [node]"* ]]
		[[ $err == *'nothing was changed: the configuration file must be right first' ]]
		[ "$(cat bad.conf)" = $'[node]\nnam=x' ]
	done <<<"$saving"
}

@test "--save of a change needs the section that it changes" {
	local command

	for command in 'resize v9 --size 1G' 'set v9 --loss-timeout 4'; do
		admin $command --save --config good.conf
		refused 1 "${command%% *} v9: nothing was changed: good.conf has no section [volume v9]"
	done
}
