#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The headers of Debian's kernel, unpacked into the cache, to build the module on a machine that has none.

On Debian 13 their package depends on the kernel itself, whose installation makes an initial RAM disk and changes the
boot loader: too much for a demo. Their files are enough, with the library of objtool.
"""

import os
import sys

sys.dont_write_bytecode = True

import cache  # noqa: E402
import kernel  # noqa: E402
import packages  # noqa: E402

SOURCES = "usr/src"


def unpacked(release):
    """The folder of a release's headers in the cache."""
    package = f"linux-headers-{release}"

    def build(work):
        parts = packages.dependencies(package, r"linux-(?:headers-\S+-common|kbuild-\S+)")
        apt = os.path.join(work, "apt")
        os.mkdir(apt)
        for file in packages.download([package, *parts], apt):
            packages.unpack(file, work)
            os.unlink(file)
        os.rmdir(apt)
        folder = os.path.join(work, SOURCES, package)
        # The Makefile names the common headers by their place in /usr/src.
        makefile = os.path.join(folder, "Makefile")
        text = cache.read(makefile).decode()
        with open(makefile, "w", encoding="ascii") as file:
            file.write(text.replace(f"/{SOURCES}/", "$(dir $(lastword $(MAKEFILE_LIST)))../"))
        # With the kernel's types a module gets its own, by a tool that is not needed otherwise.
        if os.path.exists(os.path.join(folder, "vmlinux")):
            os.unlink(os.path.join(folder, "vmlinux"))

    return os.path.join(cache.entry(f"headers-{release}-{cache.digest(cache.read(__file__))}", build), SOURCES, package)


USAGE = """\
usage: headers.py   print the folder of the kernel's headers in the cache, for make's KDIR

They are those of the newest kernel of this machine's Debian release."""


def main(words):
    return cache.answer("headers", USAGE, words, None if words else lambda: unpacked(kernel.newest(None)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
