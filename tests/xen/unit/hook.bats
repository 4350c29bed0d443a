#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# xen-hooks/block-memx with a store, a memx-admin and a modprobe that only pretend.
# shellcheck disable=SC2154 # run sets output and status
load fake

@test "a volume that is there is attached, and stays when the disk goes" {
	volume vx 1000
	volume v0 67108864
	add v0
	[ "$(node memx-volume)" = v0 ]
	hook remove
	[ -e "$ROOT/volumes/v0" ]
	run ! called 'memx-admin destroy'
	run ! called 'memx-admin create'
}

@test "create=yes makes it once, with the size and the time-out of the target" {
	add v0,create=yes,size=64M,loss-timeout=30
	called 'memx-admin create v0 --size 67108864 --loss-timeout 30$'
	hook remove
	[ -e "$ROOT/volumes/v0" ]
	add v0,size=64M,create=yes
	[ "$(grep -c 'memx-admin create' "$ROOT/calls")" = 1 ]
}

@test "destroy=yes takes it away with the disk" {
	add v0,create=yes,size=64M,destroy=yes
	hook remove
	[ ! -e "$ROOT/volumes/v0" ]
	run ! called 'memx-admin destroy v0 --force'
}

@test "a volume that its backend does not close goes by force in the end" {
	add v0,create=yes,size=64M,destroy=yes
	volume v0 67108864 1
	hook remove
	[ ! -e "$ROOT/volumes/v0" ]
	called 'memx-admin destroy v0 --force'
}

@test "remove after an add that failed, and twice, does nothing and ends well" {
	refused v0,destroy=yes,create=yes,size=2G "the servers have 1024 MiB free, and volume v0 shall have 2048"
	hook remove
	run ! called 'memx-admin destroy'
	volume v0 67108864
	hook remove
	[ -e "$ROOT/volumes/v0" ]
}

@test "a target that is wrong is refused in a sentence" {
	volume v0 67108864
	refused '' "'' is no name of a volume; write target=NAME[,KEY=VALUE]... as the last part of the disk"
	refused 'a/b' "'a/b' is no name of a volume; write target=NAME[,KEY=VALUE]... as the last part of the disk"
	refused 'v0,colour=red' "there is no key 'colour'; it is size, create, destroy, loss-timeout or backend"
	refused 'v0,size=many' "size= is a number of bytes or like 64G, not 'many'"
	refused 'v0,size=0' "size= is a number of bytes or like 64G, not '0'"
	refused 'v0,create=1' "create= is yes or no, not '1'"
	refused 'v0,destroy=1' "destroy= is yes or no, not '1'"
	refused 'v0,destroy=yes' "destroy=yes goes with create=yes"
	refused 'v0,loss-timeout=x' "loss-timeout= is a number of seconds, not 'x'"
	refused 'v0,backend=qemu' "backend= is memx or blkback, not 'qemu'"
	refused 'new,create=yes' "create=yes needs size=SIZE, as there is no volume new yet"
	refused 'new' "there is no volume new; make it with 'memx-admin create new --size SIZE', \
or put create=yes,size=SIZE into the disk"
	refused 'v0,size=128M' "volume v0 has 64 MiB, not 128; 'memx-admin resize' makes it larger"
	put "$NODE/mode" r
	refused 'v0,create=yes,size=64M' "create=yes makes no sense for a disk that is read only"
}

@test "a writable volume that another guest holds is refused, with the guest's name" {
	volume v0 67108864 1
	other_guest 4 51728 v0 w
	refused v0 "volume v0 is the disk of guest guest-4 already (vdev 51728)"
	put "$NODE/mode" r
	refused v0 "volume v0 is the disk of guest guest-4 already (vdev 51728)"
	[ -e "$ROOT/volumes/v0" ]
	hook remove
	[ -e "$ROOT/volumes/v0" ]
}

@test "a volume is not twice a disk of one guest; readers share it; another volume is no matter" {
	volume v0 67108864 1
	other_guest 5 51744 v0 w
	put /local/domain/5/name five
	refused v0 "volume v0 is the disk of guest five already (vdev 51744)"
	rm -r "$ROOT/store${NODE%/*}/51744"
	other_guest 4 51728 v0 r
	refused v0 "volume v0 is the disk of guest guest-4 already (vdev 51728)"
	put "$NODE/mode" r
	add v0
	put "$NODE/mode" w
	volume v1 67108864
	add v1
}

@test "the same guest holds it while it migrates on this host, and its destroy=yes waits for the last" {
	volume v0 67108864 1
	other_guest 4 51728 v0 w
	put /local/domain/4/vm /vm/uuid-5
	add v0,create=yes,size=64M,destroy=yes
	hook remove
	[ -e "$ROOT/volumes/v0" ]
}

@test "a volume that this host itself has open is refused" {
	volume v0 67108864 1
	refused v0 "volume v0 is in use on this host: unmount it, swapoff, or wait \
until a guest that was destroyed has let go of it"
}

@test "modules: loaded when absent; one that cannot be is named, with the reason" {
	rmdir "$ROOT/sys/module/memx_client"
	volume v0 67108864
	add v0,backend=blkback
	called 'modprobe memx_client$'
	fake modprobe 'echo "modprobe: FATAL: Module $1 not found in directory /lib/modules/x" >&2; exit 1'
	mkdir -p "$ROOT/sys/module/memx_client"
	refused v0,backend=memx "the kernel module memx_xen cannot be loaded: \
FATAL: Module memx_xen not found in directory /lib/modules/x"
	rmdir "$ROOT/sys/module/memx_client"
	refused v0 "the kernel module memx_client cannot be loaded: \
FATAL: Module memx_client not found in directory /lib/modules/x"
}

@test "no server: refused in time, with what is wrong; one that comes late is waited for" {
	: >"$ROOT/servers"
	volume v0 67108864
	refused v0 "no server answers; no cluster key is loaded"
	refused new,create=yes,size=64M "no server with free memory answers; no cluster key is loaded"
	[ ! -e "$ROOT/volumes/new" ]
	echo '1 full 0' >"$ROOT/servers"
	add v0
	echo '1 unheard 1073741824' >"$ROOT/servers"
	sed -i 's/done <servers ;;/done <servers; echo "1 ok 1073741824" >servers ;;/' "$ROOT/bin/memx-admin"
	: >"$ROOT/calls"
	add v0
	[ "$(grep -c 'memx-admin --json servers' "$ROOT/calls")" = 2 ]
}

@test "a create that fails says why, and nothing stays" {
	sed -i 's/^\tcreate\*).*/\tcreate*) echo "memx-admin: v0: not enough memory" >\&2; exit 1 ;;/' \
		"$ROOT/bin/memx-admin"
	refused v0,create=yes,size=64M "volume v0 cannot be created: v0: not enough memory"
	rm "$ROOT/dev/memx0"
	fake_admin
	refused v0,create=yes,size=64M "$ROOT/dev/memx0 of volume v0 is not there; see 'memx-admin doctor'"
	[ ! -e "$ROOT/volumes/v0" ]
}

@test "a command that hangs: the script ends in time and says so" {
	volume v0 67108864
	fake memx-admin 'read -r _ </dev/tty || exec tail -f /dev/null'
	before=$SECONDS
	refused v0 "'memx-admin list' failed; see 'memx-admin doctor'"
	[ $((SECONDS - before)) -le 6 ]
}

@test "a command that nothing ends: the outer script tells, within its limit" {
	volume v0 67108864
	fake xenstore-ls 'trap "" TERM; exec tail -f /dev/null'
	before=$SECONDS
	put "$NODE/params" v0
	export SECONDS_ALL=2
	run ! hook add
	[ $((SECONDS - before)) -le 5 ]
	[[ "$(node hotplug-error)" == "block-memx did not end within 2 s; "* ]]
	[ "$(node hotplug-status)" = error ]
}

@test "an add that the outer script ends leaves no volume that it made, and no node" {
	sed -i 's/^write_dev() {/&\nread -r _ <><(:)/' "$ROOT/scripts/block-common.sh"
	put "$NODE/params" v0,create=yes,size=64M
	export SECONDS_ALL=2
	run ! hook add
	called 'memx-admin create v0'
	[ ! -e "$ROOT/volumes/v0" ]
	[ -z "$(node memx-volume)" ]
	[[ "$(node hotplug-error)" == "block-memx did not end within 2 s; "* ]]
}

@test "a fault of the script itself is no silence" {
	volume v0 67108864
	fake flock 'exit 1'
	refused v0 "another block-memx has held $ROOT/run/lock/block-memx.lock for 2 s"
	rm "$ROOT/bin/flock"
	sed -i 's/^write_dev() {/&\nfalse/' "$ROOT/scripts/block-common.sh"
	refused v0 "block-memx failed; see /var/log/xen/xen-hotplug.log"
}

@test "without memx-admin it says which package is missing" {
	rm "$ROOT/bin/memx-admin"
	refused v0 "memx-admin is not there; install memx-tools"
}
