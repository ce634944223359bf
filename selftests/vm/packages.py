# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages: which the machine lacks, and how to get one without installing it."""

import os
import re
import subprocess
import time

import cache
from cache import Failure

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def call(*command, **options):
    """Runs a command and returns its output; a failure names the command and its words."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, **options)
    except OSError as error:
        raise Failure(f"cannot run {command[0]}: {error.strerror}; {install_hint()}") from error
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        # The first error, of apt or of a shell, is the reason of the others.
        reason = next((line for line in words if re.search("^E: |: not found$", line)),
                      words[-1] if words else "no reason given")
        raise Failure(f"{command[0]} failed: {reason}")
    return done.stdout


def install_hint():
    return f"install what the harness needs: {os.path.join(TOP, '.ci', 'deps')} harness"


def need_file(path, package):
    if not os.path.exists(path):
        raise Failure(f"{path} is missing: apt-get install {package}")
    return path


def release():
    """The machine's Debian release: its number and its code name."""
    fields = {}
    with open("/etc/os-release", encoding="utf-8") as file:
        for line in file:
            key, _, value = line.strip().partition("=")
            fields[key] = value.strip('"')
    if fields.get("ID") != "debian" or not fields.get("VERSION_ID", "").isdigit():
        raise Failure("the harness runs on Debian 12 or later only: this machine's /etc/os-release "
                      f"says {fields.get('PRETTY_NAME', 'nothing')}")
    return int(fields["VERSION_ID"]), fields["VERSION_CODENAME"]


def mirror():
    """The address of Debian's archive in the machine's own apt sources."""
    codename = release()[1]
    targets = call("apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)",
                   "Created-By: Packages")
    for line in targets.splitlines():
        suite, component, address = line.split(maxsplit=2)
        if suite in (codename, "stable") and component == "main":
            return address
    raise Failure(f"no apt source of this machine has Debian's {codename} main: add one to /etc/apt/sources.list.d")


def sources(suite):
    """apt source lines for a Debian suite: all that the machine has if it is its own, else that of its mirror."""
    codename = release()[1]
    lines = [f"deb [signed-by={KEYRING}] {mirror()} {suite} main"]
    if suite == codename:
        targets = call("apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(COMPONENT) $(REPO_URI)",
                       "Created-By: Packages")
        for line in targets.splitlines():
            origin, *rest = line.split(maxsplit=3)
            if origin == "Debian" and len(rest) == 3 and rest[0] in (f"{codename}-updates", f"{codename}-security"):
                lines.append(f"deb [signed-by={KEYRING}] {rest[2]} {rest[0]} {rest[1]}")
    return lines


def unpack(package_file, directory):
    os.makedirs(directory, exist_ok=True)
    call("dpkg-deb", "-x", package_file, directory)


def download(names, directory, options=()):
    """Fetches packages' files to a folder and returns their paths."""
    call("apt-get", *options, "download", *names, cwd=directory)
    return sorted(os.path.join(directory, name) for name in os.listdir(directory) if name.endswith(".deb"))


def settings(suite, work, kind="deb"):
    """apt options that read a Debian suite's index of packages, or of sources where kind is deb-src.

    All is kept below work, in place of the machine's sources and lists.
    """
    values = {
        "Dir::Etc::sourcelist": os.path.join(work, "suite.sources"),
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::Lists": os.path.join(work, "lists"),
        "Dir::State::status": "/dev/null",
        "Dir::Cache": work,
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    for folder in ("lists/partial", "archives/partial"):
        os.makedirs(os.path.join(work, folder), exist_ok=True)
    if not os.path.exists(values["Dir::Etc::sourcelist"]):
        with open(values["Dir::Etc::sourcelist"], "w", encoding="ascii") as file:
            file.write(f"Types: {kind}\nURIs: {mirror()}\nSuites: {suite}\nComponents: main\n"
                       f"Architectures: amd64\nSigned-By: {KEYRING}\n")
    return [word for key, value in values.items() for word in ("-o", f"{key}={value}")]


def source(name, suite, work):
    """Downloads the upstream archive of a source package of a Debian suite, and returns its path.

    A mirror may lack the small file that describes a source package, without which "apt-get source" gives up. So the
    archive is fetched alone; its checksum is that of the suite's index, which apt has verified.
    """
    options = settings(suite, work, "deb-src")
    call("apt-get", *options, "update")
    words = call("apt-get", *options, "source", "--download-only", "--print-uris", name)
    archive = re.search(r"^'(\S+)' (\S+\.orig\.tar\.\w+) \d+ (SHA256:\S+)$", words, re.MULTILINE)
    if not archive:
        raise Failure(f"Debian's {suite} has no source package {name} with a checksum")
    address, file, checksum = archive.groups()
    path = os.path.join(work, file)
    call("/usr/lib/apt/apt-helper", *options, "download-file", address, path, checksum)
    return path


def index(suite):
    """apt options for a Debian suite whose index is kept for a day."""
    def update(work):
        try:
            call("apt-get", *settings(suite, work), "update")
        except Failure as error:
            raise Failure(f"cannot read the index of Debian's {suite}: {error}") from error

    return settings(suite, cache.entry(f"index-{suite}-{time.strftime('%Y%m%d')}", update))


def dependencies(package, pattern, options=()):
    """The packages that a package depends on and whose names match."""
    try:
        words = call("apt-cache", *options, "depends", package)
    except Failure:
        return []
    return re.findall(rf"Depends: ({pattern})$", words, re.MULTILINE)
