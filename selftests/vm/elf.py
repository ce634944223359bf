# SPDX-License-Identifier: GPL-2.0-only
"""The shared libraries that a program needs, found as the dynamic linker finds them."""

import io
import os
import re

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

import packages
from archive import guest_path

MULTIARCH = "/usr/lib/x86_64-linux-gnu"
DEFAULT_FOLDERS = {  # by whether a program is of 64 bits
    True: ("/lib/x86_64-linux-gnu", MULTIARCH, "/lib64", "/usr/lib64", "/lib", "/usr/lib"),
    False: ("/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/lib", "/usr/lib"),
}
ORIGIN = re.compile(r"\$ORIGIN|\$\{ORIGIN\}")
KINDS = (b"\2\x3e\0", b"\1\x03\0", b"\1\x3e\0")  # x86-64, i386, x32


class Elf:
    """The entries of an ELF file that the dynamic linker reads; a static file has none of them."""

    def __init__(self, data):
        self.kind = kind_of(data)
        self.interpreter = None
        self.needed = []
        self.search = []
        file = ELFFile(io.BytesIO(data))
        self.wide = file.elfclass == 64
        for segment in file.iter_segments():
            if segment["p_type"] == "PT_INTERP":
                self.interpreter = segment.get_interp_name()
            elif segment["p_type"] == "PT_DYNAMIC":
                self._dynamic(segment)

    def _dynamic(self, segment):
        for tag in segment.iter_tags():
            if tag.entry.d_tag == "DT_NEEDED":
                self.needed.append(tag.needed)
            elif tag.entry.d_tag == "DT_RPATH":
                self.search += tag.rpath.split(":")
            elif tag.entry.d_tag == "DT_RUNPATH":
                self.search += tag.runpath.split(":")


def parse(data):
    """An x86 ELF file, or None."""
    if kind_of(data) not in KINDS:
        return None
    try:
        return Elf(data)
    except ELFError:
        return None


class Linker:
    """Finds libraries on this machine, those in `own` (name: path) first.

    A program that is here below the root of another system gets the libraries of that root.
    """

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
        top = root_of(host, guest)
        for folder in elf.search:
            here, there = (ORIGIN.sub(os.path.dirname(path), folder) for path in (host, guest))
            if not ORIGIN.search(folder):
                here = top + folder
            if fits(f"{here}/{name}", elf):
                return os.path.normpath(f"{here}/{name}"), os.path.normpath(f"{there}/{name}")
        folders = DEFAULT_FOLDERS[elf.wide]
        for folder in folders if top else ():
            if fits(f"{top}{folder}/{name}", elf):
                return f"{top}{folder}/{name}", f"{folder}/{name}"
        for path in self._cache().get(name, []) + [f"{folder}/{name}" for folder in folders]:
            if fits(path, elf):
                # The guest has no ld.so.cache: only the default folders are searched there.
                default = [guest_path(folder) for folder in folders]
                known = os.path.dirname(guest_path(path)) in default
                return path, path if known else f"{folders[1]}/{name}"
        return None


def kind_of(head):
    """Class and machine of an ELF file, or None."""
    return head[4:5] + head[18:20] if head[:4] == b"\x7fELF" else None


def fits(path, elf):
    """Whether a library is there and of the same kind."""
    try:
        with open(path, "rb") as file:
            return kind_of(file.read(20)) == elf.kind
    except OSError:
        return False


def root_of(host, guest):
    """The folder below which a file is here in the place that it has in the guest: the root of a system, "" if this one's."""
    folder, place = os.path.dirname(os.path.realpath(host)), "/" + os.path.dirname(guest_path(guest))
    return folder.removesuffix(place) if folder.endswith(place) else ""
