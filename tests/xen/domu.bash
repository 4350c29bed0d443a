# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Common to the cases where MemX runs in guests. load this in a bats file.
# shellcheck source-path=SCRIPTDIR source=xen.bash
. "${BASH_SOURCE[0]%/*}/xen.bash"

# domu_lab HOST...: donors, and hosts whose guests are on the donors' network
domu_lab() {
	local host
	xen_lab
	xen_memx_in_guests
	vm_start donor1 mem=384
	vm_start donor2 mem=384
	for host; do xen_start "$host"; done
	vm_ready donor1 donor2
	for host; do
		xen_ready "$host"
		xen_run "$host" 20 host_bridge
	done
	cluster_donor donor1 256M
	cluster_donor donor2 256M
}

# domu_guest HOST NAME MAC [LINE]...: with an interface on the host's bridge
domu_guest() {
	xen_guest "$1" "$2" "vif = [ 'mac=00:16:3e:00:00:0$3,bridge=xenbr0' ]" "${@:4}"
}

# domu_client HOST NAME MAC: a guest that is a client and sees both donors
domu_client() {
	domu_guest "$@" && guest_join "$1" "$2" memx_client &&
		guest_run "$1" "$2" 60 'until_true 40 sees 2'
}

# domu_volume HOST NAME SIZE: volume v0 of the guest
domu_volume() {
	guest_run "$1" "$2" 30 "memx-admin create v0 --size $3 >/dev/null && until_true 10 test -b /dev/memx0"
}

# figures HOST GUEST KEY...: of the guest's volume v0, one line each
figures() {
	guest_run "$1" "$2" 20 "for key in ${*:3}; do of_volume \$key; done"
}
