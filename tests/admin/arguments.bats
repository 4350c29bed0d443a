#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Wrong command lines get one sentence and status 2; right ones, without modules, the advice to load
# them.
# shellcheck disable=SC2086 # words are split where they are passed on
# shellcheck disable=SC2154 # out, err and rc are set by admin

load common

usage()
{
	local words=$1 sentence=$2

	admin $words
	refused 2 "$sentence"
}

@test "commands that there are not" {
	usage 'frob' "there is no command 'frob'; see 'memx-admin --help'"
	usage 'link frob' "there is no command 'link frob'; see 'memx-admin --help'"
	usage 'key lists' "there is no command 'key lists'; see 'memx-admin --help'"
	usage 'servers all' "there is no command 'servers all'; see 'memx-admin --help'"
	usage '--json frob' "there is no command 'frob'; see 'memx-admin --help'"
	usage 'serv' "there is no command 'serv'; see 'memx-admin --help'"
}

@test "options that there are not" {
	usage 'list --frob' "list: there is no option --frob; see 'memx-admin list --help'"
	usage 'create x --siz 1G' "create: there is no option --siz; see 'memx-admin create --help'"
	usage 'list -x' "list: there is no option -x; see 'memx-admin list --help'"
	usage 'list --size 1G' "list: there is no option --size; see 'memx-admin list --help'"
	usage '-x' "status: there is no option -x; see 'memx-admin status --help'"
}

@test "what is missing, what is too much" {
	usage 'create' "create: NAME is missing; see 'memx-admin create --help'"
	usage 'create x' "create: --size is missing; see 'memx-admin create --help'"
	usage 'create x --size' "create: --size needs a value; see 'memx-admin create --help'"
	usage 'create x y --size 1G' \
		"create: 'y' is one word too many; see 'memx-admin create --help'"
	usage 'create x --size 1G --size=1G' \
		"create: --size is given twice; see 'memx-admin create --help'"
	usage 'destroy x --force=1' \
		"destroy: --force takes no value; see 'memx-admin destroy --help'"
	usage 'add-server x --link eth1' \
		"add-server: --address is missing; see 'memx-admin add-server --help'"
	usage 'add-server x --address 52:54:00:12:34:03' \
		"add-server: --link is missing; see 'memx-admin add-server --help'"
	usage 'server start' \
		"server start: --capacity is missing; see 'memx-admin server start --help'"
	usage 'set x' "set: --loss-timeout is missing; see 'memx-admin set --help'"
	usage 'resize x' "resize: --size is missing; see 'memx-admin resize --help'"
	usage 'node set' "node set: an option is missing that says what to set; \
see 'memx-admin node set --help'"
	usage 'link add' "link add: IFNAME is missing; see 'memx-admin link add --help'"
	usage 'ping' "ping: SERVER is missing; see 'memx-admin ping --help'"
	usage 'key delete' "key delete: ID is missing; see 'memx-admin key delete --help'"
	usage 'server release' \
		"server release: NODE-ID is missing; see 'memx-admin server release --help'"
}

@test "sizes that are none" {
	local size

	for size in 5Q 1.5G -1 64GB 0 G 0x10 99999999999999999999 17179869184G; do
		usage "create x --size $size" "create: --size is a size such as 64G or 512M \
(in binary units), not '$size'; see 'memx-admin create --help'"
		usage "resize x --size $size" "resize: --size is a size such as 64G or 512M \
(in binary units), not '$size'; see 'memx-admin resize --help'"
	done
	for size in 0% 101% 50%% -5% % five 0; do
		usage "server start --capacity $size" "server start: --capacity is a size such as \
48G (in binary units), or a part of this machine's memory such as 50%, not '$size'; \
see 'memx-admin server start --help'"
	done
}

@test "numbers that are none, or out of bounds" {
	local n

	for n in abc -1 1.5 '' 4294967296; do
		admin set x --loss-timeout "$n"
		refused 2 "set: --loss-timeout is a number from 0 to 4294967295, not '$n'; \
see 'memx-admin set --help'"
	done
	usage 'link add eth1 --mtu 1499' "link add: --mtu is a number from 1500 to 9000, \
not '1499'; see 'memx-admin link add --help'"
	usage 'link add eth1 --ethertype 0x5ff' "link add: --ethertype is a number from 1536 to \
65535, not '0x5ff'; see 'memx-admin link add --help'"
	usage 'ping x --count 0' \
		"ping: --count is a number from 1 to 1000, not '0'; see 'memx-admin ping --help'"
	usage 'ping x --size 65537' "ping: --size is a number from 0 to 65536, not '65537'; \
see 'memx-admin ping --help'"
	usage 'events --count 0' "events: --count is a number from 1 to 4294967295, \
not '0'; see 'memx-admin events --help'"
	usage 'node set --interval 99' "node set: --interval is a number from 100 to 60000, \
not '99'; see 'memx-admin node set --help'"
}

@test "names, addresses and ids that are none" {
	local long=12345678901234567890123456789012 command
	local rule="it takes 1 to 31 letters, digits, dots, dashes and underscores"

	for command in 'create' 'resize' 'destroy' 'set' 'remove-server' 'ping'; do
		case $command in
		create | resize) admin $command "$long" --size 1G ;;
		set) admin $command "$long" --loss-timeout 1 ;;
		*) admin $command "$long" ;;
		esac
		refused 2 "$command: '$long' is no name: $rule; see 'memx-admin $command --help'"
	done
	admin destroy "a b"
	refused 2 "destroy: 'a b' is no name: $rule; see 'memx-admin destroy --help'"
	admin destroy ""
	refused 2 "destroy: '' is no name: $rule; see 'memx-admin destroy --help'"
	admin destroy $'a\033[2J'
	refused 2 "destroy: 'a?[2J' is no name: $rule; see 'memx-admin destroy --help'"
	usage "link add 1234567890123456" "link add: '1234567890123456' is no name of a network \
device: it takes 1 to 15 characters; see 'memx-admin link add --help'"
	usage "add-server x --link eth1 --address 52:54:00:12:34" "add-server: --address is a \
hardware address such as 52:54:00:12:34:03, not '52:54:00:12:34'; \
see 'memx-admin add-server --help'"
	usage "add-server x --link a/b --address 52:54:00:12:34:03" "add-server: 'a/b' is no name \
of a network device: it takes 1 to 15 characters; see 'memx-admin add-server --help'"
	usage "key delete 123" "key delete: '123' is no key id: it takes 8 hexadecimal digits, as \
'memx-admin key list' prints them; see 'memx-admin key delete --help'"
	usage "server release 123" "server release: '123' is no node id: it takes 32 hexadecimal \
digits, as 'memx-admin server status' prints them; see 'memx-admin server release --help'"
	usage "node set --security full" \
		"node set: --security is psk or none, not 'full'; see 'memx-admin node set --help'"
	usage "node set --id 12" "node set: --id is 32 hexadecimal digits, not '12'; \
see 'memx-admin node set --help'"
	usage "create x --size 1G --use disk" \
		"create: --use is swap or block, not 'disk'; see 'memx-admin create --help'"
}

@test "a very long argument does no harm" {
	local long

	long=$(printf '%100000s' '' | tr ' ' x)
	admin "$long"
	[ "$rc" -eq 2 ]
	admin create "$long" --size 1G
	[ "$rc" -eq 2 ]
	admin "$long" "$long"
	[ "$rc" -eq 2 ]
	admin create x "--size=$long"
	[ "$rc" -eq 2 ]
	admin list "--$long"
	[ "$rc" -eq 2 ]
}

@test "right command lines say which module is not loaded" {
	local rmap='memx_rmap is not loaded; run "modprobe memx_rmap"'
	local server='memx_server is not loaded; run "modprobe memx_server"'
	local client='memx_client is not loaded; run "modprobe memx_client"'
	local words

	[ ! -e /sys/module/memx_rmap ] || return 0
	for words in '' status link 'link add eth1 --mtu 9000 --ethertype 0x88b5' 'link del eth1' \
		'key list' 'key delete 0123abcd' node 'node set --security none --name a.b-c_d' \
		servers 'add-server donor3 --address 52:54:00:12:34:03 --link eth1' \
		'remove-server donor3' 'ping donor1 --size 4096 --count 10' --json \
		'--json servers'; do
		admin $words
		refused 1 "$rmap"
	done
	for words in server 'server status' 'server start --capacity 48G' 'server stop --force' \
		'server set --capacity=75%' 'server release 0123456789abcdef0123456789ABCDEF'; do
		admin $words
		refused 1 "$server"
	done
	for words in 'create swap0 --size 64G --use swap --loss-timeout 0' 'list --json' \
		'resize --size 1T swap0' 'set swap0 --loss-timeout 30' 'destroy swap0 --force'; do
		admin $words
		refused 1 "$client"
	done
	admin create swap0 --size '48 GiB'
	refused 1 "$client"
	admin destroy -- -swap0
	refused 1 "$client"
	admin events --count 1
	refused 1 'no module of MemX is loaded; run "modprobe memx_rmap"'
}

@test "output that cannot be written is a failure" {
	run -1 bash -c "'$admin' --help >/dev/full"
	[ "$output" = "memx-admin: the output could not be written" ]
}

@test "version" {
	admin --version
	[ "$rc" -eq 0 ]
	[[ $out =~ ^memx-admin\ [0-9]+\.[0-9]+ ]]
}
