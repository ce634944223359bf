#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The module's patched entry code does against speculation what the kernel's and KVM's
# do, with the boot parameter that the machine was started with.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check
# shellcheck disable=SC2013,SC2016 # words are read, and an inner shell counts

. ./vctx_selftest.sh

# What a boot parameter makes of a file in this folder, and of the entry code: these are
# patterns.  An answer that is not among these is one for a processor without the bug.
folder=/sys/devices/system/cpu/vulnerabilities
file=
expect() {	# FILE SAYS MEASURE
	file=$1
	says=$2
	measure=$3
}

for word in $(cat /proc/cmdline); do
	case $word in
	mitigations=auto) expect mds "Mitigation: Clear CPU buffers" "VERW before the entry, return stack after the exit[;,]" ;;
	mitigations=off) expect spectre_v2 Vulnerable "nothing is needed here" ;;
	spectre_v2=ibrs) expect spectre_v2 "Mitigation: IBRS" "SPEC_CTRL before the entry, .*SPEC_CTRL after the exit" ;;
	spectre_bhi=on) expect spectre_v2 "BHI: SW loop" "branch history after the exit" ;;
	mds=full) expect mds "Clear CPU buffers" "VERW before the entry" ;;
	tsa=on) expect tsa "Mitigation: Clear CPU buffers" "VERW before the entry" ;;
	retbleed=unret) expect retbleed "untrained return thunk" "untrained returns after the exit, return thunk" ;;
	retbleed=ibpb) expect retbleed "Mitigation: IBPB" "return stack after the exit (32), IBPB after the exit" ;;
	retbleed=stuff) expect retbleed "Stuffing" "return stack after the exit (32), return thunk" ;;
	indirect_target_selection=force) expect indirect_target_selection "Aligned branch/return thunks" "return stack after the exit" ;;
	spec_rstack_overflow=off) expect spec_rstack_overflow "Vulnerable" "return stack after the exit (32)" ;;
	spec_rstack_overflow=microcode) expect spec_rstack_overflow "icrocode, no safe RET" "return stack after the exit (32)" ;;
	spec_rstack_overflow=safe-ret) expect spec_rstack_overflow "Safe RET\|safe RET" "untrained returns after the exit, return thunk" ;;
	spec_rstack_overflow=ibpb) expect spec_rstack_overflow "Mitigation: IBPB$" "IBPB after the exit" ;;
	spec_rstack_overflow=ibpb-vmexit) expect spec_rstack_overflow "IBPB on VMEXIT only" "IBPB after the exit" ;;
	vmscape=force) expect vmscape "IBPB before exit to userspace" "as in the kernel and KVM" ;;
	esac
done

answer() {	# CHECK ANSWER [PATTERN]
	vctxctl doctor | grep "^  $1 " >"$tmp/out"
	cat "$tmp/out"
	grep -q "^  $1  *$2  *.*$3" "$tmp/out"
}

kernel_says() {
	cat "$folder/$file"
	grep -q "$says" "$folder/$file"
}

like_kernel() {
	answer mitigations unknown "as in the kernel: .*; not compared with KVM, for $kvm is not loaded"
}

like_kvm() {
	answer mitigations yes "as in the kernel and KVM: "
}

has_measure() {
	grep -q "$measure" "$tmp/out" || { cat "$tmp/out"; return 1; }
}

msrs() {
	modprobe msr && answer "mitigation MSRs" yes
}

msrs_with_context() {
	vctx-exec sleep 60 &
	pid=$!
	vctx-exec --eager sh -c 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done'
	answer "mitigation MSRs" yes
	status=$?
	kill $pid
	return $status
}

# The addresses are those of the kernel, which only root sees.
as_nobody() {
	su nobody -s /bin/sh -c "vctxctl doctor" >"$tmp/out"
	grep "^  mitigations" "$tmp/out"
	grep -q "^  mitigations  *unknown  *not checked: only root may read /proc/kcore" "$tmp/out"
}

echo "TAP version 13"
echo "1..7"
does=
if [ -z "$file" ]; then
	skip "the boot parameter mitigates" "there is none that this program knows"
elif [ ! -e "$folder/$file" ] || ! kernel_says >"$tmp/log"; then
	skip "the boot parameter mitigates" "the kernel says of $file: $(cat "$folder/$file")"
else
	does=1
	check "the boot parameter mitigates" kernel_says
fi
check "the entry code is as in the kernel" like_kernel
# On PREEMPT_RT KVM wants a TSC that QEMU does not have.
if modprobe kvm 2>/dev/null && modprobe $kvm 2>/dev/null; then
	check "the entry code is as in KVM" like_kvm
	if [ "$does" ]; then
		check "it has what the boot parameter asks for" has_measure
	else
		skip "it has what the boot parameter asks for" "see the first case"
	fi
	rmmod $kvm
else
	skip "the entry code is as in KVM" "$kvm cannot be loaded"
	skip "it has what the boot parameter asks for" "$kvm cannot be loaded"
fi
rmmod kvm 2>/dev/null
check "the MSRs are right on each CPU" msrs
check "the MSRs are right while contexts run" msrs_with_context
check "an ordinary user is told why nothing is checked" as_nobody
finish
