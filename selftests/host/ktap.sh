# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# KTAP for shell tests: source it, call check or skip for each test, then finish.
#
#   check NAME COMMAND [ARG...]   passes if COMMAND succeeds
#   skip NAME REASON

ktap_tests=0
ktap_failures=0

check() {
	local name=$1 output
	shift
	ktap_tests=$((ktap_tests + 1))
	if output=$("$@" 2>&1); then
		echo "ok $ktap_tests - $name"
	else
		ktap_failures=$((ktap_failures + 1))
		echo "not ok $ktap_tests - $name"
		[ -z "$output" ] || printf '%s\n' "$output" | head -n 40 | sed 's/^/# /'
	fi
}

skip() {
	ktap_tests=$((ktap_tests + 1))
	echo "ok $ktap_tests - $1 # SKIP $2"
}

finish() {
	echo "1..$ktap_tests"
	[ "$ktap_failures" -eq 0 ]
}
