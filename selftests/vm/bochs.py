# SPDX-License-Identifier: GPL-2.0
"""Bochs 3.0: got from Debian 13, configured, started."""

import inspect
import os
import re
import shutil
import subprocess

import cache
import packages
from cache import Failure

SUITE = "trixie"  # the Debian release that has Bochs 3.0
PACKAGES = ("bochs", "libc6", "libsamplerate0")
VERSION = re.compile(r"3\.0")  # 3.1 does not boot the kernel
LIBRARIES = "usr/lib/x86_64-linux-gnu"
BIOS = "/usr/share/bochs/BIOS-bochs-latest"
VGA_BIOS = "/usr/share/vgabios/vgabios.bin"

INSTRUCTIONS_PER_SECOND = 100_000_000  # of virtual time
START_TIME = 2_000_000_000  # fixed, so that runs are alike; later than any file's time

CONFIGURATION = """\
plugin_ctrl: unmapped=1, biosdev=0, speaker=0, parallel=0, serial=1
display_library: rfb, options="timeout=0"
romimage: file={bios}, address=0xfffe0000
vgaromimage: file={vga_bios}
memory: guest={memory}, host={memory}, block_size=8192
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


def build(work):
    """Cache entry: Bochs and the C library that it needs, unpacked side by side."""
    downloads = os.path.join(work, "apt")
    os.mkdir(downloads)
    for file in packages.fetch(PACKAGES, SUITE, downloads):
        name, version = os.path.basename(file).split("_")[:2]
        if name == "bochs" and not VERSION.match(version):
            raise Failure(f"Debian's {SUITE} has Bochs {version}, the harness needs 3.0")
        packages.unpack(file, os.path.join(work, name))
    shutil.rmtree(downloads)


def installed():
    """Whether the machine's own Bochs is the one that is needed."""
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "bochs"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, check=False)
    return found.returncode == 0 and bool(VERSION.match(found.stdout))


def command():
    """The command that starts Bochs, and the environment that it needs."""
    packages.need_file(BIOS, "bochsbios")
    packages.need_file(VGA_BIOS, "vgabios")
    if packages.release()[0] >= 13 and installed():
        return ["/usr/bin/bochs-bin"], {}
    root = cache.entry(f"bochs-{cache.digest(SUITE, *PACKAGES, inspect.getsource(build))}", build)
    bochs, libc, samplerate = (os.path.join(root, name) for name in PACKAGES)
    paths = (f"{libc}/{LIBRARIES}", f"{samplerate}/{LIBRARIES}", f"/{LIBRARIES}")
    start = [f"{libc}/{LIBRARIES}/ld-linux-x86-64.so.2", "--library-path", ":".join(paths),
             f"{bochs}/usr/bin/bochs-bin"]
    environment = {"LTDL_LIBRARY_PATH": f"{bochs}/{LIBRARIES}/bochs/plugins", "BXSHARE": f"{bochs}/usr/share/bochs"}
    return start, environment


def alone():
    """Words that give Bochs its own network, where the machine allows it: its display listens for the world."""
    words = ["unshare", "--map-root-user", "--net"]
    allowed = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, check=False).returncode == 0
    return words if allowed else []


def start(folder, output, **values):
    """Starts Bochs in a folder with its standard output, which is the guest's port 0xe9, to `output`."""
    words, environment = command()
    configuration = os.path.join(folder, "bochsrc")
    with open(configuration, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(bios=BIOS, vga_bios=VGA_BIOS, ips=INSTRUCTIONS_PER_SECOND, time=START_TIME,
                                        log=os.path.join(folder, "bochs.log"), **values))
    with open(os.path.join(folder, "bochs.err"), "wb") as errors:
        # Bochs must not outlive a harness that was killed.
        return subprocess.Popen([*alone(), "setpriv", "--pdeathsig", "KILL", *words, "-q", "-f", configuration],
                                stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=folder,
                                env={**os.environ, **environment}, start_new_session=True)


def messages(folder):
    """What Bochs has to report, without what it reports of every run."""
    expected = re.compile(r"Unknown register|Shutdown port|^\d+i\[")
    for path in (os.path.join(folder, name) for name in ("bochs.err", "bochs.log")):
        if not os.path.exists(path):
            continue  # it did not get as far as that
        with open(path, errors="replace", encoding="utf-8") as file:
            for line in file:
                if line.strip() and not expected.search(line):
                    yield line.rstrip()


def advice(folder):
    """What to do if Bochs itself could not be started, to follow a message."""
    if b"loading shared libraries" in cache.read(os.path.join(folder, "bochs.err")):
        return f"; {packages.install_hint()}"
    return ""
