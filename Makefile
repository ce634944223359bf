# SPDX-License-Identifier: GPL-2.0-only
# vcontext: everything is built, tested and installed from here.

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR     ?= $(PREFIX)/bin
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
INSTALL    ?= install
export PREFIX LIBDIR INCLUDEDIR BINDIR SBINDIR MANDIR INSTALL

# Headers of Debian's stock kernel, the newest that is installed.  Evaluated
# when used, since the packages may be installed first.
KDIR ?= $(lastword $(shell ls -dv /usr/src/linux-headers-[0-9]*[0-9]-amd64 2>/dev/null))
KRELEASE = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)
KBUILD = $(MAKE) -C $(or $(KDIR),$(error no kernel headers: run `make deps` or set KDIR)) M=$(CURDIR)

all: module lib tools selftests

help:
	@echo 'For users:'
	@echo '  make demo        run real programs in contexts, in an emulator; installs what it needs'
	@echo '  make             build the module, the library, the tools and the tests'
	@echo '  make install     install them: DESTDIR=, PREFIX=$(PREFIX)'
	@echo '  make install-tests   install vctx-silicon, which tries vcontext on this machine, and the tests'
	@echo '  make uninstall   remove them again'
	@echo '  make deb         build Debian packages, in build/deb'
	@echo 'For developers:'
	@echo '  make check       all tests, which are the next twelve, side by side; installs what they need'
	@echo '  make style       checkpatch, sparse, codespell, shellcheck, licences, ...'
	@echo '  make host-test   tests that need neither module nor emulator'
	@echo '  make models-test the protocols between CPUs, as models that spin searches'
	@echo '  make harness-test   tests of selftests/vm/run'
	@echo '  make reboot-test   the machine goes down at once while contexts run'
	@echo '  make dkms-test   dkms builds the module for this machine'
	@echo '  make deb-test    packages are built, installed, used and removed; root'
	@echo '  make suite       the tests of the module, in the emulators, on this kernel'
	@echo '  make fuzz-test   AFL++ on netlink and the device, for a moment; FUZZ_SECONDS=600 for longer'
	@echo '  make engines-test   jobs under Open MPI, Slurm and distcc, natively and in contexts'
	@echo '  make silicon-test   vctx-silicon climbs its first rungs, and surprises stop it'
	@echo '  make sharing-test   no cache line is shared on the run path'
	@echo '  make check-all   make check with all of the matrix: kernels, emulators, CPU counts,'
	@echo '                   boot parameters, and a table of them at its end; root'
	@echo '  make debug-kernel   build the kernels that find faults by themselves, into the cache; an hour'
	@echo '  make debug-test   all tests of the module on them; hours, DEBUG_SECONDS=60 for less'
	@echo '  make kvm-test    QEMU boots a Linux under KVM while make -j2 runs in contexts; planted faults'
	@echo '  make paging-test   faults that are planted into nested paging, and out of it, are found'
	@echo '  make foreign-test   python, gdb, stress-ng and others, natively and in contexts'
	@echo '  make fresh-test  make demo from a fresh clone on machines that have no packages yet: root'
	@echo '  make deps        install the Debian packages that make, make install and make deb need'
	@echo '  make check-deps  install those that the tests need as well'
	@echo '  make module lib tools selftests   build one part'
	@echo '  make module KERNEL=trixie   build the module for a Debian suite or a release: root'
	@echo '  make clean       remove what was built'
	@echo 'The module is built for the kernel whose headers are in'
	@echo '  KDIR=$(KDIR)'

# Without KERNEL the module is built in its place, else in build/RELEASE.
module:
ifdef KERNEL
	@selftests/vm/toolchain.py $(KERNEL)
else
	+$(KBUILD) modules
endif

lib:
	$(MAKE) -C lib

tools: lib
	$(MAKE) -C tools

selftests: lib
	$(MAKE) -C selftests
	+$(KBUILD)/selftests/test_modules modules

deps:
	.ci/deps build headers tests deb

demo-deps:
	.ci/deps build harness demo

check-deps:
	.ci/deps build headers tests deb harness demo check

# One make after the other: also with -j, nothing builds before its packages are there.
# Without headers of the machine's, the cache gets some.
demo: demo-deps
	$(MAKE) module lib tools $(if $(KDIR),,KDIR=$(shell selftests/vm/headers.py))
	selftests/demo

# The units of both are in selftests/check: all run, even if one fails.
check: check-deps
	$(MAKE) all
	selftests/check

check-all: check-deps
	$(MAKE) all
	selftests/check --all

style:
	KDIR=$(KDIR) selftests/style

host-test: lib tools
	$(MAKE) -C selftests/host check

models-test:
	selftests/models/run

harness-test: module
	selftests/vm/test.sh

reboot-test: module lib tools
	selftests/reboot/run

dkms-test:
	selftests/vm/dkms.sh $(SUITES)

deb-test:
	selftests/deb/run

suite: all
	selftests/run

# With one CPU QEMU has a time of its own, so that a busy machine fuzzes as much.
fuzz-test: all
	selftests/foreign/fuzz -s $(or $(FUZZ_SECONDS),2) -e qemu

# selftests/rows.py says on which kernels and machines.
foreign-test: all
	selftests/check --all foreign

engines-test: all
	selftests/engines/run -e qemu -c 2

# Not of make check, for a boot in a virtual machine in an emulated one takes minutes.
kvm-deps:
	.ci/deps build headers tests harness check demo

kvm-test: kvm-deps
	$(MAKE) all
	@status=0; \
	selftests/kvm/run -e qemu -c 2 || status=1; \
	selftests/kvm/planted || status=1; \
	exit $$status

# Not of make check, for each fault takes a module of its own.
paging-test: all
	selftests/paging/planted

sharing-test: all
	selftests/sharing/run

silicon-test: all
	selftests/silicon/run -e qemu -c 2

# For who has the hour: neither is a part of make check.
debug-deps:
	.ci/deps build headers tests harness check debug

debug-kernel: debug-deps
	selftests/vm/debug_kernel.py debug kcsan

debug-test: debug-kernel
	$(MAKE) all
	selftests/debug/run -s $(or $(DEBUG_SECONDS),600)

# With the packages of the demo and none else, on each Debian release.
fresh-test:
	@status=0; \
	for suite in $(or $(SUITES),bookworm trixie); do \
		selftests/fresh/run $$suite demo || status=1; \
	done; \
	exit $$status

# Debian's headers come without the key that its kernel would sign with.
install: module
	+$(KBUILD) INSTALL_MOD_PATH=$(DESTDIR) CONFIG_MODULE_SIG_ALL= modules_install
	@test -n "$(DESTDIR)" || depmod $(KRELEASE)
	$(MAKE) install-user

# All but the module: this is what packages have, since DKMS builds the module.
install-user: lib tools
	$(MAKE) -C lib install
	$(MAKE) -C tools install
	$(MAKE) -C system install
	$(INSTALL) -D -m 644 uapi/vcontext.4 $(DESTDIR)$(MANDIR)/man4/vcontext.4
	@test -n "$(DESTDIR)" || ldconfig

# Not of install: it takes a compiler for 32-bit programs.
install-tests: selftests
	$(MAKE) -C selftests install

uninstall:
	$(MAKE) -C selftests uninstall
	$(MAKE) -C system uninstall
	$(MAKE) -C tools uninstall
	$(MAKE) -C lib uninstall
	$(RM) $(DESTDIR)$(MANDIR)/man4/vcontext.4
	$(RM) $(DESTDIR)/lib/modules/$(KRELEASE)/extra/kmod/vcontext.ko
	@test -n "$(DESTDIR)" || { ldconfig && depmod $(KRELEASE); }

# Packages are built from a copy of the tree, without the variables of this make.
deb:
	$(RM) -r build/deb && mkdir -p build/deb/vcontext
	git ls-files -co --exclude-standard | tar -cT - | tar -xC build/deb/vcontext
	cd build/deb/vcontext && env -i HOME="$$HOME" PATH="$$PATH" \
		DEB_BUILD_OPTIONS="$(DEB_BUILD_OPTIONS)" dpkg-buildpackage -b -us -uc
	$(RM) -r build/deb/vcontext

clean:
	$(MAKE) -C selftests clean
	$(MAKE) -C selftests/host clean
	$(MAKE) -C tools clean
	$(MAKE) -C lib clean
	$(RM) -r build
	+$(if $(KDIR),$(KBUILD) clean)
	+$(if $(KDIR),$(KBUILD)/selftests/test_modules clean)

.PHONY: all help module lib tools selftests deps demo-deps check-deps demo check check-all style host-test \
	models-test harness-test reboot-test dkms-test deb-test suite fuzz-test engines-test foreign-test \
	silicon-test sharing-test paging-test kvm-deps kvm-test debug-deps debug-kernel debug-test fresh-test install install-user install-tests \
	uninstall deb clean
