# SPDX-License-Identifier: GPL-2.0-only
"""QEMU 10: Debian 13's package, configured and started. Its CPUs are true threads."""

import inspect
import os
import re
import shutil

import cache
import emulator
import packages
import unpacked

NAME = "QEMU"
DEFAULT_MODEL = "EPYC"

FEATURES = "svm=on,npt=on"

# Debian 12's own 7.2 hangs with several CPUs: one that translates code while another patches it keeps the old code, so
# that CPUs spin on a breakpoint that the kernel has long removed. It has SMAP wrong, too.
SUITE = "trixie"  # the Debian release that has QEMU 10
VERSION = re.compile(r"10\.")
HEADER = "include/qemu/qemu-plugin.h"
PACKAGES = ("qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios")


def root():
    """The root that has QEMU."""
    return unpacked.root(PACKAGES, SUITE, VERSION)


def command():
    """The command that starts QEMU."""
    share = os.path.join(root(), "usr/share")
    return [*unpacked.command(root(), "usr/bin/qemu-system-x86_64"), "-L", f"{share}/qemu", "-L", f"{share}/seabios"]


def prepare():
    """Fills the cache, or fails if the machine lacks something."""
    command()


def plugin_header():
    """The folder that has qemu-plugin.h, of this QEMU's source package, since no package of programs has it.

    Of GLib, it names two types that a plugin need not use.
    """
    def build(work):
        archive = packages.source("qemu", SUITE, work)
        path = os.path.join(f"qemu-{os.path.basename(archive).partition('_')[2].partition('+')[0]}", HEADER)
        text = packages.call("tar", "-xOf", archive, path).replace(
            "#include <glib.h>", "typedef struct _GArray GArray;\ntypedef struct _GByteArray GByteArray;")
        for name in os.listdir(work):
            old = os.path.join(work, name)
            shutil.rmtree(old) if os.path.isdir(old) else os.unlink(old)
        with open(os.path.join(work, os.path.basename(HEADER)), "w", encoding="utf-8") as file:
            file.write(text)

    return cache.entry(f"qemu-plugin-{cache.digest(root(), inspect.getsource(build))}", build)


def models():
    words = packages.call(*command(), "-cpu", "help").partition("Recognized CPUID flags")[0]
    # Those without a number stand for one of those with one; "host" is for KVM.
    return [name for name in re.findall(r"^  (\S+)", words, re.MULTILINE)
            if not re.search(r"-v\d+$|^host$", name)]


def kernel_arguments(_model):
    """On one CPU the kernel would make a DS prefix of each lock prefix, and QEMU adds DS' base then, in 64-bit mode."""
    return ("noreplace-smp",)


def place(address):
    """Where a byte of the guest's memory is in the image of it: the image is the memory."""
    return address


def start(folder, output, *, image, rom, console, memory, model, cpus, plugin=None):
    """Starts QEMU in a folder with the guest's port 0xe9 to `output`."""
    name, _, features = model.partition(",")
    # One CPU can have a clock that counts its instructions; several are threads of this machine, and have its clock.
    clock = (["-icount", "shift=0,sleep=off", "-rtc", "base=2033-05-18,clock=vm"] if cpus == 1 else
             ["-accel", "tcg,thread=multi"])
    os.truncate(image, memory << 20)  # with a hole at its end
    return emulator.launch(folder, output, [
        *command(), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-machine", "pc,memory-backend=memory", *clock,
        "-cpu", f"{name},{FEATURES},{features}".rstrip(","), "-smp", str(cpus), "-m", f"{memory}M",
        "-object", f"memory-backend-file,id=memory,size={memory}M,mem-path={image},share=off",
        "-option-rom", rom,
        "-chardev", "stdio,id=output,signal=off", "-device", "isa-debugcon,iobase=0xe9,chardev=output",
        "-serial", f"file:{console}",
        *(("-plugin", plugin) if plugin else ()),
    ])


def messages(folder):
    """What QEMU has to report, without what it reports of every run."""
    return emulator.messages(folder, re.compile(r"TCG doesn't support requested feature"))
