# SPDX-License-Identifier: GPL-2.0-only
"""What is the same with every emulator: how one is started, and what it leaves to read."""

import os
import subprocess

import cache
import packages
from cache import Failure


def check_model(emulator, model):
    """Fails if an emulator (a module beside this) has no CPU model of a name, and lists those that it has."""
    names = emulator.models()
    if model not in names:
        raise Failure(f"{emulator.NAME} has no CPU model {model}; it has: {' '.join(sorted(names))}")


def alone():
    """Words that give a program its own network, where the machine allows it: Bochs' display listens for the world."""
    words = ["unshare", "--map-root-user", "--net"]
    allowed = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, check=False).returncode == 0
    return words if allowed else []


def launch(folder, output, words, environment=None):
    """Starts an emulator in a folder with its standard output to `output`; it does not outlive the harness."""
    with open(os.path.join(folder, "errors"), "wb") as errors:
        return subprocess.Popen([*alone(), "setpriv", "--pdeathsig", "KILL", *words], stdin=subprocess.DEVNULL,
                                stdout=output, stderr=errors, cwd=folder, env={**os.environ, **(environment or {})},
                                start_new_session=True)


def messages(folder, expected, names=("errors",)):
    """The lines of the emulator's logs but those that are expected of every run."""
    for path in (os.path.join(folder, name) for name in names):
        if not os.path.exists(path):
            continue  # it did not get as far as that
        with open(path, errors="replace", encoding="utf-8") as file:
            for line in file:
                if line.strip() and not expected.search(line):
                    yield line.rstrip()


def advice(folder):
    """What to do if the emulator itself could not be started, to follow a message."""
    if b"loading shared libraries" in cache.read(os.path.join(folder, "errors")):
        return f"; {packages.install_hint()}"
    return ""
