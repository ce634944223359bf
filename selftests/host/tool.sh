# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The tests of a tool have this in common: set $tool, and source it after ktap.sh.
# shellcheck disable=SC2154 # the script that sources it sets $tool

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
