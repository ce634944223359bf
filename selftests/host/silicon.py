#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What vctx-silicon does that needs no module: its rungs, its options, what it takes for a surprise, what it leaves out."""

import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
SELFTESTS = os.path.dirname(HERE)
SILICON = os.path.join(SELFTESTS, "silicon")
TOOL = os.path.join(SILICON, "vctx-silicon")
sys.path += [SILICON, SELFTESTS, os.path.join(SELFTESTS, "vm")]

import ladder  # noqa: E402
import record  # noqa: E402
import surprise  # noqa: E402
from scrub import Scrubber  # noqa: E402

number = 0
failures = 0


def check(name, passed, *seen):
    global number, failures
    number += 1
    failures += not passed
    print(f"{'' if passed else 'not '}ok {number} - {name}")
    if not passed:
        print(*(f"# {line}" for line in seen), sep="\n")


# ---- the rungs ----

def wrong_programs(names, path=ladder.LADDER):
    """What is wrong with where the programs of the suite are: each has one place."""
    rungs = ladder.rungs({"hotplug"}, [0, 1], path)
    placed = [*(program for rung in rungs.values() for program in rung.programs), *ladder.left_out(path)]
    return ([f"{name} is in no rung" for name in names if name not in placed] +
            [f"{name} is no program of the suite" for name in sorted(set(placed)) if name not in names] +
            [f"{name} is in two places" for name in sorted(set(placed)) if placed.count(name) > 1])


# make host-test has its own make say which folder it enters.
LIST = ("make", "-s", "--no-print-directory", "-C", SELFTESTS, "list")
every = subprocess.run(LIST, check=True, capture_output=True, text=True).stdout.split()
wrong = wrong_programs(every)
check("each program of the suite is in one rung", not wrong, *wrong)
check("... and one that is in none is seen", wrong_programs([*every, "forgotten"]) == ["forgotten is in no rung"])
check("... and one that is gone", wrong_programs(every[1:]) == [f"{every[0]} is no program of the suite"])

with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
    with open(ladder.LADDER, encoding="utf-8") as original:
        file.write(original.read().replace("programs = trial", "programs = trial crossing"))
    file.flush()
    check("... and one in two rungs", wrong_programs(every, file.name) == ["crossing is in two places"])

steps = ladder.steps(ladder.rungs(set(), [0, 1, 5]))
names = [step.name for step in steps]
check("no step has the name of another", len(names) == len(set(names)))
check("all below the rung of all CPUs is on one CPU",
      all(step.cpus == [0] for step in steps[:names.index("cpus/cpu-0")]))
check("each CPU has a step", [name for name in names if name.startswith("cpus/cpu-")] == [f"cpus/cpu-{cpu}" for cpu in (0, 1, 5)])
check("CPUs go offline only if asked", not any(name.startswith("hotplug/") for name in names) and
      any(step.rung.name == "hotplug" for step in ladder.steps(ladder.rungs({"hotplug"}, [0]))))


# ---- the command line ----

def run(*words):
    done = subprocess.run((TOOL, *words), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


status, out, err = run("--dry-run")
check("--dry-run lists all steps, in their order, and does nothing", not status and not err and
      [line.strip() for line in out.splitlines() if line.startswith("    ")][:3] == ["load/modprobe", "load/doctor", "trial/trial"]
      and "hotplug: " in out and "left out: refused.sh: " in out, out, err)
status, out, err = run("--dry-run", "--from", "entry", "--until", "behaviour/page_fault")
check("--from and --until choose steps", not status and
      [line.strip() for line in out.splitlines() if line.startswith("    ")] ==
      ["entry/true", "entry/stats", "entry/library", "behaviour/syscall_abi", "behaviour/page_fault"], out, err)
for words, said in ((("--until", "nothing"), "--until nothing: there is no such step"),
                    (("--from", "races", "--until", "load"), "--from races comes after --until load"),
                    (("--wrong",), "unrecognized arguments"), (("-o", "/nowhere"), "there is no such folder")):
    status, out, err = run(*words)
    check(f"{' '.join(words)} is refused", status == 2 and said in err and err.count("\n") == 1, err)
with open(os.path.join(SILICON, "vctx-silicon.8"), encoding="utf-8") as page, \
        open(os.path.join(SILICON, "completion.sh"), encoding="utf-8") as completion:
    page, completion = page.read().replace("\\-", "-"), completion.read()
options = re.findall(r"(--[a-z-]+)", run("--help")[1])
undocumented = [option for option in options if option not in page or option not in completion]
check("each option is in the man page and in the completion", len(options) >= 9 and not undocumented, *undocumented)
missing = [name for name in {step.rung.name for step in ladder.steps(ladder.rungs({"hotplug"}, [0]))}
           if f".TP\n{name}\n" not in page]
check("each rung is in the man page", not missing, *missing)
check("--version", run("--version")[1] == "vctx-silicon 0.1.0\n")


# ---- surprises ----

SURPRISES = (
    "WARNING: CPU: 0 PID: 7 at kernel/sched/core.c:1 f+0x1/0x2",
    "BUG: kernel NULL pointer dereference, address: 0000000000000000",
    "general protection fault, probably for non-canonical address 0x1: 0000 [#1]",
    "Oops: 0000 [#1] PREEMPT SMP",
    "WARNING: possible circular locking dependency detected",
    "rcu: INFO: rcu_preempt self-detected stall on CPU",
    "watchdog: BUG: soft lockup - CPU#1 stuck for 22s!",
    "mce: [Hardware Error]: Machine check events logged",
    "unchecked MSR access error: WRMSR to 0x1",
    "vcontext: CPU 1: the first entry into the guest ended wrongly (0x1); threads run natively there; please report",
    "vcontext: CPU 1 is not used any more; please report the lines above",
    "vcontext: VMRUN was refused: exit code 0xffffffff",
)
missed = [line for line in SURPRISES if not surprise.IN_LOG.search(line)]
check("lines of the kernel log that are surprises", not missed, *missed)
ORDINARY = ("vcontext: loading out-of-tree module taints kernel.", "traps: a general protection fault ip:1 sp:2 error:0",
            "kvm_amd: Nested Paging enabled", "sysrq: Show backtrace of all active CPUs")
taken = [line for line in ORDINARY if surprise.IN_LOG.search(line)]
check("... and lines that are none", not taken, *taken)


# ---- what is not told ----

scrubber = Scrubber(hosts=["my-box", "my--box"], users=["anna"])
TEXTS = {
    "my-box kernel: anna logged in": "HOST kernel: USER logged in",
    "/dev/mapper/my--box--vg-root": "/dev/mapper/HOST--vg-root",
    "MY-BOX.example": "HOST.example",
    "savannah annabel": "savannah annabel",
    "e1000e eth0: 52:54:00:ab:cd:ef": "e1000e eth0: MAC-ADDRESS",
    "usb 1-1: SerialNumber: 0123ABC": "usb 1-1: SerialNumber: SERIAL-NUMBER",
    "peer 192.168.1.7 and fe80::5054:ff:fe12:3456": "peer IP-ADDRESS and IP-ADDRESS",
    "fs 2b0d7b3c-1111-2222-3333-444455556666 mounted": "fs UUID mounted",
    "/home/someone/x": "/home/USER/x",
    "RIP: 0010:vctx_run+0x12/0x34": "RIP: 0010:vctx_run+0x12/0x34",
    "[   12.345678] vcontext: ready": "[   12.345678] vcontext: ready",
}
wrong = [f"{text} became {scrubber.text(text)}" for text, wanted in TEXTS.items() if scrubber.text(text) != wanted]
check("names, addresses and serial numbers are replaced, and nothing else is", not wrong, *wrong)
LINE = "BOOT_IMAGE=/boot/x root=UUID=7 ro quiet mitigations=auto ip=10.0.0.1::eth0 nohz_full=1"
check("of the kernel command line what is about disks and networks", scrubber.command_line(LINE) ==
      "BOOT_IMAGE=REMOVED root=REMOVED ro quiet mitigations=auto ip=REMOVED nohz_full=1", scrubber.command_line(LINE))
check("JSON keeps the names of its members", scrubber.value({"anna": ["anna", 1]}) == {"anna": ["USER", 1]})


# ---- what firmware keeps of a crash ----

with tempfile.TemporaryDirectory() as folder:
    for part, text in ((1, "<4>[3] vctx-silicon: step b\n<4>[4] BUG: crash\n"),
                       (2, "<4>[1] private\n<4>[2] vctx-silicon: step a\n")):
        with open(os.path.join(folder, f"dmesg-efi-{part}"), "w", encoding="ascii") as file:
            file.write(f"Oops#1 Part{part}\n{text}")
    kept = record.crash_log(folder)
    check("of a crash log the part that the run has seen", kept ==
          "<4>[2] vctx-silicon: step a\n<4>[3] vctx-silicon: step b\n<4>[4] BUG: crash\n", kept)
    check("... and nothing if there is none", record.crash_log(os.path.join(folder, "none")) == "")

print(f"1..{number}")
sys.exit(1 if failures else 0)
