# SPDX-License-Identifier: GPL-2.0-only
"""Takes out of texts what tells whose machine this is."""

import ipaddress
import os
import pwd
import re
import socket

# Names that many machines have, and words of the kernel log.
COMMON = {"localhost", "debian", "linux", "kernel", "vcontext", "root", "test", "none"}

PATTERNS = (
    (r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b", "MAC-ADDRESS"),
    (r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b", "UUID"),
    (r"\b[0-9A-Fa-f]{32}\b", "ID"),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}\b", "IP-ADDRESS"),
    (r"(?<![\w:])[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*(?![\w:])", lambda match: address_word(match[0])),
    (r"(?i)\b(serial ?(?:number|no\.?)|s/n)([:=] ?)\S+", r"\1\2SERIAL-NUMBER"),
    (r"(?i)\b(wwn|eui|naa)([-.:]|-0x)[0-9a-f]{8,}", r"\1\2SERIAL-NUMBER"),
    (r"/home/[^/\s]+", "/home/USER"),
)

# Parameters of the kernel whose values are about disks, networks and people.
PRIVATE = re.compile(r"\b(root|resume|ip|nfsroot|cryptdevice|luks|netconsole|BOOT_IMAGE|initrd|systemd\.hostname|"
                     r"rd\.[\w.]+|ima\w*|keyfile\w*|url|ds)=\S+")


def address_word(text):
    """The word for an address of IPv6, and any other text as it is."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return "IP-ADDRESS"


def host_names():
    name = socket.gethostname()
    yield name
    yield name.partition(".")[0]
    # The device mapper doubles each dash in the name of a volume.
    yield name.partition(".")[0].replace("-", "--")


def user_names():
    yield from (entry.pw_name for entry in pwd.getpwall() if 1000 <= entry.pw_uid < 60000)
    yield from filter(None, map(os.environ.get, ("SUDO_USER", "LOGNAME", "USER")))


class Scrubber:
    """Replaces names and numbers of this machine by words that say what was there."""

    def __init__(self, hosts=None, users=None):
        words = [(name, "HOST") for name in (host_names() if hosts is None else hosts)]
        words += [(name, "USER") for name in (user_names() if users is None else users)]
        self.patterns = [(re.compile(rf"(?i)(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])"), word)
                         for name, word in dict.fromkeys(words) if name and name.lower() not in COMMON]
        self.patterns += [(re.compile(pattern), word) for pattern, word in PATTERNS]

    def text(self, text):
        for pattern, word in self.patterns:
            text = pattern.sub(word, text)
        return text

    def command_line(self, text):
        return PRIVATE.sub(r"\1=REMOVED", text)

    def value(self, value):
        """The same for all texts in a value of JSON, but not for the names of its members."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value
