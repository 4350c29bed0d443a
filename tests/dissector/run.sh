#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The Wireshark dissector against captures made with the project's own structures: what tshark
# prints of each frame has to be what the generator says of it, and no frame may raise a Lua error.
# Needs tshark and a C compiler. Usage: run.sh [DIR for what is built]
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${1:-${MEMX_BUILD:-$top/build}/dissector}
lua=$top/tools/wireshark/rmap.lua
passed=0
failed=0

verdict() { # NAME OK, with what is wrong on standard input
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		sed 's/^/     /' | head -n 20
		echo "FAIL $1"
	fi
}

finish() {
	echo "dissector: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}

# No personal settings or plugins, and no warning of root.
shark() {
	HOME=$B/home XDG_CONFIG_HOME=$B/home tshark -X "lua_script:$lua" "$@" 2>"$B/stderr"
}

# Each frame of a capture: the fields as expected. Capture, then options of tshark.
compare() {
	base=$B/$1
	shift
	# shellcheck disable=SC2046 # an option and its name for each field
	shark -r "$base.pcap" "$@" -T fields -E separator=/t -E occurrence=a -E aggregator=, \
		$(sed 's/^/-e /' "$base.fields") >"$base.seen"
	# Booleans are 1 and 0 or True and False, by version.
	awk -F '\t' -v fields="$base.fields" -v seen="$base.seen" '
		BEGIN { while ((getline f < fields) > 0) name[++n] = f }
		{
			if ((getline line < seen) <= 0) { print "frame " NR ": not seen"; exit }
			split(line, v, "\t")
			for (i = 1; i <= n; i++) {
				sub(/^True$/, "1", v[i]); sub(/^False$/, "0", v[i])
				if (v[i] != $i)
					printf "frame %d: %s is \"%s\", not \"%s\"\n", NR, name[i],
						substr(v[i], 1, 60), substr($i, 1, 60)
			}
		}
		END { while ((getline line < seen) > 0) print "a frame too many" }
	' "$base.expected" >"$base.diff"
	[ -s "$base.expected" ] && [ ! -s "$base.diff" ]
}

# The whole tree of each frame: no error of Lua, in the tree or beside it.
lives() {
	shark -r "$B/$1.pcap" -V >"$B/$1.tree" || return 1
	shark -r "$B/$1.pcap" -2 -Y _ws.lua.error >"$B/$1.diff" || return 1
	grep -h -i 'lua' "$B/$1.tree" "$B/stderr" >>"$B/$1.diff"
	[ ! -s "$B/$1.diff" ] && grep -q 'MemX RMAP' "$B/$1.tree"
}

mkdir -p "$B/home" || exit 1
if ! command -v tshark >/dev/null; then
	echo "tshark is not installed: apt install tshark" | verdict tshark 1
	finish
fi
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -g -O1 \
	-fsanitize=address,undefined -fno-sanitize-recover=all -o "$B/gen" \
	-I"$top/src/include" -I"$top/src/rmap/pure" -I"$top/src/server/pure" -I"$top/tests/unit" \
	"$top"/tests/dissector/*.c "$top/tests/unit/refcrypto.c" "$top"/src/rmap/pure/*.c \
	>"$B/build.log" 2>&1 && "$B/gen" "$B" >>"$B/build.log" 2>&1
rc=$?
verdict "captures are made" $rc <"$B/build.log"
[ "$rc" = 0 ] || finish

for capture in frames bad cut noise; do
	compare "$capture"
	verdict "$capture: $(grep -c '' "$B/$capture.expected") frames as expected" $? \
		<"$B/$capture.diff"
	lives "$capture"
	verdict "$capture: no error of Lua" $? <"$B/$capture.diff"
done
compare ethertype -o rmap.ethertype:34998
verdict "the EtherType is a preference" $? <"$B/ethertype.diff"
shark -r "$B/frames.pcap" -o rmap.body_crc:FALSE -Y rmap.pcrc >"$B/pref.diff"
[ -s "$B/pref.diff" ] &&
	! shark -r "$B/frames.pcap" -o rmap.body_crc:FALSE -Y rmap.pcrc.ok | grep -q .
verdict "the CRC of bodies is checked only on request" $? <"$B/pref.diff"
finish
