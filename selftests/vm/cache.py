# SPDX-License-Identifier: GPL-2.0-only
"""What is kept between runs: one folder an entry, named for what it is made of.

An entry's name holds a hash of everything that it depends on, so an entry never
changes and is never stale: another input is another entry. It is built in a
temporary folder and renamed, so that it is whole or not there, and under a lock,
so that harnesses that run side by side build it once.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time

UNUSED = 30 * 24 * 3600  # seconds after which an entry is removed


class Failure(Exception):
    """The harness cannot do its work; the text is for the user."""


def answer(program, usage, words, question):
    """What the command line of a file here does: prints the answer to a question, or the usage if it is None.

    Returns the exit status.
    """
    if not question:
        print(usage, file=sys.stdout if words == ["--help"] else sys.stderr)
        return 0 if words == ["--help"] else 125
    try:
        print(question())
    except Failure as failure:
        print(f"{program}: {failure}", file=sys.stderr)
        return 125
    return 0


def directory():
    path = os.environ.get("VCTX_CACHE")
    if not path:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        path = os.path.join(base, "vcontext")
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise Failure(f"cannot make the cache folder {path}: {error.strerror}; set VCTX_CACHE") from error
    return path


def digest(*parts):
    """A short hash of strings and bytes."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:16]


def file_stamp(path):
    """A string that differs if a file has changed; the file is not read."""
    status = os.stat(path)
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def read(path):
    with open(path, "rb") as file:
        return file.read()


@contextlib.contextmanager
def locked(name):
    """While one harness builds an entry, others that need it wait; the lock is of this entry only."""
    folder = os.path.join(directory(), "locks")
    os.makedirs(folder, exist_ok=True)
    os.utime(folder)  # prune() leaves folders that are used
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def entry(name, build):
    """The folder of an entry; build(folder) fills it if it is not there yet."""
    path = os.path.join(directory(), name)
    if is_used(path):
        return path
    with locked(name):
        if is_used(path):
            return path
        prune()
        work = tempfile.mkdtemp(prefix="build-", dir=directory())
        try:
            os.chmod(work, 0o755)
            build(work)
            os.rename(work, path)
        except OSError as error:
            raise Failure(f"cannot build the cache entry {path}: {error}") from error
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return path


def is_used(path):
    """Whether an entry is there; if so, it counts as used now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def prune():
    """Removes entries that no run has used for long, and what killed runs have left half built."""
    for old in os.scandir(directory()):
        with contextlib.suppress(FileNotFoundError):  # another run has just renamed or removed it
            if old.is_dir() and time.time() - old.stat().st_mtime > UNUSED:
                shutil.rmtree(old.path, ignore_errors=True)
