#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# What a node tells its administrator: round trips to a server, and events as they come.
load ../memx

setup_file() { memx_boot mem=512; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

@test "ping: round trips to a server" {
	guest 60 'pair
		ping() { cli memx-admin --json ping "$@" >/tmp/ping; }
		of() { field "$1" </tmp/ping; }
		ping srv
		is "$(of server) $(of size) $(of count) $(of lost)" = "srv 4096 10 0"
		ping srv --count 30 --size 65536
		is "$(of size) $(of count) $(of lost)" = "65536 30 0"
		awk -v a="$(of min_us)" -v b="$(of median_us)" -v c="$(of p99_us)" \
			"BEGIN { exit !(a > 0 && a <= b && b <= c && c < 5000000) }"
		ping srv --count 1 --size 0
		is "$(of size) $(of count) $(of lost)" = "0 1 0"
		prints "srv: 3 round trips of 512 bytes, 0 lost: min" \
			cli memx-admin ping srv --count 3 --size 512
		says "there is no such server" cli memx-admin ping nobody
		wire delay 20ms
		ping srv --count 3
		awk -v a="$(of min_us)" "BEGIN { exit !(a >= 20000) }"
		wire none'
}

@test "ping: a server that does not answer is said to be so, in time" {
	guest 90 'pair
		wire loss 100%
		refused lasts 0 30 cli memx-admin ping srv --count 2 >/tmp/said 2>&1
		cat /tmp/said
		grep -q "lost\|does not answer" /tmp/said'
}

EVENTS='
	# listen NAMESPACE: what comes from now on is in /tmp/NAMESPACE.events
	listen() {
		rm -f /tmp/$1.events
		$1 memx-admin --json events >>/tmp/$1.events 2>/tmp/$1.said &
		listening() { grep -q "listening to" /tmp/$1.said; }
		until_true 10 listening $1
	}
	# event NAMESPACE FAMILY KIND WORDS: came since the last call that asked for the same
	came() { grep "\"family\": *\"$2\"" /tmp/$1.events | grep "\"kind\": *\"$3\"" | grep -qF "$4"; }
	event() {
		until_true 20 came "$@" || { cat /tmp/$1.events; return 1; }
		grep -vF "$4" /tmp/$1.events >/tmp/rest || true
		cat /tmp/rest >/tmp/$1.events
	}
'

@test "events of the client: a volume comes, a server goes and comes, data is lost, space ends" {
	guest 120 "$EVENTS"'
		pair 1500 none 8M
		listen cli
		volume v0 32M; device=$(disk)
		event cli memx_client volume-created "v0: 32 MiB as ${device#/dev/}"
		event cli memx_client server-up "server srv: session is up"
		dd if=/dev/urandom of=$device bs=64k count=1 oflag=direct
		wire loss 100%
		dd if=$device of=/dev/null bs=4k count=1 iflag=direct &
		event cli memx_client server-down "server srv: does not answer"
		wire none
		wait $!
		event cli memx_client server-up "server srv: session is up"
		srv memx-admin server stop --force
		refused dd if=$device of=/dev/null bs=4k count=1 iflag=direct
		event cli memx_client data-lost "v0: 64 KiB were lost: server srv has freed them"
		srv memx-admin server start --capacity 8M
		until_true 10 sees_server
		for n in 0 1; do dd if=/dev/urandom of=$device bs=4k count=1 seek=$((n * 1024)) oflag=direct; done
		refused dd if=/dev/urandom of=$device bs=4k count=1 seek=2048 oflag=direct
		event cli memx_client no-space "v0: every server is full"
		cli memx-admin resize v0 --size 40M
		event cli memx_client volume-resized "v0: 40 MiB"
		cli memx-admin destroy v0
		event cli memx_client volume-destroyed "v0: destroyed"
		kill %1; wait %1 || true'
}

@test "events of the server: it starts and stops, and a client that restarted or is gone is freed" {
	guest 90 "$EVENTS"'
		two_namespaces; memx_load memx_rmap memx_server memx_client
		node srv none; node cli none
		listen srv
		srv memx-admin server start --capacity 16M
		event srv memx_server started "the server donates 16 MiB"
		until_true 10 sees_server
		volume v0 16M
		dd if=/dev/urandom of=$(disk) bs=4k count=1 oflag=direct
		srv memx-admin server release "$(srv memx-admin --json server status | field node)"
		event srv memx_server client-released "1 extents of client"
		srv memx-admin server stop --force
		event srv memx_server stopped "the server donates no memory any more"
		kill %1; wait %1 || true'
}
