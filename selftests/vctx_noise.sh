#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tick hold as the tools see it: vctx-noise, and vctx-exec --tickless.
# For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

parameters=/sys/module/vcontext/parameters
json=$tmp/json

# run COMMAND [ARG...]: sets $status, $tmp/out, $tmp/err
run() {
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

as_nobody() {
	chgrp nogroup /dev/vcontext
	run su nobody -s /bin/sh -c "$1"
}

# per_second MODE: prints how often a loop of that mode is interrupted, as a whole number
per_second() {
	sed 's/{ "label"/\n&/g' "$json" | sed -n "s/.*\"mode\": \"$1\".*\"per_second\": \([0-9]*\).*/\1/p"
}

# The tick comes 250 times a second.  Without it the kernel's watchdog remains.
compare() {
	run vctx-noise --compare --duration 1s --bound unlimited --json="$json"
	cat "$tmp/err" "$json"
	[ "$status" -eq 0 ] &&
	[ "$(per_second native)" -ge 225 ] && [ "$(per_second native)" -le 300 ] &&
	[ "$(per_second context)" -ge 225 ] && [ "$(per_second context)" -le 300 ] &&
	[ "$(per_second tickless)" -le 10 ]
}

table() {
	run vctx-noise --duration 100ms
	cat "$tmp/out" "$tmp/err"
	[ "$status" -eq 0 ] && grep -q native "$tmp/out"
}

from_file() {
	run vctx-noise --from "$json"
	[ "$status" -eq 0 ] && grep -q tickless "$tmp/out"
}

held() {
	run vctx-exec --tickless=unlimited --stats="$json" timeout -s KILL 1 sh -c 'while :; do :; done'
	cat "$tmp/err" "$json"
	[ "$status" -eq 137 ] && ! grep vctx-exec "$tmp/err" &&
	[ "$(sed -n 's/.*"ticks_held": \([0-9]*\).*/\1/p' "$json")" -ge 50 ]
}

not_permitted() {
	as_nobody 'vctx-exec --tickless true'
	cat "$tmp/err"
	[ "$status" -eq 0 ] && grep -q CAP_SYS_NICE "$tmp/err" && [ "$(wc -l <"$tmp/err")" -eq 1 ]
}

not_permitted_strict() {
	as_nobody 'vctx-exec --strict --tickless echo it ran'
	cat "$tmp/err" "$tmp/out"
	[ "$status" -eq 125 ] && grep -q CAP_SYS_NICE "$tmp/err" && [ ! -s "$tmp/out" ]
}

noise_not_permitted() {
	as_nobody 'vctx-noise --mode tickless --duration 10ms'
	cat "$tmp/err"
	[ "$status" -eq 125 ] && grep -q CAP_SYS_NICE "$tmp/err"
}

switched_off() {
	echo 0 >"$parameters/tick_hold"
	run vctx-exec --strict --tickless echo it ran
	echo 1 >"$parameters/tick_hold"
	cat "$tmp/err"
	[ "$status" -eq 125 ] && grep -q tick_hold "$tmp/err" && [ ! -s "$tmp/out" ]
}

above_the_largest() {
	echo 100 >"$parameters/tick_max_ms"
	run vctx-exec --strict --tickless=1s echo it ran
	echo 4294967295 >"$parameters/tick_max_ms"
	cat "$tmp/err"
	[ "$status" -eq 125 ] && grep -q tick_max_ms "$tmp/err" && [ ! -s "$tmp/out" ]
}

no_duration() {
	run vctx-exec --tickless=soon true
	[ "$status" -eq 125 ] && grep -q soon "$tmp/err"
}

echo "TAP version 13"
echo "1..10"
check "vctx-noise prints a table" table
check "vctx-noise --compare: the tick natively and in a context, none held" compare
check "vctx-noise --from shows it again" from_file
check "vctx-exec --tickless holds the tick" held
check "vctx-exec --tickless without CAP_SYS_NICE: a context, and one line" not_permitted
check "vctx-exec --strict --tickless without CAP_SYS_NICE: 125" not_permitted_strict
check "vctx-noise --mode tickless without CAP_SYS_NICE: 125" noise_not_permitted
check "vctx-exec --strict --tickless where it is switched off: 125" switched_off
check "vctx-exec --strict --tickless above the largest bound: 125" above_the_largest
check "vctx-exec --tickless of no duration: 125" no_duration
finish
