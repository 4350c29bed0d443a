# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs xen-hooks/block-memx where nothing of Xen and MemX is: the store of Xen is a folder, and
# memx-admin keeps a volume in a file. Sourced by bats files. Needs root, for a device node.
bats_require_minimum_version 1.5.0
TOP=${BATS_TEST_DIRNAME%/tests/xen/unit}
NODE=/local/domain/0/backend/vbd/5/51728

setup() {
	ROOT=$BATS_TEST_TMPDIR
	mkdir -p "$ROOT"/{bin,scripts,store,volumes,dev,run,sys/module/memx_client}
	cp "$TOP/xen-hooks/block-memx" "$ROOT/scripts/"
	fake_common
	fake_store
	fake_admin
	fake modprobe 'exit 0'
	mknod "$ROOT/dev/memx0" b 7 3
	echo '1 ok 1073741824' >"$ROOT/servers"
	put "$NODE/mode" w
	put "$NODE/frontend-id" 5
	put /local/domain/5/vm /vm/uuid-5
	put /local/domain/5/name five
}

# What the script takes of Xen's own block-common.sh.
fake_common() {
	cat >"$ROOT/scripts/block-common.sh" <<-'END'
		set -e
		command=$1
		exec 2>>"$MEMX_TOP/log"
		fatal() {
			xenstore-write "$XENBUS_PATH/hotplug-error" "$*" "$XENBUS_PATH/hotplug-status" error
			exit 1
		}
		trap 'fatal trap' ERR
		write_dev() {
			xenstore-write "$XENBUS_PATH/physical-device" "$(stat -L -c %t:%T "$1")" \
				"$XENBUS_PATH/physical-device-path" "$1"
			xenstore-write "$XENBUS_PATH/hotplug-status" connected
		}
	END
}

# fake NAME COMMANDS: a program that notes how it was called
fake() {
	printf '#!/bin/bash\necho "%s $*" >>"$MEMX_TOP/calls"\n%s\n' "$1" "$2" >"$ROOT/bin/$1"
	chmod +x "$ROOT/bin/$1"
}

fake_store() {
	fake xenstore-read 'cat "$MEMX_TOP/store$1/value" 2>/dev/null'
	fake xenstore-write 'while [ $# -gt 1 ]; do
		mkdir -p "$MEMX_TOP/store$1"; echo "$2" >"$MEMX_TOP/store$1/value"; shift 2; done'
	fake xenstore-rm 'rm -r "$MEMX_TOP/store$1"'
	fake xenstore-ls 'cd "$MEMX_TOP/store" && find ".$2" -name value | while read -r file; do
		path=${file#.}; echo "${path%/value} = \"$(cat "$file")\""; done'
}

# memx-admin with volumes in the folder volumes (size, openers) and servers in a file (state, free).
fake_admin() {
	fake memx-admin '
	cd "$MEMX_TOP" || exit
	first() { [ -e volumes/$1 ] || { echo "memx-admin: there is no volume of this name" >&2; exit 1; }; }
	case $* in
	"--json list")
		echo "{ \"volumes\": ["
		for v in volumes/*; do
			[ -e "$v" ] || continue
			read -r size openers <"$v"
			printf "{\n\"name\": \"%s\",\n\"size\": %s,\n\"disk\": \"memx0\",\n\"openers\": %s,\n" \
				"${v#*/}" "$size" "$openers"
			printf "\"places\": [\n{\n\"name\": \"vx\",\n\"written\": 5\n}\n]\n}\n"
		done
		echo "] }" ;;
	"--json servers")
		while read -r _ state free; do
			printf "{\n\"name\": \"d\",\n\"state\": \"%s\",\n\"free\": %s,\n}\n" "$state" "$free"
		done <servers ;;
	create*) echo "$4 0" >"volumes/$2"; echo /dev/memx0 ;;
	destroy*force) first "$2"; rm "volumes/$2" ;;
	destroy*) first "$2"; read -r _ openers <"volumes/$2"
		[ "$openers" = 0 ] || { echo "memx-admin: $2: the volume is in use" >&2; exit 1; }
		rm "volumes/$2" ;;
	"") printf "Node a\n\nWrong\n  no cluster key is loaded\n  more\n" ;;
	esac'
}

put() { mkdir -p "$ROOT/store$1" && echo "$2" >"$ROOT/store$1/value"; }
node() { cat "$ROOT/store$NODE/$1/value" 2>/dev/null; }
volume() { echo "$2 ${3:-0}" >"$ROOT/volumes/$1"; }

# other_guest DOMAIN VDEV VOLUME MODE: another disk that the script has made
other_guest() {
	local path=${NODE%/*/*}/$1/$2
	put "$path/memx-volume" "$3"
	put "$path/mode" "$4"
	put "/local/domain/$1/vm" "/vm/uuid-$1"
	put "/local/domain/$1/name" "guest-$1"
}

# hook add|remove: as libxl runs it; SECONDS_ALL is its limit
hook() {
	MEMX_TOP=$ROOT MEMX_HOOK_S=${SECONDS_ALL:-6} XENBUS_PATH=$NODE PATH=$ROOT/bin:$PATH \
		"$ROOT/scripts/block-memx" "$1" 3>&-
}

# What another run has left in the node goes.
fresh() {
	local leaf
	for leaf in memx-volume physical-device physical-device-path hotplug-status hotplug-error; do
		rm -f "$ROOT/store$NODE/$leaf/value"
	done
}

# add TARGET: went well
add() {
	fresh
	put "$NODE/params" "$1"
	if ! hook add; then
		echo "refused: $(node hotplug-error)"
		cat "$ROOT/log"
		return 1
	fi
	[ "$(node hotplug-status)" = connected ] && [ "$(node physical-device)" = 7:3 ] &&
		[ "$(node physical-device-path)" = "$ROOT/dev/memx0" ] && [ -z "$(node hotplug-error)" ]
}

# refused TARGET SENTENCE: add failed, said so, and left nothing behind
refused() {
	fresh
	put "$NODE/params" "$1"
	if hook add; then
		echo "not refused: $1"
		return 1
	fi
	if [ "$(node hotplug-error)" != "MemX: $2" ]; then
		echo "it said: $(node hotplug-error)"
		cat "$ROOT/log"
		return 1
	fi
	[ "$(node hotplug-status)" = error ] && [ -z "$(node physical-device)" ] &&
		[ -z "$(node memx-volume)" ]
}

called() { grep -q -- "^$1" "$ROOT/calls"; }
