#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Somebody else takes a CPU: contexts go on there natively, and users who look or
# listen learn of it.  test_modules/taken.c plays that part.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

online=/sys/devices/system/cpu/cpu1/online

if [ ! -e $online ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP there is one CPU only"
	exit 4
fi

# The kernel calls this module for a CPU that comes online before one loaded later.
set_up() {
	unload 100 && insmod "$extra/taken.ko" && load
}

spinning() {
	vctxctl list --comm spin | grep -q spin
}

has_event() {
	grep -q "\"event\": *\"$1\"" "$tmp/events"
}

# A thread may run on any CPU while the second CPU is taken.
lose() {
	printf '#!/bin/sh\nwhile :; do :; done\n' >"$tmp/spin" && chmod +x "$tmp/spin"
	vctxctl -j monitor >"$tmp/events" &
	monitor=$!
	vctx-exec --eager "$tmp/spin" &
	spin=$!
	wait_for 100 spinning || return
	echo 0 >$online && echo 1 >$online || return
	wait_for 100 has_event hardware_lost || { cat "$tmp/events"; return 1; }
	grep hardware_lost "$tmp/events" | grep -q '"cpu": *1\b'
}

failed_state() {
	vctxctl status | tee "$tmp/status" | grep -q '^ *1 *failed'
	result=$?
	cat "$tmp/status"
	return $result
}

reason() {
	vctxctl -j list --pid "$spin" | grep -q '"fell_back": *"cpu"'
}

# On that CPU the thread runs natively, and on the other in the guest again.
falls_back() {
	taskset -p 2 "$spin" && wait_for 100 reason || return
	wait_for 100 has_event fell_back || return
	taskset -p 1 "$spin" || return
	before=$(entries)
	wait_for 100 enters_again
}

enters_again() {
	[ "$(entries)" -gt "$before" ]
}

entries() {
	vctxctl -j list --pid "$spin" | sed -n 's/.*"entries": *\([0-9]*\).*/\1/p'
}

# A CPU that was given back serves contexts that are entered later.
tear_down() {
	kill "$spin" "$monitor"
	wait
	echo 0 >$online && unload 100 && rmmod taken && load || return
	echo 1 >$online && vctx-exec --strict taskset 2 true
}

echo "TAP version 13"
echo "1..5"
check "somebody else is there first" set_up
check "an event tells of a CPU that is lost" lose
check "the CPU is shown as failed" failed_state
check "a thread runs natively there, and why is shown" falls_back
check "a CPU that was given back is used again" tear_down
finish
