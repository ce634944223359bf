#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel is locked down, as by Secure Boot: what vctxctl doctor can still see, and what
# it says about what it cannot.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

level=/sys/kernel/security/lockdown
module=$extra/vcontext.ko

lock_down() {	# LEVEL
	echo "$1" >$level && grep -q "\[$1\]" $level
}

not_locked_down() {
	grep -q "\[none\]" $level && doctor 0 && says signature yes "modules need no signature"
}

# The kernel's memory can be read, and so its code is compared.
integrity() {
	lock_down integrity && doctor 0 && says contexts yes &&
	says signature yes "modules need one (lockdown integrity), and vcontext is loaded" &&
	says mitigations unknown "as in the kernel: .*$kvm is not loaded" && says "mitigation MSRs" yes
}

confidentiality() {
	lock_down confidentiality && doctor 0 && says contexts yes &&
	says signature yes "modules need one (lockdown confidentiality), and vcontext is loaded" &&
	says mitigations unknown "not checked: lockdown forbids to read /proc/kcore" &&
	advises "boot once without Secure Boot" && says "mitigation MSRs" yes
}

in_guest() {
	vctx-exec --eager --stats sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done' 2>&1 |
	tee "$tmp/out" && grep -q "exits" "$tmp/out"
}

# The module that the tests were built with has no signature.
refused() {
	rmmod vcontext || return
	insmod "$module" && return 1
	doctor 1 && says signature unknown "modules need one (lockdown confidentiality)" &&
	advises "Operation not permitted.*mokutil --import" && says loaded no && advises "modprobe vcontext" &&
	says mitigations unknown "not checked: vcontext is not loaded" && says contexts no &&
	tail -n 1 "$tmp/out" | grep -q '^Contexts cannot be had here'
}

# As in a container.
hidden() {
	umount ${level%/*} && doctor 1 && says signature unknown "cannot be seen" && advises "mount -t securityfs"
}

echo "TAP version 13"
mount -t securityfs none /sys/kernel/security 2>/dev/null
if [ "$VCTX_LOCKDOWN" != 1 ]; then
	echo "1..0 # SKIP a machine stays locked down until it boots again: only with VCTX_LOCKDOWN=1"
	exit 4
fi
if [ ! -e $level ]; then
	echo "1..0 # SKIP this kernel cannot be locked down"
	exit 4
fi
echo "1..6"
modprobe msr
check "before" not_locked_down
check "integrity: the entry code is compared" integrity
check "confidentiality: it says why the code is not compared" confidentiality
check "contexts work" in_guest
check "an unsigned module is not loaded, and it says what helps" refused
check "without securityfs it does not say that no signature is needed" hidden
finish
