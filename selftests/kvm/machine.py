#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The Linux that boots in a virtual machine inside the emulated one: a kernel and an initial RAM file system.

The kernel is the stock one that the harness has unpacked, put into an ELF file that says where it can be entered, for
QEMU boots no other without the kernel's decompressor.
"""

import os
import struct
import sys

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "selftests", "vm"))

import cache  # noqa: E402
import kernel  # noqa: E402
import toolchain  # noqa: E402
import userland  # noqa: E402
from archive import Archive  # noqa: E402
from cache import Failure  # noqa: E402

# The note XEN_ELFNOTE_PHYS32_ENTRY by its head: sizes of name and value, type, name.
PVH_NOTE = struct.pack("<III4s", 4, 8, 18, b"Xen\0")
PAGE = 0x1000
PT_LOAD, PT_NOTE = 1, 4


def vmlinux(linux):
    """An ELF file of an unpacked kernel, with what QEMU reads: one segment, and the note of the entry."""
    place = linux.image.find(PVH_NOTE)
    if place < 0:
        raise Failure(f"the kernel {linux.release} has no PVH entry")
    entry, = struct.unpack_from("<Q", linux.image, place + len(PVH_NOTE))
    size = len(PVH_NOTE) + 8
    head = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, 62, 1, entry, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", PT_LOAD, 7, PAGE, linux.address, linux.address, len(linux.image),
                       linux.memory_size, PAGE)
    note = struct.pack("<IIQQQQQQ", PT_NOTE, 4, PAGE + place, linux.address + place, linux.address + place, size, size, 4)
    return (head + load + note).ljust(PAGE, b"\0") + linux.image


def initrd():
    """busybox, and init."""
    archive = Archive()
    for folder in ("/dev", "/proc"):
        archive.folder(folder)
    archive.merge_usr()
    archive.file("/bin/busybox", cache.read(userland.BUSYBOX), 0o755)
    archive.file("/init", cache.read(os.path.join(HERE, "init")), 0o755)
    return archive.finish()


def write(folder):
    linux = kernel.find(None, toolchain.in_tree())
    for file, data in (("vmlinux", vmlinux(linux)), ("initrd", initrd())):
        with open(os.path.join(folder, file), "wb") as out:
            out.write(data)
    return folder


USAGE = "usage: machine.py FOLDER   write vmlinux and initrd there, of the kernel that vm/run boots without -k"


def main(words):
    right = len(words) == 1 and not words[0].startswith("-")
    return cache.answer("machine", USAGE, words, (lambda: write(words[0])) if right else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
