#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The file of a cluster key: how it is made, and which is taken.
# shellcheck disable=SC2154 # common.bash sets them

load common

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

is_key()
{
	[ "$(stat -c '%a %s %F' "$1")" = '600 65 regular file' ]
	grep -Eqx '[0-9a-f]{64}' "$1"
}

@test "a new key is 32 bytes that only the owner reads" {
	admin key generate one
	[ "$rc" -eq 0 ]
	is_key one
	[[ $out != *"$(cat one)"* && $err != *"$(cat one)"* ]]
	admin key generate two --json
	[ "$rc" -eq 0 ]
	[ "$(echo "$out" | tr -d ' \n')" = '{"file":"two"}' ]
	is_key two
	admin --json key generate three
	[ "$(echo "$out" | tr -d ' \n')" = '{"file":"three"}' ]
	rm three
	run ! cmp -s one two
	[ "$(ls)" = "$(printf 'err\none\nout\ntwo')" ]
}

@test "whatever the umask" {
	(umask 0; "$admin" key generate open)
	is_key open
	(umask 0777; "$admin" key generate shut)
	is_key shut
	(umask 0; "$admin" key generate shut --force)
	is_key shut
}

@test "an existing file stays" {
	echo mine >key
	chmod 644 key
	admin key generate key
	refused 1 "key generate key: key exists; --force replaces it, and the machines that have \
it then need the new one"
	[ "$(cat key)" = mine ]
	[ "$(stat -c %a key)" = 644 ]
	ln -s elsewhere link
	admin key generate link
	[ "$rc" -eq 1 ]
	[ ! -e elsewhere ]
}

@test "unless it is forced" {
	echo mine >key
	chmod 644 key
	ln key other
	admin key generate --force key
	[ "$rc" -eq 0 ]
	is_key key
	[ "$(cat other)" = mine ]
	[ "$(ls)" = "$(printf 'err\nkey\nother\nout')" ]
}

@test "where no file can be made" {
	admin key generate none/key
	refused 1 "key generate none/key: cannot write none/key: No such file or directory"
	admin key generate none/key --force
	refused 1 "key generate none/key: cannot write none/key: No such file or directory"
	admin key generate /dev/full/key
	[ "$rc" -eq 1 ]
}

@test "a file that others can read is not taken" {
	local mode

	admin key generate key
	for mode in 640 604 660 606 610 601; do
		chmod $mode key
		admin key set key
		refused 1 "key set key: others can read key: run 'chmod 600 key', and think of a \
new key"
	done
}

@test "a file of someone else is not taken" {
	[ "$(id -u)" -eq 0 ] || return 0
	admin key generate key
	chown 12345 key
	admin key set key
	refused 1 "key set key: key belongs to another user: run 'chown root key'"
}

@test "what is no key is not taken, and not shown" {
	local i=0 text sentence="holds no key: a key is 64 hexadecimal digits, as 'memx-admin key \
generate' writes them"

	admin key generate key
	text=$(cat key)
	for text in '' "${text%?}" "${text}0" "${text}0000" "${text%?}g" "$text $text" \
		"0x${text%??}" "$(printf '%s\n%s' "$text" "$text")" " $text"; do
		i=$((i + 1))
		(umask 077; printf '%s' "$text" >bad$i)
		admin key set bad$i
		refused 1 "key set bad$i: bad$i $sentence"
	done
	[ $i -eq 9 ]
	(umask 077; head -c 32 /dev/zero >binary; printf '\0%.0s' {1..70} >zeros)
	(umask 077; printf '%s\0x' "$(cat key)" >tailed)
	admin key set tailed
	refused 1 "key set tailed: tailed $sentence"
	admin key set binary
	refused 1 "key set binary: binary $sentence"
	admin key set zeros
	refused 1 "key set zeros: zeros $sentence"
}

@test "what is no file is not taken" {
	admin key set none
	refused 1 "key set none: cannot read none: No such file or directory"
	mkdir -m 700 dir
	admin key set dir
	refused 1 "key set dir: dir is not a file"
	mkfifo -m 600 pipe
	run -1 timeout 10 "$admin" key set pipe
	[ "$output" = "memx-admin: key set pipe: pipe is not a file" ]
}

@test "a key is taken as it was written, or with the end of a line of another system" {
	[ ! -e /sys/module/memx_rmap ] || return 0
	admin key generate key
	admin key set key --secondary
	refused 1 'memx_rmap is not loaded; run "modprobe memx_rmap"'
	(umask 077; printf '%s\r\n' "$(tr a-f A-F <key)" >dos; tr -d '\n' <key >short)
	admin key set dos
	refused 1 'memx_rmap is not loaded; run "modprobe memx_rmap"'
	admin key set short
	refused 1 'memx_rmap is not loaded; run "modprobe memx_rmap"'
}
