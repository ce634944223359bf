# SPDX-License-Identifier: GPL-2.0-only
"""What the user sees of a queue: KTAP as its units end, what goes on meanwhile, and tables at the end."""

import re

from boots import Boot
from ktap import PREFIX, RESULT, Count, what_of

HEADS = ("kernel", "emulator", "CPU model", "mode", "CPUs", "special", "group", "result", "pass", "fail", "skip",
         "seconds")
OTHER_HEADS = ("unit", "result", "pass", "fail", "skip", "seconds")
SLOWEST = 10


def counts(count):
    return tuple(str(count[what]) for what in ("pass", "fail", "skip"))


def verdict(count):
    return "FAIL" if count["fail"] else "pass" if count["pass"] else "skip"


class Report:
    """One TAP stream: a result for each program of a boot and one for the boot, and each result of another unit."""

    def __init__(self, queue, workers, verbose, comments):
        self.queue = queue
        self.workers = workers
        self.verbose = verbose
        self.number = 0
        self.total = Count()
        self.boots, self.others, self.slowest = [HEADS], [OTHER_HEADS], []
        print("TAP version 13", *(f"# {comment}" for comment in comments), sep="\n", flush=True)

    def result(self, failed, what):
        self.number += 1
        print(f"{'not ' if failed else ''}ok {self.number} {what}", flush=True)

    def progress(self, text):
        minutes = self.queue.left() / self.workers / 60
        print(f"# {text}; about {minutes:.0f} min to go", flush=True)

    def begun(self, unit):
        self.progress(f"begun: {unit.name}")

    def idle(self):
        self.progress(self.queue.status())

    def ended(self, unit):
        print(f"# ended: {unit.name}, {unit.seconds:.0f} s")
        self.queue.times.keep(unit)
        if isinstance(unit, Boot):
            self.boot(unit)
        else:
            self.other(unit)
        self.total.update(unit.count)
        self.slowest += [(seconds, name, unit.place) for name, seconds in unit.parts().items() if name != "boot"]

    # ---- boots ----

    def boot(self, boot):
        for program in boot.programs:
            self.program(program, boot)
        self.boot_itself(boot)
        row = boot.row
        kernel, mode = boot.machine()
        self.boots.append((kernel, row.emulator, row.model, mode, str(row.cpus), row.special, boot.group,
                           verdict(boot.count), *counts(boot.count), f"{boot.seconds:.0f}"))

    def program(self, program, boot):
        for line in program.lines if self.verbose else program.telling():
            print(line)
        comments = ", ".join(filter(None, (program.comment, str(program.count), f"{program.seconds:.1f} s")))
        self.result(program.failed, f"{PREFIX}{program.name}, {boot.row}{program.directive or ' # ' + comments}")
        boot.count.update(program.count)

    def boot_itself(self, boot):
        """The result of the boot: a status of 1 only says that tests failed, which their own results have said."""
        if boot.obstacle:
            for name in ("boot", *(PREFIX + name for name in boot.tests)):
                self.result(False, f"{name}, {boot.row} # SKIP {boot.obstacle}")
            boot.count["skip"] += len(boot.tests)
            return
        failed = boot.status > 1
        if failed:
            print("".join(f"    # {line}\n" for line in boot.errors.splitlines()), end="")
        self.result(failed, f"boot, {boot.name} # status {boot.status} of selftests/vm/run")
        boot.count["fail"] += failed
        for name in boot.missing:
            self.result(True, f"{PREFIX}{name}, {boot.row} # the machine did not get that far")
            boot.count["fail"] += 1

    # ---- other units ----

    def other(self, unit):
        """Shows the output as it is, but with the results numbered in this stream."""
        for line in unit.lines:
            match = RESULT.fullmatch(line)
            if match and not match["indent"]:
                self.result(bool(match["not"]), f"{unit.name}: {match['name'].removeprefix('- ')}{match['skip'] or ''}")
                unit.count[what_of(match)] += 1
            elif not re.fullmatch(r"TAP version \d+|\d+\.\.\d+", line):
                print(line)
        # A unit without results counts as one, and so does a unit that fails although none of its results does.
        if not unit.count or (unit.status and not unit.count["fail"]):
            self.result(bool(unit.status), f"{unit.name} # status {unit.status}")
            unit.count["fail" if unit.status else "pass"] += 1
        self.others.append((unit.name, verdict(unit.count), *counts(unit.count), f"{unit.seconds:.0f}"))

    # ---- the end ----

    def end(self):
        print(f"1..{self.number}")
        for table in (self.boots, self.others):
            if len(table) > 1:
                show(table)
        show([("seconds", "the slowest programs", "where"),
              *((f"{seconds:.1f}", name, place) for seconds, name, place in sorted(self.slowest)[:-SLOWEST - 1:-1])])
        print(f"# totals: {self.total}")


def show(table):
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        print("# " + "  ".join(word.ljust(width) for word, width in zip(line, widths)).rstrip())
    print("#")
