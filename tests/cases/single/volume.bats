#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# A volume as its administrator and its file system see it.
load ../memx

setup_file() { memx_boot mem=640; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

@test "a volume is made, listed, grows and goes" {
	guest 60 'pair
		is "$(cli memx-admin create v0 --size 64M)" = /dev/memx0
		is "$(of_volume size)" -eq $((64 << 20))
		is "$(of_volume loss_timeout_s)" -eq 600
		is "$(blockdev --getsize64 /dev/memx0)" -eq $((64 << 20))
		is "$(blockdev --getss /dev/memx0) $(blockdev --getpbsz /dev/memx0)" = "4096 4096"
		cli memx-admin resize v0 --size 96M
		is "$(blockdev --getsize64 /dev/memx0)" -eq $((96 << 20))
		says "a volume cannot shrink: it has 96 MiB now" cli memx-admin resize v0 --size 64M
		is "$(blockdev --getsize64 /dev/memx0)" -eq $((96 << 20))
		dd if=/dev/urandom of=/dev/memx0 bs=64k count=1 seek=1535 oflag=direct
		is "$(of_volume extents)" -eq 1
		is "$(of_volume written)" -eq 65536
		is "$(of_server reserved)" -eq $((4 << 20))
		is "$(of_server stored)" -eq 65536
		cli memx-admin set v0 --loss-timeout 7
		is "$(of_volume loss_timeout_s)" -eq 7
		cli memx-admin destroy v0
		refused test -e /dev/memx0
		is "$(of_server reserved) $(of_server stored)" = "0 0"
		prints "There is no volume" cli memx-admin list'
}

@test "wrong names and sizes are refused with a sentence" {
	guest 60 'pair; volume v0 4M
		says "there is a volume of this name already" cli memx-admin create v0 --size 64M
		says "does not begin with '"'.'"'" cli memx-admin create .v1 --size 64M
		says "it takes 1 to 31 letters" cli memx-admin create a/b --size 64M
		says "the size has to be between 4 MiB and 1 PiB" cli memx-admin create v1 --size 2M
		says "the size has to be between 4 MiB and 1 PiB" cli memx-admin create v1 --size 1025T
		says "the size has to be a multiple of 4 KiB" cli memx-admin create v1 --size 8390656
		says "the size has to be a multiple of 4 KiB" cli memx-admin resize v0 --size 8390656
		for command in "destroy v1" "resize v1 --size 64M" "set v1 --loss-timeout 3"; do
			says "there is no volume of this name" cli memx-admin $command
		done
		is "$(names_of_volumes cli)" = v0'
}

@test "udev makes /dev/memx/NAME, and takes it away" {
	guest 60 'pair; udev_start
		is "$(cli memx-admin create swap.one --size 8M)" = /dev/memx/swap.one
		is "$(readlink -f /dev/memx/swap.one)" = "$(disk swap.one)"
		cli memx-admin destroy swap.one
		until_true 10 refused test -e /dev/memx/swap.one 2>/dev/null
		udevadm control --exit'
}

@test "blocks that were never written are zeros, and no request is made for them" {
	guest 60 'pair; volume v0 64M; device=$(disk)
		dd if=/dev/urandom of=$device bs=4k count=1 seek=5 oflag=direct
		requests() { echo $(($(counter cli tx_requests) + $(counter srv rx_requests))); }
		read_blocks() { dd if=$device bs=4k skip=$1 count=$2 iflag=direct; }
		before=$(requests)
		for at in 0 6 1000 1024 16368; do
			cmp -n 20480 <(read_blocks $at 5) /dev/zero
		done
		cmp -n $((60 << 20)) <(dd if=$device bs=1M skip=4 iflag=direct) /dev/zero
		is "$(requests)" -eq "$before"
		read_blocks 5 1 >/dev/null
		is "$(requests)" -eq $((before + 2))
		is "$(of_server extents)" -eq 1'
}

@test "discarded blocks are zeros and free memory, also across extents" {
	guest 90 'pair; volume v0 16M; device=$(disk)
		zero() { dd if=/dev/zero of=/tmp/model bs=4k seek=$1 count=$2 conv=notrunc; }
		same() { cmp /tmp/model <(dd if=$device bs=1M iflag=direct); }
		dd if=/dev/urandom of=/tmp/model bs=1M count=16
		dd if=/tmp/model of=$device bs=1M oflag=direct
		same
		is "$(of_server stored)" -eq $((16 << 20))
		blkdiscard -o 4096 -l 4096 $device; zero 1 1
		blkdiscard -o $((4092 << 10)) -l 8192 $device; zero 1023 2
		same
		is "$(of_server stored)" -eq $(((4096 - 3) * 4096))
		blkdiscard -z -o 40960 -l 4096 $device; zero 10 1
		blkdiscard -z -o $((8188 << 10)) -l $((4104 << 10)) $device; zero 2047 1026
		same
		is "$(of_server stored)" -eq $(((4096 - 3 - 1 - 1026) * 4096))
		dd if=/dev/urandom of=/tmp/new bs=4k count=2
		dd if=/tmp/new of=$device bs=4k seek=2047 oflag=direct
		dd if=/tmp/new of=/tmp/model bs=4k seek=2047 conv=notrunc
		same
		blkdiscard $device; zero 0 4096
		same
		is "$(of_server stored)" -eq 0'
}

@test "a request that goes from one extent into the next goes in two parts" {
	guest 60 'pair; volume v0 16M; device=$(disk); at=$(((1024 - 6) * 4096))
		write() { dd if=/tmp/new of=$device bs=64k count=1 oflag=direct,seek_bytes seek=$at; }
		read_back() { dd if=$device bs=64k count=1 iflag=direct,skip_bytes skip=$at; }
		for zeros in "0 0" "3 5" "6 10"; do
			dd if=/dev/urandom of=/tmp/new bs=4k count=16
			dd if=/dev/zero of=/tmp/new bs=4k conv=notrunc seek=${zeros% *} \
				count=${zeros#* }
			write
			is "$(of_server extents) $(of_server stored)" = \
				"2 $(((16 - ${zeros#* }) * 4096))"
			cmp /tmp/new <(read_back)
			cmp <(tail -c 40960 /tmp/new) <(dd if=$device bs=4k skip=1024 count=10 iflag=direct)
		done
		before=$(counter cli tx_requests)
		write
		is "$(counter cli tx_requests)" -eq $((before + 2))
		read_back >/dev/null
		is "$(counter cli tx_requests)" -eq $((before + 4))
		blkdiscard -o $((4 << 20)) -l $((4 << 20)) $device
		before=$(counter cli tx_requests)
		cmp -n 24576 /tmp/new <(read_back)
		is "$(counter cli tx_requests)" -eq $((before + 1))
		is "$(of_volume errors)" -eq 0'
}

@test "one of the two parts fails: so does the request, and the other extent is as it should be" {
	guest 90 'pair; volume v0 8M; device=$(disk); at=$(((1024 - 6) * 4096))
		dd if=/dev/urandom of=/tmp/new bs=4k count=16
		put() { dd if=/tmp/new of=$device bs=4k oflag=direct "$@"; }
		get() { dd if=$device bs=4k iflag=direct "$@"; }
		across() { dd if=$device bs=64k count=1 iflag=direct,skip_bytes skip=$at; }
		put_across() { dd if=/tmp/new of=$device bs=64k oflag=direct,seek_bytes seek=$at; }
		lose() {
			srv memx-admin server stop --force
			srv memx-admin server start --capacity 64M
			until_true 10 sees_server
			for page in 1018 1024; do
				says "Input/output error" get skip=$page count=1 of=/dev/null
			done
		}
		put seek=1018
		lose; put seek=1018 count=6
		says "Input/output error" across >/dev/null
		cmp -n 24576 /tmp/new <(get skip=1018 count=6)
		lose; put skip=6 seek=1024 count=10
		says "Input/output error" across >/dev/null
		cmp <(tail -c 40960 /tmp/new) <(get skip=1024 count=10)
		is "$(of_volume lost)" -eq 24576

		cli memx-admin destroy v0
		srv memx-admin server set --capacity 4M
		volume v0 8M; device=$(disk)
		put seek=0 count=1
		says "No space left" put_across
		cmp -n 24576 /tmp/new <(get skip=1018 count=6)
		is "$(get skip=1024 count=16 | tr -d "\0" | wc -c)" -eq 0
		cli memx-admin destroy v0; volume v0 8M; device=$(disk)
		put seek=1040 count=1
		says "No space left" put_across
		is "$(get skip=1018 count=6 | tr -d "\0" | wc -c)" -eq 0
		is "$(get skip=1024 count=10 | tr -d "\0" | wc -c)" -eq 0'
}

@test "pages filled with one value travel and are kept as that value" {
	guest 60 'pair; volume v0 16M; device=$(disk)
		yes 1234567 | head -c $((1 << 20)) >/tmp/same
		before=$(counter cli tx_bytes)
		dd if=/tmp/same of=$device bs=1M oflag=direct
		sent=$(($(counter cli tx_bytes) - before))
		is "$sent" -lt 12288
		is "$(of_server stored) $(of_server uniform)" = "0 $((1 << 20))"
		before=$(counter srv tx_bytes)
		cmp /tmp/same <(dd if=$device bs=1M count=1 iflag=direct)
		sent=$(($(counter srv tx_bytes) - before))
		is "$sent" -lt 12288
		printf x | dd of=/tmp/same bs=1 seek=4095 conv=notrunc
		before=$(counter cli tx_bytes)
		dd if=/tmp/same of=$device bs=4k count=2 oflag=direct
		is "$(($(counter cli tx_bytes) - before))" -gt 4096
		is "$(of_server stored) $(of_server uniform)" = "4096 1044480"
		cmp /tmp/same <(dd if=$device bs=1M count=1 iflag=direct)'
}

@test "ext4: files are right after a forced unmount, while the device grows, with discard" {
	guest 90 'pair; volume v0 64M; device=$(disk)
		mkfs.ext4 -q $device
		mkdir -p /mnt/v0; mount -t ext4 -o discard $device /mnt/v0
		dd if=/dev/urandom of=/tmp/r bs=1M count=8
		for n in 1 2 3; do cp /tmp/r /mnt/v0/$n; done
		says "the volume is in use: unmount it, swapoff, or use force" cli memx-admin destroy v0
		refused rmmod memx_client
		rm /mnt/v0/2
		cli memx-admin resize v0 --size 80M
		cmp /tmp/r /mnt/v0/1
		dd if=/tmp/r of=$device bs=1M seek=70 oflag=direct
		cp /tmp/r /mnt/v0/4
		umount -f /mnt/v0
		e2fsck -fn $device
		cmp /tmp/r <(dd if=$device bs=1M skip=70 count=8 iflag=direct)
		mount -t ext4 $device /mnt/v0
		for n in 1 3 4; do cmp /tmp/r /mnt/v0/$n; done
		umount /mnt/v0
		is "$(of_volume errors)" -eq 0'
}

# Enough of the machine's 640 MiB for 1 TiB, which needs 88 MiB, and not for 64 TiB.
@test "a volume of a TiB is sparse; one whose map does not fit into memory is refused" {
	guest 90 'pair
		volume v0 1T; device=$(disk)
		is "$(blockdev --getsize64 $device)" -eq $((1 << 40))
		dd if=/dev/urandom of=/tmp/r bs=64k count=1
		for at in 0 8388607 16777215; do dd if=/tmp/r of=$device bs=64k seek=$at oflag=direct; done
		for at in 0 8388607 16777215; do
			cmp /tmp/r <(dd if=$device bs=64k skip=$at count=1 iflag=direct)
		done
		is "$(of_volume extents) $(of_volume written)" = "3 $((3 << 16))"
		says "its map needs 56" cli memx-admin create v1 --size 64T
		says "over half of the" cli memx-admin create v1 --size 1P
		says "its map needs" cli memx-admin resize v0 --size 64T
		is "$(blockdev --getsize64 $device)" -eq $((1 << 40))
		cmp /tmp/r <(dd if=$device bs=64k skip=16777215 iflag=direct)
		cli memx-admin resize v0 --size 1100G
		is "$(blockdev --getsize64 $device)" -eq $((1100 << 30))
		dd if=/tmp/r of=$device bs=64k seek=18022399 oflag=direct
		is "$(of_volume extents)" -eq 4
		is "$(names_of_volumes cli)" = v0'
}

@test "a volume grows, many times, while I/O flows" {
	guest 150 'pair 1500 none 96M; volume v0 16M; device=$(disk)
		dd if=/dev/urandom of=$device bs=1M count=16 oflag=direct
		fio --name=v --filename=$device --direct=1 --ioengine=libaio --iodepth=8 --rw=randrw \
			--bsrange=4k-64k --size=16M --time_based --runtime=140 --output=/tmp/fio.out &
		fio=$!		# <() sets it, too
		until_true 20 flows
		for mib in 20 28 32 48 52 80; do
			cli memx-admin resize v0 --size ${mib}M
			is "$(blockdev --getsize64 $device)" -eq $((mib << 20))
			dd if=/dev/urandom of=/tmp/r bs=64k count=1
			dd if=/tmp/r of=$device bs=64k seek=$((mib * 16 - 1)) oflag=direct
			cmp /tmp/r <(dd if=$device bs=64k skip=$((mib * 16 - 1)) iflag=direct)
		done
		flows || true
		until_true 20 flows || { cat /tmp/fio.out; return 1; }
		kill -TERM $fio; wait $fio || true
		grep -q "err= 0" /tmp/fio.out
		is "$(of_volume errors) $(of_volume lost)" = "0 0"'
}

@test "a network namespace goes, with a volume in use in it: its extents are freed" {
	guest 90 'pair; volume v0 16M; device=$(disk)
		dd if=/dev/urandom of=$device bs=1M count=16 oflag=direct
		fio --name=v --filename=$device --direct=1 --ioengine=libaio --iodepth=8 --rw=randrw \
			--bsrange=4k-64k --time_based --runtime=50 --output=/tmp/fio.out >/dev/null 2>&1 &
		until_true 20 flows
		is "$(of_server extents)" -gt 0
		ip netns del cli
		until_true 15 refused test -e $device
		refused wait $!
		freed() { [ "$(of_server extents) $(of_server reserved)" = "0 0" ]; }
		until_true 10 freed
		rmmod memx_client'
}

@test "a network namespace goes, with a donor that serves in it: its client knows" {
	guest 90 'pair; volume v0 32M --loss-timeout 4; device=$(disk)
		dd if=/dev/urandom of=$device bs=1M count=8 oflag=direct
		ip netns del srv
		until_true 10 rmmod memx_server
		says "Input/output error" lasts 0 15 dd if=$device of=/dev/null bs=4k count=1 iflag=direct
		lasts 0 5 cli memx-admin destroy v0'
}

# Sessions come up and ticks go by while it is tried. The kernel itself complains of the name.
@test "a volume whose disk cannot be shown is refused, and nothing of it is left" {
	guest 90 'pair; insmod /lab/modules/lab_disk.ko
		for _ in 1 2 3 4 5 6 7 8; do
			says "the disk could not be made (error 17)" cli memx-admin create v0 --size 16M
			is "$(names_of_volumes cli)" = ""
		done
		rmmod lab_disk
		volume v0 16M
		dd if=/dev/urandom of=$(disk) bs=1M oflag=direct count=1
		is "$(of_server extents)" -eq 1'
	run lab_check
	[[ $output == *"cannot create duplicate filename"* ]]
	[[ ! $output =~ BUG|Oops|KASAN|WARNING|refcount ]]
	lab_forgive
}

# $1 is done to the wire before the volume goes.
destroy_under_load() {
	guest 60 'pair; volume v0 64M; device=$(disk)
		wire delay 5ms
		fio --name=v --filename=$device --direct=1 --ioengine=libaio --iodepth=32 --rw=randrw \
			--bsrange=4k-64k --time_based --runtime=50 --output=/tmp/fio.out 2>&1 &
		until_true 20 under_load
		'"$1"'
		says "the volume is in use" cli memx-admin destroy v0
		refused rmmod memx_client
		from=$(cut -d. -f1 /proc/uptime)
		cli timeout 8 memx-admin destroy v0 --force
		refused wait $!
		took=$(($(cut -d. -f1 /proc/uptime) - from))
		is "$took" -le 5
		refused test -e $device
		is "$(names_of_volumes cli)" = ""'
}

@test "destroy --force ends what is in flight with an error" {
	destroy_under_load ''
}

@test "destroy --force ends what waits for a server that is away" {
	destroy_under_load 'wire loss 100%'
}
