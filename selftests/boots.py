# SPDX-License-Identifier: GPL-2.0-only
"""A boot with a group of test programs: the request to the harness, and the result of each program."""

import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "build")
LOG = os.path.join(BUILD, "log")
TIMES = os.path.join(LOG, "times.json")
sys.path.append(os.path.join(HERE, "vm"))

import debug_kernel  # noqa: E402
import packages  # noqa: E402
import qemu  # noqa: E402
import rows  # noqa: E402
import schedule  # noqa: E402
import toolchain  # noqa: E402
from cache import Failure  # noqa: E402
from ktap import Count, programs_in  # noqa: E402

# What tests use of this machine.
TERMINFO = ("/lib/terminfo/l/linux", "/usr/share/terminfo/l/linux")  # before Debian 13, and since
GUEST_FILES = ("/usr/bin/jq", "/usr/bin/script", next(filter(os.path.exists, TERMINFO), TERMINFO[-1]))

# How long a test may take, in seconds of the guest.
TEST_SECONDS = 180
# How long a boot may take, in seconds of this machine.
BOOT_SECONDS = 900

# What Bochs cannot do natively: with several CPUs, a CPU that reaches an instruction breakpoint never goes on.
# The emulator makes no difference to the cases of vctxctl_isolate.sh, and without them a boot is a minute shorter.
BEYOND_BOCHS_SMP = ("ptrace/hardware_breakpoint", "ptrace/hardware_breakpoint_both",
                    "perf_breakpoint/thread_execute", "perf_breakpoint/cpu_execute",
                    *(f"vctxctl_isolate.sh/{what}" for what in ("killed_isolate", "killed_release")))

BEYOND_QEMU = (
    # QEMU has no unmasked SSE exceptions and no alignment check, and it executes some instructions that it should refuse.
    *(f"exceptions/sse_{what}" for what in ("divide", "invalid", "overflow", "underflow", "inexact", "denormal")),
    "exceptions/alignment", "exceptions/into", "exceptions/invd", "exceptions/wbinvd",
    # For a non-canonical address WRGSBASE raises no #GP, and a stack access raises #GP instead of #SS.
    "fs_gs_base/instruction_refuses", "page_fault/stack_non_canonical",
    # In the guest only: the resume flag outlives the instruction that VMRUN begins with.
    "ptrace/breakpoint", "ptrace/breakpoint_both",
    "exceptions/step_itself",
    *(f"{program}/resume_flag" for program in ("core_dump", "exceptions", "fuzz", "page_fault", "ptrace", "seccomp",
                                               "signals")),
)

# Several CPUs of QEMU are threads of this machine: its other programs take time from the guest.
BEYOND_QEMU_SMP = (
    *(f"tick_hold/{what}" for what in ("unlimited", "bounded", "not_asked_for", "sleeper_on_time", "real_timer_on_time",
                                       "virtual_timer_on_time", "prof_timer_on_time", "cpu_limit", "killed",
                                       "calls_are_counted", "largest_bound", "switched_off", "other_cpus_only",
                                       "user_time", "fair_share", "clocks_agree_cpu0", "clocks_agree_cpu1",
                                       "rcu_goes_on", "idle_timer_on_time", "quota")),
    *(f"guest_time/{what}" for what in ("hot_loop", "interrupts", "user_time", "user_time_of_children", "thread_clock",
                                        "shared_cpu", "sums")),
    *(f"vctx_noise.sh/{what}" for what in ("compare", "from_file", "held")),
    *(f"vctx_exec.sh/{what}" for what in ("in_guest", "inner_counts_outside")),
    "cpu_hotplug/while_holding", "time_and_cpu/tsc_rate", "crossing/others", "shootdown.sh/kick_is_needed",
    *(f"syscall_restart/{what}_eintr" for what in ("read", "poll")),
    # Once in thousands of times QEMU loses the second or third of three hits; perf_breakpoint needs only one hit.
    "ptrace/hardware_breakpoint", "ptrace/hardware_breakpoint_both",
)

# What debug kernels cannot do. KASAN keeps what is freed, and each object has more bytes around it; kmemleak looks for
# leaks.
BEYOND_DEBUG = {"debug": ("many_contexts/memory", "fuzz_netlink_leaks/memory")}

# What `guest` says about the machine.
MACHINE = re.compile(r"^# kernel (\S+), (\S*)$", re.MULTILINE)

def names():
    """The names of all tests, as the Makefile lists them."""
    return subprocess.run(("make", "-s", "-C", HERE, "list"), check=True, capture_output=True,
                          text=True).stdout.split()


def build():
    if subprocess.run(("make", "-s", "-C", HERE), check=False).returncode:
        raise Failure("the tests do not build; see above")


def obstacle(row):
    """Why a row cannot run on this machine, or None."""
    if row.emulator == "qemu":
        try:
            qemu.prepare()
        except Failure as failure:
            return str(failure)
    if row.kernel in debug_kernel.NAMES:
        try:
            debug_kernel.image(row.kernel)
        except Failure as failure:
            return str(failure)
    if row.kernel != packages.release()[1] and os.geteuid() and not toolchain.has_headers(row.kernel):
        return f"not root: the module for {row.kernel} is built in a root file system of that suite"
    return None


def command(row, tests, seed):
    """The boot that runs tests of a row."""
    bochs = row.emulator == "bochs"
    alone, smp = ((), BEYOND_BOCHS_SMP) if bochs else (BEYOND_QEMU, BEYOND_QEMU_SMP)
    beyond = alone + (smp if row.cpus > 1 else ()) + BEYOND_DEBUG.get(row.kernel, ())
    slow = rows.SLOWNESS.get(row.kernel, 1)
    exact = bochs and row.cpus == 1 and not row.options
    # make has built the module for this machine's own kernel.
    kernel = ("-k", row.kernel) if row.kernel != packages.release()[1] else ()
    # The emulator makes no difference to messages and calls: there are fewer where each costs the most.
    messages = 400 if bochs else 1500
    # 10,000 contexts in one row only, in which they take seconds.  Their threads need memory.
    crowd = 10000 if (row.emulator, row.cpus, row.special) == ("qemu", 2, "") else 200
    memory = ("-m", "768") if crowd > 1000 else ()
    return (os.path.join(HERE, "vm", "run"), *kernel, "-e", row.emulator, "--model", row.model, "-c", str(row.cpus),
            "-t", str(BOOT_SECONDS * slow), *memory, *row.options, "-a", BUILD + ":/selftests",
            *(word for file in GUEST_FILES for word in ("-a", file)), "--",
            "env", f"VCTX_SEED={seed}", f"VCTX_SLOW={slow}", f"VCTX_CROWD={crowd}", f"VCTX_MESSAGES={messages}",
            f"VCTX_EXACT={int(exact)}", f"VCTX_LOCKDOWN={int(tests == list(rows.GROUPS['lockdown']))}",
            "VCTX_SKIP=" + " ".join(beyond),
            "/selftests/guest", str(TEST_SECONDS * slow), *tests)


class Boot(schedule.Unit):
    """A row with a group of its programs, and their results."""

    def __init__(self, row, group, tests, seed, guess, after=()):
        name = str(row) if group == "all" else f"{row}: {group}"
        super().__init__(name, str(row), guess, after)
        self.row, self.group, self.tests, self.seed = row, group, tests, seed
        self.obstacle = None
        self.count = Count()
        self.status, self.lines, self.errors = 0, [], ""
        self.programs = []

    def run(self):
        self.obstacle = obstacle(self.row)
        if self.obstacle:
            return
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            with subprocess.Popen(command(self.row, self.tests, self.seed), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=errors, encoding="utf-8", errors="replace") as boot:
                self.lines = [(time.monotonic(), line.rstrip("\n")) for line in boot.stdout]
            self.status = boot.returncode
            errors.seek(0)
            self.errors = errors.read()
        self.programs = list(programs_in(self.lines))
        self.keep()

    def planned(self):
        return ["boot", *self.tests]

    def parts(self):
        if not self.programs:
            return {}
        seconds = {program.name: program.seconds for program in self.programs}
        return {"boot": self.seconds - sum(seconds.values()), **seconds}

    @property
    def missing(self):
        """The tests that have no result."""
        return self.tests[len(self.programs):]

    def keep(self):
        """Writes the whole output into the folder of logs."""
        os.makedirs(LOG, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", self.name.lower())
        with open(os.path.join(LOG, name + ".ktap"), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for _, line in self.lines)
            file.writelines("# " + line + "\n" for line in self.errors.splitlines())

    def machine(self):
        """The kernel's release and the mode of the processor, as the guest said."""
        found = next(filter(None, (MACHINE.fullmatch(line) for _, line in self.lines)), None)
        return found.groups() if found else (self.row.kernel, "")


def units(chosen, tests, seed, after=()):
    """The boots of some rows; each waits for the units of `after` that are of its emulator or its kernel."""
    found = []
    for row in chosen:
        possible = [test for test in tests if test in (row.tests or tests)]
        for group in row.groups:
            wanted = rows.tests_of(group, possible)
            if wanted:
                first = [name for name, value in after if value in (row.emulator, row.kernel)]
                found.append(Boot(row, group, wanted, seed, rows.guess(row, group), first))
    return found
