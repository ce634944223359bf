#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uapi/vcontext.yaml is a netlink specification, and the headers have its names with its values."""
import gzip
import os
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'vm'))
import cache  # noqa: E402
import packages  # noqa: E402

# The Debian suite whose schema is used: the one of Debian 12 is older than the format.
SCHEMA_SUITE = 'trixie'
UAPI = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'uapi')


def text_of(header):
    with open(os.path.join(UAPI, 'linux', header), encoding='ascii') as file:
        return file.read()


HEADERS = text_of('vcontext.h') + text_of('vcontext_netlink.h')


def constant(prefix, name):
    return (prefix + name).upper().replace('-', '_')


def values_of(names):
    """The values that the compiler gives to constants."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, 'c.c'), os.path.join(folder, 'c')
        with open(source, 'w', encoding='ascii') as file:
            print('#include <stdio.h>\n#include <linux/vcontext_netlink.h>\nint main(void) {', file=file)
            for name in names:
                print(f'printf("%llu\\n", (unsigned long long)({name}));', file=file)
            print('return 0; }', file=file)
        subprocess.run(['cc', '-I', UAPI, '-o', program, source], check=True)
        output = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(zip(names, map(int, output.split())))


def expected(spec):
    """The value of each constant, as a client of netlink specifications has it."""
    for definition in spec['definitions']:
        for value, entry in enumerate(definition['entries']):
            name = entry['name'] if isinstance(entry, dict) else entry
            yield constant(definition['name-prefix'], name), 1 << value if definition['type'] == 'flags' else value
    for attributes in spec['attribute-sets']:
        counters = 'enum-name' not in attributes
        for value, attribute in enumerate(attributes['attributes'], 1):
            yield constant(attributes['name-prefix'], attribute['name']), value - counters
    operations = spec['operations']
    for value, operation in enumerate(operations['list'], 1):
        yield constant(operations['name-prefix'], operation['name']), value


def check_values(spec):
    wanted = list(expected(spec))
    values = values_of([name for name, _ in wanted])
    return [f'{name} is {values[name]} in the header, {value} in the specification'
            for name, value in wanted if values[name] != value]


def check_family(spec):
    groups = [group['name'] for group in spec['mcast-groups']['list']]
    wrong = []
    for name, value in (('NAME', spec['name']), ('GROUP_EVENTS', groups[0])):
        if f'#define VCTX_GENL_{name}' not in HEADERS or f'"{value}"' not in HEADERS:
            wrong.append(f'VCTX_GENL_{name} is not {value}')
    return wrong


def check_operations(spec):
    """Each attribute of an operation is one of its set."""
    sets = {each['name']: {attribute['name'] for attribute in each['attributes']} for each in spec['attribute-sets']}
    wrong = []
    for operation in spec['operations']['list']:
        parts = [operation.get('event', {})] + [part for kind in ('do', 'dump') for part in
                                                operation.get(kind, {}).values() if isinstance(part, dict)]
        for part in parts:
            wrong += [f"{operation['name']}: no attribute {name}" for name in part.get('attributes', [])
                      if name not in sets[operation['attribute-set']]]
    return wrong


def check_schema(spec):
    """The kernel's schema accepts the file; Debian has the schema in the package with the kernel's documentation."""
    options = packages.index(SCHEMA_SUITE)
    [package] = packages.dependencies('linux-doc', r'linux-doc-[0-9.]+', options)
    name = f"{spec['protocol']}.yaml.gz"

    def fetch(work):
        with tempfile.TemporaryDirectory() as folder:
            [file] = packages.download([package], folder, options)
            packages.unpack(file, folder)
            shutil.copy(os.path.join(folder, 'usr/share/doc', package, 'Documentation/netlink', name), work)

    with gzip.open(os.path.join(cache.entry(f'schema-{package}-{name}', fetch), name)) as file:
        schema = jsonschema.Draft7Validator(yaml.safe_load(file))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in schema.iter_errors(spec)]


def main():
    with open(os.path.join(UAPI, 'vcontext.yaml'), encoding='ascii') as file:
        spec = yaml.safe_load(file)
    checks = [check_values, check_family, check_operations, check_schema]
    failed = False
    print(f'TAP version 13\n1..{len(checks)}')
    for number, check in enumerate(checks, 1):
        wrong = check(spec)
        for line in wrong:
            print(f'# {line}')
        print(f"{'not ok' if wrong else 'ok'} {number} netlink specification: {check.__name__.split('_')[1]}")
        failed |= bool(wrong)
    return failed


if __name__ == '__main__':
    sys.exit(main())
