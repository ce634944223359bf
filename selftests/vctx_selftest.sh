# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The tests that are scripts have this in common.  For the shell of busybox.

tests=0
failures=0
skipped=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

skip() {	# NAME WHY
	tests=$((tests + 1))
	skipped=$((skipped + 1))
	echo "ok $tests $1 # SKIP $2"
}

check() {	# NAME COMMAND [ARG...]
	name=$1
	shift
	case " $VCTX_SKIP " in
	*" ${0##*/}/$1 "*) skip "$name" "beyond this machine" && return ;;
	esac
	tests=$((tests + 1))
	if "$@" >"$tmp/log" 2>&1; then
		echo "ok $tests $name"
	else
		failures=$((failures + 1))
		sed 's/^/# /' "$tmp/log"
		echo "not ok $tests $name"
	fi
}

# Where the modules are that tests load themselves.
# shellcheck disable=SC2034 # for the scripts that source this
extra=/lib/modules/$(uname -r)/extra

# KVM's module for this processor.
# shellcheck disable=SC2034 # for the scripts that source this
kvm=kvm_intel
# shellcheck disable=SC2034 # as above
! grep -qw svm /proc/cpuinfo || kvm=kvm_amd

wait_for() {	# TRIES COMMAND [ARG...]: the command succeeds at one of some tries, 50 ms apart
	tries=$1
	shift
	until "$@" >"$tmp/seen" 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { cat "$tmp/seen"; return 1; }
		usleep 50000
	done
}

# Like modprobe, with the parameters that the kernel's command line has for the module.
load() {	# PARAMETER...
	# shellcheck disable=SC2046 # each is a word
	insmod "$extra/vcontext.ko" $(tr ' ' '\n' </proc/cmdline | sed -n 's/^vcontext\.//p') "$@"
}

unload() {	# TRIES: a program that was killed may take a moment to end
	wait_for "$1" rmmod vcontext
}

# The exit status of vctxctl doctor, and all output, of which nothing may be an error message.
doctor() {	# STATUS [ARG...]
	wanted=$1
	shift
	vctxctl doctor "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	cat "$tmp/out" "$tmp/err"
	[ "$status" -eq "$wanted" ] && [ ! -s "$tmp/err" ]
}

says() {	# CHECK ANSWER [PATTERN]
	grep -q "^  $1  *$2  *.*$3" "$tmp/out" || { echo "--- no '$1: $2 $3'"; return 1; }
}

advises() {	# PATTERN
	grep -q "^ *-> .*$1" "$tmp/out" || { echo "--- no advice '$1'"; return 1; }
}

if [ ! -e /dev/vcontext ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP no /dev/vcontext"
	[ -z "$VCTX_REQUIRE" ] || exit 1
	exit 4
fi

finish() {
	echo "# Totals: pass:$((tests - failures - skipped)) fail:$failures xfail:0 xpass:0 skip:$skipped error:0"
	[ "$failures" -eq 0 ]
}
