#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vctx-exec with the module: exit statuses, options, and what --stats counts.
# For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

json=$tmp/json

# run ARG...: sets $status, $tmp/out and $tmp/err
run() {
	status=0
	vctx-exec "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

expect() {	# WHAT GOT OPERATOR WANTED
	test "$2" "$3" "$4" || { echo "$1: $2, expected $3 $4"; cat "$tmp/err"; return 1; }
}

value() {	# NAME: prints the first number that has this name
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "${2:-$json}"
}

exits() {	# KIND
	sed -n "s/.*\"exits\": {[^}]*\"$1\": \([0-9]*\).*/\1/p" "$json"
}

status_is() {	# WANTED ARG...
	wanted=$1
	shift
	run "$@"
	expect status "$status" -eq "$wanted"
}

silent() {
	run "$@"
	expect status "$status" -eq 0 && [ ! -s "$tmp/err" ]
}

killed() {	# SIGNAL [OPTION]
	signal=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	status_is $((128 + signal)) "$@" sh -c 'kill -'"$signal"' $$'
}

in_guest() {	# OPTION...: a loop, most of whose time is in guest mode
	run --eager --stats="$json" "$@" sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
	expect status "$status" -eq 0 &&
	expect contexts "$(value contexts)" -eq 1 &&
	expect live "$(value live)" -eq 0 &&
	expect entries "$(value entries)" -ge 1 &&
	expect "guest_ns, percent of wall_ns" $(($(value guest_ns) * 100 / $(value wall_ns))) -ge 80 &&
	expect "guest_ns" "$(value guest_ns)" -le "$(value wall_ns)" &&
	! grep -q -e '"reason"' -e unavailable "$json"
}

# sh, env by fork and exec, and three subshells of which two exec
tree() {
	run --stats="$json" "$@" sh -c '/bin/busybox true; /bin/busybox false; (:); exit 0'
	expect status "$status" -eq 0
}

whole_tree() {
	tree && expect contexts "$(value contexts)" -eq 4 && expect live "$(value live)" -eq 0
}

first_only() {
	tree --no-inherit && expect contexts "$(value contexts)" -eq 1
}

adds_up() {
	tree --eager || return
	sum=0
	for kind in interrupt syscall page_fault exception cpuid nested_fault nmi other; do
		expect "exits of $kind" "$(exits $kind)" -ge 0 || return
		sum=$((sum + $(exits $kind)))
	done
	expect "sum of exits" $sum -eq "$(value entries)"
}

counts_syscalls() {
	run --eager --stats="$json" dd if=/dev/zero of=/dev/null bs=1 count=1000
	expect "system calls" "$(exits syscall)" -ge 2000 &&
	expect "system calls" "$(exits syscall)" -le 2200
}

# By default a command that makes system calls is rarely in guest mode.
adaptive() {
	run --stats="$json" dd if=/dev/zero of=/dev/null bs=1 count=20000
	expect status "$status" -eq 0 && expect "stretches passed by" "$(value adaptive)" -ge 1 &&
	expect entries "$(value entries)" -le 1000
}

computes_adaptively() {
	run --stats="$json" sh -c 'i=0; while [ $i -lt 40000 ]; do i=$((i + 1)); done'
	expect status "$status" -eq 0 &&
	expect "guest_ns, percent of wall_ns" $(($(value guest_ns) * 100 / $(value wall_ns))) -ge 60
}

# An eager context in an adaptive one is another.
eager_inside() {
	run --stats="$json" vctx-exec --eager dd if=/dev/zero of=/dev/null bs=1 count=20000
	expect status "$status" -eq 0 && expect entries "$(value entries)" -le 1000 &&
	expect contexts "$(value contexts)" -eq 1
}

# The command does not inherit the descriptor of the device.
no_descriptor() {
	run --stats="$json" ls -l /proc/self/fd
	! grep vcontext "$tmp/out"
}

inner_counts_outside() {
	run --eager --stats="$json" vctx-exec sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
	expect status "$status" -eq 0 &&
	expect contexts "$(value contexts)" -eq 1 &&
	expect "guest_ns, percent of wall_ns" $(($(value guest_ns) * 100 / $(value wall_ns))) -ge 80
}

inner_has_its_own() {
	run --stats="$json" vctx-exec --stats="$tmp/inner" true
	expect status "$status" -eq 0 &&
	expect "contexts of the inner" "$(value contexts "$tmp/inner")" -eq 1 &&
	expect "contexts of the outer" "$(value contexts)" -ge 1
}

verbose() {
	run --verbose true
	grep -Eq '^vctx-exec: back end (vmx|svm), ABI version 1$' "$tmp/err" &&
	grep -q '^vctx-exec: exit status 0 after' "$tmp/err" &&
	grep -q '^vctx-exec: 1 contexts' "$tmp/err"
}

background() {
	run --stats="$json" sh -c 'sleep 60 & echo $!'
	pid=$(cat "$tmp/out")
	kill "$pid"
	expect status "$status" -eq 0 &&
	expect contexts "$(value contexts)" -eq 2 &&
	expect live "$(value live)" -eq 1
}

as_nobody() {	# GROUP: that of the device; nobody is a member, or is not
	chgrp "$1" /dev/vcontext
	status=0
	su nobody -s /bin/sh -c 'vctx-exec --strict echo it ran' >"$tmp/out" 2>"$tmp/err" || status=$?
}

not_permitted() {
	as_nobody root
	cat "$tmp/err"
	[ "$(stat -c %a /dev/vcontext)" = 660 ] && [ "$status" -eq 125 ] && [ ! -s "$tmp/out" ] &&
	[ "$(wc -l <"$tmp/err")" -eq 1 ] && grep -q 'no permission.*adduser USER vcontext' "$tmp/err"
}

permitted() {
	as_nobody nogroup
	cat "$tmp/err"
	[ "$status" -eq 0 ] && [ "$(cat "$tmp/out")" = "it ran" ]
}

same_output() {
	run sha256sum /bin/busybox
	sha256sum /bin/busybox | cmp - "$tmp/out"
}

echo "TAP version 13"
echo "1..26"
check "runs a command, without a word" silent true
check "the output is what it is natively" same_output
check "exit status" status_is 42 sh -c 'exit 42'
check "exit status, with --stats" status_is 42 --stats="$json" sh -c 'exit 42'
check "126 for what is no program" status_is 126 /etc/passwd
check "127 for what is not there" status_is 127 no-such-command
check "death by SIGKILL is kept" killed 9
check "death by SIGSEGV is kept, with --stats" killed 11 --stats="$json"
check "--strict runs a command" silent --strict true
check "a loop is in guest mode" in_guest
check "a loop is in guest mode, with --strict" in_guest --strict
check "a loop is in guest mode, with --cpu" in_guest --cpu 0
check "--stats counts the whole tree" whole_tree
check "--no-inherit: the first thread only" first_only
check "each entry has its exit" adds_up
check "system calls are counted" counts_syscalls
check "system calls take place natively in an adaptive context" adaptive
check "a loop is in guest mode, in an adaptive context" computes_adaptively
check "--eager in a vctx-exec has a context of its own" eager_inside
check "what runs on in the background is live" background
check "the command has no descriptor of the device" no_descriptor
check "a vctx-exec in another counts there" inner_counts_outside
check "a vctx-exec --stats in another has its own statistics" inner_has_its_own
check "who is not in the device's group may not, and is told" not_permitted
check "who is in it may" permitted
check "--verbose names the back end and sums up" verbose
finish
