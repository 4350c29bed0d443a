#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016
# memx.conf: from a file to what runs, and back.
load ../memx

setup_file() { memx_boot mem=640; }
teardown_file() { lab_stop; }
setup() { memx_vm; }
teardown() { memx_end_case; }

# The files of a donor and of a client, and short names for what is done with them.
files='
	two_namespaces; memx_load memx_rmap memx_server memx_client
	cat >/tmp/srv.conf <<-END
		[node]
		name=srv
		security=none
		[link eth0]
		[server]
		capacity=128M
	END
	cat >/tmp/cli.conf <<-END
		# what this client wants
		[node]
		name=cli
		security=none
		interval=500
		[link eth0]
		ethertype=0x88b5
		mtu=1500
		[volume swap0]   ; for a rainy day
		size = 64M
		use=swap
		priority=7
		[volume v0]
		size=32M
		loss-timeout=30
	END
	apply() { $1 memx-admin apply --config /tmp/$1.conf "${@:2}"; }
	down() { $1 memx-admin down "${@:2}"; }
	ends() { local rc=0; "${@:2}" || rc=$?; is "$rc" -eq "$1"; }
	links() { $1 memx-admin --json link | grep -c ifname || true; }
	all() {
		cli memx-admin --json list; cat /proc/swaps
		for ns in cli srv; do
			$ns memx-admin --json link; $ns memx-admin --json server status
			$ns memx-admin node
		done
	}
	priority() { awk "/memx/ { print \$5 }" /proc/swaps; }
	# Of /mnt/t/r, which is as /tmp/r, half is on swap0, and no frame gets to the server.
	swapped_and_cut() {
		apply srv; apply cli --wait 20
		mkdir -p /mnt/t; mount -t tmpfs none /mnt/t
		dd if=/dev/urandom of=/tmp/r bs=1M count=24
		within 12M cp /tmp/r /mnt/t/r || true
		is "$(awk "/memx/ { print \$4 }" /proc/swaps)" -gt 4096
		wire loss 100%
	}
'

@test "a file becomes what runs; the second apply changes nothing, a dry run neither" {
	guest 90 "$files"'
		before=$(all)
		prints "server: start, donating 128 MiB" apply srv --dry-run
		prints "volume swap0: swap on, priority 7" apply cli --dry-run
		is "$(all)" = "$before"
		ip -n srv link set eth0 down
		prints "link eth0: bring it up" apply srv --dry-run
		apply srv; apply cli --wait 20
		is "$(of_server capacity)" -eq $((128 << 20))
		is "$(of_volume size v0) $(of_volume loss_timeout_s v0)" = "$((32 << 20)) 30"
		is "$(of_volume loss_timeout_s swap0) $(priority)" = "600 7"
		is "$(blkid -s LABEL -o value "$(disk swap0)")" = memx-swap0
		is "$(blockdev --getsize64 "$(disk v0)")" -eq $((32 << 20))
		prints "interval       500 ms" cli memx-admin node
		prints "name           cli" cli memx-admin node
		before=$(all)
		for ns in cli srv; do
			is "$(apply $ns)" = "All is as it is wanted."
		done
		is "$(all)" = "$before"'
}

@test "down takes all back" {
	guest 90 "$files"'
		apply srv; apply cli --wait 20
		prints "volume swap0: swap off" down cli --dry-run
		is "$(priority)" -eq 7
		says "client(s) have" srv memx-admin server stop
		says "node $(cli memx-admin --json node | field id) has" ends 0 down srv
		is "$(of_server capacity) $(links srv)" = "$((128 << 20)) 1"
		ends 1 down cli --part node
		is "$(links cli)" -eq 1
		down cli
		is "$(names_of_volumes cli)$(priority) $(links cli)" = " 0"
		down srv
		is "$(of_server capacity) $(links srv)" = "0 0"
		for ns in cli srv; do is "$(down $ns)" = "Nothing runs."; done
		apply srv; apply cli --wait 20
		is "$(priority)" -eq 7
		down srv --force
		is "$(of_server capacity) $(links srv)" = "0 0"'
}

@test "only a part, only what is for the boot" {
	guest 90 "$files"'
		sed -i "/priority=7/a boot=yes" /tmp/cli.conf
		apply srv --part node; is "$(of_server capacity) $(links srv)" = "0 1"
		apply srv --part server; is "$(of_server capacity)" -eq $((128 << 20))
		apply cli --boot --wait 20
		is "$(names_of_volumes cli)" = swap0
		apply cli --part volumes
		is "$(names_of_volumes cli | tr "\n" " ")" = "swap0 v0 "
		down cli --part volumes
		is "$(names_of_volumes cli)$(priority) $(links cli)" = " 1"'
}

@test "a file with faults is refused with file and line, and nothing is changed" {
	guest 60 "$files"'
		sed -i "s/^mtu=/mut=/; s/^size=32M/size=32Q/" /tmp/cli.conf
		before=$(all)
		says "/tmp/cli.conf:8: there is no key '"'mut'"' in [link]; there are ethertype, mtu" \
			apply cli
		says "/tmp/cli.conf:14: size is a size such as 64G or 512M" apply cli
		ends 2 apply cli; ends 2 apply cli --dry-run
		rm /tmp/srv.conf; says "there is no file /tmp/srv.conf" ends 0 apply srv
		says "nothing was changed" \
			cli memx-admin create v1 --size 8M --save --config /tmp/cli.conf
		is "$(all)" = "$before"'
}

@test "no server: the rest is done, exit status 3; then it goes on from there" {
	guest 90 "$files"'
		said=$(ends 3 apply cli --wait 1 2>&1)
		prints "no server with free memory was heard" echo "$said"
		is "$(links cli) $(names_of_volumes cli)$(priority)" = "1 "
		srv memx-admin node set --security none --name srv
		srv memx-admin link add eth0
		apply cli --wait 20 >/tmp/out 2>&1 & pid=$!
		until_true 10 grep -q "wait for" /tmp/out
		srv memx-admin server start --capacity 128M
		wait $pid
		is "$(priority)" -eq 7
		is "$(names_of_volumes cli | tr "\n" " ")" = "swap0 v0 "'
}

@test "a network device that is not there is waited for, and for a bounded time" {
	guest 60 "$files"'
		printf "[link late0]\n[peer d9]\naddress=52:54:00:12:34:09\nlink=late0\n" >>/tmp/srv.conf
		said=$(ends 3 apply srv --wait 1 2>&1)
		prints "link late0: there is no network device late0" echo "$said"
		is "$(links srv) $(of_server capacity)" = "1 $((128 << 20))"
		apply srv --wait 20 & pid=$!
		ip -n srv link add late0 type veth peer name late1
		wait $pid
		is "$(links srv) $(srv memx-admin --json servers | field name)" = "2 d9"
		is "$(apply srv)" = "All is as it is wanted."
		srv memx-admin link del late0; ip -n srv link del late0'
}

@test "what a file changes, what it cannot change, what is not in it" {
	guest 90 "$files"'
		apply srv; apply cli --wait 20
		volume mine 8M
		sed -i "s/^size=32M/size=48M/; s/=30/=31/" /tmp/cli.conf
		prints "note: volume mine is not in /tmp/cli.conf; it is left as it is" apply cli
		is "$(of_volume size v0) $(of_volume loss_timeout_s v0)" = "$((48 << 20)) 31"
		sed -i "s/^size=48M/size=16M/; s/=7/=8/; s/=31/=32/" /tmp/cli.conf
		says "volume v0: it has 48 MiB and cannot shrink to 16 MiB" apply cli
		says "volume swap0: it is swapped on with priority 7, not 8" apply cli --dry-run
		is "$(of_volume size v0) $(of_volume loss_timeout_s v0)" = "$((48 << 20)) 32"
		is "$(names_of_volumes cli | tr "\n" " ")" = "mine swap0 v0 "
		sed -i s/128M/160M/ /tmp/srv.conf; apply srv
		is "$(of_server capacity)" -eq $((160 << 20))
		dd if=/dev/urandom of="$(disk v0)" bs=1M count=8 oflag=direct
		promised=$(of_server reserved)
		sed -i s/160M/4M/ /tmp/srv.conf
		says "are promised to clients; the capacity cannot go down to 4 MiB" apply srv
		is "$(of_server capacity)" -eq "$promised"
		sed -i s/4M/25%/ /tmp/srv.conf; apply srv
		total=$(awk "/MemTotal/ { print \$2 }" /proc/meminfo)
		is "$(of_server capacity)" -eq $((total * 1024 / 4 / (4 << 20) * (4 << 20)))
		is "$(apply srv)" = "All is as it is wanted."'
}

@test "--save writes what was changed, and keeps all else" {
	guest 90 "$files"'
		apply srv; apply cli --wait 20
		save() { cli memx-admin "$@" --save --config /tmp/cli.conf; }
		save resize swap0 --size 96M
		save create v1 --size 8M --loss-timeout 5 >/tmp/out
		save add-server d3 --address 52:54:00:12:34:03 --link eth0
		save destroy v0
		save set swap0 --loss-timeout 77
		save node set --rekey 60
		cmp /tmp/cli.conf - <<-END
			# what this client wants
			[node]
			name=cli
			security=none
			interval=500
			rekey=60
			[link eth0]
			ethertype=0x88b5
			mtu=1500
			[volume swap0]   ; for a rainy day
			size = 96M
			use=swap
			priority=7
			loss-timeout=77

			[volume v1]
			size=8M
			loss-timeout=5

			[peer d3]
			address=52:54:00:12:34:03
			link=eth0
		END
		prints "All is as it is wanted." apply cli
		says "there is no volume of this name" save destroy v7
		says "has no section [volume v9]" save resize v9 --size 8M
		cp /tmp/cli.conf /tmp/old.conf
		says "a volume cannot shrink" save resize swap0 --size 8M
		says "there is no volume of this name" save destroy v0
		says "is a link already" save link add eth0 --mtu 2000
		cmp /tmp/old.conf /tmp/cli.conf
		srv memx-admin server set --capacity 25% --save --config /tmp/srv.conf
		is "$(tail -n 1 /tmp/srv.conf)" = capacity=25%
		save remove-server d3; refused grep d3 /tmp/cli.conf
		down cli
		srv memx-admin server stop --save --config /tmp/srv.conf
		refused grep -E "server|capacity" /tmp/srv.conf
		srv memx-admin link del eth0 --save --config /tmp/new/srv.conf
		srv memx-admin link add eth0 --mtu 1500 --save --config /tmp/new/srv.conf
		is "$(tr "\n" "|" </tmp/new/srv.conf)" = "[link eth0]|mtu=1500|"'
}

@test "the key of the file is loaded; without one no link is added" {
	guest 60 "$files"'
		sed -i "s|security=none|key-file=/tmp/key|" /tmp/cli.conf /tmp/srv.conf
		rm -f /tmp/key
		said=$(ends 1 apply srv --part node 2>&1)
		prints "key: cannot read /tmp/key: No such file" echo "$said"
		is "$(links srv)" -eq 0
		memx-admin key generate /tmp/key; chmod 644 /tmp/key
		says "others can read /tmp/key" apply srv --part node
		chmod 600 /tmp/key
		apply srv; apply cli --wait 20
		is "$(priority)" -eq 7
		prints "security       psk" cli memx-admin node
		for ns in cli srv; do is "$(apply $ns)" = "All is as it is wanted."; done'
}

@test "a volume that holds something else is not made swap space" {
	guest 90 "$files"'
		apply srv; apply cli --wait 20
		mkfs.ext4 -q "$(disk v0)"
		sed -i "s/^size=32M/&\nuse=swap/" /tmp/cli.conf
		says "holds something that is no swap space" apply cli
		e2fsck -fn "$(disk v0)"
		mkdir -p /mnt/v0; mount -t ext4 "$(disk v0)" /mnt/v0
		says "is in use" apply cli
		umount /mnt/v0
		mkswap "$(disk v0)"
		apply cli
		is "$(grep -c memx /proc/swaps)" -eq 2
		cli memx-admin create v1 --size 8M --use swap --priority 9
		is "$(awk "/$(of_volume disk v1)/ { print \$5 }" /proc/swaps)" -eq 9
		sed -i "/use=swap/d; /priority/d" /tmp/cli.conf
		says "is swapped on, but its use is block" apply cli
		is "$(grep -c memx /proc/swaps)" -eq 3'
}

@test "swap has its name for good, also when it was a hardened unit that switched it on" {
	guest 60 "$files"'
		apply srv
		cli unshare -m memx-admin apply --config /tmp/cli.conf --wait 20
		is "$(awk "/memx/ { print \$1 }" /proc/swaps)" = "$(disk swap0)"
		is "$(readlink -f "$(disk swap0)")" = "$(disk swap0)"'
}

@test "swap of early boot keeps its name when the /dev that it came by is taken away" {
	guest 60 "$files"'
		apply srv; apply cli --wait 20
		mkdir -p /mnt/n; mount --rbind /dev /mnt/n; umount -l /dev
		name=$(awk "/memx/ { print \$1 }" /proc/swaps)
		mount --rbind /mnt/n /dev
		is "$name" = "$(disk swap0)"
		swapoff -a
		refused grep memx /proc/swaps'
}

@test "swapoff is bounded, keeps what it cannot read back, and the links under it" {
	guest 120 "$files"'
		swapped_and_cut
		from=$(cut -d. -f1 /proc/uptime)
		said=$(ends 3 down cli --timeout 2 2>&1)
		is "$(($(cut -d. -f1 /proc/uptime) - from))" -le 10
		prints "the time is over before all that is swapped" echo "$said"
		is "$(priority) $(links cli)" = "7 1"
		wire none
		cmp /tmp/r /mnt/t/r
		down cli --timeout 60
		is "$(names_of_volumes cli)$(priority) $(links cli)" = " 0"
		cmp /tmp/r /mnt/t/r
		umount /mnt/t'
}

@test "a swapoff of another that is under way is waited for" {
	guest 90 "$files"'
		swapped_and_cut
		swapoff "$(disk swap0)" & other=$!
		until_true 10 grep -q "State:.D" /proc/$other/status
		down cli --timeout 60 >/tmp/said 2>&1 & mine=$!
		both() { [ "$(grep -lsx memx-admin /proc/[0-9]*/comm | wc -l)" -eq 2 ]; }	# it, and its child
		until_true 10 both
		kill -0 $other; kill -0 $mine
		wire none
		wait $mine; wait $other
		refused grep "cannot" /tmp/said
		is "$(names_of_volumes cli)$(priority) $(links cli)" = " 0"
		cmp /tmp/r /mnt/t/r
		umount /mnt/t'
}
