# SPDX-License-Identifier: GPL-2.0-only
"""The machines on which the tests run: a kernel in an emulator, booted in some way."""

import collections


# `special` names what distinguishes the machine, `options` (of vm/run) makes it so; without tests, all run.
class Row(collections.namedtuple("Row", "kernel emulator model cpus special options tests", defaults=("", (), ()))):
    def __str__(self):
        words = (self.kernel, f"{self.emulator} {self.model}", f"{self.cpus} CPU{'s' * (self.cpus > 1)}", self.special)
        return ", ".join(filter(None, words))


KERNELS = ("bookworm", "trixie", "sid")

VMX, SVM, SVM_THREADS = ("bochs", "corei7_skylake_x"), ("bochs", "ryzen"), ("qemu", "EPYC")
FIVE_LEVELS = {VMX: ("bochs", "sapphire_rapids"), SVM_THREADS: ("qemu", "EPYC,la57=on")}

# Exact on one CPU, true races on four. Any number but one has numa=fake=2, and only --as-user has mitigations.
PLAIN = ((VMX, 1), (VMX, 2), (SVM, 1), (SVM, 2), (SVM_THREADS, 1), (SVM_THREADS, 2), (SVM_THREADS, 4))

AS_USER = ("as a user's machine", ("--as-user",))
NOHZ_FULL = ("nohz_full", ("-A", "nohz_full=1 rcu_nocbs=1"), ("nohz_full", "inherit", "signals"))
PARAMETERS = ("isolcpus=1", "clearcpuid=smap", "pti=on", "transparent_hugepage=always", "numa=off")


def plain(kernel):
    return [Row(kernel, *machine, cpus) for machine, cpus in PLAIN]


def check(kernel):
    """The rows of `make check`."""
    return [*plain(kernel), Row(kernel, *VMX, 1, *AS_USER), Row(kernel, *VMX, 2, *AS_USER),
            Row(kernel, *SVM_THREADS, 2, *AS_USER), Row(kernel, *VMX, 2, *NOHZ_FULL),
            *(Row(kernel, "qemu", f"EPYC,{lacking}=off", 1, tests=("unavailable.sh",)) for lacking in ("npt", "svm"))]


def special(kernel, machine):
    """One boot parameter, or five-level paging, a row."""
    return [Row(kernel, *machine, 2, *NOHZ_FULL),
            *(Row(kernel, *machine, 2, word, ("-A", word)) for word in PARAMETERS),
            Row(kernel, *FIVE_LEVELS[machine], 2, "five-level paging")]


def everything():
    """The rows of `make check-all`: the oldest kernel has the special ones with VMX, the newest those with SVM."""
    rows = [*check(KERNELS[0]), *special(KERNELS[0], VMX)]
    for kernel in KERNELS[1:]:
        rows += [*plain(kernel), Row(kernel, *VMX, 2, *AS_USER), Row(kernel, *SVM_THREADS, 2, *AS_USER)]
    rows += special(KERNELS[-1], SVM_THREADS)
    return list(dict.fromkeys(rows))
