# SPDX-License-Identifier: GPL-2.0
"""QEMU, the machine's own: configured, started. Its CPUs are true threads."""

import os
import re

import emulator
import packages

NAME = "QEMU"
DEFAULT_MODEL = "EPYC"

PROGRAM = "/usr/bin/qemu-system-x86_64"

# QEMU 7.2 takes a far return at CPL 3 for a supervisor's access: with SMAP it faults, in the kernel's name.
FEATURES = "svm=on,npt=on,smap=off"


def prepare():
    """Fails if the machine lacks something."""
    packages.need_file(PROGRAM, "qemu-system-x86")


def models():
    words = packages.call(PROGRAM, "-cpu", "help").partition("Recognized CPUID flags")[0]
    # Those without a number stand for one of those with one; "host" is for KVM.
    return [name for name in re.findall(r"^(?:x86)? +(\S+)", words, re.MULTILINE)
            if not re.search(r"-v\d+$|^host$", name)]


def kernel_arguments(_model):
    """On one CPU the kernel would make a DS prefix of each lock prefix, and QEMU 7.2 adds DS' base then, in 64-bit mode."""
    return ("noreplace-smp",)


def place(address):
    """Where a byte of the guest's memory is in the image of it: the image is the memory."""
    return address


def start(folder, output, *, image, rom, console, memory, model, cpus):
    """Starts QEMU in a folder with the guest's port 0xe9 to `output`."""
    name, _, features = model.partition(",")
    # One CPU can have a clock that counts its instructions; several are threads of this machine, and have its clock.
    clock = (["-icount", "shift=0,sleep=off", "-rtc", "base=2033-05-18,clock=vm"] if cpus == 1 else
             ["-accel", "tcg,thread=multi"])
    os.truncate(image, memory << 20)  # with a hole at its end
    return emulator.launch(folder, output, [
        PROGRAM, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-machine", "pc,memory-backend=memory", *clock,
        "-cpu", f"{name},{FEATURES},{features}".rstrip(","), "-smp", str(cpus), "-m", f"{memory}M",
        "-object", f"memory-backend-file,id=memory,size={memory}M,mem-path={image},share=off",
        "-option-rom", rom,
        "-chardev", "stdio,id=output,signal=off", "-device", "isa-debugcon,iobase=0xe9,chardev=output",
        "-serial", f"file:{console}",
    ])


def messages(folder):
    """What QEMU has to report, without what it reports of every run."""
    return emulator.messages(folder, re.compile(r"TCG doesn't support requested feature"))
