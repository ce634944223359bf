# SPDX-License-Identifier: GPL-2.0-only
"""The direct boot: an option ROM and an image of the memory with everything already in its place."""

import os
import struct
import subprocess

import cache
from cache import Failure

HERE = os.path.dirname(os.path.abspath(__file__))

ROM_SIZE = 1024
LOADER = 0x200000  # loader.S is here, then the areas that it names
BOOT_PARAMS = 0x1000  # from here on relative to LOADER
COMMAND_LINE = 0x2000
PAGE_TABLES = 0x3000
LOADER_SIZE = 0x10000
FIVE_LEVELS = 0x38  # the offset of the word that loader.S has near its beginning
COMMAND_LINE_SIZE = 2048

# Offsets in struct boot_params, and flags of its setup header.
HEADER_START = 0x1f1
VIDEO_MODE = 0x1fa
TYPE_OF_LOADER = 0x210
LOAD_FLAGS = 0x211
LOADED_HIGH, KASLR_FLAG = 1, 2
RAMDISK = 0x218
COMMAND_LINE_POINTER = 0x228

MIB = 1 << 20
BLOCK = 8 * MIB  # the memory's size is a multiple; see place() in bochs.py


def build_boot_code(work):
    """Cache entry: the ROM and the loader, assembled."""
    for name, address in (("rom", 0), ("loader", LOADER)):
        target = os.path.join(work, name)
        for command in (["as", "--64", "-o", f"{target}.o", os.path.join(HERE, f"{name}.S")],
                        ["ld", "-m", "elf_x86_64", f"-Ttext={address:#x}", "--oformat", "binary",
                         "-e", "_start", "-o", target, f"{target}.o"]):
            try:
                subprocess.run(command, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                raise Failure(f"cannot assemble {name}.S: {error}: apt-get install binutils") from error
        os.unlink(f"{target}.o")
    rom = cache.read(os.path.join(work, "rom")).ljust(ROM_SIZE - 1, b"\0")
    if len(rom) != ROM_SIZE - 1:
        raise Failure(f"rom.S is larger than {ROM_SIZE - 1} bytes")
    with open(os.path.join(work, "rom"), "wb") as file:
        file.write(rom + bytes([-sum(rom) & 0xff]))  # the BIOS wants a zero sum


def boot_code():
    """The folder of the assembled ROM and loader."""
    sources = [cache.read(os.path.join(HERE, name)) for name in ("rom.S", "loader.S")]
    return cache.entry(f"boot-{cache.digest(*sources, cache.read(__file__))}", build_boot_code)


def boot_params(kernel, archive_at, archive_size, randomised):
    params = bytearray(4096)
    params[HEADER_START:HEADER_START + len(kernel.header)] = kernel.header
    params[TYPE_OF_LOADER] = 0xff
    params[LOAD_FLAGS] = params[LOAD_FLAGS] & ~KASLR_FLAG | LOADED_HIGH | (KASLR_FLAG if randomised else 0)
    struct.pack_into("<II", params, RAMDISK, archive_at, archive_size)
    struct.pack_into("<I", params, COMMAND_LINE_POINTER, LOADER + COMMAND_LINE)
    struct.pack_into("<H", params, VIDEO_MODE, 0xffff)
    # screen_info: text mode 3, 80 columns, 25 lines, VGA, 16 points a character
    params[0x06], params[0x07], params[0x0e], params[0x0f], params[0x10] = 3, 80, 25, 1, 16
    return params


def loader_area(kernel, memory, archive_at, archive_size, command_line, randomised):
    """The 64 KiB at LOADER: code, boot parameters, command line, identity page tables of 4 GiB."""
    area = bytearray(LOADER_SIZE)
    code = cache.read(os.path.join(boot_code(), "loader"))
    area[:len(code)] = code
    # The first block holds the loader, the last the BIOS' tables; see place() in bochs.py.
    struct.pack_into("<III", area, 4, BLOCK, memory // BLOCK - 2, kernel.address + kernel.entry)
    area[BOOT_PARAMS:COMMAND_LINE] = boot_params(kernel, archive_at, archive_size, randomised)
    text = command_line.encode() + b"\0"
    if len(text) > COMMAND_LINE_SIZE:
        raise Failure(f"the kernel command line is longer than {COMMAND_LINE_SIZE - 1} bytes")
    area[COMMAND_LINE:COMMAND_LINE + len(text)] = text
    struct.pack_into("<I", area, FIVE_LEVELS, "no5lvl" not in command_line.split())
    present, large = 0x3, 0x80
    struct.pack_into("<Q", area, PAGE_TABLES, LOADER + PAGE_TABLES + 0x1000 | present)
    for index in range(4):
        struct.pack_into("<Q", area, PAGE_TABLES + 0x1000 + 8 * index,
                         LOADER + PAGE_TABLES + 0x2000 + 0x1000 * index | present)
    for index in range(2048):
        struct.pack_into("<Q", area, PAGE_TABLES + 0x2000 + 8 * index, index << 21 | large | present)
    struct.pack_into("<Q", area, PAGE_TABLES + 0x6000, LOADER + PAGE_TABLES | present)
    return area


def memory_for(kernel, archive_size, unpacked):
    """Bytes of memory for archives of a size and for the files in them.

    The archives lie in memory until they are unpacked, into a tmpfs that may take
    half of what is left; the other half is the command's.
    """
    return kernel.memory_size + 192 * MIB + archive_size + 2 * unpacked


def write(path, kernel, archives, memory, command_line, randomised, place):
    """Writes the image of the memory; `place` says where in the image an address is."""
    size = sum(len(archive) for archive in archives)
    archive_at = -(-(kernel.address + kernel.memory_size) // MIB) * MIB
    if archive_at + size > memory - BLOCK:
        raise Failure(f"{memory // MIB} MiB of memory do not hold the kernel and {size // MIB} MiB of files: "
                      "give a larger -m")
    area = loader_area(kernel, memory, archive_at, size, command_line, randomised)
    with open(path, "wb") as file:
        file.seek(place(LOADER))
        file.write(area)
        file.seek(place(kernel.address))
        file.write(kernel.image)
        file.seek(place(archive_at))
        for archive in archives:
            file.write(archive)
