# SPDX-License-Identifier: GPL-2.0-only
"""Bochs 3.0: Debian 13's package, or built from its source where that has been done; configured, started."""

import os
import re

import bochs_build
import emulator
import unpacked
from bochs_build import SUITE, VERSION
from image import BLOCK

NAME = "Bochs"
DEFAULT_MODEL = "corei7_skylake_x"

# SYSENTER for 32-bit programs, which has no name: the kernel leaves by SYSRET then, whose SS is as on AMD's processors,
# with a hidden part that is not the user's, and the program crashes.
SYSENTER32 = "111"

# The CPU models that have VMX or SVM with nested paging and boot Debian's kernel, and what it must not use: CPUID
# promises it, and more of the newest, but the kernel or programs would die.
MODELS = {
    "arrow_lake": ("fsrm", SYSENTER32),
    "corei3_cnl": (SYSENTER32,),
    "corei7_haswell_4770": (SYSENTER32,),
    "corei7_icelake_u": ("fsrm", SYSENTER32),
    "corei7_ivy_bridge_3770k": (SYSENTER32,),
    "corei7_sandy_bridge_2600k": (SYSENTER32,),
    "corei7_skylake_x": (SYSENTER32,),
    "ryzen": (),
    "sapphire_rapids": ("fsrm", "amx_tile", SYSENTER32),
    "tigerlake": ("fsrm", SYSENTER32),
    "trinity_apu": (),
    "zambezi": (),
}

# bochs-term is the smallest of the user interfaces, of which the package wants one.
PACKAGES = ("bochs", "bochs-term")
BIOS_PACKAGES = ("bochsbios", "vgabios")
BIOS = "usr/share/bochs/BIOS-bochs-latest"
VGA_BIOS = "usr/share/vgabios/vgabios.bin"

INSTRUCTIONS_PER_SECOND = 100_000_000  # of virtual time
START_TIME = 2_000_000_000  # fixed, so that runs are alike; later than any file's time

# Debian's Bochs cannot do without one.
DISPLAY = 'rfb, options="timeout=0"'

CONFIGURATION = """\
plugin_ctrl: unmapped=1, biosdev=0, speaker=0, parallel=0, serial=1
display_library: {display}
romimage: file={bios}, address=0xfffe0000
vgaromimage: file={vga_bios}
memory: guest={memory}, host={memory}, block_size={block}
cpu: model={model}, count={cpus}, ips={ips}, reset_on_triple_fault=0, exclude_features="rdrand,rdseed"
boot: floppy
optromimage1: file={rom}, address=0xd0000
optramimage1: file={image}, address=0
com1: enabled=1, mode=file, dev={console}
port_e9_hack: enabled=1
clock: sync=none, time0={time}
vga: extension=vbe, update_freq=1, realtime=0
log: {log}
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
"""


def command():
    """The command that starts Bochs, the environment that it needs, and the display that it has."""
    built = bochs_build.found()
    if built:
        return [built], {}, "nogui"
    root = unpacked.root(PACKAGES, SUITE, VERSION)
    environment = {"LTDL_LIBRARY_PATH": os.path.join(root, unpacked.FOLDER, "bochs/plugins"),
                   "BXSHARE": os.path.join(root, "usr/share/bochs")}
    return unpacked.command(root, "usr/bin/bochs-bin"), environment, DISPLAY


def bios():
    """The root that has the BIOS and that of the display."""
    return unpacked.root(BIOS_PACKAGES, SUITE, VERSION)


def prepare():
    """Fills the cache, or fails if the machine lacks something."""
    command()
    bios()


def models():
    return list(MODELS)


def kernel_arguments(model):
    """What it takes to boot right.

    A TSC tick is an instruction; the kernel would believe the model's frequency.
    And MONITOR does not make other CPUs forget where they write directly (it takes
    the physical address for the linear one), so an idle CPU may miss what another
    wakes it up by, for as long as it has no interrupt: it halts instead.
    """
    arguments = [f"tsc_early_khz={INSTRUCTIONS_PER_SECOND // 1000}", "idle=halt"]
    if MODELS[model]:
        arguments.append("clearcpuid=" + ",".join(MODELS[model]))
    return arguments


def place(address):
    """Where a byte of the guest's memory is in the image of it.

    Bochs 3.0 gives out the memory in blocks, by the order in which they are first
    touched, but reads the image through the first block's address. So the image
    has to be in that order: block 0, which the BIOS touches first, then the
    last, where the BIOS puts the ACPI tables, then those that loader.S touches,
    ascending.
    """
    return address if address < BLOCK else address + BLOCK


def start(folder, output, **values):
    """Starts Bochs in a folder with its standard output, which is the guest's port 0xe9, to `output`."""
    words, environment, display = command()
    configuration = os.path.join(folder, "bochsrc")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(display=display, bios=os.path.join(bios(), BIOS),
                                        vga_bios=os.path.join(bios(), VGA_BIOS), ips=INSTRUCTIONS_PER_SECOND,
                                        time=START_TIME, block=BLOCK >> 10, log=os.path.join(folder, "log"), **values))
    return emulator.launch(folder, output, [*words, "-q", "-f", configuration], environment)


def messages(folder):
    """What Bochs has to report, without what it reports of every run."""
    return emulator.messages(folder, re.compile(r"Unknown register|Shutdown port|^\d+i\["), ("errors", "log"))
