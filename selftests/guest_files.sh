# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Bring files of this machine into the guest: the array add gets options of the
# harness.  Source this in the top folder; the caller defines fail().

add=()
give() {
	local file
	for file in "$@"; do
		add+=(-a "$(realpath -s "$file")")
	done
}

# Files of packages that are unpacked below a folder, in their own places.
give_unpacked() {	# FOLDER FILE...
	local root=$1 file
	shift
	for file; do
		add+=(-a "$root$file:$file")
	done
}

# Python and its library, without what programs in C are linked with.
give_python() {
	local library files
	library=$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))')
	give /usr/bin/python3 "$(realpath /usr/bin/python3)"
	mapfile -t files < <(find "$library" -mindepth 1 -maxdepth 1 ! -name 'config-*')
	give "${files[@]}"
}

# Print the path of a source package's upstream archive, downloaded into DIR.
fetch_source() {	# PACKAGE DIR
	PYTHONPATH=selftests/vm python3 -B - "$@" <<-'EOF'
	import sys, packages
	print(packages.source(sys.argv[1], packages.release()[1], sys.argv[2]))
	EOF
}

# A real source tree, Debian's bzip2 with its own plain Makefile, at /root/bzip2,
# and the compiler with what it calls and links, and the headers that the tree needs.
give_bzip2_and_compiler() {	# CACHE TMP
	local cache=$1 tmp=$2 tree=$1/demo-bzip2 archive part headers
	if [ ! -d "$tree" ]; then
		echo "fetching the source package bzip2" >&2
		mkdir -p "$tmp/source/tree" "$cache"
		archive=$(fetch_source bzip2 "$tmp/source" 2>"$tmp/log") || {
			tail -n 1 "$tmp/log" >&2
			fail "cannot fetch the source package bzip2: is the package mirror reachable?"
		}
		tar -xf "$archive" -C "$tmp/source/tree" --strip-components=1
		# The entry is made elsewhere first, since another harness may make it, too.
		mv "$tmp/source/tree" "$cache/demo-bzip2.$$"
		mv -T "$cache/demo-bzip2.$$" "$tree" 2>/dev/null || rm -rf "$cache/demo-bzip2.$$"
	fi
	for part in cc1 collect2 as ld; do
		give "$(command -v "$(gcc -print-prog-name=$part)")"
	done
	for part in crt1.o Scrt1.o crti.o crtn.o crtbegin.o crtbeginS.o crtend.o crtendS.o \
		libgcc.a libgcc_s.so libgcc_s.so.1 liblto_plugin.so libc.so libc_nonshared.a libc.so.6; do
		give "$(gcc -print-file-name=$part)"
	done
	# By the names that the compiler will look for, some of which are links.
	mapfile -t headers < <(gcc -M -O2 -fno-canonical-system-headers \
		"$tree"/{blocksort,huffman,crctable,randtable,compress,decompress,bzlib,bzip2}.c |
		tr -s ' \\' '\n\n' | grep '^/.*\.h$' | grep -v "^$tree" | sort -u)
	give "${headers[@]}"
	give /usr/bin/{gcc,ar,ranlib,make,sha256sum} /bin/{bash,gzip,cat}
	add+=(-a "$tree:/root/bzip2")
}
