#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# On a processor that cannot run contexts, programs run natively all the same, and
# the user is told why.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

has() {
	grep -q "^flags.* $1\\( \\|$\\)" /proc/cpuinfo
}

if has svm || has vmx; then
	echo "TAP version 13"
	echo "1..0 # SKIP this processor has what it takes"
	exit 4
fi
reason="neither VMX nor SVM"
log="hardware virtualisation is missing"

natively() {
	vctx-exec echo it ran >"$tmp/out" 2>"$tmp/err" || return
	cat "$tmp/err"
	[ "$(cat "$tmp/out")" = "it ran" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
	grep -q "$reason" "$tmp/err"
}

strictly() {
	vctx-exec --strict echo it ran >"$tmp/out" 2>"$tmp/err"
	status=$?
	cat "$tmp/err"
	[ "$status" -eq 125 ] && [ ! -s "$tmp/out" ] && grep -q "$reason" "$tmp/err"
}

counted() {
	vctx-exec --stats="$tmp/json" true 2>/dev/null && cat "$tmp/json" &&
	grep -q '"contexts": 0' "$tmp/json"
}

logged() {
	[ "$(dmesg | grep -c "vcontext: $log")" -eq 1 ]
}

named() {
	doctor 1 && says processor no && says contexts no "$reason"
}

echo "TAP version 13"
echo "1..5"
check "a program runs natively, and one line says why" natively
check "--strict: 125" strictly
check "--stats counts no context" counted
check "the kernel log says why, once" logged
check "vctxctl doctor names it" named
finish
