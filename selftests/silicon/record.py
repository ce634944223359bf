# SPDX-License-Identifier: GPL-2.0-only
"""The record of a run: a folder that is on the disk before each step, and at the end one archive."""

import fcntl
import glob
import io
import json
import os
import shutil
import tarfile
import time

FOLDER = "/var/lib/vcontext-tests"
RUN = os.path.join(FOLDER, "run")

# Of the record, but not of the archive: it tells whether the machine has been booted since.
BOOT = "boot_id"
SUMMARY, RESULTS, LOG, MACHINE = "summary.json", "results.ktap", "kernel.log", "machine.json"

PSTORE = "/sys/fs/pstore"


def boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read()


def sync_folder(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)


class Busy(Exception):
    """Another run has the record."""


class Record:
    """The folder of a run.  Its summary is the journal: the last step that is `running` is where the run was."""

    def __init__(self, folder=RUN):
        self.folder = folder
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        self.lock = os.open(folder + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None

    def path(self, name):
        return os.path.join(self.folder, name)

    def unfinished(self):
        """The summary of a run that has not ended, or None."""
        try:
            with open(self.path(SUMMARY), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def begin(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.path("output"), mode=0o700)
        self.write(BOOT, boot_id())
        sync_folder(os.path.dirname(self.folder))

    def has_rebooted(self):
        with open(self.path(BOOT), encoding="ascii") as file:
            return file.read() != boot_id()

    # Each of these is on the disk when it returns.

    def write(self, name, text):
        """Writes a file as a whole."""
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.path(name + ".new"), self.path(name))
        sync_folder(self.folder)

    def write_json(self, name, value):
        self.write(name, json.dumps(value, indent=1) + "\n")

    def append(self, name, text):
        with open(self.path(name), "a", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    # ---- the archive ----

    def pack(self, folder, scrubber):
        """Makes one archive of the record, which ends with that; returns the archive's path."""
        name = time.strftime("vctx-silicon-%Y%m%dT%H%M%SZ", time.gmtime())
        path = os.path.join(folder, name + ".tar.xz")
        with open(path + ".new", "wb") as file:
            with tarfile.open(fileobj=file, mode="w:xz", preset=1) as archive:
                for found in sorted(glob.glob(f"{self.folder}/**", recursive=True)):
                    if os.path.isfile(found) and os.path.basename(found) != BOOT:
                        add(archive, f"{name}/{os.path.relpath(found, self.folder)}", scrubbed(found, scrubber))
            file.flush()
            os.fsync(file.fileno())
        os.rename(path + ".new", path)
        sync_folder(folder)
        shutil.rmtree(self.folder)
        return path


def scrubbed(path, scrubber):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    try:
        return json.dumps(scrubber.value(json.loads(text)), indent=1) + "\n" if path.endswith(".json") else scrubber.text(text)
    except ValueError:  # it was cut off
        return scrubber.text(text)


def add(archive, name, text):
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.uname, member.gname = len(data), int(time.time()), "root", "root"
    archive.addfile(member, io.BytesIO(data))


def crash_log(folder=PSTORE):
    """What firmware has kept of the kernel log from the first step on, when the kernel crashed; "" if nothing."""
    parts = []
    for path in glob.glob(f"{folder}/dmesg-*"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                head, _, text = file.read().partition("\n")
        except OSError:
            continue
        number = head.rpartition("Part")[2]
        parts.append((int(number) if number.isdigit() else 0, text))
    # The first part is the end of the log.
    text = "".join(part for _, part in sorted(parts, reverse=True))
    begin = text.find("vctx-silicon: ")
    return text[text.rfind("\n", 0, begin) + 1:] if begin >= 0 else ""
