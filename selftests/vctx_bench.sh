#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vctx-bench with the module: native runs make no difference to native runs, a context
# and a planted delay do.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

exact=${VCTX_EXACT:-0}

# bench ARG...: leaves the table in $tmp/out
bench() {
	status=0
	vctx-bench --short "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/out"
	[ "$status" -eq 0 ] || { cat "$tmp/err"; return 1; }
}

# The line of a mode has its name, the median, the difference, and its bounds.
lines_of() {	# MODE
	awk -v mode="$1" '{ for (i = 1; i < NF; i++) if ($i == mode) { print $(i + 1), $(i + 2), $(i + 3), $(i + 4); next } }' \
		"$tmp/out"
}

# How many of these lines fulfil an expression of awk's.
count() {	# MODE EXPRESSION
	lines_of "$1" | awk "$2 { n++ } END { print n + 0 }"
}

# Each interval has 0 in it, and where instructions are counted there is nothing else.
no_difference() {
	bench --group overhead --only "$1" && [ "$(count again 1)" -ge 1 ] || return
	if [ "$exact" = 1 ]; then
		[ "$(count again '$2 != 0 || $3 != 0 || $4 != 0')" -eq 0 ]
	else
		[ "$(count again '$3 > 0 || $4 < 0')" -le 1 ]
	fi
}

planted() {
	bench --only cpuid --plant 2ms && [ "$(count again '$3 > 0 && $2 > 0')" -eq 1 ]
}

# By how much, crossing tells; in emulators that do not count, each exit takes longer still.
context_costs() {
	bench --group overhead --only 'system call' && [ "$(count eager '$2 > 0')" -ge 1 ] &&
	{ [ "$exact" != 1 ] || [ "$(count eager '$3 > 0')" -eq 2 ]; }
}

all_modes() {
	bench --only futex && [ "$(count mixed '$1 > 0')" -eq 1 ] && [ "$(count eager '$1 > 0')" -eq 1 ]
}

holds_the_tick() {
	bench --only rival && [ "$(count tickless '$1 > 0')" -eq 1 ]
}

enters() {
	bench --only enter && [ "$(count eager '$1 > 0')" -eq 1 ] && ! grep -q native "$tmp/out"
}

within_a_context() {
	status=0
	vctx-exec vctx-bench --short --only cpuid >"$tmp/out" 2>"$tmp/err" || status=$?
	cat "$tmp/err"
	[ "$status" -eq 125 ] && grep -q 'without vctx-exec' "$tmp/err"
}

echo "TAP version 13"
echo "1..8"
check "native and native again do not differ: system calls" no_difference 'system call'
check "native and native again do not differ: faults" no_difference '4 KiB'
check "a planted difference is seen" planted
check "a context costs something for a system call" context_costs
check "a round trip is measured in all modes" all_modes
check "a rival is measured beside a held tick" holds_the_tick
check "entering is measured in contexts only" enters
check "vctx-bench in a context is refused" within_a_context
finish
