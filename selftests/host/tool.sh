# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of a tool have in common: set $tool, source it after ktap.sh.
# shellcheck disable=SC2154 # who sources it sets $tool

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# run ARG...: sets $status, $tmp/out, $tmp/err
run() {
	"$tool" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

succeeds() {	# ARG...
	run "$@"
	[ "$status" -eq 0 ] && [ ! -s "$tmp/err" ] || { echo "status $status"; cat "$tmp/err"; return 1; }
}
