#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vctxctl with the module: it shows what is true, its changes take effect at once, and
# the kernel's texts reach the user.  For the shell of busybox.
# shellcheck disable=SC2317 # the functions are called by check

. ./vctx_selftest.sh

loop='while :; do :; done'
saved=/run/vcontext/policy
pids=

# run ARG...: sets $status, $tmp/out, $tmp/err
run() {
	status=0
	vctxctl "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}

show() {
	echo "status $status"
	head -c 2000 "$tmp/out" "$tmp/err"
	return 1
}

succeeds() {
	run "$@"
	[ "$status" -eq 0 ] && [ ! -s "$tmp/err" ] || show
}

# Succeeds if one line on standard error matches PATTERN.
complains() {	# STATUS PATTERN ARG...
	wanted=$1
	pattern=$2
	shift 2
	run "$@"
	[ "$status" -eq "$wanted" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
	grep -Eq "^vctxctl: $pattern" "$tmp/err" || show
}

# In an emulator jq is slow: it runs once for each case, when the contexts are gone.
json() {	# [-s] JQ-EXPRESSION ABOUT THE OUTPUT
	stop
	jq -e "$@" "$tmp/out" >"$tmp/jq" 2>&1 || { echo "not so: $*"; cat "$tmp/jq"; show; }
}

prints() {	# TEXT
	[ "$(cat "$tmp/out")" = "$1" ] || show
}

count_is() {	# WANTED FILTER...
	wanted=$1
	shift
	succeeds list "$@" && [ "$(wc -l <"$tmp/out")" -eq $((wanted + 1)) ] || show
}

# Starts COMMAND in contexts, and sets $pid, which is that of the first thread, too.
start() {	# COMMAND...
	vctx-exec --eager "$@" >"$tmp/started" 2>&1 &
	pid=$!
	pids="$pids $pid"
	wait_until listed "$pid"
}

# The context is listed, and vctx-exec has executed the command.
listed() {	# TID
	[ "$(vctxctl list --tid "$1" | awk 'NR == 2 { print $NF }')" != vctx-exec ] && count_is 1 --tid "$1"
}

wait_until() {	# COMMAND...: waits for 10 seconds, and longer on a slow machine
	tries=0
	until "$@" >/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt ${patience:-100} ] || { echo "never: $*"; return 1; }
		sleep 0.1
	done
}

stop() {
	# shellcheck disable=SC2086 # a list of words
	kill -KILL $pids 2>/dev/null
	# shellcheck disable=SC2086 # a list of words
	wait $pids 2>/dev/null
	pids=
}

# Calls FUNCTION, and then ends its contexts.
case_of() {	# FUNCTION
	"$@"
	result=$?
	stop
	vctxctl list | awk 'NR > 1 { print $2 }' | xargs -r kill -KILL 2>/dev/null
	wait_until count_is 0 && return $result
}

id_of() {	# TID
	vctxctl list --tid "$1" | awk 'NR == 2 { print $1 }'
}

is_ordinary() {	# PID...
	for pid; do
		[ -d "/proc/$pid" ] || { echo "process $pid has gone"; return 1; }
		count_is 0 --pid "$pid" || return
	done
}

# ---- what it shows ----

status_text() {
	succeeds status && grep -Eq '^back end +(vmx|svm)$' "$tmp/out" &&
	grep -Eq '^available +yes$' "$tmp/out" && grep -Eq '^max-contexts +unlimited$' "$tmp/out" || show
}

status_json() {
	succeeds status -j && cp "$tmp/out" "$tmp/before" || return
	start ./crowd 1
	succeeds status -j && cat "$tmp/before" >>"$tmp/out" &&
	json -s ".[0].module.contexts == 1 and .[1].module.contexts == 0 and
		all(.[0].cpus[]; .state == \"on\" and (.owner | IN(\"contexts\", \"stay\", \"kvm\"))) and
		all(.[1].cpus[]; .state == \"off\" and .owner == \"none\") and
		all(.[]; .module.available and (.module.idmap_bytes | type == \"number\") and (.module.backend | IN(\"vmx\", \"svm\")) and
			.module.context_bytes <= 1024 and (.cpus | length) == $(nproc --all) and
			.policy.enabled and .policy.max_contexts == null)"
}

lists_a_loop() {
	start sh -c "$loop"
	sleep 0.3
	succeeds list && [ "$(wc -l <"$tmp/out")" -eq 2 ] &&
	grep -Eq "^ *ID +PID +TID +USER +CPU +STATE +AGE +ENTRIES +GUEST +TICKS-HELD +NATIVE +COMMAND$" "$tmp/out" &&
	grep -Eq "^ *[0-9]+ +$pid +$pid +root +[0-9]+ +[a-z]+ +[0-9.]+m?s +[0-9]+ +[0-9.]+% +0 +[a-z_]+ +sh$" "$tmp/out" ||
		{ show; return 1; }
	# A stay in the guest that has not ended is an entry without an exit.
	succeeds list -j &&
	json "length == 1 and (.[0] | .pid == $pid and .tid == $pid and .uid == 0 and .user == \"root\" and
		.comm == \"sh\" and .cpu < $(nproc --all) and (.state | IN(\"guest\", \"native\", \"ready\")) and
		(.flags | index(\"inherit\")) and (.paging | IN(\"direct\", \"nested\")) and .fell_back == null and
		.entries > 0 and (.entries - ([.exits[]] | add) | . == 0 or . == 1) and
		(.guest_ns + .native_ns - .age_ns | fabs) < 20000000 and .guest_ns > .age_ns / 10 and
		.exits.syscall > 0 and .native.syscall > 0)"
}

shows_it() {
	start sh -c "$loop"
	id=$(id_of "$pid")
	succeeds show "$id" && grep -Eq "^thread +$pid of process $pid$" "$tmp/out" &&
	grep -Eq '^paging +(direct|nested)$' "$tmp/out" &&
	grep -Eq '^syscall +[1-9][0-9]* +[0-9.]+%$' "$tmp/out" || { show; return 1; }
	# While this shell sleeps, the loop has the CPU, even if it is the only one.
	succeeds show -j "$id" && cp "$tmp/out" "$tmp/by_id" && usleep 50000 && succeeds show -j --tid "$pid" &&
	cat "$tmp/by_id" >>"$tmp/out" &&
	json -s "all(.[]; .id == $id and .tid == $pid) and .[0].guest_ns > .[1].guest_ns"
}

filters() {
	start sh -c '/bin/busybox sleep 1000 & echo $!; wait'
	wait_until count_is 1 --comm busybox && wait_until count_is 2 --state sleeping || return
	child=$(cat "$tmp/started")
	count_is 2 && count_is 1 --pid "$pid" && count_is 1 -p "$child" && count_is 1 --tid "$child" &&
	count_is 2 --tree "$pid" && count_is 1 --tree "$child" && count_is 2 --tree 1 &&
	count_is 2 --user root && count_is 2 --uid 0 && count_is 0 --user nobody &&
	count_is 0 --cpu 4000 && count_is 1 --tree "$pid" --comm sh && count_is 0 --pid "$pid" --comm busybox &&
	cpu=$(vctxctl list --comm busybox | awk 'NR == 2 { print $5 }') &&
	count_is 1 --comm busybox --cpu "$cpu" && count_is 0 --comm busybox --state guest
}

# The columns that --columns names, in that order, as text and as members.
columns() {
	start sh -c "$loop"
	succeeds list -no pid,COMMAND --pid "$pid" && grep -Eq "^$pid +sh$" "$tmp/out" && [ "$(wc -l <"$tmp/out")" -eq 1 ] &&
	succeeds list -o +FLAGS,EXITS/s && head -n 1 "$tmp/out" | grep -Eq '^ *ID +.*COMMAND +FLAGS +EXITS/s$' &&
	sed -n 2p "$tmp/out" | grep -Eq ' sh +[a-z_,]*inherit[a-z_,]* +[0-9.]+$' &&
	succeeds status -no cpu,state && [ "$(wc -l <"$tmp/out")" -eq "$(nproc --all)" ] && ! grep -Evq '^[0-9]+ +on$' "$tmp/out" &&
	succeeds top -bn 1 --noheadings -o tid,native && grep -Eq "^$pid +[a-z_]+$" "$tmp/out" && ! grep -q TID "$tmp/out" ||
		{ show; return; }
	succeeds list -j -o id,native,guest && mv "$tmp/out" "$tmp/list" && succeeds status -j -o CPU,tick &&
	cat "$tmp/out" >>"$tmp/list" && succeeds top -j -n 1 -o command,exits/s && cat "$tmp/list" "$tmp/out" >"$tmp/all" &&
	mv "$tmp/all" "$tmp/out" &&
	json -s '(.[0][0] | keys == ["guest", "id", "native"] and .guest <= 1 and .native.syscall > 0) and
		all(.[1][]; keys == ["cpu", "nohz_full", "tick_allowed", "tick_held"]) and
		(.[2].contexts[0] | keys == ["comm", "exits_per_s"])'
}

strange_name() {
	start sh -c 'printf "a\033\"\n\377" >/proc/self/comm; read _ </proc/sys/kernel/version; while :; do :; done'
	wait_until count_is 0 --comm sh &&
	succeeds list && [ "$(wc -l <"$tmp/out")" -eq 2 ] && ! grep -q "$(printf '\033')" "$tmp/out" &&
	succeeds list -j && json '.[0].comm == "a\u001b\"\n\ufffd"'
}

tick() {
	start --tickless=250ms ./crowd 1
	succeeds show -j --tid "$pid" && grep -q '"tick_bound_ns": 250000000,' "$tmp/out" &&
	succeeds show --tid "$pid" && grep -Eq '^flags .*tickless' "$tmp/out" && grep -Eq '^tick .*for 250ms at a time at most$' "$tmp/out" || show
}

# Only the first context has a bell.
bell() {
	start ./crowd 1 3
	rung=$pid
	wait_until grep -q ready "$tmp/started" || return
	start ./crowd 1
	succeeds show --tid "$pid" && grep -Eq '^bell +none$' "$tmp/out" &&
	succeeds show --tid "$rung" && grep -Eq '^bell +3 rings, 0 of them merged; 3 kicks, 3 deliveries$' "$tmp/out" &&
	succeeds list -no TID,RINGS && grep -Eq "^ *$rung +3$" "$tmp/out" && grep -Eq "^ *$pid +-$" "$tmp/out" &&
	succeeds list -j && mv "$tmp/out" "$tmp/list" && succeeds top -j -n 1 && cat "$tmp/out" >>"$tmp/list" || { show; return; }
	mv "$tmp/list" "$tmp/out"
	json -s '(.[0] | map(.bell)) == [{ rung: 3, merged: 0, kicked: 3, delivered: 3 }, null] and
		(.[1].contexts | map(.rings_per_s > 0) | sort) == [false, true]'
}

no_such_context() {
	complains 1 "cannot show context 4000000: there is no such context; .*vctxctl list" show 4000000 &&
	complains 1 "cannot show the context of thread 1: there is no such context" show --tid 1
}

# One call lists all of them, each once, in one document.
crowd() {
	max=$(cat /proc/sys/kernel/threads-max)
	echo 30000 >/proc/sys/kernel/threads-max
	start ./crowd "$VCTX_CROWD"
	patience=1000 wait_until grep -q ready "$tmp/started" || return
	succeeds list -j || return
	mv "$tmp/out" "$tmp/crowd"
	succeeds list && [ "$(wc -l <"$tmp/out")" -eq $((VCTX_CROWD + 1)) ] &&
	succeeds evict --pid "$pid" -j && prints "{ \"evicted\": $VCTX_CROWD, \"leaving\": 0 }" || return
	stop
	echo "$max" >/proc/sys/kernel/threads-max
	mv "$tmp/crowd" "$tmp/out"
	json "length == $VCTX_CROWD and ([.[].id] | . == unique) and ([.[].tid] | unique | length) == $VCTX_CROWD and
		all(.[]; .comm == \"crowd\" and .pid == $pid)"
	rm "$tmp/out"
}

watch() {
	start ./crowd 1
	timeout -s INT 1 vctxctl list -j --watch=100ms >"$tmp/out" 2>"$tmp/err"
	[ "$(grep -c '^\[ {.*} \]$' "$tmp/out")" -ge 3 ] && ! grep -qv '^\[ {.*} \]$' "$tmp/out" || show
}

# ---- top ----

top_batch() {
	start sh -c "$loop"
	vctx-exec --eager dd if=/dev/zero of=/dev/null bs=1 count=1000000000 2>/dev/null &
	pids="$pids $!"
	wait_until count_is 1 --comm dd &&
	succeeds top --batch -n 2 --delay 500ms --sort native &&
	[ "$(grep -c ' 2 contexts, ' "$tmp/out")" -eq 2 ] && [ "$(grep -c ' dd$' "$tmp/out")" -eq 2 ] &&
	# The table is sorted: the thread that makes system calls all the time comes first.
	[ "$(sed -n '3s/.* //p' "$tmp/out")" = dd ] &&
	succeeds top -j -n 2 --delay 500ms -s exits && [ "$(wc -l <"$tmp/out")" -eq 2 ] &&
	json -s '.[1].contexts | .[0].comm == "dd" and .[0].native_per_s > 20 * .[1].native_per_s and
		.[1].guest > 0.1 and .[1].guest <= 1' || show
}

# An adaptive context that makes system calls passes by a stretch of user mode with each tick at most.
top_adaptive() {
	vctx-exec dd if=/dev/zero of=/dev/null bs=1 count=1000000000 2>/dev/null &
	pids="$pids $!"
	wait_until count_is 1 --comm dd &&
	succeeds list -no FLAGS && grep -q adaptive "$tmp/out" &&
	succeeds top --batch -n 1 && grep -q ' passed by, ' "$tmp/out" && grep -q 'PASSED/s' "$tmp/out" || show
	succeeds top -j -n 2 --delay 500ms &&
	json -s '.[1].contexts[0] | .passed_by_per_s > 0 and .passed_by_per_s < 300 and .guest < 0.1'
}

top_screen() {
	start sh -c "$loop"
	(sleep 1; printf i; sleep 1; printf q) |
		TERM=linux timeout 20 script -q -e -c 'vctxctl top -d 300ms' /dev/null >"$tmp/out" 2>"$tmp/err"
	status=$?
	[ $status -eq 0 ] && grep -q 'q quit' "$tmp/out" && grep -q '1 contexts' "$tmp/out" || show
}

# ---- monitor ----

listening() {	# NUMBER of monitors
	[ "$(awk '$2 == 16 && $4 ~ /[1-9]/' /proc/net/netlink | wc -l)" -eq "$1" ]
}

monitors() {
	vctxctl monitor -j >"$tmp/json" 2>"$tmp/err" &
	all=$!
	vctxctl monitor -j --event evicted,policy --count 2 >"$tmp/some" &
	some=$!
	vctxctl monitor >"$tmp/text" &
	text=$!
	wait_until listening 3 || return
	vctx-exec --eager true
	start ./crowd 1
	id=$(id_of "$pid")
	vctxctl evict "$id" >/dev/null && vctxctl policy set max-contexts 100 && vctxctl policy set max-contexts 0 &&
	wait_until grep -q policy "$tmp/json" || return
	kill -INT $all && wait $all && wait $some && kill -TERM $text && wait $text || return
	stop
	jq -n -e --slurpfile all "$tmp/json" --slurpfile some "$tmp/some" "
		(\$all | map(select(.id == $((id - 1))) | .event)) == [\"entered\", \"left\"] and
		(\$all | map(select(.id == $id) | .event)) == [\"entered\", \"evicted\"] and
		(\$all | map(select(.event == \"left\"))[0] |
			.comm == \"true\" and .entries > 0 and .guest_ns > 0 and .pid == .tid) and
		all(\$all[]; .time_ns / 1e9 - now | fabs < 600) and
		(\$some | map(.event)) == [\"evicted\", \"policy\"]" &&
	grep -Eq "^[0-9-]{10} [0-9:.]{15}  evicted +cpu [0-9]+  id $id  pid $pid  tid $pid  comm crowd  entries [0-9]+  guest " "$tmp/text" ||
		{ cat "$tmp/json" "$tmp/some" "$tmp/text"; show; }
}

tells_of_loss() {
	vctxctl monitor -j >"$tmp/events" 2>"$tmp/lost" &
	monitor=$!
	wait_until listening 1 || return
	kill -STOP $monitor
	while ! awk '$2 == 16 && $4 ~ /[1-9]/ && $9 > 0 { lost = 1 } END { exit !lost }' /proc/net/netlink; do
		start ./crowd 200
		wait_until grep -q ready "$tmp/started" || return
		kill -KILL "$pid"
		wait "$pid"
	done
	kill -CONT $monitor
	wait_until grep -q 'events were lost' "$tmp/lost" &&
	wait_until sh -c "[ \$(wc -l <$tmp/events) -gt 100 ]" || return
	kill -INT $monitor
	wait $monitor && ! grep -v '^{ .*"event": .*}$' "$tmp/events"
}

# ---- policy ----

key_is() {	# KEY VALUE
	succeeds policy get "$1" && prints "$2"
}

sets_policy() {
	share=$(vctxctl policy get share) && paging=$(vctxctl policy get paging) &&
	succeeds policy set max-contexts 100 max_per_user 50 tick-max-ms 2s tick-cpus 0 tick-unprivileged yes \
		share yes paging direct min-stay-us 1ms bells no bell-timer-us 2ms &&
	key_is min-stay-us 1000 && key_is bells no && key_is bell-timer-us 2000 &&
	key_is max-contexts 100 && key_is max-per-user 50 && key_is tick-max-ms 2000 && key_is tick-cpus 0 &&
	succeeds policy get -j && prints '{ "enabled": true, "max_contexts": 100, "max_per_user": 50, "share": true, "paging": "direct", "min_stay_us": 1000, "bells": false, "bell_timer_us": 2000, "tick_hold": true, "tick_unprivileged": true, "tick_max_ms": 2000, "tick_cpus": "0" }' &&
	[ "$(cat /sys/module/vcontext/parameters/tick_max_ms)" = 2000 ] &&
	[ "$(cat /sys/module/vcontext/parameters/paging)" = direct ] &&
	[ "$(cat /sys/module/vcontext/parameters/bells)" = N ] &&
	succeeds policy set max-contexts unlimited max-per-user 0 tick-max-ms unlimited tick-unprivileged no \
		share "$share" paging "$paging" min-stay-us 50 bells yes bell-timer-us 20us \
		tick-cpus "$(cat /sys/devices/system/cpu/possible)" &&
	key_is max-contexts unlimited && key_is max-per-user unlimited && key_is tick-max-ms unlimited
}

all_or_nothing() {
	complains 1 'cannot set the policy: .*CPUs' policy set max-contexts 5 tick-cpus 4000 &&
	key_is max-contexts unlimited
}

limits() {
	start ./crowd 1
	succeeds policy set max-contexts 1 || return
	vctx-exec echo natively >"$tmp/out" 2>"$tmp/err"
	status=$?
	vctxctl policy set max-contexts unlimited
	[ "$status" -eq 0 ] && [ "$(cat "$tmp/out")" = natively ] && grep -q max-contexts "$tmp/err" || show
}

disabled() {
	succeeds policy set enabled no || return
	vctx-exec echo natively >"$tmp/out" 2>"$tmp/err"
	vctxctl status >"$tmp/text"
	vctxctl policy set enabled yes
	grep -q natively "$tmp/out" && grep -q 'policy set enabled yes' "$tmp/err" &&
	grep -Eq '^available +no: .*policy set enabled yes' "$tmp/text" && vctx-exec --strict true || show
}

loads() {
	printf '# limits\n\nmax-contexts = 9  # nine\n tick_max_ms=1s\n' >"$tmp/conf"
	succeeds policy set max-per-user 7 && succeeds policy load "$tmp/conf" &&
	key_is max-contexts 9 && key_is tick-max-ms 1000 && key_is max-per-user 7 || return
	# A file with a key less leaves that key as it was.
	echo 'max-per-user = 3' >"$tmp/conf"
	succeeds policy load "$tmp/conf" && key_is max-per-user 3 && key_is max-contexts unlimited &&
	succeeds policy restore && key_is max-per-user 7 && key_is max-contexts unlimited && [ ! -e $saved ] &&
	complains 1 'cannot restore the policy: it has not been loaded' policy restore &&
	vctxctl policy set max-per-user unlimited
}

# vctxctl loads what it has printed.
round_trip() {
	vctxctl policy get >"$tmp/conf" && succeeds policy load "$tmp/conf" && vctxctl policy get >"$tmp/again" &&
	cmp "$tmp/conf" "$tmp/again" && succeeds policy restore
}

bad_files() {
	printf 'enabled = yes\nmax-contexts = many\n' >"$tmp/conf"
	complains 1 "$tmp/conf:2: 'max-contexts' cannot be 'many'; it is a number" policy load "$tmp/conf" &&
	printf '\nenable = yes\n' >"$tmp/conf" &&
	complains 1 "$tmp/conf:2: there is no key 'enable'" policy load "$tmp/conf" &&
	echo 'tick-cpus = 4000' >"$tmp/conf" &&
	complains 1 "cannot set the policy of '$tmp/conf': .*CPUs" policy load "$tmp/conf" && [ ! -e $saved ]
}

# ---- evict ----

# As an ordinary thread the program counts on to the same end.
runs_on() {
	# shellcheck disable=SC2016 # for the inner shell
	start sh -c 'read _ </proc/uptime; i=0; while [ $i -lt 40000 ]; do i=$((i + 1)); done; echo "counted $i"'
	id=$(id_of "$pid")
	succeeds evict "$id" && prints "1 evicted" && is_ordinary "$pid" || return
	wait "$pid" && [ "$(cat "$tmp/started")" = "counted 40000" ] || { echo "it ended with $?"; cat "$tmp/started"; return 1; }
	pids=
}

evicts_a_tree() {
	start ./crowd 1
	other=$pid
	start sh -c "/bin/busybox sleep 1000 & echo \$!; sh -c '$loop' & echo \$!; wait"
	wait_until count_is 4 || return
	children=$(cat "$tmp/started")
	pids="$pids $children"
	succeeds evict --tree "$pid" && prints "3 evicted" &&
	count_is 1 && count_is 1 --pid "$other" || return
	# shellcheck disable=SC2086 # two words
	is_ordinary "$pid" $children
}

evicts_a_process() {
	start ./crowd 3
	wait_until count_is 3 || return
	succeeds evict --pid "$pid" && prints "3 evicted" && is_ordinary "$pid"
}

evicts_all() {
	start sh -c "$loop"
	one=$pid
	start ./crowd 5
	wait_until count_is 6 && succeeds evict --all && prints "6 evicted" && count_is 0 &&
	is_ordinary "$one" "$pid"
}

evict_errors() {
	complains 1 'cannot evict context 4000000: there is no such context' evict 4000000 &&
	complains 1 'cannot evict the contexts of process 4000000: there is no such process' evict --pid 4000000 &&
	complains 1 'cannot evict the contexts of process tree 4000000: there is no such process' evict --tree 4000000 || return
	# One failure does not keep it from evicting the others.
	start ./crowd 1
	complains 1 'cannot evict context 4000000' evict 4000000 "$(id_of "$pid")" &&
	prints "1 evicted" && is_ordinary "$pid"
}

# ---- who may ----

as_nobody() {	# ARG...
	status=0
	su nobody -s /bin/sh -c "vctxctl $*" >"$tmp/out" 2>"$tmp/err" || status=$?
}

nobody_sees() {
	start ./crowd 1
	as_nobody list
	[ "$(awk 'NR > 1 { print $2 }' "$tmp/out")" = "$pid" ] && as_nobody status &&
	grep -Eq '^contexts +1,' "$tmp/out" || show
}

nobody_changes() {
	for words in 'policy set enabled no' 'evict --all' 'policy load'; do
		: >/etc/vcontext.conf
		as_nobody "$words"
		[ "$status" -eq 1 ] && grep -q 'CAP_NET_ADMIN or CAP_SYS_ADMIN.*run it as root\|cannot save' "$tmp/err" ||
			{ echo "$words"; show; return; }
	done
	rm /etc/vcontext.conf
	as_nobody monitor
	[ "$status" -eq 1 ] && grep -q 'cannot listen to events: .*CAP_NET_ADMIN.*run it as root' "$tmp/err" || show
}

# ---- without the module ----

no_module() {
	rmmod vcontext || return
	for words in status list 'show 1' 'top -n 1' monitor 'policy get' 'policy set enabled yes' 'evict 1'; do
		# shellcheck disable=SC2086 # a list of words
		complains 1 'cannot .*: the module is not loaded; load it with: modprobe vcontext' $words || break
	done
	modprobe vcontext 2>/dev/null || insmod "/lib/modules/$(uname -r)/extra/vcontext.ko" || return
	[ "$words" = 'evict 1' ]
}

for tool in jq script; do
	command -v $tool >/dev/null && continue
	echo "TAP version 13"
	echo "1..0 # SKIP no $tool on this machine"
	exit 4
done
: "${VCTX_CROWD:=200}"

echo "TAP version 13"
echo "1..32"
check "status: the module, the policy" case_of status_text
check "status: JSON, and CPUs are on while there are contexts" case_of status_json
check "list: a running context with all its fields" case_of lists_a_loop
check "show: the same context, by ID and thread" case_of shows_it
check "list: each filter, and several" case_of filters
check "list, status, top: chosen columns" case_of columns
check "list: a name of control characters" case_of strange_name
check "show: a context that may hold the tick" case_of tick
check "show, list, top: a context with a bell, and one without" case_of bell
check "show: what is not there" case_of no_such_context
check "list: $VCTX_CROWD contexts, each once, in one valid document" case_of crowd
check "list: --watch" case_of watch
check "top: rates, sorted, as text and JSON" case_of top_batch
check "top: stretches that adaptive contexts pass by" case_of top_adaptive
check "top: on a terminal, until q" case_of top_screen
check "monitor: entered, left, evicted, policy" case_of monitors
check "monitor: says that events were lost" case_of tells_of_loss
check "policy: set and get" case_of sets_policy
check "policy: all is set or nothing" case_of all_or_nothing
check "policy: a limit takes effect" case_of limits
check "policy: no contexts for anybody" case_of disabled
check "policy: load, load again, restore" case_of loads
check "policy: what get prints, load takes" case_of round_trip
check "policy: errors in files, with the line" case_of bad_files
check "evict: a thread runs on, unharmed" case_of runs_on
check "evict: a process tree, and no other" case_of evicts_a_tree
check "evict: all threads of a process" case_of evicts_a_process
check "evict: all contexts" case_of evicts_all
check "evict: errors in the kernel's words" case_of evict_errors
check "anybody sees contexts" case_of nobody_sees
check "not anybody changes anything" case_of nobody_changes
check "without the module" no_module
finish
