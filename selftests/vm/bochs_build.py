#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Builds Bochs from Debian's source package, without the debugger and the instrumentation of the package's binary.

The guest executes the same instructions in both, and takes half the time in this one. Run as a program, this file builds
Bochs into the cache, which takes a minute on two processors; from then on the harness uses it. With the word "counting"
it builds one that counts instructions by kind, as ../bench/counting/counted.h says, and prints the program's path; the
harness uses that one where VCTX_BOCHS names it.
"""

import inspect
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True

import cache  # noqa: E402
import packages  # noqa: E402
from cache import Failure  # noqa: E402

SUITE = "trixie"  # the Debian release that has Bochs 3.0
VERSION = re.compile(r"3\.0")  # 3.1 does not boot the kernel

# The features of the processor, as in Debian's package, and no devices but those that the guest has.
FEATURES = ("--with-nogui", "--disable-plugins", "--disable-docbook", "--disable-debugger", "--disable-debugger-gui",
            "--enable-all-optimizations", "--enable-cpu-level=6", "--enable-x86-64", "--enable-smp", "--enable-fpu",
            "--enable-3dnow", "--enable-a20-pin", "--enable-amx", "--enable-avx", "--enable-cet", "--enable-evex",
            "--enable-memtype", "--enable-pci", "--enable-protection-keys", "--enable-repeat-speedups", "--enable-svm",
            "--enable-uintr", "--enable-vmx=2", "--enable-x86-debugger", "--disable-es1370", "--disable-gameport",
            "--disable-sb16", "--disable-usb", "--disable-voodoo")
FLAGS = "-O2 -pipe"

COUNTING = os.path.join(packages.TOP, "selftests/bench/counting")


def build(work, counting=False):
    """Cache entry: the program, and nothing else."""
    archive = packages.source("bochs", SUITE, work)
    if not VERSION.match(os.path.basename(archive).partition("_")[2]):
        raise Failure(f"Debian's {SUITE} has {os.path.basename(archive)}, the harness needs Bochs 3.0")
    tree = os.path.join(work, "tree")
    os.mkdir(tree)
    packages.call("tar", "-xf", archive, "-C", tree, "--strip-components=1")
    environment = {**os.environ, "CFLAGS": FLAGS, "CXXFLAGS": FLAGS}
    features = FEATURES
    if counting:
        shutil.copytree(COUNTING, os.path.join(tree, "instrument/counting"))
        features += ("--enable-instrumentation=instrument/counting",)
    packages.call("sh", "./configure", *features, cwd=tree, env=environment)
    # What runs beside it comes first: that is to be quick, and may be a test that looks at the clock.
    packages.call("nice", "make", f"-j{os.cpu_count()}", cwd=tree, env=environment)
    os.rename(os.path.join(tree, "bochs"), os.path.join(work, "bochs"))
    for name in os.listdir(work):
        if name != "bochs":
            path = os.path.join(work, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)


def name(counting=False):
    """The name of the cache entry."""
    extra = [cache.read(file.path) for file in sorted(os.scandir(COUNTING), key=str)] if counting else []
    kind = "counting" if counting else "built"
    return f"bochs-{kind}-{cache.digest(*packages.release(), *FEATURES, FLAGS, inspect.getsource(build), *extra)}"


def found():
    """The path of the program that VCTX_BOCHS names, else of the one that has been built, else None."""
    named = os.environ.get("VCTX_BOCHS")
    if named and not os.access(named, os.X_OK):
        raise Failure(f"cannot run the Bochs that VCTX_BOCHS names, {named}: unset it, or build one by "
                      "selftests/vm/bochs_build.py counting")
    entry = os.path.join(cache.directory(), name())
    return named or (os.path.join(entry, "bochs") if cache.is_used(entry) else None)


def counting():
    """The path of the one that counts, which is built if it is not in the cache."""
    return os.path.join(cache.entry(name(True), lambda work: build(work, True)), "bochs")


def main():
    """A result in KTAP. It is never a failure: without this Bochs, Debian's own is used, which is slower."""
    print("TAP version 13\n1..1")
    try:
        cache.entry(name(), build)
    except Failure as failure:
        print(f"ok 1 Bochs is built # SKIP {failure}; Debian's own is used")
    else:
        print("ok 1 Bochs is built")


if __name__ == "__main__":
    if sys.argv[1:] == ["counting"]:
        sys.exit(cache.answer("bochs_build", __doc__, sys.argv[1:], counting))
    main()
