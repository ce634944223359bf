# SPDX-License-Identifier: GPL-2.0-only
"""The shared libraries that a program needs, found as the dynamic linker finds them."""

import os
import re
import struct

import packages
from archive import guest_path

MULTIARCH = "/usr/lib/x86_64-linux-gnu"
DEFAULT_FOLDERS = {  # by ELF class
    2: ("/lib/x86_64-linux-gnu", MULTIARCH, "/lib64", "/usr/lib64", "/lib", "/usr/lib"),
    1: ("/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/lib", "/usr/lib"),
}


class Elf:
    """What the dynamic linker reads in a file; None of it if the file is not dynamic."""

    def __init__(self, data):
        self.interpreter = None
        self.needed = []
        self.search = []
        self.kind = kind_of(data)
        self.wide = data[4]
        wide = self.wide == 2
        table, = struct.unpack_from("<Q" if wide else "<I", data, 32 if wide else 28)
        size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
        segments = []
        for index in range(count):
            at = table + index * size
            if wide:
                kind, _, offset, address, _, file_size = struct.unpack_from("<IIQQQQ", data, at)
            else:
                kind, offset, address, _, file_size = struct.unpack_from("<IIIII", data, at)
            segments.append((kind, offset, address, file_size))
        for kind, offset, _, file_size in segments:
            if kind == 3:
                self.interpreter = data[offset:offset + file_size].rstrip(b"\0").decode()
            elif kind == 2:
                self._dynamic(data, segments, offset, file_size)

    def _dynamic(self, data, segments, offset, size):
        form = struct.Struct("<qQ" if self.wide == 2 else "<iI")
        entries = list(form.iter_unpack(data[offset:offset + size // form.size * form.size]))
        strings = next((value for tag, value in entries if tag == 5), None)
        for kind, start, address, file_size in segments:
            if kind == 1 and strings is not None and address <= strings < address + file_size:
                base = start + strings - address
                break
        else:
            return

        def text(value):
            return data[base + value:data.index(b"\0", base + value)].decode(errors="surrogateescape")

        for tag, value in entries:
            if tag == 0:
                break
            if tag == 1:
                self.needed.append(text(value))
            elif tag in (15, 29):  # DT_RPATH, DT_RUNPATH
                self.search += text(value).split(":")


def parse(data):
    """An x86 ELF file, or None."""
    if data[:4] != b"\x7fELF" or len(data) < 64 or data[4] not in (1, 2):
        return None
    machine, = struct.unpack_from("<H", data, 18)
    if machine not in (3, 62):
        return None
    try:
        return Elf(data)
    except (struct.error, ValueError):
        return None


class Linker:
    """Finds libraries on this machine, those in `own` (name: path) first."""

    def __init__(self, own):
        self.own = own
        self.configured = None

    def _cache(self):
        if self.configured is None:
            self.configured = {}
            for name, path in re.findall(r"^\t(\S+) \(.*\) => (\S+)$",
                                         packages.call("/sbin/ldconfig", "-p"), re.MULTILINE):
                self.configured.setdefault(name, []).append(path)
        return self.configured

    def find(self, name, elf, host, guest):
        """(path here, path in the guest) of a library that the file at host, guest needs, or None."""
        if "/" in name:
            return (name, name) if fits(name, elf) else None
        if name in self.own and fits(self.own[name], elf):
            return self.own[name], f"{MULTIARCH}/{name}"
        for folder in elf.search:
            here, there = (re.sub(r"\$ORIGIN|\$\{ORIGIN\}", os.path.dirname(path), folder) for path in (host, guest))
            if fits(f"{here}/{name}", elf):
                return os.path.normpath(f"{here}/{name}"), os.path.normpath(f"{there}/{name}")
        for path in self._cache().get(name, []) + [f"{folder}/{name}" for folder in DEFAULT_FOLDERS[elf.wide]]:
            if fits(path, elf):
                # The guest has no ld.so.cache: only the default folders are searched there.
                default = [guest_path(folder) for folder in DEFAULT_FOLDERS[elf.wide]]
                known = os.path.dirname(guest_path(path)) in default
                return path, path if known else f"{DEFAULT_FOLDERS[elf.wide][1]}/{name}"
        return None


def kind_of(head):
    """Class and machine: x32 has the class of i386 and the machine of x86-64."""
    return head[4], *struct.unpack_from("<H", head, 18)


def fits(path, elf):
    """Whether a library is there and of the same kind."""
    try:
        with open(path, "rb") as file:
            head = file.read(20)
    except OSError:
        return False
    return head[:4] == b"\x7fELF" and len(head) == 20 and kind_of(head) == elf.kind
