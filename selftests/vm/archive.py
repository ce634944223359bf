# SPDX-License-Identifier: GPL-2.0-only
"""Initial RAM file systems: cpio archives in the "newc" format, which the kernel takes one after the other."""

import os
import stat

PAGE = 4096

# Debian's merged /usr. The kernel would replace such a link by a folder.
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def guest_path(path):
    """A path as the archives name it: without a leading slash, below the merged /usr."""
    path = os.path.normpath("/" + path).lstrip("/")
    return os.path.join("usr", path) if path.split("/", 1)[0] in MERGED else path


class Archive:
    """An archive that is being made. It adds the folders on the way to an entry by itself."""

    def __init__(self):
        self.parts = []
        self.size = 0
        self.unpacked = 0  # bytes of memory for the files
        self.entries = set()

    def __contains__(self, path):
        return guest_path(path) in self.entries

    def _entry(self, path, mode, data=b"", mtime=0):
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self._entry(parent, stat.S_IFDIR | folder_mode(parent))
        self.entries.add(path)
        name = os.fsencode(path) + b"\0"
        # Each file has one link, so the kernel does not need distinct inode numbers.
        fields = (len(self.entries), mode, 0, 0, 1, int(mtime), len(data), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self._append(head + bytes(-len(head) % 4), data, bytes(-len(data) % 4))
        self.unpacked += -(-len(data) // PAGE) * PAGE

    def _append(self, *parts):
        for part in parts:
            self.parts.append(part)
            self.size += len(part)

    def folder(self, path, mode=0o755, mtime=0):
        if path not in self:
            self._entry(guest_path(path), stat.S_IFDIR | mode, mtime=mtime)

    def file(self, path, data, mode=0o644, mtime=0):
        self._entry(guest_path(path), stat.S_IFREG | mode, data, mtime)

    def link(self, path, target, mtime=0):
        self._entry(guest_path(path), stat.S_IFLNK | 0o777, os.fsencode(target), mtime)

    def merge_usr(self):
        """Lays the links of the merged /usr."""
        for name in MERGED:
            self.folder(os.path.join("usr", name))
            self._entry(name, stat.S_IFLNK | 0o777, os.fsencode(os.path.join("usr", name)))

    def finish(self):
        """Ends the archive and returns its bytes."""
        name = b"TRAILER!!!\0"
        head = b"070701" + b"".join(b"%08X" % field for field in (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(name), 0))
        self._append(head + name)
        self._append(bytes(-self.size % 512))
        return b"".join(self.parts)


def folder_mode(path):
    """A folder that nobody described gets the mode that it has on this machine."""
    try:
        return stat.S_IMODE(os.stat("/" + path).st_mode)
    except OSError:
        return 0o755
