#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A program of today with the library of tomorrow, whose structures have grown.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

if [ -e /dev/vcontext ]; then
	skip "structures that grow" "/dev/vcontext exists here"
	finish
	exit
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The library, with a field more in each structure that a program hands to it.
later_library() {
	mkdir "$tmp/lib" && cp -r ../../uapi "$tmp" && cp ../../lib/*.[chS] ../../lib/*.map "$tmp/lib" &&
	sed -i 's/^\t__u64 nested;$/&\n\t__u64 added;/' "$tmp/uapi/linux/vcontext.h" &&
	sed -i 's/^\tuint64_t tick_bound_ns;.*/&\n\tuint64_t added;/' "$tmp/lib/vctx.h" &&
	[ "$(cat "$tmp/uapi/linux/vcontext.h" "$tmp/lib/vctx.h" | grep -c '64[_t]* added;$')" = 2 ] &&
	(cd "$tmp/lib" && gcc -c -O2 -std=gnu11 -fPIC -fexceptions -pthread -D_GNU_SOURCE -I. -I../uapi ./*.[cS] &&
	 ar rcs ../libvcontext.a ./*.o &&
	 gcc -shared -pthread -Wl,-soname,libvcontext.so.0 -Wl,--version-script=libvcontext.map \
		-o ../libvcontext.so.0 ./*.o)
}
check "a library with larger structures is built" later_library

program="-I../../lib -I../../uapi -Wall -Wextra -Werror growth.c"

# Linked with the library of today, and run with both.
shared() {
	# shellcheck disable=SC2086 # options
	gcc $program -o "$tmp/shared" -L../../lib -lvcontext &&
	LD_LIBRARY_PATH=../../lib "$tmp/shared" && LD_LIBRARY_PATH=$tmp "$tmp/shared"
}
check "a program of today runs with it" shared

static() {
	# shellcheck disable=SC2086 # options
	gcc $program -o "$tmp/static" "$tmp/libvcontext.a" && "$tmp/static"
}
check "and one that is compiled for today's structures and linked with it" static

finish
