# SPDX-License-Identifier: GPL-2.0-only
# Upgrade, downgrade, remove, purge. On each release the tests go through one machine's life: a test
# begins where the one before it ended, and layers keep what each began with.
setup() {
	load chroot
	new=$("$top/packaging/version.sh")
	old=0.0.9
}

# apt's view of the repository: old packages, or new ones
offer() { # LAYER old|new
	inside "$1" "sed -i 's#file:/repo/[a-z]*#file:/repo/$2#' /etc/apt/sources.list.d/memx.list
		apt-get -q update"
}

# all_files LAYER: what is there, but for logs, caches, package databases' own history, and the key that
# DKMS, which stays, made for the machine
all_files() {
	inside "$1" 'cd /; find . -xdev \( -path ./proc -o -path ./dev -o -path ./repo -o -path ./tmp \
		-o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt -o -path ./root \) -prune \
		-o ! -type d -print -o -type d -path "*memx*" -print | LC_ALL=C sort' |
		grep -vE '^\./var/lib/dpkg/(available|diversions|statoverride|status|triggers)' |
		grep -vE '^\./var/lib/(dpkg/lock|systemd/deb-systemd-helper|dkms/mok\.)'
}

# A machine whose kernel this is and which has loaded a module: as its package's scripts see it.
pretend_running() { # LAYER KERNEL SRCVERSION
	pretend_kernel "$1" "$2"
	inside "$1" "srcversion=$3"'
		mkdir -p /sys/module/memx_rmap
		echo $srcversion >/sys/module/memx_rmap/srcversion'
}

# What could take something away from under its users is written down, and done.
watch_what_is_stopped() { # LAYER
	inside "$1" 'mkdir -p /run/systemd/system
		for program in systemctl deb-systemd-invoke rmmod modprobe swapoff memx-admin; do
			printf "#!/bin/sh\necho %s \"\$@\" >>/root/called\n" $program >/usr/local/sbin/$program
			at=$(PATH=/usr/sbin:/usr/bin command -v $program || echo true)
			echo "exec $at \"\$@\"" >>/usr/local/sbin/$program
			chmod +x /usr/local/sbin/$program
		done'
}

nothing_was_stopped() { # LAYER
	inside "$1" 'touch /root/called
		rm /usr/local/sbin/*
		cat /root/called
		! grep -E "stop|restart|disable|rmmod|swapoff|modprobe.* (-r|--remove)|memx-admin" /root/called'
}

begins_with_the_old() { # SUITE
	prepared_debian "$1" "$1"
	all_files "$1" >"$PKG_WORK/$1.before"
	layer "$1-old" "$1"
	offer "$1-old" old
	inside "$1-old" 'apt-get -q -y install memx memx-initramfs memx-xen'
	sound "$1-old"
	has_modules "$1-old" "$(kernel_of "$1-old")" $old
}

upgrades() { # SUITE
	local kernel
	layer "$1-new" "$1-old"
	kernel=$(kernel_of "$1-new")
	pretend_running "$1-new" "$kernel" 0123456789ABCDEF
	inside "$1-new" 'echo "# of the administrator" >>/etc/memx/memx.conf
		stat -c %Y /boot/initrd.img-'"$kernel"' >/root/made'
	offer "$1-new" new
	watch_what_is_stopped "$1-new"
	run inside "$1-new" 'apt-get -q -y upgrade'
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"the modules that are loaded stay in use"* ]]
	nothing_was_stopped "$1-new"
	sound "$1-new"
	has_modules "$1-new" "$kernel" "$new"
	image_has_modules "$1-new" "$kernel"
	# Nothing of the old version; the image is of after the upgrade; the configuration is kept.
	inside "$1-new" "old=$old image=/boot/initrd.img-$kernel"'
		test ! -e /usr/src/memx-$old
		test ! -e /var/lib/dkms/memx/$old
		test "$(stat -c %Y $image)" -gt "$(cat /root/made)"
		tail -n 1 /etc/memx/memx.conf | grep -x "# of the administrator"'
}

# Both versions have the same source, so there is nothing to tell when that is what runs.
downgrades() { # SUITE
	local kernel
	layer "$1-back" "$1-new"
	kernel=$(kernel_of "$1-back")
	pretend_running "$1-back" "$kernel" \
		"$(inside "$1-back" "modinfo -k $kernel -F srcversion memx_rmap")"
	offer "$1-back" old
	run inside "$1-back" "apt-get -q -y --allow-downgrades install memx=$old memx-dkms=$old \
		memx-tools=$old memx-initramfs=$old memx-xen=$old"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"Building for $kernel"* && $output != *"a chroot's host"* ]]
	[[ $output != *"the modules that are loaded"* ]]
	sound "$1-back"
	has_modules "$1-back" "$kernel" $old
	inside "$1-back" "test ! -e /usr/src/memx-$new"
}

removes() { # SUITE
	local kernel
	layer "$1-gone" "$1-new"
	kernel=$(kernel_of "$1-gone")
	watch_what_is_stopped "$1-gone"
	run inside "$1-gone" 'apt-get -q -y remove "memx*"'
	echo "$output"
	[ "$status" -eq 0 ]
	# Volumes before the network that they need.
	inside "$1-gone" 'rm /usr/local/sbin/*
		grep -o "deb-systemd-invoke stop .*" /root/called | sort -u | wc -l | grep -x 3
		grep "deb-systemd-invoke stop" /root/called | head -n 1 | grep memx-volumes'
	[[ $output == *"stay so until the machine is rebooted"* ]]
	sound "$1-gone"
	inside "$1-gone" '
		test ! -e /usr/sbin/memx-admin
		tail -n 1 /etc/memx/memx.conf | grep -x "# of the administrator"'
	[ -z "$(inside "$1-gone" 'find /lib/modules /usr/src /var/lib/dkms -name "memx*"')" ]
	image_files "$1-gone" "$kernel" >"$PKG_WORK/$1.image"
	[ -s "$PKG_WORK/$1.image" ]
	run grep memx "$PKG_WORK/$1.image"
	echo "$output"
	[ "$status" -eq 1 ]
}

# What the tests made themselves goes first.
purges() { # SUITE
	layer "$1-purged" "$1-gone"
	inside "$1-purged" 'touch /etc/memx/cluster.key
		mkdir -p /etc/systemd/system/multi-user.target.wants
		ln -s /lib/systemd/system/memx-node.service /etc/systemd/system/multi-user.target.wants
		apt-get -q -y purge "memx*"
		mv /usr/bin/uname.real /usr/bin/uname
		rm -r /sys/module /run/systemd'
	sound "$1-purged"
	all_files "$1-purged" | diff "$PKG_WORK/$1.before" -
}

@test "Debian 12: a machine with packages of a lower version" { begins_with_the_old bookworm; }
@test "Debian 12: upgrade: new modules and initramfs, kept configuration, told" { upgrades bookworm; }
@test "Debian 12: downgrade" { downgrades bookworm; }
@test "Debian 12: remove keeps the configuration alone" { removes bookworm; }
@test "Debian 12: purge leaves nothing" { purges bookworm; }

@test "Debian 13: a machine with packages of a lower version" { begins_with_the_old trixie; }
@test "Debian 13: upgrade: new modules and initramfs, kept configuration, told" { upgrades trixie; }
@test "Debian 13: downgrade" { downgrades trixie; }
@test "Debian 13: remove keeps the configuration alone" { removes trixie; }
@test "Debian 13: purge leaves nothing" { purges trixie; }
