# SPDX-License-Identifier: GPL-2.0-only
"""The part that is the same for every emulator: to start one, and to read what it leaves."""

import os
import subprocess

from cache import Failure


def check_model(emulator, model):
    """Fails, with a list of the CPU models, if an emulator (a module beside this one) lacks the one that is named."""
    names = emulator.models()
    if model not in names:
        raise Failure(f"{emulator.NAME} has no CPU model {model}; it has: {' '.join(sorted(names))}")


def alone():
    """Words that give a program its own network, where the machine allows one: the display of Bochs listens to everybody."""
    words = ["unshare", "--map-root-user", "--net"]
    allowed = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, check=False).returncode == 0
    return words if allowed else []


def launch(folder, output, words, environment=None):
    """Starts an emulator in a folder, with its standard output to `output`. It ends with the harness at the latest."""
    with open(os.path.join(folder, "errors"), "wb") as errors:
        return subprocess.Popen([*alone(), "setpriv", "--pdeathsig", "KILL", *words], stdin=subprocess.DEVNULL,
                                stdout=output, stderr=errors, cwd=folder, env={**os.environ, **(environment or {})},
                                start_new_session=True)


def messages(folder, expected, names=("errors",)):
    """The lines of the emulator's logs, without those that every run has."""
    for path in (os.path.join(folder, name) for name in names):
        if not os.path.exists(path):
            continue  # the emulator did not get so far
        with open(path, errors="replace", encoding="utf-8") as file:
            for line in file:
                if line.strip() and not expected.search(line):
                    yield line.rstrip()
