# SPDX-License-Identifier: GPL-2.0-only
# What is installed, and where. Used by `make install` and by all kinds of packages.
#	make -f packaging/install.mk VERSION=... DESTDIR=... \
#		install-{dkms,tools,initramfs,dracut,xen}
# UNITS=no leaves the units of systemd to a packaging helper, but not what is added to units of
# others; DKMS_CONF=no leaves dkms.conf to it.

here := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
VERSION ?= $(shell $(here)/packaging/version.sh)
PREFIX ?= /usr
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
DRACUTDIR ?= $(PREFIX)/lib/dracut/modules.d
dkms-dir = $(DESTDIR)$(PREFIX)/src/memx-$(VERSION)

# A folder with all that it has; what can be run stays so.
define folder # FROM TO FIND-OPTIONS
	@cd $(here)/$(strip $(1)) && find . $(3) -type f ! -name '*.o' ! -name '*.ko' \
		! -name '*.mod*' ! -name '.*' ! -name '*.md' | while read -r file; do mode=644; \
		[ ! -x "$$file" ] || mode=755; \
		install -D -m $$mode "$$file" "$(strip $(2))/$${file#./}" || exit 1; done
endef

.PHONY: install install-dkms install-tools install-initramfs install-dracut install-xen
install: install-dkms install-tools install-initramfs install-dracut install-xen

install-dkms:
	$(call folder, src, $(dkms-dir))
	install -D -m 755 $(here)/packaging/header-hook \
		$(DESTDIR)$(SYSCONFDIR)/kernel/header_postinst.d/memx-dkms
ifneq ($(DKMS_CONF),no)
	sed 's/#MODULE_VERSION#/$(VERSION)/' $(here)/dkms.conf >$(dkms-dir)/dkms.conf
endif

install-tools:
	$(MAKE) -C $(here)/tools/memx-admin install VERSION=$(VERSION) \
		DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	install -D -m 644 $(here)/conf/memx.conf $(DESTDIR)$(SYSCONFDIR)/memx/memx.conf
	install -D -m 644 $(here)/conf/default $(DESTDIR)$(SYSCONFDIR)/default/memx
	$(call folder, lib, $(DESTDIR)$(PREFIX)/lib/memx)
	$(call folder, systemd, $(DESTDIR)$(UNITDIR), $(if $(filter no,$(UNITS)),-mindepth 2))

install-initramfs:
	$(call folder, initramfs-tools, $(DESTDIR)$(PREFIX)/share/initramfs-tools)

install-dracut:
	$(call folder, dracut, $(DESTDIR)$(DRACUTDIR))

# Xen looks for scripts of disks there, in all distributions.
install-xen:
	$(call folder, xen-hooks, $(DESTDIR)$(SYSCONFDIR)/xen/scripts)
	install -D -m 644 $(here)/conf/modprobe-xen.conf \
		$(DESTDIR)$(PREFIX)/lib/modprobe.d/memx-xen.conf
