# SPDX-License-Identifier: GPL-2.0-only
"""The files in the guest: busybox and PID 1, the project, the files of -a, the command."""

import glob
import os
import stat
import subprocess

import cache
import elf
import packages
from archive import Archive
from cache import Failure

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUSYBOX = "/bin/busybox"
ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost vcontext\n",
    "hostname": "vcontext\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


def base(kernel):
    """The archive that is the same for every run of a kernel."""
    packages.need_file(BUSYBOX, "busybox-static")
    source = os.path.join(HERE, "init.c")
    inputs = [cache.read(source), cache.read(__file__), cache.read(os.path.join(HERE, "archive.py")),
              cache.file_stamp(BUSYBOX), kernel.directory]
    name = f"base-{kernel.release}-{cache.digest(*inputs)}"
    return cache.read(os.path.join(cache.entry(name, lambda work: build_base(work, source, kernel)), "cpio"))


def build_base(work, source, kernel):
    init = os.path.join(work, "init")
    packages.call("gcc", "-static", "-O2", "-Wall", "-Wextra", "-o", init, source)
    try:
        applets = subprocess.run([BUSYBOX, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"cannot run {BUSYBOX}: {error}; apt-get install busybox-static") from error

    archive = Archive()
    for path, mode in (("/root", 0o700), ("/tmp", 0o1777), ("/run", 0o755), ("/var/tmp", 0o1777), ("/etc", 0o755)):
        archive.folder(path, mode)
    archive.merge_usr()
    archive.file("/init", cache.read(init), 0o755)
    archive.file("/bin/busybox", cache.read(BUSYBOX), 0o755)
    for applet in applets:
        if applet != "busybox":
            archive.link(f"/bin/{applet}", "busybox")
    for applet in ("modprobe", "insmod", "rmmod", "depmod"):  # the kernel calls /sbin/modprobe
        archive.link(f"/sbin/{applet}", "../bin/busybox")
    for name, text in ETC.items():
        archive.file(f"/etc/{name}", text.encode())
    for parent, folders, names in os.walk(kernel.modules):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            archive.file(os.path.relpath(path, kernel.modules), cache.read(path))
    with open(os.path.join(work, "cpio"), "wb") as file:
        file.write(archive.finish())
    os.unlink(init)


class Run:
    """The archive of one run."""

    def __init__(self):
        self.archive = Archive()
        self.linker = elf.Linker({os.path.basename(path): path
                                  for path in glob.glob(os.path.join(TOP, "lib", "libvcontext.so*"))})
        self.missing = []

    def project(self, kernel, module):
        """Adds the module (a path, or None), those for tests, the library and the tools, as far as they are built."""
        if module:
            top = os.path.dirname(os.path.dirname(module))
            for path in (module, *sorted(glob.glob(os.path.join(top, "selftests", "test_modules", "*.ko")))):
                self.archive.file(f"/lib/modules/{kernel.release}/extra/{os.path.basename(path)}", cache.read(path))
        for path in sorted(self.linker.own.values()):
            self._put(path, f"{elf.MULTIARCH}/{os.path.basename(path)}")
        for pattern, place in (("exec/*", "/usr/bin"), ("noise/*", "/usr/bin"), ("bench/*", "/usr/bin"), ("ctl/*", "/usr/sbin")):
            for path in sorted(glob.glob(os.path.join(TOP, "tools", pattern))):
                if os.path.isfile(path) and os.access(path, os.X_OK) and is_elf(path):
                    self._put(path, f"{place}/{os.path.basename(path)}")

    def settings(self, argv, with_module, verbose):
        """Adds the files that init reads."""
        if any("\0" in word for word in argv):
            raise Failure("the command has a NUL in an argument")
        self.archive.file("/etc/harness/argv", b"".join(os.fsencode(word) + b"\0" for word in argv))
        for name, wanted in (("module", with_module), ("verbose", verbose)):
            if wanted:
                self.archive.file(f"/etc/harness/{name}", b"")

    def add(self, word):
        """One -a FILE[:DEST]."""
        file, colon, place = word.partition(":")
        if not os.path.lexists(file):
            raise Failure(f"-a {word}: there is no {file}")
        if colon and not place.startswith("/"):
            raise Failure(f"-a {word}: the place in the guest has to be an absolute path")
        host = os.path.abspath(file)
        if not colon:
            self._tree(host, host, follow=False)
        else:
            if place.endswith("/"):
                place += os.path.basename(host)
            self._tree(host, place, follow=True)

    def _tree(self, host, guest, follow):
        """Adds a file or a folder. With `follow`, a symbolic link is replaced by its target."""
        if follow:
            host = os.path.realpath(host)
        if os.path.islink(host) or not os.path.isdir(host):
            self._put(host, guest)
            return
        for parent, folders, names in os.walk(host):
            folders.sort()
            place = os.path.normpath(os.path.join(guest, os.path.relpath(parent, host)))
            status = os.stat(parent)
            self.archive.folder(place, stat.S_IMODE(status.st_mode), status.st_mtime)
            links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
            for name in sorted(names + links):
                self._put(os.path.join(parent, name), os.path.join(place, name))

    def _put(self, host, guest):
        """Adds a file with the libraries that it needs, or a link with its target."""
        if guest in self.archive:
            return
        status = os.lstat(host)
        if stat.S_ISLNK(status.st_mode):
            target = os.readlink(host)
            self.archive.link(guest, target, status.st_mtime)
            # If files keep their paths, the target of a link does, too.
            there = os.path.normpath(os.path.join(os.path.dirname(guest), target))
            here = os.path.normpath(os.path.join(os.path.dirname(host), target))
            if os.path.isfile(here) and (here == there or not os.path.isabs(target)):
                self._put(here, there)
        elif stat.S_ISREG(status.st_mode):
            try:
                data = cache.read(host)
            except OSError as error:
                raise Failure(f"cannot read {host}: {error.strerror}") from error
            self.archive.file(guest, data, stat.S_IMODE(status.st_mode), status.st_mtime)
            self._libraries(host, guest, data)

    def _libraries(self, host, guest, data):
        program = elf.parse(data)
        if not program:
            return
        if program.interpreter and os.path.exists(program.interpreter):
            self._put_library(program.interpreter, program.interpreter)
        for name in program.needed:
            found = self.linker.find(name, program, host, guest)
            if found:
                self._put_library(*found)
            else:
                self.missing.append((host, name))

    def complaints(self):
        """What lacks a library, unless that is in the guest for another file, which may have loaded it first."""
        there = {os.path.basename(path) for path in self.archive.entries}
        return [f"{host} needs {name}, which is not on this machine" for host, name in self.missing if name not in there]

    def _put_library(self, host, guest):
        # The name that was asked for must exist in the guest, wherever its links lead here.
        if guest not in self.archive:
            self._put(os.path.realpath(host), guest)


def is_elf(path):
    """Whether a file is an ELF program."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"
