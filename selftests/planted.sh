# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2154 # of the caller
# Plant a fault into a copy of the project, and run something of the copy in the
# harness.  Source this; the caller has $top, $here, $tmp and check() of host/ktap.sh.

fail() {
	echo "planted: $*" >&2
	exit 125
}

# The copy has what a run needs, in the same places.
copy_project() {
	copy=$tmp/project
	mkdir -p "$copy/selftests" &&
	cp -r "$top/Kbuild" "$top/kmod" "$top/uapi" "$top/lib" "$top/tools" "$copy" &&
	cp -r "$here/vm" "$here/debug" "$here/sharing" "$here/test_modules" "$copy/selftests" || return
	rm -f "$copy/kmod/vcontext.ko"
}

# edit FILE SCRIPT: sed has to change the file
edit() {
	sed -i -E "$2" "$copy/kmod/$1"
	! cmp -s "$copy/kmod/$1" "$top/kmod/$1" || { echo "the fault does not fit into kmod/$1 any more"; return 1; }
}

# run_copy OPTION... -- COMMAND...: as run_program, with the tests in /selftests
run_copy() {
	run_program vm/run -a "$here/build:/selftests" "$@"
}

# run_program PROGRAM ARG...: one of selftests; leaves $status and $tmp/out; then the files
# that $changed names are again as they were
run_program() {
	local file
	# shellcheck disable=SC2034 # for the caller
	status=0
	# shellcheck disable=SC2034 # for the caller
	"$copy/selftests/$1" "${@:2}" >"$tmp/out" 2>&1 || status=$?
	tail -n 60 "$tmp/out"
	for file in "${changed[@]}"; do
		cp "$top/kmod/$file" "$copy/kmod/$file"
	done
}

# plant PROGRAM FAULT...: those of $faults that are named, or all of them; each is a function
# of the caller, as usage is.  PROGRAM has to be built.
plant() {
	local program=$1 fault
	shift
	case ${1-} in
	-h | --help)
		usage
		exit
		;;
	esac
	[ $# -gt 0 ] || set -- "${faults[@]}"
	for fault; do
		[[ " ${faults[*]} " = *" $fault "* ]] || fail "there is no fault $fault; see planted --help"
	done
	[ -x "$here/build/$program" ] || fail "the tests are not built: run make"

	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	copy_project || fail "cannot copy the project to $tmp"
	echo "TAP version 13"
	for fault; do
		check "planted: $fault" "$fault"
	done
	finish
}
