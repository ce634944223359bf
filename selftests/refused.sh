#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A processor refuses an entry: its CPU is not used any more, threads go on natively
# there, and the other CPUs have contexts as before.  test_modules/spoil.c makes it
# refuse.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

if [ "$(nproc --all)" -lt 2 ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP there is one CPU only"
	exit 4
fi

reload() {
	unload 100 && load
}

log() {	# WORDS: prints how many lines of the kernel log have them
	dmesg -s 1000000 | grep -c "$1"
}

state() {	# CPU STATE
	vctxctl status >"$tmp/status"
	grep -q "^ *$1 *$2" "$tmp/status" || { cat "$tmp/status"; return 1; }
}

# count CPU: prints the entries, and the native returns by reason, of a program there
count() {
	taskset $((1 << $1)) vctx-exec --eager --stats="$tmp/json" sh -c 'echo $((6 * 7))' >"$tmp/out" &&
	[ "$(cat "$tmp/out")" = 42 ] || return
	grep -o '"entries": [0-9]*\|"cpu": [0-9]*' "$tmp/json"
}

in_guest() {	# CPU
	count "$1" | tee "$tmp/count"
	grep -q '"entries": [1-9]' "$tmp/count" && ! grep -q '"cpu": [1-9]' "$tmp/count"
}

natively() {	# CPU
	count "$1" | tee "$tmp/count"
	grep -q '"entries": 0' "$tmp/count" && grep -q '"cpu": [1-9]' "$tmp/count"
}

# The thread that meets it goes on as if nothing had happened.
refuse() {
	reload && insmod "$extra/spoil.ko" cpu=1 || return
	count 1 && rmmod spoil || return
	log "entry was refused\|VMRUN was refused"
	[ "$(log "entry was refused\|VMRUN was refused")" -eq 1 ] && [ "$(log "CPU 1 is not used any more")" -eq 1 ]
}

# What a report needs is there, and no address that it must not have.
dumps() {
	dmesg -s 1000000 | grep -A 60 "was refused" >"$tmp/log"
	grep -qi "cr0 " "$tmp/log" && grep -qi "efer " "$tmp/log" && ! grep -qi " \(guest_\)\{0,1\}\(rip\|rsp\|gdtr_base\)" "$tmp/log"
}

shown() {
	vctx-exec sleep 5 &
	usleep 300000
	state 0 on && state 1 failed
	result=$?
	kill $!
	wait
	return $result
}

stays() {
	natively 1 && in_guest 0
}

fresh() {
	reload && in_guest 1 && in_guest 0
}

fail_trial() {
	reload && insmod "$extra/spoil.ko" cpu=1 trial=1 || return
	natively 1 && in_guest 0 && rmmod spoil &&
	[ "$(log "CPU 1: the first entry into the guest ended wrongly")" -eq 1 ]
}

echo "TAP version 13"
echo "1..8"
check "a refused entry is told once, and the program goes on" refuse
check "the log has the processor's view, without addresses" dumps
check "the CPU is shown as failed" shown
check "the CPU stays native, the other one does not" stays
check "a module that is loaded again uses it" fresh
check "a CPU that fails its trial is not used, the other one is" fail_trial
check "it is shown as failed" shown
check "a module that is loaded again tries it again" fresh
finish
