# SPDX-License-Identifier: GPL-2.0-only
"""The output of `guest`, which is KTAP: the result of each test program, and those of its cases."""

import collections
import re

RESULT = re.compile(r"(?P<indent> *)(?P<not>not )?ok \d+ (?P<name>.*?)(?P<skip> # SKIP.*)?")

PREFIX = "selftests: vcontext: "


class Count(collections.Counter):
    """How many cases passed, failed and were skipped."""

    def __str__(self):
        return " ".join(f"{what}:{self[what]}" for what in ("pass", "fail", "skip"))


def what_of(match):
    return "fail" if match["not"] else "skip" if match["skip"] else "pass"


class Program:
    """The result of one test program, and those of its cases."""

    def __init__(self, lines, match, seconds):
        self.lines = lines
        self.failed = bool(match["not"])
        self.name, _, self.comment = match["name"].removeprefix(PREFIX).partition(" # ")
        self.directive = match["skip"] or ""
        self.seconds = seconds
        self.count = Count(what_of(case) for case in map(RESULT.fullmatch, lines) if case)
        # A program without cases counts as a case, and so does one that fails although its cases do not.
        if not self.count or (self.failed and not self.count["fail"]):
            self.count[what_of(match)] += 1

    def telling(self):
        """The lines to show: cases that did not pass, and all other lines of a program that failed."""
        for line in self.lines:
            case = RESULT.fullmatch(line)
            if case and what_of(case) != "pass" or self.count["fail"] and not case:
                yield line


def programs_in(lines):
    """The programs of a boot; lines: pairs of a time and the line that came then."""
    lines_of_one, begun = [], 0
    for came, line in lines:
        match = RESULT.fullmatch(line)
        if match and not match["indent"]:
            yield Program(lines_of_one, match, came - begun)
            lines_of_one, begun = [], came
        elif line.startswith("    "):
            lines_of_one.append(line)
        elif line.startswith("# " + PREFIX):
            begun = came
