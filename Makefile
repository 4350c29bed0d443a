# SPDX-License-Identifier: GPL-2.0-only
# What can be done here: `make` lists it. Everything that is made goes to build/.

export MEMX_BUILD ?= $(CURDIR)/build
PREFIX ?= /usr

.PHONY: help
help: ## this list
	@echo "MemX: the memory of other machines as a block device"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: demo
demo: ## one client, two donors: a program that does not fit sorts on their memory (10 minutes)
	@tests/need.sh lab tools
	@tests/lab/deps.sh
	@tests/demo/run.sh

.PHONY: check
check: ## the tests (25 minutes); ALSO names more stages
	@tests/need.sh lab tools check
	@tests/lab/deps.sh
	@tests/check.sh --beside "unit python sim lint dissector install boot-unit xen-unit" \
		modules admin cluster single $(ALSO)

.PHONY: unit
unit: ## the pure core: unit tests and a minute of simulation; needs a compiler and make
	@tests/check.sh unit sim

.PHONY: lint
lint: ## style, dependency direction, netlink specifications, shell scripts
	@tests/need.sh check
	@tests/check.sh lint

.PHONY: modules
modules: ## the kernel modules, for the newest Debian kernel whose headers are installed
	@tests/need.sh lab
	@tests/lab/modules.sh
	@ls $(MEMX_BUILD)/modules-*/memx_*.ko

.PHONY: tools
tools: ## memx-admin
	@tests/need.sh tools
	@$(MAKE) --no-print-directory -C tools/memx-admin

.PHONY: deb
deb: ## Debian packages in build/deb; MEMX_FROM=COMMIT takes what is committed
	@tests/need.sh tools packages
	@packaging/deb.sh

.PHONY: repo
repo: deb ## a signed apt repository of them in build/repo
	@packaging/repo.sh

.PHONY: rpm
rpm: ## RPM packages in build/rpm
	@tests/need.sh tools packages
	@packaging/rpm.sh

.PHONY: install
install: ## everything below DESTDIR, without a package
	@$(MAKE) --no-print-directory -f packaging/install.mk install

.PHONY: check-packages
check-packages: ## packages in chroots of Debian 12, 13 and sid (fetches 2 GB the first time)
	@tests/need.sh tools check kernels packages
	@tests/check.sh packages

.PHONY: check-install
check-install: repo ## install.sh in fresh Debians 12 and 13, in all roles, and back
	@tests/need.sh lab tools check kernels packages
	@tests/check.sh install install-real install-vm

.PHONY: check-kernels
check-kernels: ## the modules against Debian 12, 13 and sid, without a warning
	@tests/need.sh lab kernels
	@tests/check.sh kernels

.PHONY: check-boot
check-boot: ## Debian 12 and 13 with swap on remote memory from early boot on (fetches 1 GB the first time)
	@tests/need.sh lab tools check kernels packages
	@tests/boot/run.sh

.PHONY: check-debug
check-debug: ## cases under a kernel with KASAN, lockdep and kmemleak (builds it the first time)
	@tests/need.sh lab tools debug
	@tests/check.sh debug

.PHONY: check-xen
check-xen: ## remote memory for guests of an emulated Xen host (fetches 150 MB the first time)
	@tests/need.sh lab tools check kernels
	@tests/check.sh xen-unit xen

.PHONY: callgrind
callgrind: ## instructions of the pure core per operation
	@tests/need.sh callgrind
	@$(MAKE) --no-print-directory -C tests/unit callgrind

.PHONY: bench-path
bench-path: ## the path of a page in instructions, beside brd, a raw echo and NVMe/TCP
	@tests/need.sh lab tools
	@tests/lab/deps.sh
	@tests/bench/path.sh

.PHONY: bench-xen
bench-xen: ## reads in guests of an emulated Xen host beside reads in dom0, and the MemX paper's
	@tests/need.sh lab tools kernels
	@tests/xen/bench.sh

.PHONY: clean
clean: ## remove build/
	rm -rf $(MEMX_BUILD)
