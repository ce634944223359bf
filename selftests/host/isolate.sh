#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vctxctl isolate, release and doctor where there is no module: what they say when
# they are called wrongly, and that the JSON is some.  Nothing is moved.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

tool=../../tools/ctl/vctxctl
. ./tool.sh

# One line on standard error that matches PATTERN, nothing else, and this status
complains() {	# STATUS PATTERN ARG...
	local wanted=$1 pattern=$2
	shift 2
	run "$@"
	cat "$tmp/out" "$tmp/err"
	[ "$status" -eq "$wanted" ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
		grep -q "^vctxctl: .*$pattern" "$tmp/err"
}

helps() {	# COMMAND
	run "$1" --help
	[ "$status" -eq 0 ] && grep -q "^Usage: vctxctl $1" "$tmp/out" && [ ! -s "$tmp/err" ]
}

holds() {	# FILTER
	jq -e "$1" "$tmp/out" >"$tmp/jq" || { cat "$tmp/jq" "$tmp/out"; return 1; }
}

affinities() {
	grep -sH . /proc/irq/*/smp_affinity_list /proc/irq/default_smp_affinity \
		/sys/devices/virtual/workqueue/cpumask /proc/sys/kernel/watchdog_cpumask
	grep -H Cpus_allowed /proc/$$/status /proc/1/status
}

dry_run() {
	affinities >"$tmp/before"
	run isolate --dry-run -j 1
	affinities | cmp - "$tmp/before" || return
	[ "$status" -eq 0 ] && holds '.dry_run and .isolated == "1" and .now_isolated == ""' &&
	holds '.moved | length > 0 and all(.kind and .name and .from and .to)' &&
	holds ".moved | any(.kind == \"thread\" and (.name | startswith(\"$$ \")))" &&
	holds '.left | all(.kind and .name and .why)' && holds '.hints | all(type == "string")'
}

# A name that is no text, of a program that may run everywhere
strange_name() {
	# shellcheck disable=SC2016 # for the inner shell
	python3 - "$tool" <<-'EOF2' >"$tmp/out"
	import ctypes, subprocess, sys
	ctypes.CDLL(None).prctl(15, b"a) R \xff\n\"", 0, 0, 0)
	sys.exit(subprocess.run([sys.argv[1], "isolate", "--dry-run", "-j", "1"]).returncode)
	EOF2
	holds '.moved | any(.name | endswith(" a) R ??\""))'
}

none() {
	run release all --dry-run
	[ "$status" -eq 0 ] && grep -q '^No CPU is isolated' "$tmp/out"
}

doctor() {	# ARG...
	run doctor "$@"
	cat "$tmp/err"
	[ "$status" -le 1 ] && [ ! -s "$tmp/err" ]
}

doctor_json() {
	doctor -j all && holds 'keys == ["available", "checks"]' &&
	holds ".available == $([ "$status" -eq 0 ] && echo true || echo false)" &&
	holds '.checks | all(.section and .check and .found and (.needed | type == "boolean") and
		(.answer | IN("yes", "no", "unknown")))' &&
	holds '[.checks[] | .section] | index("CPU 0")' &&
	holds '.checks | all(.answer != "no" or .advice)'
}

without_module() {
	doctor && [ "$status" -eq 1 ] && grep -q '^  loaded  *no' "$tmp/out" &&
	grep -q '^ *-> modprobe vcontext' "$tmp/out"
}

for command in isolate release doctor; do
	check "$command --help" helps $command
	check "$command of what is no CPU" complains 2 "'x' is not a CPU" $command x
	check "$command of an empty word" complains 2 "'' is not a CPU" $command ""
	check "$command of a list with a hole" complains 2 "'0,' is not a CPU" $command 0,
done
check "isolate of no CPU" complains 2 "which CPU" isolate
check "release of no CPU" complains 2 "which CPU" release
check "isolate of a CPU that is not there" complains 2 "CPU 8000 does not exist" isolate 8000
check "isolate of all CPUs" complains 1 "no CPU would be left" isolate --dry-run \
	"$(cat /sys/devices/system/cpu/online)"
check "release of what is not isolated" complains 1 "CPU 0 is not isolated" release --dry-run 0
check "release all of none" none
if [ "$(nproc)" -gt 1 ]; then
	check "isolate --dry-run -j, and nothing moves" dry_run
	check "a name that is no text" strange_name
else
	skip "isolate --dry-run -j, and nothing moves" "one CPU only"
	skip "a name that is no text" "one CPU only"
fi
check "doctor -j all" doctor_json
if [ -e /dev/vcontext ]; then
	skip "doctor without the module" "/dev/vcontext exists here"
else
	check "doctor without the module" without_module
fi
finish
