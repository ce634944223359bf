#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks the interface of the harness itself (see "run --help"), in KTAP. No check
# needs the project's module.

# check() calls what looks unreachable; the guest's shell expands what is quoted:
# shellcheck disable=SC2317,SC2016

here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

count=0
failed=0
tests=61

# check NAME COMMAND...: one test that passes if the command does
check() {
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $name"
	else
		echo "not ok $count $name"
		failed=$((failed + 1))
		[ ! -s "$work/err" ] || sed 's/^/# /' "$work/err"
	fi
}

# guest OPTIONS... -- COMMAND...: boots, and leaves $work/out, $work/err and $status
guest() {
	status=0
	"$here/run" --no-module "$@" >"$work/out" 2>"$work/err" || status=$?
}

is() {
	[ "$1" = "$2" ] && return
	echo "# '$1' instead of '$2'"
	return 1
}

between() {
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ] && return
	echo "# $1 is not from $2 to $3"
	return 1
}

says() {
	grep -q -- "$1" "$work/err"
}

# Neither a folder of the harness' own nor an emulator may be left behind.
nothing_left() {
	[ -z "$(ls -A "$1")" ] && ! pgrep -f "$1" >/dev/null
}

echo "TAP version 13"
echo "1..$tests"

# When run is called wrongly, nothing boots.
guest -c 0 -- true
check "a CPU count of 0 is refused" is "$status" 125
guest --no-such-option -- true
check "an unknown option is refused" is "$status" 125
guest --
check "a missing command is refused" is "$status" 125
guest -a "$work/none" -- true
check "a missing file is refused" is "$status" 125
check "and named" says "$work/none"
guest -k 6.1.0-none-amd64 -- true
check "an unknown kernel is refused" is "$status" 125
guest -k no-suite -- true
check "an unknown suite is refused" is "$status" 125
check "and named" says "Debian's no-suite"
mkdir "$work/cache"
VCTX_CACHE="$work/cache" guest -k debug -- true
check "a debug kernel that is not built is refused" is "$status" 125
check "and what helps is named" says "make debug-kernel"
guest -e none -- true
check "an unknown emulator is refused" is "$status" 125
guest --model none -- true
check "an unknown CPU model of Bochs is refused" is "$status" 125
check "and those that there are are named" says ryzen
guest -e qemu --model none -- true
check "an unknown CPU model of QEMU is refused" is "$status" 125
check "and those that there are are named, too" says EPYC-Milan
guest -e qemu --model EPYC,none=on -- true
check "an unknown feature of QEMU is refused" is "$status" 125
check "with QEMU's own words" says "EPYC-x86_64-cpu.none"
guest --plugin "$work/none" -- true
check "a plugin of QEMU is refused for Bochs" is "$status" 125
check "and what helps is named" says "add -e qemu"
guest -e qemu --plugin "$work/none" -- true
check "a plugin that is not there is refused" is "$status" 125
check "and QEMU names it" says "$work/none"
guest -A lockdown=integrity -- true
check "lockdown on the command line is refused" is "$status" 125
check "and what is possible is named" says /sys/kernel/security/lockdown

# The checks that are the same in both emulators.
head -c 300000 /dev/urandom >"$work/bytes"
for emulator in bochs qemu; do
	# The output has every byte, and more bytes than a pipe holds.
	guest -e $emulator -a "$work/bytes" -- sh -c "cat '$work/bytes'; echo apart >&2; exit 3"
	check "$emulator: the exit status is the command's" is "$status" 3
	check "$emulator: standard output is the command's, byte by byte" cmp "$work/bytes" "$work/out"
	check "$emulator: standard error is apart" is "$(cat "$work/err")" apart

	guest -e $emulator -- sh -c 'kill -SEGV $$'
	check "$emulator: death by signal is 128+N" is "$status" 139
	guest -e $emulator -- no-such-command
	check "$emulator: a command that is not there is 127" is "$status" 127

	# On a busy machine the boot alone may take longer than the first.
	for seconds in 15 90; do
		guest -e $emulator -t $seconds -- sh -c 'echo begun; while :; do :; done'
		[ ! -s "$work/out" ] || break
	done
	check "$emulator: the time-out is 124" is "$status" 124
	check "$emulator: output comes before the end" is "$(cat "$work/out")" begun

	guest -e $emulator -- sh -c 'echo "WARNING: a test" >/dev/kmsg; echo " its_call+0x1/0x2" >/dev/kmsg; exit 5'
	check "$emulator: a warning in the kernel log is 126" is "$status" 126
	check "$emulator: and is shown" says "WARNING: a test"
	check "$emulator: and its call trace" says " its_call+0x1/0x2"
	guest -e $emulator -- sh -c 'echo c >/proc/sysrq-trigger'
	check "$emulator: a panic is 126" is "$status" 126
	check "$emulator: and its text is shown" says "Kernel panic"

	mkdir "$work/temp"
	TMPDIR="$work/temp" "$here/run" --no-module -e $emulator -- sh -c 'while :; do :; done' 2>/dev/null &
	harness=$!
	sleep 3
	kill -TERM "$harness"
	wait "$harness"
	check "$emulator: a harness that is ended leaves nothing behind" nothing_left "$work/temp"
	rmdir "$work/temp"
done

# A program finds its library in a folder by its run path.
mkdir -p "$work/tree/lib"
echo 'int answer(void) { return 42; }' |
	gcc -shared -fPIC -x c -o "$work/tree/lib/libanswer.so" -
printf '#include <math.h>\nint answer(void);\nint main(int c, char **v) { (void)v; return answer() + (int)sqrt(c * 0.0); }\n' |
	gcc -x c -o "$work/tree/program" - -L"$work/tree/lib" -Wl,-rpath,'$ORIGIN/lib' -lanswer -lm
guest -a "$work/tree/program:/opt/test/program" -- /opt/test/program
check "-a brings a program's libraries" is "$status" 42

# What make demo builds with, on a machine without headers of its own.
mkdir "$work/module"
echo 'obj-m := empty.o' >"$work/module/Kbuild"
printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n' >"$work/module/empty.c"
headers=$("$here/headers.py")
check "the cache has headers of the kernel" [ -f "$headers/Module.symvers" ]
check "and they build a module" make -s -C "$headers" M="$work/module" modules

# Two runs at a time are alike to the last instruction.
exact='
	start=$(awk "/LOC/ { print \$2 }" /proc/interrupts)
	read -r from _ </proc/uptime
	until read -r to _ </proc/uptime; [ $((${to%.*} - ${from%.*})) -ge 3 ]; do :; done
	end=$(awk "/LOC/ { print \$2 }" /proc/interrupts)
	awk "BEGIN { printf \"%d\n\", ($end - $start) / ($to - $from) }"
	cat /proc/uptime /proc/interrupts /proc/stat'
guest -- sh -c "$exact" &
first=$!
"$here/run" --no-module -- sh -c "$exact" >"$work/other"
wait $first
check "two runs side by side are alike" cmp "$work/out" "$work/other"
check "the tick comes 250 times a second" between "$(head -n 1 "$work/out")" 247 253

# The features of the emulated CPUs.
flags='grep -m 1 -ow "vmx\|svm" /proc/cpuinfo | head -n 1; modprobe $0; grep -c "^$0 " /proc/modules'
guest -- sh -c "$flags" kvm_intel
check "Bochs has VMX" is "$(paste -sd' ' "$work/out")" "vmx 1"
guest --model ryzen -- sh -c "$flags" kvm_amd
check "and SVM" is "$(paste -sd' ' "$work/out")" "svm 1"
guest -e qemu -- sh -c "$flags" kvm_amd
check "QEMU has SVM" is "$(paste -sd' ' "$work/out")" "svm 1"
for cpus in 2 4; do
	guest -e qemu -c $cpus -- nproc
	check "QEMU has $cpus CPUs" is "$(cat "$work/out")" $cpus
done
guest -e qemu --model EPYC,la57=on -- grep -o la57 /proc/cpuinfo
check "five-level paging where the CPU has it" is "$(head -n 1 "$work/out")" la57
guest -e qemu --as-user --seed 7 -- grep " _text$" /proc/kallsyms
check "QEMU as a user's machine: another address" [ "$(cat "$work/out")" != "ffffffff81000000 T _text" ]
guest -c 2 -- sh -c 'nproc; grep -c "^_*fffff" /proc/kallsyms; grep " _text$" /proc/kallsyms'
check "two CPUs" is "$(head -n 1 "$work/out")" 2
check "the kernel is where it was linked" is "$(tail -n 1 "$work/out")" "ffffffff81000000 T _text"
guest --as-user --seed 7 -- sh -c 'cat /sys/devices/system/cpu/vulnerabilities/meltdown; grep " _text$" /proc/kallsyms'
check "as on a user's machine: mitigations" is "$(head -n 1 "$work/out")" "Mitigation: PTI"
check "as on a user's machine: another address" [ "$(tail -n 1 "$work/out")" != "ffffffff81000000 T _text" ]

[ "$count" -eq "$tests" ] || echo "# planned $tests tests, ran $count"
exit $((failed > 0))
