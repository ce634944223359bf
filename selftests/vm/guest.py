# SPDX-License-Identifier: GPL-2.0-only
"""The frames that init sends through the emulator's port 0xe9, and the faults that the kernel log may not have."""

import re
import struct

HELLO = b"\x01vcontext harness\n"  # before the first frame; the emulator may have printed something earlier
START, BOOT_LOG, LOG, STDOUT, STDERR, FAILURE, LEAK, EXIT = "sbkoeflx"

# A fault of a program ("traps: x general protection fault ip:") is no fault of the kernel. With numa=fake, 6.1 warns
# of a mask of workqueues that leaves out all CPUs of a node. KCSAN also finds races between other parts of the kernel.
FAULTS = re.compile("|".join((
    r"WARNING: (?!workqueue cpumask: online intersect > possible intersect)",
    r"\bBUG\b(?!: KCSAN: (?!.*\[vcontext\]))",
    r"\bOops\b",
    r"Kernel panic",
    r"Internal error",
    r"general protection fault(,|:)",
    r"unable to handle ",
    r"double fault:|stack segment: \d|invalid opcode: \d|divide error: \d|int3: \d|control protection fault: \d",
    r"unchecked MSR access error",
    r"possible (circular|recursive|irq lock inversion)",
    r"inconsistent lock state",
    r"(suspicious RCU|Invalid wait context|bad unlock balance|held lock freed|lock held when returning)",
    r"trying to register non-static key",
    r"blocked for more than \d+ seconds",
    r"(soft|hard) lockup|hard LOCKUP",
    r"rcu: INFO: |rcu_\w+ (kthread|detected|self-detected)",
    r"(list_add|list_del) corruption",
    r"refcount_t: ",
    r"Slab cache still has objects",
    r"Bad page (state|map)|Bad rss-counter|non-zero pgtables_bytes",
    r"(UBSAN|KASAN|KMSAN|KFENCE): ",
    r"kmemleak: \d+ new suspected memory leaks",
    r"Dazed and confused|NMI received for unknown reason",
    r"scheduling while atomic|sleeping function called",
)))


def record_text(record):
    """A record of /dev/kmsg as (seconds, text)."""
    head, _, text = record.partition(b";")
    stamp = head.split(b",")
    seconds = int(stamp[2]) / 1e6 if len(stamp) > 2 and stamp[2].isdigit() else 0
    # The first line is the text; those after it are a dictionary.  The lines of a call trace begin with a space.
    return seconds, text.decode(errors="replace").partition("\n")[0]


class Frames:
    """Cuts the stream into frames."""

    def __init__(self):
        self.buffer = bytearray()
        self.met = False

    def feed(self, data):
        """Yields (type, bytes) for every frame that is complete."""
        self.buffer += data
        if not self.met:
            at = self.buffer.find(HELLO)
            if at < 0:
                return
            del self.buffer[:at + len(HELLO)]
            self.met = True
        at = 0
        while len(self.buffer) - at >= 5:
            kind, size = struct.unpack_from("<cI", self.buffer, at)
            if len(self.buffer) - at - 5 < size:
                break
            yield kind.decode("latin-1"), bytes(self.buffer[at + 5:at + 5 + size])
            at += 5 + size
        del self.buffer[:at]
