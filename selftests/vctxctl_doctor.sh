#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vctxctl doctor sees what the machine has and what is wrong, and says what helps.  For
# the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

module=$extra/vcontext.ko
vboxdrv=$extra/vboxdrv.ko
config=/boot/config-$(uname -r)

all_well() {
	doctor 0 || return
	for what in processor firmware possession kernel signature installed loaded version \
		permission contexts; do
		says $what yes || return
	done
	says tried unknown "any silicon" && advises "vctx-silicon" &&
	says mitigations unknown "as in the kernel: .*$kvm is not loaded" && advises "modprobe $kvm" &&
	says "tick hold" yes && ! grep "^  .* no  .*" "$tmp/out" | grep -v "^  full speed" &&
	tail -n 1 "$tmp/out" | grep -q '^Contexts can be had here'
}

# While there is a context, it says so.
beside_context() {	# PATTERN
	vctx-exec sh -c 'sleep 60' &
	pid=$!
	sleep 0.5
	doctor 0 && says possession yes "$1"
	status=$?
	kill $pid
	wait $pid
	return $status
}

with_context() {
	beside_context "vcontext has it, for 1 context"
}

as_json() {
	doctor 0 -j && [ "$(wc -l <"$tmp/out")" -eq 1 ] &&
	grep -q '^{ "available": true, .*"check": "loaded", "answer": "yes"' "$tmp/out"
}

unloaded() {
	rmmod vcontext || return
	doctor 1 && says loaded no && advises "modprobe vcontext" && says permission unknown &&
	says mitigations unknown "not checked: vcontext is not loaded" && says contexts no &&
	says processor yes && says firmware yes && says possession yes &&
	tail -n 1 "$tmp/out" | grep -q '^Contexts cannot be had here'
	status=$?
	insmod "$module" && return $status
}

not_installed() {
	mv "$module" "$tmp/module" || return
	doctor 0 && says installed no "no vcontext.ko" && advises vcontext-dkms
	status=$?
	mv "$tmp/module" "$module" && return $status
}

with_kvm() {	# FUNCTION
	share=$(vctxctl policy get share)
	modprobe kvm && modprobe $kvm && "$1"
	status=$?
	vctxctl policy set share "$share" && rmmod $kvm && rmmod kvm && return $status
}

# Since Linux 6.12 KVM enables virtualisation as soon as it is loaded.
takes_at_load() {
	grep -qs Y /sys/module/kvm/parameters/enable_virt_at_load
}

# What the first context will find.
says_whether_per_stay() {
	if takes_at_load; then
		! grep "enabled and disabled with each stay" "$tmp/out"
	else
		says "full speed" no "VMX or SVM is enabled and disabled with each stay"
	fi
}

kvm_loaded() {
	vctxctl policy set share yes && doctor 0 && says possession yes "shared with KVM: $kvm is loaded" &&
	says contexts yes && says_whether_per_stay && says mitigations yes "as in the kernel and KVM: " &&
	vctxctl policy set share no || return
	if takes_at_load; then
		doctor 1 && says possession no "KVM has it: $kvm is loaded, and the policy share is off" &&
		advises "vctxctl policy set share yes.* or modprobe -r $kvm" && says contexts no
	else
		doctor 0 && says possession yes "KVM is loaded"
	fi
}

beside_machine() {	# STATUS
	./with_vm vctxctl doctor >"$tmp/out"
	status=$?
	cat "$tmp/out"
	[ $status -eq "$1" ]
}

kvm_in_use() {
	vctxctl policy set share yes && beside_machine 0 &&
	says possession yes "shared with KVM: $kvm is loaded and in use" && says contexts yes &&
	vctxctl policy set share no && beside_machine 1 &&
	says possession no "KVM has it: $kvm is loaded and in use, and the policy share is off" &&
	advises "policy set share yes.* or stop the virtual machines and modprobe -r $kvm" && says contexts no
}

kvm_and_context() {
	vctxctl policy set share yes &&
	beside_context "vcontext has it, for 1 contexts, shared with KVM: $kvm is loaded"
}

# The policy is not known then; the default of this vendor is assumed.
kvm_without_module() {
	rmmod vcontext || return
	doctor 1 && if takes_at_load && ! grep -qw GenuineIntel /proc/cpuinfo; then
		says possession no "KVM has it" && advises "share yes (nobody has seen this on AMD's silicon yet)"
	else
		says possession yes "$kvm"
	fi
	status=$?
	insmod "$module" && return $status
}

other_hypervisor() {
	insmod "$vboxdrv" || return
	doctor 1 && says possession no "VirtualBox may have it: vboxdrv is loaded" && advises "modprobe -r vboxdrv" &&
	says contexts no
	status=$?
	rmmod vboxdrv && return $status
}

as_nobody() {	# STATUS
	su nobody -s /bin/sh -c "vctxctl doctor" >"$tmp/out" 2>&1
	status=$?
	cat "$tmp/out"
	[ $status -eq "$1" ]
}

permission() {
	mode=$(stat -c %a /dev/vcontext)
	group=$(stat -c %g /dev/vcontext)
	cp /etc/group "$tmp/group"
	try_permission
	status=$?
	cp "$tmp/group" /etc/group
	chgrp "$group" /dev/vcontext && chmod "$mode" /dev/vcontext && return $status
}

try_permission() {
	chmod 600 /dev/vcontext
	as_nobody 1 && says permission no "nobody may not use" && advises "group vcontext" || return
	echo 'vcontext:x:900:' >>/etc/group
	chgrp vcontext /dev/vcontext && chmod 660 /dev/vcontext
	as_nobody 1 && advises "adduser nobody vcontext" || return
	sed -i 's/^vcontext:x:900:/&nobody/' /etc/group
	as_nobody 0 && says permission yes "nobody may use" && says "tick hold" no CAP_SYS_NICE
}

configuration() {
	if [ -e "$config" ] || [ -e /proc/config.gz ]; then
		doctor 0 && says configuration yes
		return
	fi
	mkdir -p /boot
	printf '%s\n' "# made up" CONFIG_MODULES=y "# CONFIG_PREEMPT_NOTIFIERS is not set" \
		CONFIG_USER_RETURN_NOTIFIER=y CONFIG_MMU_NOTIFIER=y CONFIG_TRACEPOINTS=y \
		CONFIG_HIGH_RES_TIMERS=y >"$config"
	doctor 0 && says configuration no "does not set CONFIG_PREEMPT_NOTIFIERS$" || return
	sed -i 's/^# \(CONFIG_PREEMPT_NOTIFIERS\) is not set/\1=y/' "$config"
	doctor 0 && says configuration yes "$config"
	status=$?
	rm "$config"
	return $status
}

noise() {
	echo 0 >/proc/sys/kernel/timer_migration
	echo 0 >/proc/sys/kernel/numa_balancing
	echo 1 >/sys/kernel/mm/ksm/run
	doctor 0 0
	status=$?
	echo 1 >/proc/sys/kernel/timer_migration
	echo 0 >/sys/kernel/mm/ksm/run
	[ $status -eq 0 ] && says "timer migration" no && advises "timer_migration=1" &&
	says "same-page merging" no && says "NUMA balancing" yes || return
	doctor 0 0 && says "timer migration" yes && says "same-page merging" yes
}

crowded() {
	taskset 1 sleep 100 &
	one=$!
	taskset 1 sleep 100 &
	other=$!
	sleep 0.5
	doctor 0 0 && says "bound threads" no "2 share the CPU: $one sleep, $other sleep"
	status=$?
	kill $other
	wait $other
	doctor 0 0 && says "bound threads" yes "$one sleep" || status=1
	kill $one
	return $status
}

quiet() {
	doctor 0 1 || return
	if [ -n "$(cat /sys/devices/system/cpu/isolated)" ]; then
		says isolated yes "by boot parameter"
		return
	fi
	says isolated no && says threads no && says workqueues no &&
	says "lock-up detector" no && advises "vctxctl isolate 1" || return
	vctxctl isolate 1 >/dev/null || return
	doctor 0 1 && says isolated yes && says interrupts yes && says threads yes &&
	says workqueues yes && says "lock-up detector" yes
	status=$?
	vctxctl release 1 >/dev/null && return $status
}

usage() {	# PATTERN ARG...
	pattern=$1
	shift
	vctxctl doctor "$@" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 2 ] && cat "$tmp/err" && grep -q "$pattern" "$tmp/err"
}

echo "TAP version 13"
echo "1..17"
check "all is well" all_well
check "with a context, vcontext has possession" with_context
check "--json" as_json
check "without the module" unloaded
check "with a module that is not installed" not_installed
if [ -e "$vboxdrv" ]; then
	check "beside another hypervisor" other_hypervisor
else
	skip "beside another hypervisor" "there is no $vboxdrv"
fi
# On PREEMPT_RT KVM wants a TSC that QEMU does not have.
if modprobe kvm 2>/dev/null && modprobe $kvm 2>/dev/null && rmmod $kvm; then
	rmmod kvm
	check "with KVM loaded, shared and not" with_kvm kvm_loaded
	check "with KVM in use, shared and not" with_kvm kvm_in_use
	check "with KVM loaded and a context" with_kvm kvm_and_context
	check "with KVM loaded, without the module" with_kvm kvm_without_module
else
	rmmod kvm
	skip "with KVM loaded, shared and not" "$kvm cannot be loaded"
	skip "with KVM in use, shared and not" "$kvm cannot be loaded"
	skip "with KVM loaded and a context" "$kvm cannot be loaded"
	skip "with KVM loaded, without the module" "$kvm cannot be loaded"
fi
check "an ordinary user: no access, group, access" permission
check "the kernel's configuration" configuration
check "noise of the whole machine" noise
if [ "$(nproc)" -gt 1 ]; then
	check "threads that share a CPU" crowded
	check "a CPU before and after isolate" quiet
else
	skip "threads that share a CPU" "one CPU only"
	skip "a CPU before and after isolate" "one CPU only"
fi
check "a CPU that is not there" usage "CPU 99 does not exist" 99
check "what is no CPU" usage "'x' is not a CPU" x
finish
