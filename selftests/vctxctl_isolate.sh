#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vctxctl isolate and release: what can be moved off a CPU is, and all of it comes
# back as it was, also if a command is killed.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

state=/run/vcontext/isolate/state.json
watchdog=/proc/sys/kernel/watchdog_cpumask
workqueues=/sys/devices/virtual/workqueue/cpumask
steering=/sys/class/net/lo/queues/rx-0/rps_cpus
all=$(cat /sys/devices/system/cpu/online)

if [ "$(nproc)" -lt 2 ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP one CPU only: nothing can be moved off it"
	exit 4
fi

if [ -n "$(cat /sys/devices/system/cpu/isolated)" ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP a CPU is isolated by boot parameter: little is to be moved"
	exit 4
fi

# All affinities of what lives as long as this test, one a line, in $1.  The
# interrupts here are of an I/O APIC, which moves them when they happen: number 4
# is where it last was, and the others have not moved.
snapshot() {
	grep . /proc/irq/default_smp_affinity /proc/irq/*/smp_affinity_list \
		/proc/irq/*/effective_affinity_list "$watchdog" "$workqueues" \
		/sys/class/net/*/queues/*/*ps_cpus 2>/dev/null | grep -v /irq/4/effective >"$1"
	# shellcheck disable=SC2086 # a list
	grep -H Cpus_allowed $residents >>"$1"
}

# All but workers, which come and go, and the threads of interrupts, which the kernel
# moves along with these.  With PREEMPT_RT nearly all interrupts have one.
find_residents() {
	residents=
	for task in /proc/[0-9]*; do
		read -r name <"$task/comm" || continue
		case $name in
		kworker*|irq/*) ;;
		*) residents="$residents $task/status" ;;
		esac
	done 2>/dev/null
}

same() {	# FILE FILE
	cmp -s "$1" "$2" || { diff "$1" "$2"; return 1; }
}

as_before() {
	snapshot "$tmp/after" && same "$tmp/before" "$tmp/after" && [ ! -e "$state" ]
}

allowed() {	# PID
	sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$1/status"
}

moved() {	# WHAT GOT
	[ "$2" = "$rest" ] || { echo "$1 is on $2 instead of $rest"; return 1; }
}

isolate() {
	vctxctl isolate "$@"
}

release() {
	vctxctl release "$@"
}

moves() {
	isolate 1 || return
	snapshot "$tmp/isolated"
	moved "the detector" "$(cat "$watchdog")" &&
	moved "init" "$(allowed 1)" &&
	moved "kthreadd" "$(allowed 2)" &&
	moved "a program" "$(allowed "$free")" &&
	[ "$(cat /proc/irq/4/smp_affinity_list)" = 0 ] &&
	[ $((0x$(cat "$workqueues") & 2)) -eq 0 ] &&
	[ $((0x$(cat /proc/irq/default_smp_affinity) & 2)) -eq 0 ] &&
	[ "$(cat "$steering")" -eq 1 ]
}

leaves_bound() {
	[ "$(allowed "$bound")" = 1 ]
}

children_stay_away() {
	i=0
	while [ $i -lt 20 ]; do
		# The 39th field of stat is the CPU; the name has no blank.
		[ "$(sh -c 'cut -d" " -f39 /proc/self/stat')" != 1 ] || return
		i=$((i + 1))
	done
}

on_cpu1() {	# INTERRUPT: how many
	sed -n "s/^ *$1: *[0-9]* *\\([0-9]*\\).*/\\1/p" /proc/interrupts
}

# The serial line interrupts when it has sent; it moves when it next does.
interrupts_follow() {
	echo >/dev/ttyS0
	sleep 0.5
	before=$(on_cpu1 4)
	echo >/dev/ttyS0
	sleep 0.5
	[ "$(on_cpu1 4)" -eq "$before" ]
}

interrupts_come_back() {
	echo 1 >/proc/irq/4/smp_affinity_list
	echo >/dev/ttyS0
	sleep 0.5
	before=$(on_cpu1 4)
	echo >/dev/ttyS0
	sleep 0.5
	[ "$(on_cpu1 4)" -gt "$before" ]
}

fails() {	# STATUS PATTERN COMMAND...
	wanted=$1
	pattern=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	cat "$tmp/err"
	[ "$status" -eq "$wanted" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q "$pattern" "$tmp/err"
}

restores() {
	release 1 && as_before
}

nothing_moved() {
	snapshot "$tmp/after" && same "$tmp/before" "$tmp/after"
}

dry_run() {
	isolate --dry-run 1 >"$tmp/out" && cat "$tmp/out" &&
	grep -q "^thread .* $free sleep *$all *$rest\$" "$tmp/out" &&
	grep -q "^lock-up detector .* $all *$rest\$" "$tmp/out" && as_before
}

# Made by threads that were moved, and by one that is gone.
puts_new_ones_right() {
	isolate 1 >/dev/null || return
	sleep 1000 &
	child=$!
	orphan=$(sh -c 'sleep 1000 >/dev/null & echo $!')
	taskset 2 sleep 1000 &
	other=$!
	sleep 1000 &
	gone=$!
	moved "a child" "$(allowed $child)" && moved "an orphan" "$(allowed "$orphan")" || return
	kill $gone
	release 1 >/dev/null || return
	[ "$(allowed $child)" = "$all" ] && [ "$(allowed "$orphan")" = "$all" ] &&
	[ "$(allowed $other)" = 1 ]
	status=$?
	kill $child "$orphan" $other
	return $status
}

# Its parent is bound, and not by us.
leaves_heirs_of_bound() {
	taskset 1 sh -c 'until [ -e "$0" ]; do sleep 0.1; done; sleep 1000 & echo $! >"$1"; wait' \
		"$tmp/go" "$tmp/pid" &
	parent=$!
	sleep 0.3
	isolate 1 >/dev/null || return
	touch "$tmp/go"
	until [ -s "$tmp/pid" ]; do sleep 0.1; done
	release 1 >/dev/null
	status=$?
	[ "$(allowed "$(cat "$tmp/pid")")" = 0 ] || status=1
	kill "$(cat "$tmp/pid")" $parent
	return $status
}

leaves_what_others_moved() {
	isolate 1 >/dev/null || return
	taskset -p 2 "$free" >/dev/null
	release 1 >"$tmp/out" || return
	cat "$tmp/out"
	grep -q "^thread .*somebody else .* $free sleep" "$tmp/out" && [ "$(allowed "$free")" = 1 ] || return
	taskset -p "$(printf %x $(((1 << $(nproc)) - 1)))" "$free" >/dev/null
	as_before
}

# kill_while CONDITION COMMAND: kills it, on the CPU that we are not on, when
# CONDITION is met, and a bit later
kill_while() {
	condition=$1
	shift
	taskset 2 "$@" >/dev/null &
	victim=$!
	until eval "$condition"; do :; done
	i=0
	while [ $i -lt "$delay" ]; do
		i=$((i + 1))
	done
	kill -9 $victim 2>/dev/null
	wait $victim
}

killed_isolate() {
	hits=0
	for delay in 0 200 3200; do
		# shellcheck disable=SC2016 # for eval
		kill_while '[ -e $state ]' vctxctl isolate 1
		status=$?
		[ -e "$state" ] || { echo "no state after status $status"; return 1; }
		snapshot "$tmp/after"
		if [ $status -eq 137 ] && ! cmp -s "$tmp/after" "$tmp/before" &&
			! cmp -s "$tmp/after" "$tmp/isolated"; then
			hits=$((hits + 1))
		fi
		release 1 >/dev/null && as_before || return
	done
	echo "$hits times in the middle"
	[ $hits -ge 1 ]
}

killed_release() {
	hits=0
	for delay in 0 200 3200; do
		isolate 1 >/dev/null || return
		# What comes back first.
		# shellcheck disable=SC2016 # for eval
		kill_while 'read -r mask </proc/irq/default_smp_affinity; [ $mask = $default ]' vctxctl release 1
		status=$?
		snapshot "$tmp/after"
		if [ $status -eq 137 ] && ! cmp -s "$tmp/after" "$tmp/before"; then
			hits=$((hits + 1))
		fi
		[ ! -e "$state" ] || release 1 >/dev/null || return
		as_before || return
	done
	echo "$hits times in the middle"
	[ $hits -ge 1 ]
}

any_order() {
	isolate 1 >/dev/null && isolate 2 >/dev/null || return
	[ "$(allowed "$free")" = "$without_1_2" ] || { allowed "$free"; return 1; }
	release 1 >/dev/null || return
	[ "$(allowed "$free")" = "$without_2" ] && [ "$(cat "$watchdog")" = "$without_2" ] || return
	isolate 1 >/dev/null && release 2 >/dev/null || return
	[ "$(allowed "$free")" = "$rest" ] && release 1 >/dev/null && as_before || return
	isolate 1 2 >/dev/null && release all >/dev/null && as_before
}

as_nobody() {
	su nobody -s /bin/sh -c "$*"
}

case $(nproc) in
2) rest=0 ;;
3) rest=0,2 without_2=0-1 without_1_2=0 ;;
*) rest=0,2-$(($(nproc) - 1)) without_2=0-1,3 without_1_2=0,3 ;;
esac
[ "$rest" != 0,2-2 ] || rest=0,2

# shellcheck disable=SC2034 # for eval
default=$(cat /proc/irq/default_smp_affinity)
echo 3 >$steering
sleep 1000 &
free=$!
taskset 2 sleep 1000 &
bound=$!
taskset 1 sleep 1000 &
elsewhere=$!
crowd=
i=0
while [ $i -lt 20 ]; do
	sleep 1000 &
	crowd="$crowd $!"
	i=$((i + 1))
done
echo 1 >/proc/irq/4/smp_affinity_list
echo >/dev/ttyS0
echo $((1 << 1 | 1)) >/proc/irq/4/smp_affinity
sleep 1
find_residents
snapshot "$tmp/before"

echo "TAP version 13"
echo "1..21"
check "--dry-run tells, and moves nothing" dry_run
check "isolate moves interrupts, threads, workqueues, the detector, packets" moves
check "what is bound to the CPU stays" leaves_bound
check "children run elsewhere" children_stay_away
check "a real interrupt comes elsewhere" interrupts_follow
check "isolated twice: one clear line" fails 1 "CPU 1 is isolated already" isolate 1
check "the last CPU for everything else: one clear line" fails 1 "no CPU would be left" isolate "$rest"
check "release puts all back" restores
check "an interrupt can come back" interrupts_come_back
echo $((1 << 1 | 1)) >/proc/irq/4/smp_affinity
snapshot "$tmp/before"
check "released twice: one clear line" fails 1 "CPU 1 is not isolated" release 1
check "release all, of none" release all
check "all CPUs: one clear line" fails 1 "no CPU would be left" isolate "$all"
check "a CPU that is not there: one clear line" fails 2 "CPU 99 does not exist" isolate 99
check "an ordinary user: one clear line" fails 1 "root is needed" as_nobody vctxctl isolate 1
check "errors have moved nothing" as_before
check "new threads are put right, what is gone is no error" puts_new_ones_right
check "children of what somebody has bound stay" leaves_heirs_of_bound
check "what somebody else has moved is told and left alone" leaves_what_others_moved
check "isolate, killed in the middle, can be released" killed_isolate
check "release, killed in the middle, can be released" killed_release
if [ "$(nproc)" -gt 2 ]; then
	check "several CPUs, in any order" any_order
else
	skip "several CPUs, in any order" "two CPUs only"
fi

# shellcheck disable=SC2086 # a list
kill $free $bound $elsewhere $crowd
finish
