#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The module for any kernel: a Debian suite's own compiler and headers in a folder, and what is built with them.

A suite's headers want its own compiler and C library, so all three are used as
users of the suite do, in a root file system of it. This needs root, for chroot.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

import cache  # noqa: E402
import debug_kernel  # noqa: E402
import kernel  # noqa: E402
import packages  # noqa: E402
from cache import Failure  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
IN_TREE = os.path.join(TOP, "kmod", "vcontext.ko")
TEST_MODULES = os.path.join("selftests", "test_modules")
SOURCES = ("Kbuild", "kmod", "uapi", TEST_MODULES)
GENERATED = re.compile(r"\.mod\.c$|^asm-offsets\.h$")

PACKAGES = ("gcc", "make", "dkms")
HEADERS = "/usr/src/linux-headers-"
MOUNT_POINT = "/mnt"  # the folder to build is here, in the suite's root

# The command has its own mount name space: nothing stays mounted, however it ends.
CHROOT = ('mount --bind "$1" "$2' + MOUNT_POINT + '" && mount -t proc proc "$2/proc" && shift && '
          'exec chroot "$@"')


def say(text):
    print(f"toolchain: {text}", file=sys.stderr, flush=True)


def root(suite, release, more=()):
    """The root file system of a suite, with the packages that build modules for one of its kernels, and others."""
    wanted = (f"linux-headers-{release}", *PACKAGES, *more)

    def build(work):
        if os.geteuid():
            raise Failure(f"cannot make a root file system of Debian's {suite} to build the module in: not root; "
                          f"run as root: make module KERNEL={suite}")
        say(f"making a root file system of Debian's {suite} with its compiler and {wanted[0]}: "
            "about a minute, and 700 MB in the cache")
        mmdebstrap = packages.need_file("/usr/bin/mmdebstrap", "mmdebstrap")
        settings = os.path.join(work, "apt.conf")
        with open(settings, "w", encoding="utf-8") as file:
            # The mirror is the machine's, and so is the way to it.
            file.write(packages.call("apt-config", "dump", "Acquire"))
        packages.call(mmdebstrap, "--variant=minbase", f"--aptopt={settings}", f"--include={','.join(wanted)}",
                      suite, os.path.join(work, "root"), *packages.sources(suite))

    name = f"toolchain-{suite}-{cache.digest(release, *PACKAGES, *more)}"
    return os.path.join(cache.entry(name, build), "root")


def inside(suite_root, folder):
    """The words that, before a command, run it in a suite's root with a folder of ours at MOUNT_POINT."""
    if os.geteuid():
        raise Failure(f"cannot run anything in {suite_root}: not root")
    return ["unshare", "--mount", "sh", "-c", CHROOT, "sh", folder, suite_root]


def sources(top):
    """The files that a module is made from, relative to the top of a tree."""
    for name in SOURCES:
        path = os.path.join(top, name)
        if os.path.isfile(path):
            yield name
        for parent, _, names in os.walk(path):
            for file in names:
                if (file == "Kbuild" or file.endswith((".c", ".h", ".S"))) and not GENERATED.search(file):
                    yield os.path.relpath(os.path.join(parent, file), top)


def copy_sources(target):
    """Brings a copy of the sources up to date. A file that has not changed keeps its time, for make."""
    for path in set(sources(target)) - set(sources(TOP)):
        os.unlink(os.path.join(target, path))
    for path in sources(TOP):
        source, copy = os.path.join(TOP, path), os.path.join(target, path)
        if not os.path.exists(copy) or cache.read(copy) != cache.read(source):
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copyfile(source, copy)


@contextlib.contextmanager
def locked(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def in_tree():
    """The path of the module that make has built, or None."""
    return IN_TREE if os.path.exists(IN_TREE) else None


def module(release, suite=None):
    """The path of the module for a kernel, built anew if the sources have changed.

    make builds a module in its place, for the machine's headers. Others are built in
    build/RELEASE, with headers of the machine or else with those of the suite.
    """
    if in_tree() and kernel.module_release(IN_TREE) == release:
        return IN_TREE
    folder = os.path.join(BUILD, release)
    made = os.path.join(folder, "kmod", "vcontext.ko")
    stamp = os.path.join(folder, "stamp")
    prefix, place, headers = where(release, suite, folder)
    with locked(folder):
        wanted = cache.digest(*prefix, headers, debug_kernel.stamp_of(release), *(part for path in sorted(sources(TOP))
                                         for part in (path, cache.read(os.path.join(TOP, path)))))
        if not all(map(os.path.exists, (made, stamp))) or cache.read(stamp).decode() != wanted:
            say(f"building the module for {release}")
            copy_sources(folder)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, "log"))
            for path in (place, os.path.join(place, TEST_MODULES)):
                make(release, [*prefix, "make", "-C", headers, f"M={path}"], folder)
            with open(stamp, "w", encoding="ascii") as file:
                file.write(wanted)
    return made


def has_headers(name):
    """Whether this machine has the headers of a kernel, or has built it."""
    return name in debug_kernel.NAMES or os.path.isdir(f"{HEADERS}{kernel.resolve(name)[0]}")


def where(release, suite, folder):
    """The words that go before make, the place where make finds the folder, and that of the kernel's headers."""
    tree = debug_kernel.tree_of(release)
    if tree or has_headers(release):
        return [], folder, tree or HEADERS + release
    if not suite:
        raise Failure(f"there is no module for {release}, nor headers to build it: name the kernel by its Debian "
                      f"suite, or apt-get install linux-headers-{release}")
    return inside(root(suite, release), folder), MOUNT_POINT, HEADERS + release


def make(release, command, folder):
    """Runs make, and keeps all its words in a log, since one line seldom suffices to mend a source."""
    log = os.path.join(folder, "log")
    # The variables of a make that calls this one are not meant for it.
    environment = {key: value for key, value in os.environ.items() if not re.match("MAKE|MFLAGS|KERNEL$", key)}
    with open(log, "a", encoding="utf-8") as file:
        status = subprocess.run([*command, f"-j{os.cpu_count()}", "modules"], stdin=subprocess.DEVNULL, check=False,
                                stdout=file, stderr=subprocess.STDOUT, env=environment).returncode
    if status:
        words = cache.read(log).decode(errors="replace").splitlines()
        first = next((line for line in words if re.search(r": (fatal )?error: |^ERROR: |\*\*\* ", line)),
                     words[-1] if words else f"make ended with {status}")
        raise Failure(f"cannot build the module for {release}: {first.strip()}; all of make's words are in {log}")


USAGE = """\
usage: toolchain.py KERNEL                    build the module for a kernel and print its path
       toolchain.py --root PACKAGE...         print the path of a root file system of this machine's suite,
                                              for its kernel, that has these packages as well: not to be changed
       toolchain.py SUITE -- COMMAND [ARG...] run a command in a root file system of a Debian suite, with
                                              its compiler and headers, and this folder as its /mnt

KERNEL: a Debian suite such as trixie, or trixie-rt for its kernel with PREEMPT_RT, or a release such
as 6.1.0-56-amd64.
exit status: 0, or the command's, or 125 with one line that says why not"""


def enter(name, command):
    """Runs a command in the root file system for a suite's kernel and returns its exit status."""
    release, suite = kernel.resolve(name)
    place = root(suite or packages.release()[1], release)
    return subprocess.run([*inside(place, os.getcwd()), *command], check=False).returncode


def main(words):
    try:
        if len(words) > 1 and words[0] == "--root":
            print(root(packages.release()[1], kernel.newest(None), sorted(set(words[1:]))))
            return 0
        if len(words) > 2 and words[1] == "--":
            return enter(words[0], words[2:])
        if len(words) == 1 and not words[0].startswith("-"):
            print(module(*kernel.resolve(words[0])))
            return 0
    except Failure as failure:
        say(str(failure))
        return 125
    print(USAGE, file=sys.stdout if words == ["--help"] else sys.stderr)
    return 0 if words == ["--help"] else 125


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
