# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# What each image is asked; the bats files say which.

# Remote memory is swap before the root file system is mounted, and serves what boots.
case_boots() {
	is "$(stat -c %a "$BOOT_IMAGE/first.initrd" "$BOOT_IMAGE/second.initrd" | sort -u)" 600 || return
	donor donor1 700M && donor donor2 700M || return
	client first lab_hungry
	client_up || return
	in_client 30 'cat /run/marker.swaps /run/memx/boot /run/memx/boot.log; systemctl status hungry'
	in_client 30 'grep -q ^/dev/memx0.*partition.*100$ /run/marker.swaps &&
		! grep -qE " (/root|/sysroot) " /run/marker.mounts &&
		grep -q ^/dev/memx0 /proc/swaps && grep -q ^ok /run/memx/boot' || return
	console 'memx: swap on remote memory is on, after [0-9]+ s' || return
	in_client 30 'systemctl is-active hungry memx-node memx-volumes' || return
	in_client 30 'journalctl -u hungry -o cat' | grep 'all is as it was written' || return
	in_client 30 '[ "$(swapon --show=SIZE --noheadings --bytes)" -gt 1000000000 ]' || return
	in_client 30 'memx-admin' | grep -E 'swap0 +memx0 +1 GiB .* ok ' || return
	in_client 30 'memx-admin' | grep 'Nothing is wrong.' || return
	is "$(in_client 30 'journalctl -u memx-volumes -o cat' | grep -c 'All is as it is wanted.')" 1 ||
		return
	is "$(in_client 30 'memx-admin --json node | grep -c memx-[bt]')" 1 || return
	switch_off 120
}

# No longer than twice the time of the same image when MemX takes no part.
case_shuts_down_quickly() {
	local with=$took
	client first memx=0 systemd.mask=memx-{node,volumes}.service
	client_up && in_client 30 '! lsmod | grep memx' && switch_off 120 || return
	echo "# shutdown took $with tenths of a second, without MemX $took" >&3
	[ "$with" -le $((took * 2)) ]
}

# Without donors boot takes the deadline and no longer; when they come, so does the volume. A fifth of
# it is kept to end in: on a busy machine that has to be some seconds.
case_no_donor() {
	client first memx.timeout=30
	client_up || return
	in_client 30 'cat /run/memx/boot'
	console 'memx: no swap on remote memory after (2[4-9]|3[01]) s: no server with room was heard in time' ||
		return
	in_client 30 '! grep -q memx /run/marker.swaps /proc/swaps' || return
	in_client 30 'systemctl show -P StatusText memx-volumes' | grep 'Not all volumes are up' || return
	donor donor1 700M && donor donor2 700M || return
	in_client 100 'until_true 90 grep -q ^/dev/memx0 /proc/swaps' || return
	in_client 30 'journalctl -u memx-volumes -o cat'
	in_client 40 'all_up() { systemctl show -P StatusText memx-volumes | grep -q ^All; }
		until_true 30 all_up' ||
		return
	in_client 60 'memx-admin doctor' || return
	is "$(in_client 60 'systemd-analyze verify --man=no memx-{node,server,volumes}.service' 2>&1)" \
		'' || return
	switch_off 120
}

# A donor is gone as the client shuts down, with pages of a running program on it.
case_donor_dies() {
	donor donor1 700M && donor donor2 700M || return
	client first
	client_up || return
	in_client 20 'systemd-run --unit=holder -p StandardOutput=file:/run/holder hungry 1 400 hold' ||
		return
	in_client 490 'until_true 480 grep -q written /run/holder' || return
	# Nothing brings the first process into swap, nor what it reads of udev.
	is "$(in_client 60 'cd /sys/fs/cgroup
		for group in init.scope system.slice/systemd-udevd.service; do
			echo 64M 2>/dev/null >$group/memory.reclaim
			echo "$group: $(cat $group/memory.swap.current) bytes in swap"
		done')" 'init.scope: 0 bytes in swap
system.slice/systemd-udevd.service: 0 bytes in swap' || return
	# Where a task hangs is of a level that Debian does not show.
	in_client 20 'cat /proc/swaps; memx-admin list; echo 7 >/proc/sys/kernel/printk'
	switch_off 200 donors_die || return
	echo "# shutdown took $took tenths of a second" >&3
}

# A program has pages on remote memory while the packages are upgraded. How modules are built is for
# tests/packages, at a compiler's native speed: here DKMS finds no headers, and no image is made.
case_upgrade() { # INITRAMFS-PACKAGE
	local next runs
	next=$("$LAB_ROOT/packaging/version.sh").1
	cp -r "$MEMX_BUILD/boot/deb-next" "$LAB_RUN/share/run/next"
	donor donor1 700M && donor donor2 700M || return
	client first
	client_up || return
	in_client 20 'rm /lib/modules/*/build
		echo update_initramfs=no >/etc/initramfs-tools/update-initramfs.conf
		systemd-run --unit=holder -p StandardOutput=file:/run/holder hungry 1 400 hold' || return
	in_client 490 'until_true 480 grep -q "as it was written" /run/holder' || return
	runs=$(in_client 20 "$(declare -f what_runs); what_runs")
	in_client 400 "cd /lab/run/next && dpkg -i memx-{dkms,tools}_*.deb $1_*.deb" || return
	is "$(in_client 20 "dpkg-query -W -f '\${Version}\n' memx-dkms memx-tools $1 | sort -u")" "$next" ||
		return
	is "$(in_client 20 'memx-admin --version')" "memx-admin $next" || return
	is "$(in_client 20 "$(declare -f what_runs); what_runs")" "$runs" || return
	in_client 20 'memx-admin' | grep 'Nothing is wrong.' || return
	in_client 20 'systemctl kill -s USR1 holder' || return
	in_client 490 'until_true 480 grep -q "still as it was written" /run/holder' || return
	switch_off 120
}

# The modules, the swap, and since when the units are as they are.
what_runs() {
	cat /sys/module/memx_{rmap,client}/srcversion
	cut -d ' ' -f 1 /proc/swaps
	systemctl show -P ActiveState -P StateChangeTimestampMonotonic memx-node memx-volumes
}

# The Debian is a server here, and a machine of the lab has pages on it.
case_donor_stops() {
	local id
	client first memx=0
	client_up || return
	in_client 60 'systemctl stop memx-volumes memx-node
		printf "[link eth0]\n[server]\ncapacity = 128M\n" >/etc/memx/memx.conf
		systemctl start memx-server' || return
	vm_boot borrower mem=300 || return
	vm_run borrower 90 'memx_load memx_client && memx-admin node set --name borrower --security psk &&
		memx-admin key set /lab/run/key && memx-admin link add eth0 &&
		heard() { memx-admin servers | grep -q " ok "; } && until_true 30 heard &&
		memx-admin create v0 --size 32M && dd if=/dev/urandom of=/tmp/r bs=1M count=8 &&
		dd if=/tmp/r of=/dev/memx0 bs=1M' || return
	id=$(vm_run borrower 20 'memx-admin --json node' | sed -n 's/.*"id": "\(.*\)".*/\1/p') || return
	in_client 60 'systemctl stop memx-server; systemctl is-failed memx-server' || return
	in_client 30 'journalctl -u memx-server -o cat' | tee "$LAB_RUN/said"
	grep "node ${id:?} has 2 extents of volume v0 here, with 8 MiB in them" "$LAB_RUN/said" || return
	in_client 30 'memx-admin server status' | grep '^ok  *128 MiB' || return
	vm_run borrower 60 'cmp -n 8388608 /tmp/r /dev/memx0' || return
	switch_off 60 || return
	echo "# shutdown took $took tenths of a second" >&3
	vm_kill borrower
}

# Debian's kernel for clouds has no 9p: what it is comes by the console, and it switches itself off.
case_second_kernel() {
	donor donor1 700M && donor donor2 700M || return
	client second lab_report
	lab_until "$CLIENT_BOOT_S" console 'lab-report system: ' || return
	report_is_good second || return
	lab_until 120 vm_is_dead client || return
	console 'reboot: Power down'
}

# What lab-report said of it
reported() { tr -d '\r' <"$(vm_dir client)/console" | sed -n "s/^.*lab-report $1: //p"; }

# The file in the image is not looked at when the kernel command line says what is wanted.
case_command_line() { # PREFIX
	donor donor1 700M && donor donor2 700M || return
	client first "${1}memx.swap=512M" "${1}memx.link=$(client_mac)" "${1}memx.priority=7" \
		"${1}memx.timeout=40"
	client_up || return
	in_client 20 'grep "^/dev/memx0.*524284.*7$" /run/marker.swaps' || return
	in_client 20 'grep "^/dev/memx0.*524284.*7$" /proc/swaps' || return
	switch_off 120
}

case_no_hibernation() {
	donor donor1 700M && donor donor2 700M || return
	client first
	client_up || return
	# What the unit came to is no longer known when the unit was let go of, so the log is asked.
	in_client 60 'systemctl start systemd-hibernate; dmesg' |
		grep "systemd-hibernate.service: Skipped due to 'exec-condition'" || return
	in_client 30 'journalctl -u systemd-hibernate -o cat' | grep 'no hibernation while swap is on' ||
		return
	is "$(in_client 30 'journalctl -b -q -t systemd-sleep')" '' || return
	"case_no_resume_$1" || return
	switch_off 120
}

# The hooks that make an image, with the swap that is there.
case_no_resume_initramfs() {
	in_client 120 'export DESTDIR=/tmp/image RESUME=auto verbose=n MODULES=most version=$(uname -r)
		export MODULESDIR=/lib/modules/$version
		mkdir -p $DESTDIR/conf/conf.d
		/usr/share/initramfs-tools/hooks/resume
		grep UUID=$(blkid -s UUID -o value /dev/memx0) $DESTDIR/conf/conf.d/zz-resume-auto
		/usr/share/initramfs-tools/hooks/memx
		cat $DESTDIR/conf/conf.d/zz-resume-auto
		[ "$(cat $DESTDIR/conf/conf.d/zz-resume-auto)" = RESUME= ]'
}

case_no_resume_dracut() {
	in_client 300 'echo "/dev/memx/swap0 none swap noauto 0 0" >>/etc/fstab
		echo "/dev/memx0 none swap defaults 0 0" >>/etc/fstab
		dracut -q --force --hostonly --hostonly-cmdline --kver $(uname -r) /tmp/image &&
		lsinitrd /tmp/image >/tmp/list && grep 55memx /tmp/list || grep -w memx /tmp/list &&
		! lsinitrd --unpack /tmp/image 2>/dev/null | grep -a resume=/dev/memx'
}
