#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The files that uapi/generate makes are up to date, and the lists in man pages are complete."""
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
GENERATE = os.path.join(ROOT, 'uapi', 'generate')


def load():
    loader = importlib.machinery.SourceFileLoader('generate', GENERATE)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('generate', loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


generate = load()
with open(os.path.join(ROOT, 'uapi', 'vcontext.yaml'), encoding='ascii') as source:
    SPEC = generate.Spec(source.read())

# The man pages that list the constants of an enumeration or of flags, or the words for them.
CONSTANTS = {
    'uapi/vcontext.4': ['vctx_exit_kind', 'vctx_native_reason', 'vctx_held_interrupt', 'vctx_unavailable',
                        'vctx_backend', 'VCTX_FEATURE_', 'VCTX_LIMIT_', 'VCTX_ENTER_'],
}
WORDS = {
    'lib/man/vctx_stats.3': ['vctx_exit_kind', 'vctx_native_reason', 'vctx_held_interrupt'],
    'tools/man/vctx-exec.1': ['vctx_exit_kind', 'vctx_held_interrupt'],
}


def entries(name):
    return SPEC.flags[name] if name in SPEC.flags else SPEC.enums[name]


def bold(path):
    """The words that a man page sets in bold."""
    with open(os.path.join(ROOT, path), encoding='utf-8') as page:
        text = page.read().replace('\\-', '-')
    return set(re.findall(r'[\w-]+', ' '.join(re.findall(r'^\.B[RI]? (.*)$', text, re.M)).replace('"', ' ')))


def check_fresh():
    output = subprocess.run([GENERATE, '--check'], check=False, stdout=subprocess.PIPE, text=True).stdout
    return output.splitlines()


def check_stale():
    """A file that was edited by hand is found."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        paths = list(generate.results(SPEC))
        for path in ['uapi/generate', 'uapi/vcontext.yaml', *paths]:
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, path), os.path.join(folder, path))
        for path in paths:
            copy = os.path.join(folder, path)
            with open(copy, encoding='ascii') as file:
                text = file.read()
            with open(copy, 'w', encoding='ascii') as file:
                file.write(re.sub(r'VCTX_(EXIT_NMI|A_EVICT_ALL|UNAVAILABLE_BUSY|BACKEND_VMX)', 'VCTX_EDITED', text, count=1))
            if not subprocess.run([os.path.join(folder, 'uapi/generate'), '--check'], check=False,
                                  stdout=subprocess.DEVNULL).returncode:
                wrong.append(f'{path} was changed, and passes')
            with open(copy, 'w', encoding='ascii') as file:
                file.write(text)
    return wrong


def check_pages():
    """Each list in a man page has all names."""
    wrong = []
    for lists, attribute in ((CONSTANTS, 'constant'), (WORDS, 'word')):
        for path, names in lists.items():
            known = bold(path)
            wrong += [f'{path} lacks {getattr(entry, attribute)}' for name in names for entry in entries(name)
                      if getattr(entry, attribute) not in known]
    return wrong


def check_names():
    """No page has a constant that does not exist."""
    wrong = []
    for path in CONSTANTS:
        known = {entry.constant for name in [*SPEC.enums, *SPEC.flags] for entry in entries(name)}
        wrong += [f'{path}: there is no {name}' for name in bold(path)
                  if re.match(r'VCTX_(EXIT|NATIVE|HELD|UNAVAILABLE|FEATURE|LIMIT|ENTER)_\w', name) and name not in known]
    return wrong


def main():
    checks = {'files are what uapi/generate makes': check_fresh, 'an edited file is found': check_stale,
              'lists in man pages are complete': check_pages, 'constants in man pages exist': check_names}
    failed = False
    print(f'TAP version 13\n1..{len(checks)}')
    for number, (name, check) in enumerate(checks.items(), 1):
        wrong = check()
        for line in wrong:
            print(f'# {line}')
        print(f"{'not ok' if wrong else 'ok'} {number} - generated: {name}")
        failed |= bool(wrong)
    return failed


if __name__ == '__main__':
    sys.exit(main())
