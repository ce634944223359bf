#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""No package that make demo or make check installs starts a daemon on the user's machine."""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'selftests', 'vm'))
import packages  # noqa: E402

PURPOSES = ('build', 'headers', 'tests', 'deb', 'harness', 'demo', 'check', 'debug')

# Files by which init, systemd of the system or of a session, cron, D-Bus or a desktop starts a program.
STARTER = re.compile(r'/etc/(init\.d|rc\S\.d|cron\.\w+|xdg/autostart)/\w'
                     r'|(/usr)?/lib/systemd/(system|user)/.*\.(service|socket|timer|path)$'
                     r'|/usr/share/dbus-1/(system-)?services/\w')

# A Debian machine has the packages of these priorities, whatever is installed on it.
ON_ANY_MACHINE = {'required', 'important', 'standard'}


def needed():
    """The packages that apt installs for all purposes on a machine that has none."""
    names = subprocess.run([os.path.join(TOP, '.ci', 'deps'), '--list', *PURPOSES], check=True, stdout=subprocess.PIPE,
                           text=True).stdout.split()
    words = packages.call('apt-get', *packages.index(packages.release()[1]), 'install', '--simulate',
                          '--no-install-recommends', *names)
    return set(re.findall(r'^Inst (\S+)', words, re.MULTILINE))


def priorities():
    """The priority of each package of this machine."""
    words = subprocess.run(['dpkg-query', '-W', '-f', '${Package} ${Priority}\\n'], check=True, stdout=subprocess.PIPE,
                           text=True).stdout
    return dict(line.split() for line in words.splitlines())


def starters(name):
    """The files of an installed package that start something."""
    found = []
    for path in glob.glob(f'/var/lib/dpkg/info/{name}.list') + glob.glob(f'/var/lib/dpkg/info/{name}:*.list'):
        with open(path, encoding='utf-8') as file:
            found += filter(STARTER.match, file.read().splitlines())
    return found


def main():
    installed = priorities()
    print('TAP version 13\n1..2')
    known = [name for name in installed if starters(name)]
    basic = [name for name in known if installed[name] in ON_ANY_MACHINE]
    print(f"{'ok' if basic else 'not ok'} 1 - what this machine starts anyway is found: {' '.join(basic)}")
    wrong = sorted(needed().intersection(known).difference(basic))
    for name in wrong:
        print(f"# {name}: {' '.join(starters(name))}")
    print(f"{'not ok' if wrong else 'ok'} 2 - no package of .ci/packages.txt or its dependencies starts a daemon")
    return bool(wrong or not basic)


if __name__ == '__main__':
    sys.exit(main())
