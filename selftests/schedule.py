# SPDX-License-Identifier: GPL-2.0-only
"""A queue of units that workers take, the longest first, and the seconds that their parts took the last time."""

import json
import os
import queue
import threading
import time

SILENCE = 60  # seconds without output, after which the user is told what is going on


class Unit:
    """Work that one worker does.  A subclass has run(), and its parts() says how long each part took."""

    def __init__(self, name, place, guess, after=()):
        self.name = name
        self.place = place  # where its parts run: elsewhere the same parts take other times
        self.guess = guess  # seconds that it may take, as long as no run is known
        self.after = after  # names of units that have to end first
        self.seconds = 0

    def timed(self):
        start = time.monotonic()
        self.run()
        self.seconds = time.monotonic() - start

    def run(self):
        raise NotImplementedError

    def planned(self):
        """The names of its parts."""
        return [self.name]

    def parts(self):
        """Seconds of each part that has run, by name."""
        return {self.name: self.seconds}


class Times:
    """The seconds of each part at each place, kept in a file from run to run."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, encoding="utf-8") as file:
                self.places = json.load(file)
        except (OSError, ValueError):
            self.places = {}

    def keep(self, unit):
        """Takes over how long the parts of a unit took."""
        parts = {name: round(seconds, 1) for name, seconds in unit.parts().items()}
        if not parts:
            return
        self.places.setdefault(unit.place, {}).update(parts)
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        fresh = f"{self.path}.{os.getpid()}"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(self.places, file, indent=1, sort_keys=True)
        os.rename(fresh, self.path)

    def expected(self, unit):
        """Seconds that a unit will take."""
        known = self.places.get(unit.place, {})
        found = [known[name] for name in unit.planned() if name in known]
        return sum(found) if found else unit.guess


def longest_path(unit, units, times):
    """Seconds from the start of a unit to the end of all units that wait for it, if each had its own worker."""
    later = [longest_path(other, units, times) for other in units if unit.name in other.after]
    return times.expected(unit) + max(later, default=0)


class Queue:
    """Units that wait, run or have ended, and the threads that run them."""

    def __init__(self, units, times):
        self.times = times
        self.waiting = sorted(units, key=lambda unit: longest_path(unit, units, times), reverse=True)
        self.running = {}  # by unit: when it began
        self.unfinished = {unit.name for unit in units}
        self.changed = threading.Condition()
        self.events = queue.Queue()

    def take(self):
        """The longest unit that need not wait for another, or None when all are taken."""
        with self.changed:
            while self.waiting:
                for unit in self.waiting:
                    if self.unfinished.isdisjoint(unit.after):
                        self.waiting.remove(unit)
                        self.running[unit] = time.monotonic()
                        return unit
                self.changed.wait()
            return None

    def end(self, unit):
        with self.changed:
            del self.running[unit]
            self.unfinished.remove(unit.name)
            self.changed.notify_all()

    def work(self):
        while unit := self.take():
            self.events.put(("begun", unit, None))
            fault = None
            try:
                unit.timed()
            except Exception as error:  # raised by the thread that prints: here nobody would see it
                fault = error
            self.end(unit)
            self.events.put(("ended", unit, fault))

    def left(self):
        """Seconds of all units that have not ended, as far as is known."""
        with self.changed:
            now = time.monotonic()
            return (sum(self.times.expected(unit) for unit in self.waiting)
                    + sum(max(self.times.expected(unit) - (now - begun), 0) for unit, begun in self.running.items()))

    def status(self):
        with self.changed:
            now = time.monotonic()
            running = ", ".join(f"{unit.name} ({now - begun:.0f} s)" for unit, begun in self.running.items())
            return f"running: {running}; {len(self.waiting)} to go"

    def run(self, workers, begun, ended, idle):
        """Calls begun(unit) and ended(unit) in the caller's thread, and idle() if neither happens for long."""
        number = len(self.unfinished)
        for _ in range(max(1, workers)):
            threading.Thread(target=self.work, daemon=True).start()
        while number:
            try:
                what, unit, fault = self.events.get(timeout=SILENCE)
            except queue.Empty:
                idle()
                continue
            if fault:
                raise fault
            if what == "begun":
                begun(unit)
            else:
                number -= 1
                ended(unit)
