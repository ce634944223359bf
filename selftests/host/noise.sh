#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vctx-noise where there is no /dev/vcontext: it sees an interruption and its length,
# and reads again what it has written.  Options and errors.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

tool=$PWD/../../tools/noise/vctx-noise
. ./tool.sh

needs_no_module "vctx-noise without the module"

holds() {	# JQ-EXPRESSION ABOUT THE FIRST RESULT
	jq -e ".results[0] | $1" "$tmp/json" >/dev/null || { jq -c '.results[0]' "$tmp/json"; return 1; }
}

# ---- what is measured ----

adds_up() {
	succeeds --duration 50ms --json && cp "$tmp/out" "$tmp/json" &&
	holds '. as $r | .mode == "native" and .label == "native" and .fifo == 0 and
		(.duration_ns | . >= 49999000 and . < 5000000000) and
		.tsc_hz > 1e8 and .loop_ns > 0 and
		(.threshold_ns / .loop_ns | . > 7.9 and . < 8.1) and
		.lost_ns <= .duration_ns and .median_ns <= .p99_ns and
		.p99_ns <= .p999_ns and .p999_ns <= .max_ns and
		([.histogram[].count] | add // 0) + .unrecorded == .interruptions and
		(.timeline_ns | length == 500 and max <= $r.max_ns) and
		(has("reason") or has("context") | not)'
}
check "a native measurement adds up" adds_up

# When it is stopped for a while, it sees an interruption of that length.
sees_a_stop() {
	local pid child
	"$tool" --duration 2s --json >"$tmp/json" &
	pid=$!
	until child=$(ps -o pid= --ppid $pid); do
		kill -0 $pid || return
		sleep 0.01
	done
	sleep 0.5
	kill -STOP $child && sleep 0.15 && kill -CONT $child
	wait $pid && holds '.max_ns > 140e6 and .lost_ns >= 140e6 and ([.timeline_ns[]] | max) == .max_ns and
		([.histogram[] | select(.from_ns >= 134217728) | .count] | add) >= 1'
}
check "a stop of 150 ms is seen" sees_a_stop

threshold() {
	succeeds --duration 20ms --threshold 1000s --json && cp "$tmp/out" "$tmp/json" &&
	holds '.threshold_ns == 1e12 and .interruptions == 0 and .lost_ns == 0 and .max_ns == 0'
}
check "no interruption is above a huge threshold" threshold

# Every round of the loop is an interruption: there is no room for so many.
overflow() {
	succeeds --duration 2s --threshold 1 --json && cp "$tmp/out" "$tmp/json" &&
	holds '.unrecorded > 0 and .unrecorded + ([.histogram[].count] | add) == .interruptions' &&
	succeeds --from "$tmp/json" && grep -q 'were not recorded' "$tmp/out"
}
check "what there is no room for is counted" overflow

pinned() {
	local first
	first=$(awk '/Cpus_allowed_list/ { split($2, a, /[-,]/); print a[1] }' /proc/self/status)
	succeeds --duration 10ms --cpu "$first" --json && cp "$tmp/out" "$tmp/json" && holds ".cpu == $first"
}
check "--cpu" pinned

priority() {
	succeeds --duration 10ms --fifo=3 --json && cp "$tmp/out" "$tmp/json" && holds '.fifo == 3'
}
if chrt -f 1 true 2>/dev/null; then
	check "--fifo" priority
else
	skip "--fifo" "no right to SCHED_FIFO here"
fi

# ---- without contexts ----

check "--mode context says why it cannot" declines '^vctx-noise: cannot measure (context): .*modprobe' -m context -d 10ms
check "--mode tickless says why it cannot" declines '^vctx-noise: cannot measure (tickless): .*modprobe' -m tickless -d 10ms

compares() {
	succeeds --compare --duration 20ms --json="$tmp/json" --bound unlimited &&
	grep -q '^native  *[0-9]' "$tmp/out" &&
	grep -q '^context  *not measured: .*modprobe' "$tmp/out" &&
	grep -q '^tickless  *not measured: .*modprobe' "$tmp/out" &&
	[ "$(jq -c '[.results[] | [.mode, has("reason")]]' "$tmp/json")" = \
	  '[["native",false],["context",true],["tickless",true]]' ]
}
check "--compare has a row that says why" compares

# ---- reading again ----

reads_again() {
	succeeds --from "$tmp/json" --json && cmp "$tmp/out" "$tmp/json" &&
	succeeds --from - --json <"$tmp/json" && cmp "$tmp/out" "$tmp/json" &&
	"$tool" --duration 10ms --label 'its name' --json >"$tmp/second" &&
	succeeds --from "$tmp/json" --from "$tmp/second" && grep -q '^its name  *[0-9]' "$tmp/out" &&
	grep -q ^native "$tmp/out"
}
check "--from reads what --json writes" reads_again

refuses() {	# TEXT OF A FILE
	printf '%s' "$1" >"$tmp/bad"
	declines "cannot read a measurement from '$tmp/bad': it is not" --from "$tmp/bad"
}
check "--from refuses what is no JSON" refuses '{ "results": '
check "--from refuses other JSON" refuses '{ "exits": {} }'
check "--from refuses what lacks a field" refuses \
	'{ "results": [ { "label": "a", "mode": "native", "cpu": 0, "fifo": 0 } ] }'
check "--from of a file that is not there" declines 'No such file' --from "$tmp/none"

# ---- the picture ----

draws() {	# SUFFIX MAGIC
	succeeds --from "$tmp/json" --from "$tmp/second" --plot "$tmp/it's.$1" &&
	[ "$(stat -c %s "$tmp/it's.$1")" -gt 5000 ] && head -c 200 "$tmp/it's.$1" | grep -qa "$2"
}
# If nothing interrupted the loop, or nothing was measured, frames have no data.
draws_nothing() {
	jq -c '.results |= [.[0] | .interruptions = 0 | .histogram = [] | .timeline_ns |= map(0)]' "$tmp/json" >"$tmp/quiet" &&
	jq -c '.results |= map(with_entries(select(.key | IN("label", "mode", "cpu", "fifo"))) + { reason: "100 %" })' "$tmp/json" >"$tmp/none.json" &&
	succeeds --from "$tmp/quiet" --plot "$tmp/quiet.svg" && grep -q 'native: no interruption' "$tmp/quiet.svg" &&
	succeeds --from "$tmp/none.json" --plot "$tmp/none.svg" && grep -q 'native: not measured: 100 %' "$tmp/none.svg"
}
# An installed vctx-noise finds the script of the picture in share.
draws_installed() {
	mkdir -p "$tmp/usr/bin" "$tmp/usr/share/vcontext" && cp "$tool" "$tmp/usr/bin" &&
	! "$tmp/usr/bin/vctx-noise" --from "$tmp/json" --plot "$tmp/usr.svg" 2>"$tmp/err" &&
	grep -q 'the script of the picture is not installed' "$tmp/err" && [ ! -e "$tmp/usr.svg" ] &&
	cp "${tool%/*}/noise.gp" "$tmp/usr/share/vcontext" &&
	"$tmp/usr/bin/vctx-noise" --from "$tmp/json" --plot "$tmp/usr.svg" >/dev/null && grep -q '<svg' "$tmp/usr.svg"
}
if command -v gnuplot >/dev/null; then
	check "a picture as PNG" draws png PNG
	check "a picture as SVG" draws svg '<svg'
	check "a picture without interruptions" draws_nothing
	check "a picture by an installed vctx-noise" draws_installed
else
	skip "a picture" "there is no gnuplot"
fi
no_gnuplot() {
	PATH=$tmp/empty "$tool" --plot "$tmp/no.png" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 125 ] && grep -q 'install the package gnuplot-nox' "$tmp/err" && [ ! -e "$tmp/no.png" ]
}
check "without gnuplot it names the package" no_gnuplot
check "a picture that is neither PNG nor SVG is refused" declines 'end in .png or .svg' --plot "$tmp/a.gif"
if command -v gnuplot >/dev/null; then
	check "a picture in a folder that is not there is refused" declines 'No such file' --plot "$tmp/none/a.png"
fi

# ---- words ----

check "an unknown mode is refused" declines "no mode 'fast'" --mode fast
for time in '' 0 1x -1 s 0.5ms; do
	check "--duration '$time' is refused" declines "cannot measure for" --duration "$time"
done
check "--threshold 0 is refused" declines "cannot use the threshold" --threshold 0
check "--bound 5 is refused" declines "cannot hold the tick" --bound 5
check "--cpu 0-1 is refused" declines "not a CPU.s number" --cpu 0-1
check "--cpu of a CPU that is not there is refused" declines "cannot run on CPU 8000" --cpu 8000 -d 10ms
check "--fifo=100 is refused" declines "from 1 to 99" --fifo=100
check "a word that is not an option is refused" declines "not an option" word
check "--compare --label is refused" declines "makes three" --compare --label a

check "--help to a full device fails" full --help
check "the table to a full device fails" full --from "$tmp/second"
check "the JSON to a full device fails" full --from "$tmp/second" --json

check "each option is in --help, the man page and the completion" documents_options
check "--version" succeeds --version

finish
