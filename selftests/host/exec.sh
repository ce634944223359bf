#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vctx-exec where there is no /dev/vcontext: options, exit statuses, signals and the
# JSON.  It never runs a command natively in silence.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

tool=../../tools/exec/vctx-exec
. ./tool.sh

needs_no_module "vctx-exec without the module"

expect() {	# WHAT GOT WANTED
	[ "$2" = "$3" ] || { echo "$1: got '$2' instead of '$3'"; cat "$tmp/err"; return 1; }
}

status_is() {	# WANTED ARG...
	local wanted=$1
	shift
	run "$@"
	expect status "$status" "$wanted"
}

# Succeeds with one line on standard error that matches PATTERN, and this exit status.
complains() {	# STATUS PATTERN ARG...
	local wanted=$1 pattern=$2
	shift 2
	run "$@"
	expect status "$status" "$wanted" || return
	expect "lines on standard error" "$(wc -l <"$tmp/err")" 1 || return
	grep -q -- "$pattern" "$tmp/err" || { echo "no '$pattern' in:"; cat "$tmp/err"; return 1; }
}

says_native() {
	complains 0 '^vctx-exec: running natively: .*modprobe vcontext' true
}
check "runs natively and says why" says_native

passes_output() {
	run -- printf '%s,' a 'b c' ''
	expect output "$(cat "$tmp/out")" 'a,b c,,'
}
check "arguments and output reach through" passes_output

passes_input() {
	run cat <<<"text"
	expect output "$(cat "$tmp/out")" text
}
check "standard input reaches through" passes_input

check "exit status of the command" status_is 42 sh -c 'exit 42'
check "exit status of the command, with --stats" status_is 42 --stats sh -c 'exit 42'
check "126 for what is no program" status_is 126 /etc/passwd
check "126 for what is no program, with --stats" status_is 126 --stats /etc/passwd
check "127 for what is not there" status_is 127 no-such-command
check "127 for what is not there, with --stats" status_is 127 --stats no-such-command
check "125 without a command" complains 125 'no command' --strict
check "125 for an unknown option" status_is 125 --no-such-option true

strict_does_not_run() {
	complains 125 "cannot run 'touch' in a context: .*modprobe" "$@" --strict touch "$tmp/ran" &&
	[ ! -e "$tmp/ran" ]
}
check "--strict: 125 and the command is not run" strict_does_not_run
check "--strict --stats: 125 and the command is not run" strict_does_not_run --stats

check "options end at the command" status_is 3 sh -c 'exit 3' --strict
check "-- ends the options" status_is 127 -- --strict

kills() {	# SIGNAL [OPTION]
	local signal=$1
	shift
	run "$@" sh -c "kill -$signal \$\$"
	expect status "$status" $((128 + signal)) || return
	# An exit status is not enough: a signal must have ended it.
	python3 - "$tool" "$@" sh -c "kill -$signal \$\$" <<-'EOF'
	import subprocess, sys
	code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
	sys.exit(f"not killed by a signal: {code}" if code >= 0 else 0)
	EOF
}
for signal in 9 11 15; do
	check "death by signal $signal is kept" kills $signal
	check "death by signal $signal is kept, with --stats" kills $signal --stats
done

# vctx-exec's own process is called vctx-exec, so a second core would be its own.
dumps_one_core() {
	local pattern
	pattern=$(cat /proc/sys/kernel/core_pattern)
	case $pattern in
	'|'* | */*) return 0 ;;
	esac
	(
		mkdir "$tmp/core" && cd "$tmp/core" && ulimit -c unlimited
		"$OLDPWD/$tool" --stats sh -c 'kill -SEGV $$' 2>/dev/null
		# shellcheck disable=SC2012 # only the number counts
		[ "$(ls | wc -l)" -le 1 ] || { echo "cores:"; ls; exit 1; }
	)
}
check "a crash dumps one core only" dumps_one_core

forwards() {	# SIGNAL
	local pid
	: >"$tmp/out"
	# The program that runs this may ignore the signal, as nohup does.
	env --default-signal="$1" "$tool" --stats="$tmp/json" sh -c \
		'trap "exit 7" '"$1"'; echo ready; while :; do sleep 0.05; done' \
		>"$tmp/out" 2>"$tmp/err" &
	pid=$!
	until [ -s "$tmp/out" ]; do sleep 0.02; done
	kill -"$1" $pid
	wait $pid
	expect status $? 7 && jq -e .wall_ns "$tmp/json" >/dev/null
}
check "SIGTERM is passed on, and the report is written" forwards TERM
check "SIGHUP is passed on, and the report is written" forwards HUP

# A background job of a shell ignores SIGINT, hence python; the terminal would
# send the signal to the whole group.
survives_interrupt() {
	python3 - "$tool" "$tmp/json" <<-'EOF'
	import os, signal, subprocess, sys, time
	signal.signal(signal.SIGINT, signal.default_int_handler)
	process = subprocess.Popen([sys.argv[1], f"--stats={sys.argv[2]}", "sh", "-c",
	                            "trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done"],
	                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0) \
	    if sys.version_info >= (3, 11) else sys.exit(0)
	process.stdout.readline()
	os.killpg(process.pid, signal.SIGINT)
	status = process.wait(10)
	sys.exit(0 if status == 9 else f"status {status}")
	EOF
	expect "report written" "$(jq '.contexts' "$tmp/json")" 0
}
check "SIGINT ends the command, and the report is written" survives_interrupt

ignored_stays_ignored() {
	(trap '' HUP; run --stats sh -c 'kill -HUP $$; kill -HUP $PPID; exit 5'; expect status "$status" 5)
}
check "SIGHUP that nohup ignores stays ignored" ignored_stays_ignored

waits_with_sigchld_ignored() {
	python3 - "$tool" <<-'EOF'
	import signal, subprocess, sys
	process = subprocess.run([sys.argv[1], "--stats", "sh", "-c", "exit 6"], stderr=subprocess.DEVNULL,
	                         preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
	sys.exit(0 if process.returncode == 6 else f"status {process.returncode}")
	EOF
}
check "a parent that ignores SIGCHLD does no harm" waits_with_sigchld_ignored

# ---- the report ----

has_all_fields() {
	run --stats="$tmp/json" sh -c 'sleep 0.1'
	expect status "$status" 0 &&
	jq -e '
		([.contexts, .entries, .guest_ns, .wall_ns, .ticks_held] | all(type == "number")) and
		(.exits | keys) == (["interrupt", "syscall", "page_fault", "exception",
				     "cpuid", "nested_fault", "nmi", "other"] | sort) and
		([.native[]] | all(type == "number")) and
		(.held | keys) == (["timer", "reschedule", "call_function",
				    "device", "nmi"] | sort) and
		([.held[], .longest_ns, .nested] | all(. == 0)) and
		(.wall_ns > 100000000 and .wall_ns < 10000000000) and
		.contexts == 0 and .native.unavailable == 1 and
		(.reason | test("modprobe"))' "$tmp/json" >/dev/null ||
		{ cat "$tmp/json"; return 1; }
}
check "--stats=FILE has all fields" has_all_fields

stats_on_stderr() {
	run --stats sh -c 'echo words >&2'
	expect "standard output" "$(cat "$tmp/out")" "" || return
	expect "object at the end" "$(tail -n 1 "$tmp/err" | jq .contexts)" 0
}
check "--stats writes one line to standard error" stats_on_stderr

check "an unwritable FILE is an early error" complains 125 "cannot write .*/no/such" \
	--stats=/no/such/file touch "$tmp/early"
check "... before the command is run" test ! -e "$tmp/early"

full_device() {
	run --stats=/dev/full true
	expect status "$status" 125 && grep -q 'No space' "$tmp/err"
}
check "a FILE that fills up is an error" full_device

inherits_no_descriptor() {
	local natively
	natively=$(sh -c 'ls /proc/self/fd' 2>"$tmp/err" | wc -l)
	run --stats="$tmp/json" sh -c 'ls /proc/self/fd'
	expect "number of descriptors" "$(wc -l <"$tmp/out")" "$natively"
}
check "the command inherits no descriptor" inherits_no_descriptor

# ---- the tick ----

check "--tickless without the module runs natively and says why" \
	complains 0 '^vctx-exec: running natively: .*modprobe vcontext' --tickless true
check "--tickless --strict does not" strict_does_not_run --tickless
for bound in 1s 250ms 20us 500ns 1.5s unlimited; do
	check "--tickless=$bound is understood" status_is 0 --tickless=$bound true
done
for bound in '' 0s 1 s -1s 1m 1e3s 0x1s infs 1.s.s '1 s' 0.1ns 99999999999s Unlimited; do
	check "--tickless='$bound' is refused" \
		complains 125 "cannot hold the tick for '$bound': that is not a duration" "--tickless=$bound" true
done

# ---- CPUs ----

pins() {
	local first
	first=$(awk '/Cpus_allowed_list/ { split($2, a, /[-,]/); print a[1] }' /proc/self/status)
	run --cpu "$first" grep Cpus_allowed_list /proc/self/status
	expect "allowed CPUs" "$(cut -f 2 "$tmp/out")" "$first"
}
check "--cpu pins the command" pins
for list in '' a -1 0- 1-0 '0,' ',0' 0-1x 99999999999999999999 0:1; do
	check "--cpu '$list' is refused" complains 125 "cannot run on CPUs" --cpu "$list" true
done
check "--cpu of a CPU that is not there is refused" complains 125 "online" --cpu 0,8000 true

# ---- words ----

prints() {	# PATTERN ARG...
	local pattern=$1
	shift
	run "$@"
	expect status "$status" 0 && expect "standard error" "$(cat "$tmp/err")" "" &&
	grep -q -- "$pattern" "$tmp/out"
}
check "--help" prints '^Usage: vctx-exec ' --help
check "--version" prints '^vctx-exec [0-9.]*$' --version

check "each option is in --help, the man page and the completion" documents_options

check "--help to a full device fails" full --help

verbose_sums_up() {
	run --verbose sh -c 'exit 4'
	expect status "$status" 4 &&
	grep -q '^vctx-exec: exit status 4 after' "$tmp/err" &&
	grep -q '^vctx-exec: 0 contexts' "$tmp/err"
}
check "--verbose sums up" verbose_sums_up

finish
