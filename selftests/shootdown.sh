#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Where the kernel sends no interrupt for TLB shootdowns, the module kicks the CPU, so
# that they reach the guest.  Here test_modules/broadcast.c stands in for INVLPGB and
# for a hypervisor.
# For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

parameters=/sys/module/vcontext/parameters
tracing=/sys/kernel/tracing
ways="mprotect dontneed truncate migration fork"

reload() {	# PARAMETER...: loads the module again, which nobody uses
	unload 11 && load "$@"
}

broadcast() {	# PARAMETER... -- COMMAND ARG...: runs it while the kernel broadcasts
	set_up=
	while [ "$1" != -- ]; do
		set_up="$set_up $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # parameters are words
	insmod "$extra/broadcast.ko" $set_up || return
	"$@"
	result=$?
	dropped=$(cat /sys/module/broadcast/parameters/dropped)
	rmmod broadcast
	return $result
}

kicks() {	# COMMAND ARG...: prints how often it was kicked
	echo 1 >$tracing/events/vcontext/vctx_kick/enable
	echo >$tracing/trace
	"$@" >"$tmp/out"
	result=$?
	echo 0 >$tracing/events/vcontext/vctx_kick/enable
	kicked=$(grep -c ' vctx_kick: ' $tracing/trace)
	cat "$tmp/out"
	echo "kicked $kicked times"
	return $result
}

# The page is taken away 100 times.  Now and then another thread has the reader's CPU, and
# no kick is needed.
kicked_often() {
	[ "$kicked" -ge 90 ]
}

says() {	# Y or N
	[ "$(cat $parameters/tlb_kick)" = "$1" ]
}

kernel_interrupts() {
	reload && says N && kicks ./stale_tlb munmap && [ "$kicked" -eq 0 ]
}

parameter() {
	reload tlb_kick=1 && says Y && kicks ./stale_tlb munmap && kicked_often
}

feature() {
	broadcast invlpgb=1 -- reload && says Y && kicks ./stale_tlb munmap && kicked_often
}

hypervisor() {
	broadcast paravirt=1 -- reload && says Y && kicks ./stale_tlb munmap && kicked_often &&
	reload && says N
}

kick_is_enough() {
	# shellcheck disable=SC2086
	reload tlb_kick=1 && broadcast silent=stale_tlb -- ./stale_tlb $ways &&
	echo "$dropped without interrupt" && [ "$dropped" -ge 100 ]
}

kick_is_needed() {
	# shellcheck disable=SC2086
	reload && ! broadcast silent=stale_tlb -- ./stale_tlb $ways &&
	echo "$dropped without interrupt" && [ "$dropped" -ge 1 ]
}

under_kicks() {	# PROGRAM
	reload tlb_kick=1 && "./$1"
}

# Contexts are ended by force, before or after they got their notifier.
killed() {
	reload tlb_kick=1 || return
	for round in 1 2 3 4 5 6; do
		groups=
		for _ in 1 2 3; do
			setsid vctx-exec --eager sh -c 'while :; do (:) & /bin/busybox true; done' &
			groups="$groups -$!"
		done
		usleep $((round * 20000))
		for group in $groups; do
			# From setsid on it is a process group.
			until kill -9 "$group" 2>/dev/null; do
				usleep 1000
			done
		done
		wait
	done
	reload tlb_kick=1
}

smp() {	# NAME COMMAND ARG...
	if [ "$(nproc --all)" -gt 1 ]; then
		check "$@"
	else
		skip "$1" "needs two CPUs"
	fi
}

if [ ! -e "$extra/broadcast.ko" ]; then
	echo "Bail out! $extra/broadcast.ko is not installed"
	exit 1
fi
mount -t tracefs tracefs $tracing 2>/dev/null
trap 'reload; rm -rf "$tmp"' EXIT

echo "TAP version 13"
echo "1..11"
check "no kick where the kernel sends interrupts" kernel_interrupts
smp "a kick for each flush with tlb_kick" parameter
if broadcast invlpgb=1 -- true 2>/dev/null; then
	smp "a kick for each flush where the kernel flushes by broadcast" feature
else
	skip "a kick for each flush where the kernel flushes by broadcast" "this kernel never does"
fi
if broadcast paravirt=1 -- true 2>/dev/null; then
	smp "a kick for each flush where a hypervisor flushes" hypervisor
else
	skip "a kick for each flush where a hypervisor flushes" "this kernel asks no hypervisor"
fi
# On such a kernel the reader runs natively at times, and nothing broadcasts to it.
# Where no hypervisor is asked, the function that flushes is a part of another one.
if ! broadcast silent=nobody -- true 2>/dev/null; then
	skip "the kick alone is enough" "this kernel's flushes cannot be probed"
	skip "without it, the test sees what is stale" "this kernel's flushes cannot be probed"
else
	if dmesg -s 1000000 | grep -q "by way of a native return"; then
		skip "the kick alone is enough" "this kernel loads FPU registers natively"
	else
		smp "the kick alone is enough" kick_is_enough
	fi
	smp "without it, the test sees what is stale" kick_is_needed
fi
for program in inherit inherit_32 signals stress; do
	check "as natively under kicks: $program" under_kicks $program
done
check "the module goes when all contexts were killed" killed
finish
