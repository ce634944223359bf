# SPDX-License-Identifier: GPL-2.0-only
"""The steps, in their order, as ladder.ini has them."""

import configparser
import os
import shlex

HERE = os.path.dirname(os.path.realpath(__file__))
PROGRAMS = os.path.join(os.path.dirname(HERE), "build")
LADDER = os.path.join(HERE, "ladder.ini")

# The section of programs that no rung has, each with the reason.
LEFT_OUT = "emulators"


class Step:
    """One command, or one program of the suite by way of `guest`, on some CPUs."""

    def __init__(self, rung, name, words, cpus, environment):
        self.rung = rung
        self.name = f"{rung.name}/{name}"
        self.words = words
        self.cpus = cpus
        self.environment = environment
        self.is_program = words[0].endswith("/guest")


class Rung:
    """Steps that have something in common."""

    def __init__(self, section, options, cpus):
        self.name = section.name
        self.what = section["what"]
        self.option = section.get("option")
        self.seconds = section.getint("seconds")
        self.programs = section.get("programs", "").split()
        self.again = section.get("again", "").split()
        self.wanted = not self.option or self.option in options
        self.cpus = cpus[:1] if section.get("cpus") == "one" else cpus
        self.each = cpus if section.get("cpus") == "each" else cpus[:1]
        self.commands = [line.partition(": ")[::2] for line in section.get("commands", "").splitlines() if line]
        skip = (section.get("skip", ""), os.environ.get("VCTX_SKIP", ""))
        self.environment = {"VCTX_SKIP": " ".join(filter(None, skip)), "VCTX_SEED": os.environ.get("VCTX_SEED", "1")}

    def step(self, name, words, cpus):
        return Step(self, name, words, cpus, self.environment)

    def program(self, name):
        # The time-out of `guest` comes later than ours, so that it is seen where the machine hangs.
        return self.step(name, [os.path.join(PROGRAMS, "guest"), str(2 * self.seconds), name], self.cpus)

    def steps(self, rungs):
        for name, command in self.commands:
            for cpu in self.each if "{cpu}" in name else self.cpus[:1]:
                words = shlex.split(command.replace("{cpu}", str(cpu)))
                yield self.step(name.replace("{cpu}", str(cpu)), words, self.cpus)
        for name in (*self.programs, *(name for rung in self.again for name in rungs[rung].programs)):
            yield self.program(name)


def read(path=LADDER):
    parser = configparser.ConfigParser(interpolation=None)
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)
    return parser


def rungs(options, cpus, path=LADDER):
    """All rungs from the bottom, by name."""
    parser = read(path)
    return {name: Rung(parser[name], options, cpus) for name in parser.sections() if name != LEFT_OUT}


def left_out(path=LADDER):
    """The programs that are for emulators only, each with the reason."""
    return dict(read(path)[LEFT_OUT])


def steps(known):
    """The steps of all rungs that are wanted."""
    return [step for rung in known.values() if rung.wanted for step in rung.steps(known)]


def choose(every, first, last):
    """The steps from one to another, each of which is a step or a rung; or ValueError with the reason."""
    def places(wanted, option):
        found = [number for number, step in enumerate(every) if wanted in (step.name, step.rung.name)]
        if not found:
            raise ValueError(f"{option} {wanted}: there is no such step or rung")
        return found

    begin = places(first, "--from")[0] if first else 0
    end = places(last, "--until")[-1] if last else len(every) - 1
    if begin > end:
        raise ValueError(f"--from {first} comes after --until {last}")
    return every[begin:end + 1]
