# SPDX-License-Identifier: GPL-2.0-only
# What the tests of memx-admin share. MEMX_ADMIN and MEMX_MAN name another build.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
admin=${MEMX_ADMIN:-$top/build/admin/memx-admin}
# shellcheck disable=SC2034 # for who loads this
man_page=${MEMX_MAN:-$top/build/admin/memx-admin.8}

# memx-admin with standard output in $out, standard error in $err, its status in $rc.
admin()
{
	rc=0
	"$admin" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || rc=$?
	out=$(cat "$BATS_TEST_TMPDIR/out")
	err=$(cat "$BATS_TEST_TMPDIR/err")
}

# It ended with this status, with nothing on stdout and exactly this on stderr.
refused()
{
	[ "$rc" -eq "$1" ] && [ -z "$out" ] && [ "$err" = "memx-admin: $2" ] && return
	printf 'status %s\nout: %s\nerr: %s\nnot: memx-admin: %s\n' "$rc" "$out" "$err" "$2"
	return 1
}

# The names of all commands, one a line.
commands()
{
	"$admin" --help | sed -n 's/^  \([a-z][a-z -]*[a-z]\).*/\1/p' | sed 's/  .*//'
}

# The options of a command, as its own part of the help has them.
options_of()
{
	# shellcheck disable=SC2086 # a command can be two words
	"$admin" $1 --help | awk -v head="^memx-admin $1( [[A-Z-].*)?$" '
		/^memx-admin/ { mine = $0 ~ head }
		mine && /^    --/ { print $1 }' | sort
}
