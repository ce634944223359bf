#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vctxctl where there is no module: how it is called, what it says when that is
# wrong, what helps, and its completion.
# shellcheck disable=SC2317 # the functions are called by check
cd "$(dirname "$0")" || exit 1
. ./ktap.sh

tool=$PWD/../../tools/ctl/vctxctl
sources=../../tools/ctl
page=../../tools/man/vctxctl.8
completion=../../tools/completion/vctxctl
commands=(status list show top monitor evict policy)	# the others: isolate.sh
. ./tool.sh

# One line on standard error that matches PATTERN, nothing on standard output
complains() {	# STATUS PATTERN ARG...
	local wanted=$1 pattern=$2
	shift 2
	run "$@"
	[ "$status" -eq "$wanted" ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
	grep -q -- "^vctxctl: $pattern" "$tmp/err" || { echo "status $status, no '$pattern' in:"; cat "$tmp/out" "$tmp/err"; return 1; }
}

# ---- help ----

helps() {
	local command
	succeeds --help && cp "$tmp/out" "$tmp/help" && succeeds help && cmp "$tmp/out" "$tmp/help" || return
	for command in "${commands[@]}" isolate release doctor help; do
		grep -q "^  $command " "$tmp/help" && succeeds "$command" --help &&
		grep -q "^Usage: vctxctl $command" "$tmp/out" && cp "$tmp/out" "$tmp/one" &&
		succeeds help "$command" && cmp "$tmp/out" "$tmp/one" || { echo "$command"; return 1; }
	done
}
check "--help, and help of each command" helps

version() {
	succeeds --version && [ "$(cat "$tmp/out")" = "$(../../tools/exec/vctx-exec --version | sed 's/-exec/ctl/')" ] &&
	succeeds list --version
}
check "--version" version

full() {	# ARG...
	"$tool" "$@" >/dev/full 2>"$tmp/err"
	[ $? -eq 1 ] && grep -q 'No space' "$tmp/err"
}
check "--help to a full device fails" full --help

narrow() {
	local command
	for command in "${commands[@]}" help; do
		"$tool" help "$command" | awk 'length > 86 { print; bad = 1 } END { exit bad }' || return
	done
}
check "each help fits on a screen" narrow

# ---- the command line is wrong ----

check "no command" complains 2 "no command given; try 'vctxctl --help'"
check "unknown command" complains 2 "there is no command 'frobnicate'" frobnicate
check "help of an unknown command" complains 2 "there is no command 'frobnicate'" help frobnicate
check "unknown option" complains 2 "'-x' is not an option" -x

each_unknown() {
	local command
	for command in "${commands[@]}" help; do
		complains 2 "'--frobnicate' is not an option.*'vctxctl $command --help'" "$command" --frobnicate || return
	done
}
check "unknown option of each command" each_unknown

too_much() {
	local words
	for words in status list top monitor 'policy get enabled' 'policy load a' 'policy restore' 'help list'; do
		# shellcheck disable=SC2086 # a list of words
		complains 2 "there is one argument too many: 'surplus'" $words surplus || return
	done
}
check "an argument too much" too_much

while IFS='|' read -r pattern words; do
	# shellcheck disable=SC2086 # a list of words
	check "wrong: $words" complains 2 "$pattern" $words
done <<'END'
cannot run again every '0'|list --watch=0
cannot use colours 'pink'|--color=pink list
'--pid' needs a value|list --pid
'-p' needs a value|list -p
'x' is not the number of a process|list --pid x
'0' is not the number of a process|list --tree 0
'1x' is not the number of a thread|list --tid 1x
'-1' is not the number of a CPU|list --cpu -1
there is no user 'no-such-user'|list --user no-such-user
there is no state 'asleep'; it is one of guest, native|list --state asleep
'1234567890123456' is not a thread's name|list --comm 1234567890123456
give the ID of one context|show
give the ID of one context|show 1 2
give the ID of one context|show 1 --tid 1
there is no column 'colour'; it is one of ID, PID|list --columns id,colour
there is no column 'ID'; it is one of CPU, STATE|status -o ID
no column given|list -o ,
'0' is not the ID of a context|show 0
'99999999999999999999' is not the ID|show 99999999999999999999
cannot sort by 'size'|top --sort size
cannot wait for 'long'|top --delay long
'0' is not a number of tables|top --count 0
top repeats without --watch; --delay sets how often|top --watch
there is no event 'fell'|monitor --event entered,fell
'0' is not a number of events|monitor -n 0
monitor goes on without --watch|monitor --watch
no context given|evict
'all' is not the ID of a context|evict all
'0' is not the number of a process|evict --pid 0
no action given; it is one of get, set, load, restore|policy
'put' is not get, set|policy put
there is no key 'enable'; it is one of enabled, max-contexts|policy get enable
no key given|policy set
no value given for 'enabled'; it is yes or no|policy set enabled
'enabled' cannot be 'perhaps'; it is yes or no|policy set enabled perhaps
'max-contexts' cannot be '-1'|policy set -- max-contexts -1
'max-contexts' cannot be '4294967296'|policy set max-contexts 4294967296
'tick-max-ms' cannot be '1us'|policy set tick-max-ms 1us
'bell-timer-us' cannot be '1ns'; it is microseconds|policy set bell-timer-us 1ns
'bells' cannot be 'some'; it is yes or no|policy set bells some
'enabled' is given twice|policy set enabled yes enabled no
END

# ---- files ----

bad_file() {	# PATTERN TEXT
	printf "$2" >"$tmp/conf"
	complains 1 "$tmp/conf:$1" policy load "$tmp/conf"
}
check "no such file" complains 1 "cannot read '/no/such': No such file" policy load /no/such
check "a folder for a file" complains 1 "cannot read '/tmp'" policy load /tmp
check "a line without =" bad_file "3: 'enabled yes' is not 'key = value'" '# one\n\nenabled yes\n'
check "a key that there is not" bad_file "1: there is no key 'colour'" 'colour = red'
check "a key twice" bad_file "2: 'enabled' is given twice" 'enabled = yes\nenabled=no\n'
check "a value that is none" bad_file "1: 'max-per-user' cannot be 'few'; it is a number" 'max-per-user = few # friends\n'
check "no value" bad_file "1: 'tick-hold' cannot be ''" 'tick-hold =\n'

# ---- no module ----

no_module() {
	local words
	printf 'enabled = yes\n' >"$tmp/conf"
	for words in status list 'list -j --pid 1' 'show 1' top 'top -b' monitor 'monitor -j' 'policy get' \
		'policy set enabled yes' "policy load $tmp/conf" 'evict 1' 'evict --all'; do
		# shellcheck disable=SC2086 # a list of words
		complains 1 'cannot .*: the module is not loaded; load it with: modprobe vcontext$' $words || return
	done
}
if [ -e /sys/module/vcontext ]; then
	skip "without the module" "it is loaded here"
else
	check "without the module: each command says what helps" no_module
fi

# ---- what is documented ----

documented() {
	local file command option
	for file in status list show top monitor evict cli; do
		command=$file
		[ $file != cli ] || command=help
		for option in $(sed -n 's/.*{ "\([a-z-]*\)",\t.*_argument.*/\1/p' $sources/$file.c) \
			$(! grep -q FILTER_LONGS $sources/$file.c || sed -n 's/.*{ "\([a-z-]*\)",.*_argument.*/\1/p' $sources/filter.h); do
			"$tool" help $command | grep -q -- "--$option" || { echo "--$option is not in the help of $command"; return 1; }
			grep -q -- "--$option" <(sed 's/\\-/-/g' $page) || { echo "--$option is not in vctxctl(8)"; return 1; }
			grep -q -- "--$option" $completion || { echo "--$option is not completed"; return 1; }
		done
	done
}
check "each option is in the help, the man page and the completion" documented

# What follows "it is one of" is from the tables.
words_documented() {
	local word words
	"$tool" policy get x 2>"$tmp/err"
	"$tool" monitor -e x 2>>"$tmp/err"
	"$tool" list --state x 2>>"$tmp/err"
	"$tool" list --columns x 2>>"$tmp/err"
	"$tool" status --columns x 2>>"$tmp/err"
	words=$(sed 's/.*it is one of //; s/; try.*//; s/,//g' "$tmp/err")
	[ "$(echo "$words" | wc -w)" -ge 54 ] || { cat "$tmp/err"; return 1; }
	for word in $words; do
		grep -q -- "\<$word\>" <(sed 's/\\-/-/g' $page) || { echo "$word is not in vctxctl(8)"; return 1; }
		grep -q -- "\<$word\>" $completion || { echo "$word is not completed"; return 1; }
	done
}
check "each key, event and state is in the man page and the completion" words_documented

# ---- completion ----

# What bash offers after WORD..., of which the last is being typed
offers() {	# WANTED WORD...
	local wanted=$1
	shift
	local got
	got=$(bash -c '
		. /usr/share/bash-completion/bash_completion
		. "$1"; shift
		COMP_WORDS=(vctxctl "$@") COMP_CWORD=$# COMP_LINE="vctxctl $*"
		COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
		compopt() { :; }
		_vctxctl vctxctl "${!#}" "${COMP_WORDS[$# - 1]}"
		echo "${COMPREPLY[@]}"' - "$PWD/$completion" "$@" 2>&1)
	[ "$got" = "$wanted" ] || { echo "got '$got' instead of '$wanted'"; return 1; }
}
if [ -e /usr/share/bash-completion/bash_completion ]; then
	check "completion: commands" offers "status list show top monitor evict policy isolate release doctor help" ""
	check "completion: a command that has begun" offers "monitor" mon
	check "completion: after an option" offers "list" --json li
	check "completion: options" offers "--batch" top --b
	check "completion: filters" offers "--tree --tid" list --t
	check "completion: a column" offers "INTERRUPTED-BY" list -o INT
	check "completion: another column" offers "+FLAGS,NATIVE +FLAGS,NATIVE-TIME +FLAGS,NATIVE/s" top --columns +FLAGS,NAT
	check "completion: a column of the CPUs" offers "CPU CONTEXT COMMAND" status -o C
	check "completion: a state" offers "sleeping stopped" list --state s
	check "completion: events" offers "tick_held tick_given_back" monitor --event tick
	check "completion: of policy" offers "get set load restore" policy ""
	check "completion: keys" offers "max-contexts max-per-user" policy get max
	check "completion: values" offers "yes no" policy set max-contexts 3 enabled ""
	check "completion: keys after values" offers "tick-hold" policy set enabled yes tick-h
else
	skip "completion" "there is no bash-completion"
fi

finish
