#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lib/examples: each program gives the same results natively and in contexts, and
# what it says of its contexts is true.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

PATH=$PWD/examples:$PATH
blocks=300
# The last block is a short one.
head -c $((blocks * 4096 - 1000)) /bin/busybox >"$tmp/file"

# run COMMAND [ARG...]: natively with --native, then in a context; succeeds if both
# results are the same, and leaves $tmp/out and $tmp/err of the context
run() {
	"$@" --native >"$tmp/native" 2>"$tmp/native_err" || { cat "$tmp/native_err"; return 1; }
	"$@" >"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err"; return 1; }
	cat "$tmp/out" "$tmp/err"
	! grep natively "$tmp/err" &&
	! grep 'in a context' "$tmp/native_err" &&
	[ -s "$tmp/out" ] && cmp "$tmp/native" "$tmp/out"
}

# before WORDS: prints the number before these words on standard error, or 0
before() {
	number=$(sed -n "s/\(^\|.*[^0-9.]\)\([0-9][0-9]*\)\(\.[0-9]*\)\{0,1\} $1.*/\2/p" "$tmp/err")
	echo "${number:-0}"
}

# column N OF: prints a column of the line of pool's table that begins with OF
column() {
	awk -v name="$2" -v column="$1" '$1 == name { print $column }' "$tmp/err"
}

# It computes for longer than a tick, so that it is in guest mode by default.  The only
# system call is the one that asks for the statistics.  It exits once more each
# time that an interrupt comes before its replay.
pricing_computes() {
	run pricing --steps 1000 --strikes 10 &&
	[ "$(before entries)" -ge 1 ] && [ "$(before 'ms in guest mode')" -ge 1 ] &&
	[ "$(before 'exits: syscall')" -ge 1 ] && [ "$(before 'exits: syscall')" -le 3 ] &&
	[ "$(before 'ticks held')" -eq 0 ]
}

# The prices take 30 million instructions at least.
pricing_holds_the_tick() {
	run pricing --steps 1000 --strikes 10 --tickless &&
	[ "$(before 'ticks held')" -ge 10 ] && [ "$(before 'longest stay')" -ge 0 ]
}

pricing_says_why_not() {
	mode=$(stat -c %a /dev/vcontext)
	chmod 666 /dev/vcontext
	su nobody -s /bin/sh -c "$PWD/examples/pricing --steps 10 --tickless" >"$tmp/out" 2>"$tmp/err"
	status=$?
	chmod "$mode" /dev/vcontext
	[ $status -eq 0 ] && grep -q 'the tick was not held: .*CAP_SYS_NICE' "$tmp/err" && [ "$(before 'ticks held')" -eq 0 ]
}

# exits METHOD: prints the exits for system calls of read or sqpoll
exits() {
	sed -n "s/^$1 .*: \([0-9]*\) exits for.*/\1/p" "$tmp/err"
}

uring_saves_exits() {
	run uring "$tmp/file" &&
	[ "$(grep -c "$blocks blocks" "$tmp/out")" -eq 2 ] &&
	[ "$(awk '{ print $NF }' "$tmp/out" | uniq | wc -l)" -eq 1 ] &&
	[ "$(exits read)" -ge $blocks ] && [ "$(exits sqpoll)" -le 2 ]
}

# The sum depends on what is in the file: another file has another sum.
uring_reads() {
	run uring "$tmp/file" && mv "$tmp/out" "$tmp/first" &&
	printf x | dd of="$tmp/file" bs=1 seek=100000 conv=notrunc 2>/dev/null &&
	run uring "$tmp/file" && ! cmp "$tmp/first" "$tmp/out"
}

# uring's threads in the kernel get no context from vctx-exec.
uring_in_vctx_exec() {
	vctx-exec --eager --stats="$tmp/json" uring "$tmp/file" >"$tmp/out" 2>"$tmp/err" &&
	cat "$tmp/err" "$tmp/json" &&
	[ "$(grep -c "$blocks blocks" "$tmp/out")" -eq 2 ] &&
	[ "$(exits sqpoll)" -le 2 ] && grep -q '"contexts": 1,' "$tmp/json"
}

pool_shares() {	# OPTION...
	run pool --workers 3 --tasks 30 --samples 200000 "$@" || return
	sum=0
	for worker in 0 1 2; do
		# Whom no tick has found computing stays native: it may be one that came late.
		[ "$(column 2 $worker)" -lt 10 ] || [ "$(column 3 $worker)" -ge 1 ] || return
		sum=$((sum + $(column 2 $worker)))
	done
	[ $sum -eq 30 ] && [ "$(column 2 total)" -eq 30 ] &&
	[ "$(column 3 total)" -eq $(($(column 3 0) + $(column 3 1) + $(column 3 2))) ] &&
	[ "$(column 6 total | cut -d . -f 1)" -ge 1 ]
}

# Without the timer, each of the four tasks has one slice.  On a busy machine the timers of
# QEMU are late, and the slices long.
preempts() {
	run preempt --steps 1000000 &&
	[ "$(wc -l <"$tmp/out")" -eq 4 ] && [ "$(sort -u "$tmp/out" | wc -l)" -eq 4 ] &&
	[ "$(before slices)" -ge 6 ]
}

# A timer that is shorter than the policy allows is refused, and the program says so.
preempts_no_sooner() {
	! preempt --slice 1 2>"$tmp/err" && cat "$tmp/err" && grep -q 'the timer does not start: ' "$tmp/err"
}

helps() {
	for example in pricing preempt uring pool; do
		$example --help | grep -q "^Usage: $example" || return
		! $example --no-such-option >/dev/null 2>&1 || return
	done
}

echo "TAP version 13"
echo "1..11"
check "each has --help, and refuses what it does not know" helps
check "pricing: the same prices, and no system call" pricing_computes
check "pricing --tickless: the same prices, and ticks held" pricing_holds_the_tick
check "pricing --tickless without CAP_SYS_NICE: why the tick was not held" pricing_says_why_not
check "uring: an exit for each read(), none with SQPOLL" uring_saves_exits
check "uring: the sum is of what was read" uring_reads
check "uring in vctx-exec: the kernel's thread has no context" uring_in_vctx_exec
check "pool: the same pi, each worker in a context of its own" pool_shares
check "pool --pin: the same" pool_shares --pin
check "preempt: the same sums, in slices by a bell as by signals" preempts
check "preempt --slice 1: refused, with the reason" preempts_no_sooner
finish
