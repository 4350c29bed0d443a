# SPDX-License-Identifier: GPL-2.0-only
# In a clean Debian, the one command works, and brings all that early boot needs.
setup() {
	load chroot
}

# installs SUITE KERNEL
installs() {
	clean_debian first "$1"
	inside first 'apt install -y memx-dkms'
	sound first
	kernel=$(kernel_of first)
	[[ $kernel == "$2".* ]]
	has_modules first "$kernel" "$("$top/packaging/version.sh")"
	image_has_modules first "$kernel"
	inside first 'memx-admin --version'
}

@test "Debian 12, kernel 6.1: apt install memx-dkms builds the modules, the initramfs has them" {
	installs bookworm 6.1
}

@test "Debian 13, kernel 6.12: apt install memx-dkms builds the modules, the initramfs has them" {
	installs trixie 6.12
}

@test "Debian sid, kernel 7.2: apt install memx-dkms builds the modules, the initramfs has them" {
	installs sid 7.2
}

@test "Debian 13 with dracut: apt install memx brings what is for dracut, and dracut stays" {
	clean_debian dracut trixie
	inside dracut 'apt-get -q -y install dracut; apt-get -q -y purge initramfs-tools'
	inside dracut 'apt install -y memx'
	sound dracut
	inside dracut 'dpkg -s dracut memx-dracut | grep -c "^Status: install ok installed" | grep -x 2'
	kernel=$(kernel_of dracut)
	has_modules dracut "$kernel" "$("$top/packaging/version.sh")"
	image_has_modules dracut "$kernel"
}
