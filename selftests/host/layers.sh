#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Calls go down only, as the tables of layers in the READMEs say; and the
# checker sees it when they do not.
set -u
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A folder of three floors, as it should be.
mkdir "$tmp/good"
cat >"$tmp/good/README.md" <<'END'
| layer | files | what |
|---|---|---|
| top | `top.c` | - |
| | `left.c` `right.c` | - |
| ground | `ground.c` | - |
END
echo 'int value; int ground(void) { return value; }' >"$tmp/good/ground.c"
echo 'int ground(void); int right(void) { return ground(); }' >"$tmp/good/right.c"
echo 'int right(void); int left(void) { return right(); }' >"$tmp/good/left.c"
printf '#include "left.h"\nint main(void) { return left(); }\n' >"$tmp/good/top.c"
echo 'int left(void);' >"$tmp/good/left.h"

# make_folder NAME FILE TEXT: the same with another text in one of its files.
make_folder() {
	[ "$1" = good ] || cp -r "$tmp/good" "$tmp/$1"
	[ $# -eq 1 ] || echo "$3" >"$tmp/$1/$2"
	for source in "$tmp/$1"/*.c; do
		"${CC:-gcc}" -c -o "${source%.c}.o" "$source" || exit 1
	done
}

# refused FOLDER MESSAGE
refused() {
	output=$(./layers "$tmp/$1")
	local status=$?
	echo "$output"
	[ "$status" -eq 1 ] && grep -q "$2" <<<"$output"
}

make_folder good
make_folder call_up ground.c 'int left(void); int ground(void) { return left(); }'
make_folder data_up ground.c 'extern int up; int ground(void) { return up; }'
echo 'int up; int ground(void); int right(void) { return ground() + up; }' >"$tmp/data_up/right.c"
"${CC:-gcc}" -c -o "$tmp/data_up/right.o" "$tmp/data_up/right.c"
make_folder include_up ground.c '#include "left.h"
int ground(void) { return 0; }'
make_folder circle right.c 'int left(void); int right(void) { return left(); }'
make_folder missing other.c 'int other;'
make_folder gone
rm "$tmp/gone/right.c"

check "a folder whose calls go down is accepted" ./layers "$tmp/good"
check "a call up is refused" refused call_up 'ground.c: left goes up to left.c'
check "use of data above is refused" refused data_up 'ground.c: up goes up to right.c'
check "an include of a header above is refused" refused include_up 'ground.c: #include "left.h" goes up to left.h'
check "a circle in one floor is refused" refused circle 'a circle: .*left.c'
check "a file that is missing in the table is refused" refused missing 'other.c: is not in the table'
check "a file of the table that does not exist is refused" refused gone 'right.c: is in the table'

for folder in kmod tools; do
	name="calls go down in $folder/"
	if ! grep -qs '^| layer | files |' "../../$folder/README.md"; then
		skip "$name" "it has no table of layers"
	elif ! find "../../$folder" -name '*.o' | grep -q .; then
		skip "$name" "it is not built"
	else
		check "$name" ./layers "../../$folder"
	fi
done
finish
