#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make install` installs can be found, compiled against and linked with, in C
# and C++, shared and static; `make uninstall` removes all of it.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")/../.." || exit 1
. selftests/host/ktap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
prefix=/opt/vctx
export PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root

make_parts() {
	for part in lib tools system; do
		make -s -C $part DESTDIR="$root" PREFIX=$prefix LIBDIR=$prefix/lib \
			INCLUDEDIR=$prefix/include BINDIR=$prefix/bin SBINDIR=$prefix/sbin \
			MANDIR=$prefix/share/man COMPDIR=$prefix/share/completions "$1" || return
	done
}

has_version() {
	[ "vctx-exec $(pkg-config --modversion libvcontext)" = "$("$root$prefix/bin/vctx-exec" --version)" ]
}

# shellcheck disable=SC2046 # lists of words
compiles() {	# COMPILER [FLAG...] SOURCE
	"$@" -Wall -Wextra -Werror -o "$tmp/program" $(pkg-config --cflags --libs libvcontext)
}

runs_shared() {
	readelf -d "$tmp/program" | grep -q 'NEEDED.*libvcontext.so.0' &&
	LD_LIBRARY_PATH=$root$prefix/lib "$tmp/program"
}

runs_static() {
	! readelf -d "$tmp/program" | grep NEEDED && "$tmp/program"
}

header_alone() {	# COMPILER [FLAG...]
	printf '#include <%s>\n' "$header" | "$@" -Wall -Wextra -Werror -pedantic \
		-I"$root$prefix/include" -fsyntax-only -
}

# Each public function has a man page of its name.
has_pages() {
	local name
	for name in $(sed -n 's/^\t\t\(vctx_[a-z_]*\);/\1/p' lib/libvcontext.map); do
		[ -e "$root$prefix/share/man/man3/$name.3" ] || { echo "no page $name(3)"; return 1; }
	done
	for name in man7/vcontext.7 man7/vcontext-admin.7 man5/vcontext.conf.5 man1/vctx-exec.1 man1/vctx-noise.1 man1/vctx-bench.1 man8/vctxctl.8; do
		[ -e "$root$prefix/share/man/$name" ] || { echo "no page $name"; return 1; }
	done
}

# The build fails if header, map and library disagree.
symbols_are_checked() {	# SED-EXPRESSION FILE
	rm -rf "$tmp/copy" && mkdir "$tmp/copy" && cp -r lib uapi "$tmp/copy" &&
	sed -i "$1" "$tmp/copy/lib/$2" &&
	! make -s -C "$tmp/copy/lib" >"$tmp/log" 2>&1 && grep -q disagree "$tmp/log"
}

# An administrator's file stays as it is, through an installation and a removal.
keeps_policy() {
	local file=$root/etc/vcontext.conf
	cmp system/vcontext.conf "$file" && echo "max-per-user = 7" >"$file" &&
	make_parts install && make_parts uninstall && [ "$(cat "$file")" = "max-per-user = 7" ] && rm "$file" &&
	make_parts install
}

leaves_nothing() {
	[ -z "$(find "$root" -not -type d)" ] || { find "$root" -not -type d; return 1; }
}

check "make install" make_parts install
check "pkg-config and vctx-exec agree on the version" has_version
check "C program, shared library" compiles cc lib/examples/hello.c
check "... runs" runs_shared
check "C++ program, shared library" compiles g++ selftests/host/cxx.cpp
check "... runs" runs_shared
check "C program, static library" compiles cc -static lib/examples/hello.c
check "... runs" runs_static
for header in vctx.h linux/vcontext.h; do
	check "<$header> alone, C99" header_alone cc -std=c99 -x c
	check "<$header> alone, C++17" header_alone g++ -std=c++17 -x c++
done
check "a man page for each function" has_pages
check "a function that is not in the map fails the build" \
	symbols_are_checked '/vctx_stats;/d' libvcontext.map
check "a function that is not in the header fails the build" \
	symbols_are_checked '/^const char \*vctx_exit_name/d' vctx.h
check "an administrator's /etc/vcontext.conf is kept" keeps_policy
check "make uninstall" make_parts uninstall
check "... leaves nothing behind" leaves_nothing

# The build tree keeps what it had: libvcontext.pc is for the usual prefix again.
make -s -C lib libvcontext.pc >/dev/null

finish
