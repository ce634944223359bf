#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that find faults by themselves, built from Debian's own source for -k debug and -k kcsan.

They are built where they stay, in the cache, and not in a folder that appears when all is done: a build that is stopped
goes on with its object files. A file that is written last says from what a kernel was built.
"""

import os
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import cache  # noqa: E402
import packages  # noqa: E402
from cache import Failure  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FRAGMENTS = os.path.join(TOP, "selftests", "debug")
NAMES = ("debug", "kcsan")

SUITE = "trixie"
PACKAGE = "linux-source-6.12"
# Not needed, but a quarter of the files: headers of a driver, the manual, tests.
LEFT_OUT = ("*/drivers/gpu/drm/amd/include", "*/Documentation/*/*", "*/tools/testing/selftests")

# Objects of each kernel, roughly, for those who wait.
OBJECTS = 1400
SAID_EVERY = 30  # seconds

HINT = "make debug-kernel builds it, in an hour, or two if the machine does other things"


def say(text):
    print(f"debug_kernel: {text}", file=sys.stderr, flush=True)


def folder(name):
    """The folder of a kernel in the cache, where make builds it."""
    return os.path.join(cache.directory(), f"debug-kernel-{name}")


def configuration(name):
    """What the configuration of a kernel has to have; all else is off."""
    return "".join(cache.read(os.path.join(FRAGMENTS, f"{part}.config")).decode() for part in ("common", name))


def version(options):
    """The version of Debian's source package."""
    words = packages.call("apt-get", *options, "download", "--print-uris", PACKAGE)
    found = re.search(rf"^'\S+' {re.escape(PACKAGE)}_(\S+)_all\.deb ", words, re.MULTILINE)
    if not found:
        raise Failure(f"Debian's {SUITE} has no package {PACKAGE}")
    return found.group(1)


def source():
    """The folder of Debian's source, whose name ends with its version."""
    options = packages.index(SUITE)
    name = f"kernel-source-{version(options)}"

    def build(work):
        say(f"downloading Debian's {PACKAGE}: 150 MB, and 1.1 GB in the cache")
        file, = packages.download([PACKAGE], work, options)
        packages.unpack(file, os.path.join(work, "package"))
        archive = os.path.join(work, "package", "usr", "src", f"{PACKAGE}.tar.xz")
        packages.call("tar", "-xf", archive, "-C", work, "--strip-components=1",
                      *(f"--exclude={pattern}" for pattern in LEFT_OUT))
        packages.call("rm", "-r", file, os.path.join(work, "package"))

    return cache.entry(name, build)


def stamp(name, tree):
    """What a finished kernel was built from."""
    return cache.digest(os.path.basename(tree), configuration(name))


def environment():
    """The variables of a make that calls this program are not meant for the kernel's."""
    return {key: value for key, value in os.environ.items() if not re.match("MAKE|MFLAGS|KERNEL$|KCONFIG|KBUILD", key)}


def configure(name, tree, target):
    """Writes .config, in which everything that the fragments ask for has to be found again."""
    wanted = configuration(name)
    fragment = os.path.join(target, "wanted.config")
    with open(fragment, "w", encoding="ascii") as file:
        file.write(wanted)
    packages.call("make", "-s", "-C", tree, f"O={target}", f"KCONFIG_ALLCONFIG={fragment}", "allnoconfig",
                  env=environment())
    got = set(cache.read(os.path.join(target, ".config")).decode().splitlines())
    lost = [line for line in wanted.splitlines() if line.startswith("CONFIG_") and line not in got]
    if lost:
        raise Failure(f"the kernel's configuration does not take {', '.join(lost)}: something that each of these depends on "
                      f"is not set in {FRAGMENTS}")


class Progress:
    """Says now and then how far make has come."""

    def __init__(self, name):
        self.name = name
        self.made = 0
        self.start = self.said = time.monotonic()

    def line(self, text):
        self.made += text.startswith(("  CC", "  AS"))
        now = time.monotonic()
        if now - self.said >= SAID_EVERY:
            self.said = now
            say(f"{self.name}: {self.made} objects built in {(now - self.start) / 60:.1f} min; a whole kernel has about "
                f"{OBJECTS}")


def make(name, target, *words):
    """Runs make in the folder of a kernel, and keeps all that it says in a log, whose name ends with the last target."""
    progress = Progress(name)
    log = os.path.join(target, f"log.{words[-1]}")
    with open(log, "w", encoding="utf-8", buffering=1) as file:
        with subprocess.Popen(["make", "-C", target, f"-j{os.cpu_count()}", *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
                              env=environment()) as process:
            last = "it said nothing"
            for line in process.stdout:
                file.write(line)
                progress.line(line)
                # The first error is the reason of the others.
                if re.search(r": (fatal )?error: |^ERROR: |undefined reference", line) and ": error" not in last:
                    last = line.strip()
    if process.returncode:
        raise Failure(f"cannot build the kernel {name}: {last}; all of make's words are in {log}")


def build(name):
    """Builds a kernel, or what a build that was stopped has left to do, and returns the path of its bzImage."""
    tree = source()
    target = folder(name)
    with cache.locked(f"debug-kernel-{name}"):
        os.makedirs(target, exist_ok=True)
        done = os.path.join(target, "done")
        wanted = stamp(name, tree)
        if os.path.exists(done) and cache.read(done).decode().split()[0] == wanted:
            return image(name)
        if os.path.exists(done):
            os.unlink(done)
        say(f"building the kernel {name}: half an hour on two CPUs; if it is stopped, it goes on from there")
        configure(name, tree, target)
        make(name, target, "bzImage", "modules")
        root = os.path.join(target, "root")
        packages.call("rm", "-rf", root)
        make(name, target, f"INSTALL_MOD_PATH={root}", "modules_install")
        release = cache.read(os.path.join(target, "include", "config", "kernel.release")).decode().strip()
        os.makedirs(os.path.join(root, "boot"))
        os.link(os.path.join(target, "arch", "x86", "boot", "bzImage"), os.path.join(root, "boot", "vmlinuz"))
        with open(done, "w", encoding="ascii") as file:
            file.write(f"{wanted} {release} {tree}\n")
    return image(name)


def built(name):
    """What is known of a kernel that was built: its stamp, its release, the folder of its source."""
    try:
        words = cache.read(os.path.join(folder(name), "done")).decode().split()
    except FileNotFoundError as error:
        raise Failure(f"the kernel {name} is not built yet: {HINT}") from error
    if not os.path.isdir(words[2]) or words[0] != stamp(name, words[2]):
        raise Failure(f"the kernel {name} in the cache was built from another configuration: {HINT}")
    for used in (folder(name), words[2]):  # prune() leaves folders that are used
        os.utime(used)
    return words


def release(name):
    return built(name)[1]


def image(name):
    """The path of a kernel's bzImage, beside which its modules are."""
    built(name)
    return os.path.join(folder(name), "root", "boot", "vmlinuz")


def stamp_of(wanted):
    """A word that differs if a kernel was built anew; none for a kernel that is not of these."""
    return built(wanted.rpartition("-")[2])[0] if tree_of(wanted) else ""


def tree_of(wanted):
    """The folder in which modules for a release are built, or None if it is of none of these kernels."""
    name = wanted.rpartition("-")[2]
    return folder(name) if name in NAMES and release(name) == wanted else None


# debug: with each work that is added to a task, KASAN keeps a stack, and may allocate memory for that, under a lock that
# sleeps on PREEMPT_RT; CPU-time timers and NUMA balancing add theirs in an interrupt, or under a raw lock. Lockdep says
# so, and is silent from then on. Without stacks, KASAN's reports do not tell who has allocated and freed.
# kcsan: it watches one access in 4,000 for 20 us where interrupts are off, as in the run loop. That is too few and too
# short for the pace of an emulator.
ARGUMENTS = {
    "debug": ("stack_depot_disable=on",),
    "kcsan": ("kcsan.skip_watch=1000", "kcsan.udelay_interrupt=100"),
}


def kernel_arguments(wanted):
    """What goes onto the kernel's command line for a release."""
    return ARGUMENTS[wanted.rpartition("-")[2]] if tree_of(wanted) else ()


USAGE = f"""\
usage: debug_kernel.py NAME...   build kernels into the cache and print the paths of their images

NAME: {' or '.join(NAMES)}
exit status: 0, or 125 with one line that says why not"""


def main(words):
    if not words or set(words) - set(NAMES):
        print(USAGE, file=sys.stdout if words == ["--help"] else sys.stderr)
        return 0 if words == ["--help"] else 125
    try:
        for name in words:
            print(build(name))
    except Failure as failure:
        say(str(failure))
        return 125
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
