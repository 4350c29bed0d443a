# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What runs in dom0, on top of tests/lab/guest/lib.sh.
export PATH=/lab/bin:/usr/sbin:/usr/bin

# host_up: xenstored, xenconsoled and all that xl needs, without systemd
host_up() {
	local module
	mkdir -p /run/xen /run/lock /var/lib/xen /var/log/xen/console
	[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
	for module in xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-blkback; do
		modprobe $module || return
	done
	mount -t xenfs xenfs /proc/xen || return
	daemon xenstored --pid-file /run/xen/xenstored.pid || return
	/usr/lib/xen-4.17/bin/xen-init-dom0 || return
	daemon xenconsoled --pid-file=/run/xen/xenconsoled.pid --log=all \
		--log-dir=/var/log/xen/console || return
	xl info >/dev/null
}

daemon() {
	"/usr/lib/xen-4.17/bin/$1" "${@:2}" </dev/null >/dev/null 2>&1 3>&-
}

# guest_up NAME: makes the guest of /lab/xen/run/NAME.cfg and waits for its agent
guest_up() {
	: >"/var/log/xen/console/guest-$1.log"
	if ! xl create "/lab/xen/run/$1.cfg" >"/tmp/create.$1" 2>&1; then
		cat "/tmp/create.$1" >&2
		return 1
	fi
	until_true 60 grep -q '@ready' "/var/log/xen/console/guest-$1.log" && return
	cat "/var/log/xen/console/guest-$1.log" >&2
	return 1
}

guest_gone() { ! xl domid "$1" >/dev/null 2>&1; }

# vbd GUEST VDEV: the node of a guest's disk in the backend's part of xenstore
vbd() {
	echo "/local/domain/0/backend/vbd/$(xl domid "$1")/$2"
}
