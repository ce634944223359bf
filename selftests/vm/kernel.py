# SPDX-License-Identifier: GPL-2.0-only
"""Debian's kernel, unpacked for the direct boot.

The payload of the bzImage is unpacked once, here: the emulated CPU would need
most of a minute to do so. Since no decompressor runs, the kernel's address is
randomised here as well, with the relocation table that the payload carries.
"""

import os
import random
import re
import shutil
import struct
import subprocess

import cache
import debug_kernel
import packages
from cache import Failure

# The modules of the kernel that a test may want to load.
MODULES = ("kvm-intel", "kvm-amd", "msr", "cpuid")

COMPRESSIONS = {b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x8b": "gzip"}

HEADER_START = 0x1f1
TEXT_START = 0xffffffff80000000  # __START_KERNEL_map
PHYSICAL_START = 0x1000000  # CONFIG_PHYSICAL_START
ALIGN = 0x200000  # CONFIG_PHYSICAL_ALIGN
MAPPING_SIZE = 1 << 30  # KERNEL_IMAGE_SIZE with CONFIG_RANDOMIZE_BASE
PHYSICAL_SPREAD = 64 << 20  # randomised room for the image in physical memory


class Kernel:
    """An unpacked kernel: its release, its boot header, its image as it lies in memory."""

    def __init__(self, directory, suite=None):
        self.directory = directory
        self.suite = suite  # the Debian suite that the kernel is from, if not the machine's own
        self.release = self._read("release").decode()
        self.header = self._read("header")
        self.image = self._read("image")
        self.memory_size = int(self._read("memory_size"))
        self.modules = os.path.join(directory, "modules")
        self.entry = int(self._read("entry"))  # relative to the address
        self.address = PHYSICAL_START

    def _read(self, name):
        return cache.read(os.path.join(self.directory, name))

    def randomise(self, seed):
        """Randomises the address from a seed, as the decompressor does on a user's machine."""
        source = random.Random(seed)
        slots = (MAPPING_SIZE - PHYSICAL_START - self.memory_size) // ALIGN
        shift = source.randrange(1, slots) * ALIGN
        self.image = relocate(self.image, self._read("relocations"), shift)
        self.address = PHYSICAL_START + source.randrange(PHYSICAL_SPREAD // ALIGN) * ALIGN


def relocate(image, table, shift):
    """The image, moved by shift in virtual memory.

    The table's lists begin with a zero each: 64-bit places, 32-bit places that
    shrink when the kernel moves up (before 6.15 only), 32-bit places.
    """
    image = bytearray(image)
    places = struct.unpack(f"<{len(table) // 4}I", table)
    starts = [index for index, place in enumerate(places) if place == 0]
    kinds = {2: (("<Q", shift), ("<I", shift)), 3: (("<Q", shift), ("<I", -shift), ("<I", shift))}.get(len(starts))
    if not kinds or starts[0]:
        raise Failure(f"cannot randomise the kernel's address: its relocation table has {len(starts)} lists, "
                      "and only 2 or 3 are known")
    first = (TEXT_START + PHYSICAL_START) & 0xffffffff
    for begin, end, (form, step) in zip(starts, [*starts[1:], len(places)], kinds):
        code = struct.Struct(form)
        mask = (1 << 8 * code.size) - 1
        for place in places[begin + 1:end]:
            offset = place - first
            value, = code.unpack_from(image, offset)
            code.pack_into(image, offset, (value + step) & mask)
    return bytes(image)


def find(name, module):
    """The kernel for -k NAME. Without a name it is the one that the module was built for, or else Debian's newest."""
    if name in debug_kernel.NAMES:
        return from_file(debug_kernel.image(name))
    if name and "/" in name:
        return from_file(name)
    return from_package(*resolve(name or (module and module_release(module)) or packages.release()[1]))


def resolve(name):
    """The release that a name stands for, and the suite that it is from, but None for what the machine itself may run.

    A suite's kernel with PREEMPT_RT is named SUITE-rt.
    """
    if name[0].isdigit():
        return name, None
    if name in debug_kernel.NAMES:
        return debug_kernel.release(name), None
    suite = name.removesuffix("-rt")
    if name == packages.release()[1]:
        return newest(None), None
    return newest(suite, "" if suite == name else "rt-"), suite


def module_release(path):
    """The kernel release that a module was built for."""
    found = re.search(rb"\0vermagic=(\S+) ", cache.read(path))
    if not found:
        raise Failure(f"{path} is not a kernel module: it has no vermagic; run make again")
    return found.group(1).decode()


def index(suite):
    """apt options for a suite: none for the machine's own, with its updates, or for None."""
    return [] if suite in (None, packages.release()[1]) else packages.index(suite)


def newest(suite, flavour=""):
    """The release that linux-image-amd64 stands for, in a suite or on this machine, or linux-image-rt-amd64 for "rt-"."""
    package = f"linux-image-{flavour}amd64"

    def ask(*options):
        releases = packages.dependencies(package, r"linux-image-[0-9]\S*", options)
        if not releases:
            raise Failure(f"apt does not know {package} of {suite or 'this machine'}: run apt-get update")
        return releases[0].removeprefix("linux-image-")

    def keep(work):
        with open(os.path.join(work, "release"), "w", encoding="ascii") as file:
            file.write(ask())

    options = index(suite)
    if options:
        return ask(*options)
    stamp = cache.digest(cache.file_stamp("/var/lib/apt/lists"), package)
    return cache.read(os.path.join(cache.entry(f"newest-{stamp}", keep), "release")).decode()


def recipe():
    """A digest of all that an entry depends on beside the kernel itself."""
    return cache.digest(cache.read(__file__), *MODULES)


def from_package(release, suite):
    options = index(suite)
    image = f"linux-image-{release}"

    def build(work):
        folder = os.path.join(work, "package")
        os.mkdir(folder)
        # Newer kernels come in several packages.
        parts = packages.dependencies(image, rf"linux-(?:base|binary|modules)-{re.escape(release)}", options)
        try:
            files = packages.download([image, *parts], folder, options)
        except Failure as error:
            raise Failure(f"cannot download {image}: {error}; after apt-get update, build the module against the "
                          "headers that it brings, or choose a kernel with -k") from error
        root = os.path.join(folder, "root")
        for file in files:
            packages.unpack(file, root)
        modules = first(f"{root}/lib/modules/{release}", f"{root}/usr/lib/modules/{release}")
        unpack(first(f"{root}/boot/vmlinuz-{release}", f"{modules}/vmlinuz"), modules, work)
        shutil.rmtree(folder)

    return Kernel(cache.entry(f"kernel-{release}-{recipe()}", build), suite)


def first(*paths):
    """The first of some paths that exists, or the last one: the reader of the file says if it is missing."""
    return next(filter(os.path.exists, paths), paths[-1])


def from_file(path):
    if not os.path.isfile(path):
        raise Failure(f"there is no kernel {path}")
    path = os.path.realpath(path)
    release = release_of(cache.read(path), path)
    beside = os.path.normpath(os.path.join(os.path.dirname(path), "..", "lib", "modules", release))
    folder = next((folder for folder in (beside, f"/lib/modules/{release}") if os.path.isdir(folder)), None)
    stamp = cache.digest(cache.file_stamp(path), folder)
    return Kernel(cache.entry(f"kernel-{release}-{stamp}-{recipe()}", lambda work: unpack(path, folder, work)))


def release_of(bzimage, path):
    if bzimage[0x202:0x206] != b"HdrS":
        raise Failure(f"{path} is not a Linux bzImage")
    offset, = struct.unpack_from("<H", bzimage, 0x20e)
    return bzimage[offset + 0x200:].split(b"\0", 1)[0].split(b" ", 1)[0].decode()


def unpack(vmlinuz, modules, work):
    """Fills a cache entry from a bzImage and its folder of modules (or None)."""
    bzimage = cache.read(vmlinuz)
    release = release_of(bzimage, vmlinuz)
    setup_sectors = bzimage[HEADER_START] or 4
    payload_offset, payload_size = struct.unpack_from("<II", bzimage, 0x248)
    start = (setup_sectors + 1) * 512 + payload_offset
    payload = bzimage[start:start + payload_size]
    # Behind the payload the build puts its unpacked size, 4 bytes; what gzip writes ends with them anyway.
    payload = decompress(payload if payload.startswith(b"\x1f\x8b") else payload[:-4], vmlinuz)
    image, memory_size, entry, elf_end = flatten(payload)
    header_size = 0x202 + bzimage[0x201] - HEADER_START
    parts = {
        "release": release.encode(),
        "header": bzimage[HEADER_START:HEADER_START + header_size],
        "image": image.rstrip(b"\0"),  # memory is zero to begin with
        "memory_size": str(memory_size).encode(),
        "entry": str(entry).encode(),
        "relocations": payload[elf_end:][-(len(payload) - elf_end) // 4 * 4:],
    }
    for name, data in parts.items():
        with open(os.path.join(work, name), "wb") as file:
            file.write(data)
    copy_modules(modules, release, os.path.join(work, "modules"))


def decompress(data, path):
    """The unpacked bytes of a kernel's payload or of a module."""
    if data.startswith(b"\x7fELF"):
        return data
    tool = next((tool for magic, tool in COMPRESSIONS.items() if data.startswith(magic)), None)
    if not tool:
        raise Failure(f"cannot unpack {path}: it is compressed by none of {', '.join(COMPRESSIONS.values())}")
    try:
        return subprocess.run((tool, "-dc"), input=data, capture_output=True, check=True).stdout
    except OSError as error:
        raise Failure(f"cannot run {tool}: {error.strerror}; {packages.install_hint()}") from error
    except subprocess.CalledProcessError as error:
        raise Failure(f"cannot unpack {path}: {error.stderr.decode(errors='replace').strip()}") from error


def flatten(vmlinux):
    """The loadable segments as they lie in memory, the memory they need, the entry, and the ELF file's end."""
    entry, = struct.unpack_from("<Q", vmlinux, 24)
    table, = struct.unpack_from("<Q", vmlinux, 32)
    sections, = struct.unpack_from("<Q", vmlinux, 40)
    entry_size, count, section_size, section_count = struct.unpack_from("<HHHH", vmlinux, 54)
    segments = []
    for index in range(count):
        kind, _, offset, _, address, file_size, memory_size, _ = struct.unpack_from(
            "<IIQQQQQQ", vmlinux, table + index * entry_size)
        if kind == 1:
            segments.append((address, offset, file_size, memory_size))
    first = min(segment[0] for segment in segments)
    if first != PHYSICAL_START:
        raise Failure(f"the kernel is linked for {first:#x}, not for {PHYSICAL_START:#x}")
    image = bytearray(max(segment[0] + segment[2] for segment in segments) - first)
    for address, offset, file_size, _ in segments:
        image[address - first:address - first + file_size] = vmlinux[offset:offset + file_size]
    memory_size = max(segment[0] + segment[3] for segment in segments) - first
    return bytes(image), memory_size, entry - first, sections + section_size * section_count


def shrink(module, target):
    """Copies a module without its type information and its signature.

    They cost the emulated CPU five seconds a module: it would read the whole
    kernel's types first.
    """
    with open(target, "wb") as file:
        file.write(decompress(cache.read(module), module))
    packages.call("objcopy", "--remove-section=.BTF", target)


def copy_modules(source, release, target):
    """Copies MODULES and what they need, with the lists that modprobe reads."""
    folder = os.path.join(target, "lib", "modules", release)
    os.makedirs(folder)
    if source:
        files = {name.partition(".")[0].replace("-", "_"): os.path.join(parent, name)
                 for parent, _, names in os.walk(os.path.join(source, "kernel")) for name in names
                 if name.endswith((".ko", ".ko.xz", ".ko.zst"))}
        wanted = [name.replace("-", "_") for name in MODULES]
        while wanted:
            path = files.pop(wanted.pop(), None)
            if path:
                place = os.path.join(folder, os.path.relpath(path, source).removesuffix(".xz").removesuffix(".zst"))
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shrink(path, place)
                needs = re.search(rb"\0depends=([^\0]*)\0", cache.read(place))
                if needs:
                    wanted += [need.replace("-", "_") for need in needs.group(1).decode().split(",")]
        for name in ("modules.builtin", "modules.order"):
            if os.path.exists(os.path.join(source, name)):
                shutil.copyfile(os.path.join(source, name), os.path.join(folder, name))
    packages.call(packages.need_file("/sbin/depmod", "kmod"), "-b", target, release)
