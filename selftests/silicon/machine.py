# SPDX-License-Identifier: GPL-2.0-only
"""What the archive says of the machine, and what keeps the ladder from beginning."""

import glob
import json
import os
import struct
import subprocess

import surprise

# What the module reads or relies on, by the names of the SDM and of the APM.
MSRS = {
    "GenuineIntel": {
        "IA32_FEATURE_CONTROL": 0x3A, "IA32_ARCH_CAPABILITIES": 0x10A,
        "IA32_VMX_BASIC": 0x480, "IA32_VMX_PINBASED_CTLS": 0x481, "IA32_VMX_PROCBASED_CTLS": 0x482,
        "IA32_VMX_EXIT_CTLS": 0x483, "IA32_VMX_ENTRY_CTLS": 0x484, "IA32_VMX_MISC": 0x485,
        "IA32_VMX_CR0_FIXED0": 0x486, "IA32_VMX_CR0_FIXED1": 0x487, "IA32_VMX_CR4_FIXED0": 0x488,
        "IA32_VMX_CR4_FIXED1": 0x489, "IA32_VMX_PROCBASED_CTLS2": 0x48B, "IA32_VMX_EPT_VPID_CAP": 0x48C,
        "IA32_VMX_TRUE_PINBASED_CTLS": 0x48D, "IA32_VMX_TRUE_PROCBASED_CTLS": 0x48E,
        "IA32_VMX_TRUE_EXIT_CTLS": 0x48F, "IA32_VMX_TRUE_ENTRY_CTLS": 0x490, "IA32_VMX_VMFUNC": 0x491,
    },
    "AuthenticAMD": {
        "EFER": 0xC0000080, "VM_CR": 0xC0010114, "SYSCFG": 0xC0010010, "HWCR": 0xC0010015, "BP_CFG": 0xC001102E,
    },
}
MSRS["HygonGenuine"] = MSRS["AuthenticAMD"]

VULNERABILITIES = "/sys/devices/system/cpu/vulnerabilities"
# Of the firmware's tables; those with names of people and serial numbers are not among them.
FIRMWARE = ("bios_vendor", "bios_version", "bios_date", "board_vendor", "board_name")

# Modules that use VMX or SVM.
HYPERVISORS = ("kvm_intel", "kvm_amd", "vboxdrv", "vmmon")


def line_of(path):
    """The first line of a file, or None."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readline().rstrip("\n")
    except OSError:
        return None


def number_of(path):
    line = line_of(path)
    return int(line) if line and line.lstrip("-").isdigit() else 0


def output_of(*words):
    """The standard output of a command, or None if it cannot be run."""
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False, text=True, errors="replace").stdout
    except OSError:
        return None


def json_of(*words):
    try:
        return json.loads(output_of(*words) or "null")
    except ValueError:
        return None


def cpus_online():
    listed = line_of("/sys/devices/system/cpu/online")
    if not listed:  # in a chroot, for example
        return sorted(os.sched_getaffinity(0))
    numbers = []
    for part in listed.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


# ---- what the archive says ----

def cpu_kinds():
    """Each kind of processor that the kernel shows, with its CPUs."""
    kinds = {}
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for block in file.read().strip().split("\n\n"):
            fields = dict((part.strip() for part in line.partition(":")[::2]) for line in block.splitlines())
            kind = {key: fields.get(name) for key, name in (
                ("vendor", "vendor_id"), ("family", "cpu family"), ("model", "model"), ("name", "model name"),
                ("stepping", "stepping"), ("microcode", "microcode"), ("flags", "flags"), ("vmx_flags", "vmx flags"),
                ("bugs", "bugs"))}
            kinds.setdefault(json.dumps(kind), []).append(int(fields["processor"]))
    return [dict(json.loads(kind), cpus=cpus) for kind, cpus in kinds.items()]


def read_msr(cpu, number):
    try:
        fd = os.open(f"/dev/cpu/{cpu}/msr", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return "cannot be read"
    try:
        return f"{struct.unpack('<Q', os.pread(fd, 8, number))[0]:#x}"
    except OSError:
        return "not there"
    finally:
        os.close(fd)


def msrs(vendor, cpus):
    """Each capability MSR: its values, each with the CPUs that have it."""
    found = {}
    for name, number in MSRS.get(vendor, {}).items():
        values = {}
        for cpu in cpus:
            values.setdefault(read_msr(cpu, number), []).append(cpu)
        found[name] = values
    return found


def describe(scrubber):
    """All that the archive says of the machine."""
    kinds, cpus, uname = cpu_kinds(), cpus_online(), os.uname()
    # The devices of MSRs are there with this module only.
    loaded = os.path.exists("/sys/module/msr") or not subprocess.run(
        ("modprobe", "-q", "msr"), stderr=subprocess.DEVNULL, check=False).returncode
    return {
        "processors": kinds,
        "cpus_online": line_of("/sys/devices/system/cpu/online"),
        "smt": line_of("/sys/devices/system/cpu/smt/control"),
        "msrs": msrs(kinds[0]["vendor"], cpus) if loaded else None,
        "kernel": {"release": uname.release, "version": uname.version,
                   "command_line": scrubber.command_line(line_of("/proc/cmdline")),
                   "tainted": sorted(surprise.taints())},
        "vulnerabilities": {os.path.basename(path): line_of(path) for path in sorted(glob.glob(f"{VULNERABILITIES}/*"))},
        "firmware": {name: line_of(f"/sys/class/dmi/id/{name}") for name in FIRMWARE},
        "clocksource": line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "module": {name: line_of(f"/sys/module/vcontext/{name}") for name in ("version", "srcversion")},
        "hypervisors": [name for name in HYPERVISORS if os.path.exists(f"/sys/module/{name}")],
    }


# ---- what keeps the ladder from beginning ----

def virtual_machines():
    """The processes that have a virtual machine of KVM."""
    found = set()
    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(path).startswith("anon_inode:kvm-vm"):
                found.add(path.split("/")[2])
        except OSError:
            continue
    return sorted(found, key=int)


def obstacle():
    """Why the ladder cannot begin, with what helps, or None."""
    if os.geteuid():
        return "this takes root, for the module, the kernel log and MSRs; run: sudo vctx-silicon"
    faults = surprise.taints().intersection(surprise.OF_FAULTS)
    if faults:
        return (f"the kernel has met a fault before, as its taint flags say ({surprise.words(faults)}); "
                "what happens now would prove nothing: reboot first")
    machines = virtual_machines()
    if machines:
        return (f"virtual machines run (the processes {', '.join(machines)}), and have VMX or SVM; "
                "shut them down first")
    # Contexts may be what uses KVM's module.
    if number_of("/sys/module/vcontext/refcnt") > 0:
        return ("other contexts are in use, or /dev/vcontext is open; 'vctxctl list' shows them, "
                "and 'vctxctl evict --all' ends them without harm to their programs")
    busy = [name for name in HYPERVISORS if number_of(f"/sys/module/{name}/refcnt") > 0]
    if busy:
        return f"the module {busy[0]} is in use; end what uses it, then: modprobe -r {busy[0]}"
    return doctor_obstacle()


# What vctxctl doctor can say before the module is loaded.
BEFORE_LOADING = ("processor", "firmware", "possession", "kernel", "configuration", "installed")


def doctor_obstacle():
    """The first thing that vctxctl doctor finds missing, or None."""
    found = json_of("vctxctl", "doctor", "--json")
    if not found:
        return "vctxctl cannot be run; install vcontext-tools"
    for check in found["checks"]:
        if check["needed"] and check["answer"] == "no" and check["check"] in BEFORE_LOADING:
            # The harness, for example, has the module in another place.
            if check["check"] == "installed" and os.path.exists("/sys/module/vcontext"):
                continue
            return f"{check['found']}; {check['advice'] or 'vctxctl doctor says more'}"
    return None
