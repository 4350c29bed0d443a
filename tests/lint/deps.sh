#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the layers of the sources promise each other, and the form of every file: who includes whom,
# where kernel versions may be asked for, length of lines and files, licence tags.
# docs/ARCHITECTURE.md draws the picture. Usage: deps.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$top" || exit 1
passed=0
failed=0

# check NAME COMMAND...: the command prints a line for each fault; none is well.
check() {
	name=$1
	shift
	faults=$("$@")
	if [ -z "$faults" ]; then
		passed=$((passed + 1))
		echo "ok   $name"
	else
		failed=$((failed + 1))
		printf '%s\n' "$faults" | sed 's/^/     /'
		echo "FAIL $name"
	fi
}

sources() { # DIR..., what is there of them: C only
	for dir; do
		[ ! -d "$dir" ] || find "$dir" -name '*.[ch]' ! -name '*.mod.c'
	done | sort
}

texts() {
	for dir in src tools tests packaging dracut initramfs systemd xen-hooks; do
		[ ! -d "$dir" ] || find "$dir" -type f ! -path '*/.*' \( -name '*.[ch]' -o \
			-name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -name '*.py' -o \
			-name '*.lua' -o -name '*.yaml' -o -name '*.mk' -o -name Makefile -o \
			-name Kbuild \) ! -name '*.mod.c' ! -path '*/build/*'
	done | sort
}

# Each #include of the files on standard input: FILE, the name with its brackets or quotes.
includes() {
	while read -r file; do
		sed -n 's/^[ \t]*#[ \t]*include\(_next\)\{0,1\}[ \t]*\([<"][^>"]*[>"]\).*/\2/p' \
			"$file" | sed "s|^|$file |"
	done
}

# Where a quoted header lies: its folder below src, or nothing for one that is not ours.
layers() {
	find src -name '*.h' | sed 's|^src/\(.*\)/\([^/]*\)$|\2 \1|'
}

# Headers of ours that lie in folders other than MAY (a regular expression) says.
foreign() { # MAY DIR...
	may=$1
	shift
	sources "$@" | includes | awk -v may="^($may)\$" -v list="$list" '
		BEGIN {
			n = split(list, line, "\n")
			for (i = 1; i <= n; i++) { split(line[i], w, " "); layer[w[1]] = w[2] }
		}
		$2 ~ /^"/ {
			h = $2
			gsub(/"/, "", h)
			if (h in layer && layer[h] !~ may)
				print $1 " includes " h " of " layer[h]
		}'
}

in_kernel_api() {
	{ sources src/*/pure tools | includes | grep '"rmp\.h"'
		sources src/*/pure | includes | grep '"memx_netlink\.h"'; }
}

system_headers() {
	sources src/*/pure | grep -v '/rmp_env\.h$' | includes | grep '<'
}

# What a decision has no use for: functions, and things by name.
impure() {
	calls='k[mzv]alloc|kfree|alloc_page|put_page|spin_(un)?lock|mutex_(un)?lock|ktime_get'
	calls="$calls|printk|pr_[a-z]+|malloc|calloc|free|printf|time"
	sources src/*/pure | xargs -r grep -nE "\<($calls)(_[a-z]+)?[ 	]*\(|\<(jiffies|sk_buff)\>"
}

kernel_versions() {
	sources src | grep -v '^src/compat/' | xargs -r grep -nE 'KERNEL_VERSION|LINUX_VERSION_CODE'
}

# Cases quote commands of guests, deeply indented: they get more room.
long_lines() {
	texts | while read -r file; do
		case $file in tests/*) most=120 ;; *) most=100 ;; esac
		expand -t 8 "$file" | awk -v f="$file" -v most=$most '
			length($0) > most { n++; if (!first) first = NR }
			END { if (n) print f ":" first ": lines of more than " most " columns: " n }'
	done
}

long_files() {
	texts | xargs wc -l | awk '$1 > 700 && $2 != "total" { print $2 " has " $1 " lines" }'
}

no_licence() {
	texts | while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2\.0-only' || echo "$file"
	done
}

list=$(layers)

check "rmap knows neither server nor client" \
	foreign 'include|compat/include|rmap(/pure)?' src/rmap
check "server sees rmap by rmp.h and its pure parts" \
	foreign 'include|compat/include|rmap/pure|server(/pure)?' src/server
check "client sees rmap by rmp.h and its pure parts" \
	foreign 'include|compat/include|rmap/pure|client(/pure)?' src/client
check "xen sees the client only" \
	foreign 'include|compat/include|rmap/pure|client|xen(/pure)?' src/xen
for pure in src/*/pure; do
	module=${pure#src/}
	check "$module takes from pure parts only" foreign "include|rmap/pure|$module" "$pure"
done
check "tools see wire and netlink headers only" foreign include tools
check "headers of include stand alone" foreign 'include|rmap/pure' src/include
check "the in-kernel API is the modules' own" in_kernel_api
check "pure parts include no system header but through rmp_env.h" system_headers
check "pure parts have no lock, allocation, clock or log" impure
check "kernel versions are asked for in src/compat only" kernel_versions
check "lines are not too long" long_lines
check "files have 700 lines at most" long_files
check "each file names its licence" no_licence
echo "deps: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
