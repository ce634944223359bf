#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs "dkms build" as a user would, and reports in KTAP. It builds for this machine's
# Debian release, or for the suites that are named, in their root file systems. It
# needs root, as dkms does.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")/../.." || exit 1
. selftests/host/ktap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
own=$(. /etc/os-release && echo "$VERSION_CODENAME")
[ $# -gt 0 ] || set -- "$own"

# This runs in its own mount name space, with which everything disappears that dkms
# keeps, and the key that dkms makes to sign with.
# shellcheck disable=SC2016 # the inner shell expands it
build='
	folder=$1 version=$2
	build=$(find /lib/modules/*/build -maxdepth 0 | sort -V)
	# This machine may have headers of a kernel with PREEMPT_RT beside those of its own.
	build=$({ echo "$build" | grep -v -e -rt- || echo "$build"; } | tail -n 1)
	[ -n "$build" ] || { echo "there are no kernel headers"; exit 1; }
	release=$(basename "$(dirname "$build")")
	echo "$release" >"$folder/release"
	mount -t tmpfs tmpfs /var/lib/dkms && mkdir /var/lib/dkms/src || exit 1
	dkms add --sourcetree /var/lib/dkms/src "$folder/vcontext" &&
	dkms build --sourcetree /var/lib/dkms/src "vcontext/$version" -k "$release" || {
		tail -n 20 "/var/lib/dkms/vcontext/$version/build/make.log"
		exit 1
	}
	cp "/var/lib/dkms/vcontext/$version/$release"/*/module/* "$folder"'

is() {	# FIELD WANTED
	local found
	found=$(modinfo -F "$1" "$tmp"/vcontext.ko*) && found=${found%% *}
	[ "$found" = "$2" ] || { echo "$1 is '$found' instead of '$2'"; return 1; }
}

# Only the project's sources are copied, so nothing that was built for another kernel.
builds() {	# SUITE
	rm -rf "${tmp:?}"/* && mkdir "$tmp/vcontext" || return
	git ls-files -co --exclude-standard Kbuild dkms.conf kmod uapi | tar -cT - | tar -xC "$tmp/vcontext" || return
	if [ "$1" = "$own" ]; then
		unshare --mount sh -c "$build" sh "$tmp" "$version"
	else
		(here=$PWD && cd "$tmp" && "$here/selftests/vm/toolchain.py" "$1" -- sh -c "$build" sh /mnt "$version")
	fi || return
	is vermagic "$(cat "$tmp/release")" && is version "$version"
}

for suite; do
	if ! unshare --mount true 2>/dev/null; then
		skip "dkms build on Debian's $suite" "no right to mount, which root has"
	else
		check "dkms build on Debian's $suite" builds "$suite"
	fi
done
finish
