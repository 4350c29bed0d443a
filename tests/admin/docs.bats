#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Help, man page and completion say the same.
# shellcheck disable=SC2086 # a command can be two words
# shellcheck disable=SC2154 # common.bash sets them

load common

# What completion offers after these words.
complete_after()
{
	bash -c '
		source "$0/tools/completion/memx-admin"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_memx_admin
		printf "%s\n" "${COMPREPLY[@]}"' "$top" memx-admin "$@"
}

@test "help names the commands that were asked for" {
	[ "$(commands | sort)" = "$(sort <<-'END'
		add-server
		apply
		create
		destroy
		doctor
		down
		events
		key
		key delete
		key generate
		key list
		key set
		link
		link add
		link del
		list
		node
		node set
		ping
		remove-server
		resize
		server
		server release
		server set
		server start
		server status
		server stop
		servers
		set
		status
		xen
		xen list
	END
	)" ]
}

@test "every command has help, in either place" {
	local command

	while read -r command; do
		run -0 "$admin" $command --help
		[[ $output == *"memx-admin $command"*"[--json]"* ]]
		run -0 "$admin" $command -h
		run -0 "$admin" --json $command --help
	done < <(commands)
	run -0 "$admin" -h
	[[ $output == *"Every command takes --json and --help"* ]]
}

@test "help of a group is that of all its commands" {
	run -0 "$admin" key --help
	[ "$(grep -c '^memx-admin key' <<<"$output")" -eq 5 ]
	run -0 "$admin" set --help
	[ "$(grep -c '^memx-admin' <<<"$output")" -eq 1 ]
}

@test "help fits into 100 columns" {
	local command

	while read -r command; do
		run -0 "$admin" $command --help
		run ! grep -E '.{101}' <<<"$output"
	done < <(commands; echo)
}

@test "every command and option is in the man page" {
	local command option

	while read -r command; do
		grep -qF "\\fB$command\\fR" "$man_page" || { echo "$command"; return 1; }
		while read -r option; do
			grep -F "\\fB$command\\fR" "$man_page" | grep -qF -- "\\fB$option\\fR" ||
				{ echo "$command $option"; return 1; }
		done < <(options_of "$command")
	done < <(commands)
}

@test "the man page has no option that there is not" {
	local all option

	all=$(while read -r command; do options_of "$command"; done < <(commands))
	all+=$'\n--json\n--help\n--version\n--secondary'
	while read -r option; do
		grep -qxF -- "$option" <<<"$all" || { echo "$option"; return 1; }
	done < <(sed 's/\\-/-/g' "$man_page" | grep -oE -- '--[a-z-]+' | sort -u)
}

@test "the man pages are well-formed" {
	LC_ALL=C.UTF-8 MANWIDTH=80 run -0 --separate-stderr man --warnings -l \
		"${man_page%/*}/memx.conf.5"
	[ -z "$stderr" ]
	LC_ALL=C.UTF-8 MANWIDTH=80 run -0 --separate-stderr man --warnings -l "$man_page"
	[ -z "$stderr" ]
	[[ $output == *'memx-admin - use and lend the memory'* ]]
}

@test "completion offers every command" {
	local command

	while read -r command; do
		case $command in
		*' '*) complete_after "${command% *}" '' | grep -qxF -- "${command#* }" ;;
		*) complete_after '' | grep -qxF -- "$command" ;;
		esac || { echo "$command"; return 1; }
	done < <(commands)
}

@test "completion offers no command that there is not" {
	local word

	while read -r word; do
		[[ $word == -* ]] || commands | grep -qxF -- "$word" || { echo "$word"; return 1; }
	done < <(complete_after '')
	for group in server link key node xen; do
		while read -r word; do
			commands | grep -qxF -- "$group $word" || { echo "$group $word"; return 1; }
		done < <(complete_after $group '')
	done
}

@test "completion offers exactly the options of each command" {
	local command

	while read -r command; do
		diff <(complete_after $command -- | sort) \
			<( (options_of "$command"; printf '%s\n' --json --help) | sort) ||
			{ echo "$command"; return 1; }
	done < <(commands)
}

@test "completion of values" {
	[ "$(complete_after node set --security '')" = $'psk\nnone' ]
	[ "$(complete_after create x --use s)" = swap ]
	[ "$(complete_after apply --part '')" = $'node\nserver\nvolumes' ]
	[ -z "$(complete_after create x --size '')" ]
	cd "$BATS_TEST_TMPDIR" || return
	touch my.key
	[ "$(complete_after key set my)" = my.key ]
	[ "$(complete_after --json key s)" = set ]
	[ "$(complete_after apply --config my)" = my.key ]
	[ "$(complete_after create x --save --config my)" = my.key ]
}

# A memx-admin that prints what a kernel with two of each has.
fake_kernel()
{
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/memx-admin" <<-'END'
		#!/bin/sh
		case $* in
		servers) echo 'NAME    ADDRESS            LINK'
			echo 'donor1  52:54:00:12:34:01  eth1'
			echo 'donor2  52:54:00:12:34:02  eth1'
			echo 'donor2: does not answer' ;;
		list) echo 'NAME   DEVICE  SIZE'
			echo 'swap0  memx0   64 GiB'
			echo 'v1     memx1   1 GiB' ;;
		link) echo 'LINK  ADDRESS            ETHERTYPE'
			echo 'eth1  52:54:00:12:34:01  0x88b5' ;;
		*) exit 1 ;;
		esac
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/memx-admin"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "completion of names that are there now" {
	local command

	fake_kernel
	for command in ping remove-server; do
		[ "$(complete_after $command '')" = $'donor1\ndonor2' ]
	done
	for command in resize set destroy; do
		[ "$(complete_after $command '')" = $'swap0\nv1' ]
		[ "$(complete_after --json $command v)" = v1 ]
	done
	[ "$(complete_after link del '')" = eth1 ]
	[ "$(complete_after add-server x --link '')" = eth1 ]
	[ -z "$(complete_after create '')" ]
}

@test "memx.conf(5) has every section and key, and no other" {
	local page=${man_page%/*}/memx.conf.5 source=$top/tools/memx-admin/conf.c

	diff <(sed -n 's/^\t{ "\([a-z]*\)", .*begin_.*/\1/p' "$source" | sort) \
		<(sed -n 's/^\.SS \[\([a-z]*\).*/\1/p' "$page" | sort)
	diff <(grep -oE '\{ "[a-z-]+", (node|link|server|peer|volume)_[a-z_]+ \}' "$source" |
		sed 's/{ "//; s/".*//' | sort -u) \
		<(sed -n '/^\.SH SECTIONS/,/^\.SH EXAMPLES/p' "$page" | sed 's/\\-/-/g' |
			grep -oE '^\\fB[a-z, -]+=.*' | grep -oE '\\fB[a-z-]+=' |
			sed 's/\\fB//; s/=//' | sort -u)
}

@test "the shipped memx.conf wants nothing, and is right without its comment signs" {
	admin apply --dry-run --config "$top/conf/memx.conf"
	[ "$rc $out$err" = "0 Nothing is wanted." ]
	sed -n '/^#[[a-z-]/s/^#//p' "$top/conf/memx.conf" >"$BATS_TEST_TMPDIR/memx.conf"
	grep -q capacity "$BATS_TEST_TMPDIR/memx.conf"
	admin apply --dry-run --config "$BATS_TEST_TMPDIR/memx.conf"
	[ "$rc$err" = 0 ]
	[[ $out == *"volume swap0: swap on, priority 100"* ]]
}

@test "the installed files are where they belong" {
	local root=$BATS_TEST_TMPDIR/root

	make -s -C "$top/tools/memx-admin" B="$BATS_TEST_TMPDIR/build" CFLAGS=-O0 DESTDIR="$root" \
		install
	[ "$(cd "$root" && find . -type f | sort)" = "$(sort <<-'END'
		./usr/lib/udev/rules.d/60-memx.rules
		./usr/sbin/memx-admin
		./usr/share/bash-completion/completions/memx-admin
		./usr/share/man/man5/block-memx.5
		./usr/share/man/man5/memx.conf.5
		./usr/share/man/man7/memx-boot.7
		./usr/share/man/man8/memx-admin.8
	END
	)" ]
}
