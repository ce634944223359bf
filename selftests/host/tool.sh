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

# Where there is the device, the tests of this script end here.
needs_no_module() {	# WHAT THEY TEST
	if [ -e /dev/vcontext ]; then
		skip "$1" "/dev/vcontext exists here"
		finish
		exit
	fi
}

# Succeeds if the tool declines, with one line on standard error that matches PATTERN, and no output.
declines() {	# PATTERN ARG...
	local pattern=$1
	shift
	run "$@"
	[ "$status" -eq 125 ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
	grep -q -- "$pattern" "$tmp/err" || { echo "status $status, no '$pattern' in:"; cat "$tmp/err"; return 1; }
}

full() {	# ARG...
	"$tool" "$@" >/dev/full 2>"$tmp/err"
	[ $? -eq 125 ]
}

# Each option of the tool's main.c is in --help, the man page and the completion.
documents_options() {
	local option name=${tool##*/}
	for option in $(sed -n 's/.*{ "\([a-z-]*\)",.*_argument.*/\1/p' "${tool%/*}/main.c"); do
		"$tool" --help | grep -q -- "--$option" || { echo "--$option is not in --help"; return 1; }
		grep -q -- "--$option" <(sed 's/\\-/-/g' "../../tools/man/$name.1") ||
			{ echo "--$option is not in $name(1)"; return 1; }
		grep -q -- "--$option" "../../tools/completion/$name" ||
			{ echo "--$option is not completed"; return 1; }
	done
}
