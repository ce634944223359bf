#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Programs of Debian packages that are not installed: unpacked into the cache with the libraries that they need.

No script of such a package runs on this machine, and no service of it is enabled or started.
"""

import os
import re
import shutil
import sys

sys.dont_write_bytecode = True

import cache  # noqa: E402
import packages  # noqa: E402
from cache import Failure  # noqa: E402

# The names of packages with shared libraries.  Of what a package depends on, a program that is only run needs no more.
LIBRARY = re.compile(r"(^|-)z?lib.*(?<!-dev)(?<!-perl)$")
FOLDER = "usr/lib/x86_64-linux-gnu"
LOADER = "lib64/ld-linux-x86-64.so.2"
UNUSED = ("doc", "icons", "info", "lintian", "locale", "man")  # below usr/share


def download(names, suite, libc, apt):
    """Fetches packages of a suite and the libraries that they depend on, and returns the files by the packages' names."""
    options = packages.settings(suite, apt)
    packages.call("apt-get", *options, "update")
    words = packages.call("apt-get", *options, "install", "--simulate", "--no-install-recommends", *names)
    wanted = [name for name in re.findall(r"^Inst (\S+)", words, re.MULTILINE)
              if name in names or LIBRARY.search(name) and (libc or name != "libc6")]
    files = packages.download(wanted, os.path.join(apt, "archives"), options)
    return {os.path.basename(file).partition("_")[0]: file for file in files}


def root(names, suite, version=re.compile(""), libc=True):
    """The folder below which packages of a suite are unpacked, with the C library or without.

    The version of the first package has to match.
    """
    def build(work):
        apt = os.path.join(work, "apt")
        files = download(names, suite, libc, apt)
        found = os.path.basename(files[names[0]]).split("_")[1].rpartition("%3a")[2]
        if not version.match(found):
            raise Failure(f"Debian's {suite} has {names[0]} {found}, which is not of the version {version.pattern}")
        for folder in ("bin", "lib", "lib64", "sbin"):  # Debian's merged /usr
            os.makedirs(os.path.join(work, "usr", folder))
            os.symlink(f"usr/{folder}", os.path.join(work, folder))
        for file in files.values():
            packages.unpack(file, work)
        shutil.rmtree(apt)
        for name in UNUSED:
            shutil.rmtree(os.path.join(work, "usr/share", name), ignore_errors=True)

    return cache.entry(f"unpacked-{names[0]}-{cache.digest(suite, *names, libc, cache.read(__file__))}", build)


def command(top, program):
    """The words that start a program of a root with the libraries there."""
    return [os.path.join(top, LOADER), "--library-path", os.path.join(top, FOLDER), os.path.join(top, program)]


USAGE = """\
usage: unpacked.py SUITE PACKAGE...   print the folder below which packages of a Debian suite are unpacked

The C library is not there: the programs are for the guest, which has that of this machine."""


def main(words):
    return cache.answer("unpacked", USAGE, words, None if len(words) < 2 else lambda: root(words[1:], words[0], libc=False))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
