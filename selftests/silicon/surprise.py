# SPDX-License-Identifier: GPL-2.0-only
"""What stops the ladder, beside a step that fails: the kernel log, new taint flags, machine checks."""

import os
import re

import guest

# What the module says of a CPU that it does not use any more, and of what the processor has refused.
OF_MODULE = r"vcontext: .*(first entry into the guest|is not used any more|was refused|VM entry failed|cannot be enabled)"
IN_LOG = re.compile("|".join((guest.FAULTS.pattern, r"\[Hardware Error\]|Machine check|mce: .*bank", OF_MODULE)))

# Documentation/admin-guide/tainted-kernels.rst has these.
TAINTS = {0: "P, a proprietary module", 1: "F, a module was forced to load", 2: "S, the processor is used out of its "
          "specification", 3: "R, a module was forced to unload", 4: "M, a machine check", 5: "B, a bad page", 6: "U, asked "
          "for by a user", 7: "D, an oops", 8: "A, an ACPI table was replaced", 9: "W, a warning", 10: "C, a staging driver",
          11: "I, a fault of the firmware is worked around", 12: "O, a module of another source", 13: "E, a module without a "
          "signature", 14: "L, a soft lockup", 15: "K, a live patch", 16: "X, of the distribution", 17: "T, randstruct",
          18: "N, a test", 19: "J, a userspace mutating debug operation"}
# With one of these the kernel has met a fault: what it does later proves nothing.
OF_FAULTS = (4, 5, 7, 9, 14)
# Loading a module of another source sets these.
OF_LOADING = (12, 13)

LOG, TAINTED, INTERRUPTS = "/dev/kmsg", "/proc/sys/kernel/tainted", "/proc/interrupts"


def taints():
    """The numbers of the taint flags that are set."""
    with open(TAINTED, encoding="ascii") as file:
        value = int(file.read())
    return {bit for bit in range(value.bit_length()) if value >> bit & 1}


def words(bits):
    return "; ".join(TAINTS.get(bit, f"flag {bit}") for bit in sorted(bits))


def machine_checks():
    """How many machine checks there were, on all CPUs."""
    with open(INTERRUPTS, encoding="ascii", errors="replace") as file:
        line = next((line for line in file if line.split()[:1] == ["MCE:"]), "")
    return sum(int(word) for word in line.split() if word.isdigit())


class Log:
    """The kernel log from now on."""

    def __init__(self):
        self.fd = os.open(LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.lseek(self.fd, 0, os.SEEK_END)

    def fileno(self):
        return self.fd

    def say(self, text):
        """Writes a line into the log, so that whoever sees only the log knows the step."""
        # The kernel limits the rate of each open file.
        with open(LOG, "w", encoding="ascii") as file:
            file.write(f"vctx-silicon: {text}\n")

    def lines(self):
        """What has come since the last call."""
        while True:
            try:
                seconds, text = guest.record_text(os.read(self.fd, 8192))
            except BlockingIOError:
                return
            except BrokenPipeError:
                yield "# records were lost: the kernel's buffer is too small"
                continue
            yield f"[{seconds:12.6f}] {text}"


class Watch:
    """What has gone wrong in the kernel since the last look."""

    def __init__(self, keep):
        self.log = Log()
        self.keep = keep  # is called with each line
        self.taints = taints()
        self.machine_checks = machine_checks()

    def read_log(self):
        """The first surprise in what is new in the log, or None."""
        found = None
        for line in self.log.lines():
            self.keep(line)
            if IN_LOG.search(line) and "vctx-silicon: " not in line:
                found = found or f"the kernel log says: {line}"
        return found

    def look(self):
        """The first surprise of any kind, or None."""
        found = self.read_log()
        if found:
            return found
        fresh = taints() - self.taints - set(OF_LOADING)
        if fresh:
            return f"the kernel has a new taint flag: {words(fresh)}"
        if machine_checks() > self.machine_checks:
            return f"there was a machine check: {INTERRUPTS} counts more than before"
        return None
