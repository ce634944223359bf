#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vctx-bench where there is no /dev/vcontext: native runs make no difference to native
# runs, unless one is planted; what it writes and draws; options and errors.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

tool=$PWD/../../tools/bench/vctx-bench
. ./tool.sh

needs_no_module "vctx-bench without the module"

# Standard error has the progress.
measures() {	# FILE ARG...
	local file=$1
	shift
	run "$@" --json="$file"
	[ "$status" -eq 0 ] || { echo "status $status"; cat "$tmp/err"; return 1; }
}

holds() {	# FILE JQ-EXPRESSION
	jq -e "$2" "$1" >/dev/null || { jq -c . "$1"; return 1; }
}

# ---- what is measured ----

adds_up() {
	measures "$tmp/json" --short --only 'system call' &&
	holds "$tmp/json" '.samples == 7 and (.machine | .cpu != "" and .kernel != "" and .cpus >= 1 and .tsc_hz > 1e8) and
		[.results[].name] == ["system call", "system call, 32 bits"] and
		(.results[0] | .group == "overhead" and .unit == "ns" and
			(.modes.native.value | .low <= .median and .median <= .high and .low > 0) and
			(.modes.again.more | .low <= .median and .median <= .high) and
			(.modes.eager | has("reason") and (has("value") | not)) and (.modes | has("mixed") | not))'
}
check "figures have intervals, and modes without a context a reason" adds_up

# An interval of 11 samples misses the difference in one of 80 cases; two in four figures are a fault.
no_difference() {
	local name
	: >"$tmp/all"
	for name in 'system call' signal cpuid; do
		measures "$tmp/one" --group overhead --samples 11 --only "$name" && cat "$tmp/one" >>"$tmp/all" || return
	done
	jq -se '[.[].results[] | select(.modes.again | has("more")) | .modes.again.more] |
		length >= 3 and ([.[] | select(.low > 0 or .high < 0)] | length) <= 1' "$tmp/all" >/dev/null ||
		{ jq -c '.results[] | [.name, .modes.again]' "$tmp/all"; return 1; }
}
check "native and native again do not differ" no_difference

sees_a_difference() {
	measures "$tmp/json" --group overhead --samples 11 --only 'system call' --plant 20us &&
	holds "$tmp/json" '.results[0].modes.again.more | .low > 10000 and .median > 19000 and .median < 200000'
}
check "a planted difference of 20 us is seen" sees_a_difference

# Each figure of each group can be taken natively, or says why it cannot.
whole_group() {	# GROUP
	measures "$tmp/json" --short --samples 6 --group "$1" &&
	holds "$tmp/json" '.results | length > 0 and
		all(.modes.native | . == null or has("value") or (.reason | test("takes (two|three) CPUs|no pages")))'
}
check "the group sharing is measured natively" whole_group sharing

table() {
	run --short --only cpuid
	[ "$status" -eq 0 ] && grep -q '^cpuid  *native  *[0-9]' "$tmp/out" && grep -q '^  ns  *again  *[0-9]' "$tmp/out" &&
	grep -q '^\* not measured (cpuid, adaptive): .*modprobe' "$tmp/out"
}
check "the table has a line for each mode, and the reason" table

lists() {
	succeeds --list && [ "$(grep -c . "$tmp/out")" -ge 30 ] && grep -q '^sharing  *round trip, futex$' "$tmp/out" &&
	! "$tool" --list --short | grep hackbench
}
check "--list names what is measured" lists

# ---- the picture ----

draws() {	# SUFFIX MAGIC
	run --short --only cpuid --plot "$tmp/it's.$1"
	[ "$status" -eq 0 ] && [ "$(stat -c %s "$tmp/it's.$1")" -gt 3000 ] && head -c 200 "$tmp/it's.$1" | grep -qa "$2"
}
if command -v gnuplot >/dev/null; then
	check "a picture as PNG" draws png PNG
	check "a picture as SVG" draws svg '<svg'
else
	skip "a picture" "there is no gnuplot"
fi
check "a picture that is neither PNG nor SVG is refused" declines 'end in .png or .svg' --plot "$tmp/a.gif"

# ---- words ----

check "an unknown group is refused" declines "no group 'fast'" --group fast
check "5 samples are refused" declines "from 6 to 1000" --samples 5
check "--plant 0 is refused" declines "cannot make a step longer" --plant 0
check "a name that nothing has is refused" declines "see --list" --only nothing
check "a word that is not an option is refused" declines "not an option" word
check "JSON to a folder that is not there is refused" declines "cannot write the JSON" --json="$tmp/none/a"

check "--help to a full device fails" full --help
check "the table to a full device fails" full --short --only cpuid

check "each option is in --help, the man page and the completion" documents_options

# Each mode is in the man page, too.
modes_documented() {
	local mode
	for mode in $("$tool" --help | sed -n 's/^  \([a-z]*\)  *\(natively\|in a context\).*/\1/p'); do
		grep -q "^\.BR* $mode" ../../tools/man/vctx-bench.1 || { echo "$mode is not in vctx-bench(1)"; return 1; }
	done
}
check "each mode is in the man page" modes_documented
check "--version" succeeds --version

finish
