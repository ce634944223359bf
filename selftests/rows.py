# SPDX-License-Identifier: GPL-2.0-only
"""The machines on which the tests run: a kernel in an emulator, booted in some way, and the programs that run there."""

import collections

# Each group of a row has a boot of its own.  `special` names what distinguishes the machine, and `options` (of vm/run)
# make the difference; if there are `tests`, nothing but these can run.
class Row(collections.namedtuple("Row", "kernel emulator model cpus special options groups tests",
                                 defaults=("", (), ("all",), ()))):
    def __str__(self):
        words = (self.kernel, f"{self.emulator} {self.model}", f"{self.cpus} CPU{'s' * (self.cpus > 1)}", self.special)
        return ", ".join(filter(None, words))


# A program of no other group is of the group `cpu`: it tests what each back end, emulator and kernel does in its own way.
GROUPS = {
    # Ticks, clocks and path lengths: where they are exact, and where another CPU watches.
    "time": ("adaptive", "crossing", "guest_time", "guest_time_32", "nohz_full", "start", "tick_hold", "time_and_cpu",
             "time_and_cpu_32", "vctx_bench.sh"),
    # The interfaces and the life of the module: these are the same for each vendor.
    "admin": ("beside_kvm", "cpu_hotplug", "examples.sh", "fuzz_ioctl", "fuzz_netlink", "fuzz_netlink_leaks", "fuzz_netlink_reload",
              "library", "library_cxx", "many_contexts", "module_lifetime", "netlink_events", "netlink_evict",
              "namespaces", "netlink_policy", "netlink_show", "refused.sh", "vctx_exec.sh", "vctx_noise.sh"),
    # The administrator's tool, in shells and with jq: Bochs takes minutes for them, and tests nothing more.
    "tools": ("vctxctl.sh", "vctxctl_doctor.sh", "vctxctl_isolate.sh"),
    # The entry code, patched for the machine: only rows with a mitigation of speculation of their own run this.
    "mitigations": ("mitigations.sh",),
    # The kernel is locked down from then on: this has a boot of its own.
    "lockdown": ("lockdown.sh",),
    # What more CPUs with true races may break. These are of `cpu` as well.
    "race": ("bells", "fpu_state", "fuzz", "inherit", "inherit_32", "rseq", "shootdown.sh", "signals", "signals_32", "stale_tlb",
             "stale_tlb_32", "stress", "stress_32"),
    # What resumes after an instruction breakpoint, of which QEMU with several CPUs loses one in thousands. These are of
    # `cpu` as well.
    "breakpoint": ("perf_breakpoint", "ptrace", "ptrace_32"),
    # The module beside KVM and firmware, and on CPUs that come and go or refuse: each vendor has its own ways. These are of
    # `admin` as well.
    "life": ("adaptive", "beside_kvm", "cpu_hotplug", "module_lifetime", "refused.sh"),
    # What the module does where it may not sleep on PREEMPT_RT: fork, exec, exit, eviction, events, nested faults.
    # These are of other groups as well.
    "rt": ("bells", "device_memory", "inherit", "module_lifetime", "netlink_events", "netlink_evict", "netlink_policy", "signals",
           "stats_page"),
}


def tests_of(group, tests):
    """The tests that are of a group."""
    if group == "all":
        return tests
    if group == "cpu":
        others = [test for other in ("time", "admin", "tools", "mitigations", "lockdown") for test in GROUPS[other]]
        return [test for test in tests if test not in others]
    return [test for test in tests if test in GROUPS[group]]


# Seconds of a boot with a group, until a run has measured them: by emulator and number of CPUs.
GUESSES = {
    ("bochs", 1): {"cpu": 60, "time": 14, "admin": 35, "tools": 60},
    ("bochs", 2): {"cpu": 85, "time": 18, "admin": 70, "tools": 90, "life": 12},
    ("qemu", 1): {"cpu": 250, "time": 40, "admin": 50, "tools": 60, "breakpoint": 8},
    ("qemu", 2): {"cpu": 105, "time": 6, "admin": 45, "tools": 55, "rt": 60},
    ("qemu", 4): {"cpu": 125, "time": 10, "admin": 75, "tools": 45, "race": 75},
}


def guess(row, group):
    """Seconds that a boot of a row with a group may take."""
    if row.tests:
        return 10
    known = GUESSES[row.emulator, row.cpus]
    names = ("cpu", "time", "admin", "tools") if group == "all" else (group,)
    return sum(known[name] for name in names) * SLOWNESS.get(row.kernel, 1)


KERNELS = ("bookworm", "trixie", "sid")
# Their kernels with PREEMPT_RT.
RT_KERNELS = ("bookworm-rt", "trixie-rt")
# Those of selftests/debug, and how many times as long as elsewhere anything may take there.
SLOWNESS = {"debug": 8, "kcsan": 8}

VMX, SVM, SVM_THREADS = ("bochs", "corei7_skylake_x"), ("bochs", "ryzen"), ("qemu", "EPYC")
FIVE_LEVELS = {VMX: ("bochs", "sapphire_rapids"), SVM_THREADS: ("qemu", "EPYC,la57=on")}

# A run is exact on one CPU, and has true races on four. Machines with several CPUs have numa=fake=2, and only those with
# --as-user have mitigations.
PLAIN = {
    (VMX, 1): ("cpu", "time"),
    (VMX, 2): ("cpu", "time", "admin"),
    (SVM, 1): ("cpu", "time"),
    (SVM, 2): ("cpu", "time", "life"),
    (SVM_THREADS, 1): ("time", "breakpoint"),
    (SVM_THREADS, 2): ("cpu", "time", "admin", "tools"),
    (SVM_THREADS, 4): ("race", "admin", "tools"),
}

# Options of vm/run: SVM with true races, SVM without, and VMX.  The fuzzers run on all of them with each kernel. The
# foreign programs take ten minutes, so they run on all of them with the first kernel only, and with a later kernel where
# that kernel makes a difference.
RACES, EXACT_SVM, EXACT_VMX = ("-e", "qemu", "-c", "2"), ("--model", "ryzen"), ("-e", "bochs")
FUZZED = (RACES, EXACT_SVM, EXACT_VMX)
FOREIGN = {"bookworm": FUZZED, "trixie": (RACES,), "sid": (EXACT_VMX,)}

AS_USER = ("as a user's machine", ("--as-user",))
NOHZ_FULL = ("nohz_full", ("-A", "nohz_full=1 rcu_nocbs=1"), ("all",), ("nohz_full", "inherit", "signals"))
# What shows that contexts do without nested paging where the processor lacks it.
WITHOUT_NESTED = ("paging", "trial", "syscall_abi", "page_fault", "stale_tlb", "device_memory")
# The programs to which mitigations of speculation make a difference, and rows for each of their kinds: the kernel, the
# machine, and what the kernel is told.  README.md says what each row shows. Since Linux 6.16, setcpuid= gives a
# processor bugs and features that it does not have; 668 is IBPB_BRTYPE, 645 is VERW_CLEAR, and 674 is BHI_CTRL. QEMU
# ignores writes of MSRs that it does not know.
MITIGATED = (*GROUPS["mitigations"], "syscall_abi", "signals", "fpu_state", "page_fault")
NEWEST_VMX, ZEN_3 = ("bochs", "sapphire_rapids"), ("qemu", "EPYC-Milan")
MITIGATIONS = (
    *(("bookworm", NEWEST_VMX, words) for words in ("mitigations=auto", "spectre_v2=ibrs",
                                                    "spectre_v2=eibrs spectre_bhi=on clearcpuid=674")),
    *(("bookworm", VMX, words) for words in ("mds=full", "indirect_target_selection=force")),
    ("trixie", VMX, "retbleed=stuff"),
    ("bookworm", SVM_THREADS, "spec_rstack_overflow=off"),
    *(("sid", SVM_THREADS, words) for words in ("retbleed=ibpb setcpuid=ibpb,ibpb_no_ret", "tsa=on setcpuid=tsa,645",
                                                "mds=full setcpuid=mds,md_clear", "vmscape=force setcpuid=ibpb")),
    *(("sid", ZEN_3, f"spec_rstack_overflow={words}") for words in ("safe-ret", "microcode setcpuid=ibpb,668",
                                                                   "ibpb setcpuid=ibpb,668",
                                                                   "ibpb-vmexit setcpuid=ibpb,668")),
)
PARAMETERS = ("isolcpus=1", "clearcpuid=smap", "pti=on", "transparent_hugepage=always", "numa=off")


def paging(mode):
    """What distinguishes a row whose contexts have nested paging, or none, by the policy."""
    return f"paging={mode}", ("-A", f"vcontext.paging={mode}")


def mitigation(kernel, machine, words):
    """A row with a mitigation of speculation."""
    return Row(kernel, *machine, 2, words, ("--as-user", "-A", words), tests=MITIGATED)


def check(kernel):
    """The rows of `make check`."""
    return [*(Row(kernel, *machine, cpus, groups=groups) for (machine, cpus), groups in PLAIN.items()),
            Row(kernel, *VMX, 1, *AS_USER, groups=("cpu",)), Row(kernel, *VMX, 2, *AS_USER, groups=("cpu", "time")),
            Row(kernel, *SVM_THREADS, 2, *AS_USER, groups=("cpu", "time")),
            mitigation(kernel, SVM_THREADS, "retbleed=unret")._replace(tests=GROUPS["mitigations"]),
            Row(kernel, *VMX, 2, *NOHZ_FULL),
            Row(kernel, *SVM_THREADS, 2, "locked down", tests=GROUPS["lockdown"]),
            *(Row(rt, *SVM_THREADS, 2, groups=("rt",)) for rt in RT_KERNELS if rt == f"{kernel}-rt"),
            # By the policy auto, contexts have nested paging under QEMU, which says that it is a hypervisor, and none in Bochs.
            Row(kernel, *VMX, 2, *paging("nested"), groups=("cpu",)),
            Row(kernel, *SVM_THREADS, 4, *paging("direct"), groups=("race",)),
            Row(kernel, "qemu", "EPYC,npt=off", 1, tests=WITHOUT_NESTED),
            Row(kernel, "qemu", "EPYC,svm=off", 1, tests=("unavailable.sh",))]


def special(kernel, machine):
    """Rows with one boot parameter each, and one with five-level paging: for programs that depend on the machine."""
    groups = ("cpu", "time")
    return [Row(kernel, *machine, 2, *NOHZ_FULL),
            *(Row(kernel, *machine, 2, word, ("-A", word), groups=groups) for word in PARAMETERS),
            Row(kernel, *FIVE_LEVELS[machine], 2, "five-level paging", groups=groups)]


def debugged(kernel):
    """The rows of a debug kernel: all programs, with true races, and by VMX."""
    groups = ("cpu", "time", "admin", "tools")
    return [Row(kernel, *SVM_THREADS, 4, groups=groups), Row(kernel, *VMX, 2, groups=groups[:3])]


def everything():
    """The rows of `make check-all`: those of `make check` with each kernel, and the special ones.

    The oldest kernel has the special ones with VMX, the newest those with SVM; with PREEMPT_RT there are two machines.
    """
    rows = [row for kernel in KERNELS for row in check(kernel)]
    rows += [Row(kernel, *machine, 2, groups=("cpu", "time", "admin"))
             for kernel in RT_KERNELS for machine in (SVM_THREADS, VMX)]
    return list(dict.fromkeys((*rows, *special(KERNELS[0], VMX), *special(KERNELS[-1], SVM_THREADS),
                          *(mitigation(*words) for words in MITIGATIONS))))
