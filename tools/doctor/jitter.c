// SPDX-License-Identifier: GPL-2.0-only
/*
 * What interrupts a thread on a CPU, other than itself.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "isolate/cpu.h"
#include "isolate/isolation.h"
#include "isolate/movable.h"
#include "check.h"
#include "finding.h"

#define MOST_NAMES	4	/* told in one line */

/* Names, the first of them in full. */
struct names {
	char *text;
	size_t count;
};

static void add_name(struct names *names, const char *name)
{
	char *more;

	if (names->count++ >= MOST_NAMES)
		return;
	more = xasprintf("%s%s%s", names->text ? names->text : "",
			 names->text ? ", " : "", name);
	free(names->text);
	names->text = more;
}

static void add_names(const char *check, const struct names *names,
		      const char *advice, const char *what)
{
	if (names->count > MOST_NAMES)
		finding_add(check, NO, advice, "%zu %s: %s and %zu more",
			    names->count, what, names->text,
			    names->count - MOST_NAMES);
	else
		finding_add(check, NO, advice, "%zu %s: %s", names->count, what,
			    names->text);
}

/* ---- the whole machine ---- */

/* Files with a number of which one is best. */
static const struct {
	const char *check;
	const char *path;
	long good;
	const char *found;	/* if it is another */
	const char *advice;
} numbers[] = {
	{
		"timer migration", "/proc/sys/kernel/timer_migration", 1,
		"timers stay where they were set",
		"sysctl kernel.timer_migration=1",
	}, {
		"NUMA balancing", "/proc/sys/kernel/numa_balancing", 0,
		"it takes pages away to see who touches them",
		"sysctl kernel.numa_balancing=0",
	}, {
		"same-page merging", "/sys/kernel/mm/ksm/run", 0,
		"it changes page tables of programs that asked for it",
		"echo 0 >/sys/kernel/mm/ksm/run",
	}, {
		"machine checks",
		"/sys/devices/system/machinecheck/machinecheck0/check_interval", 0,
		"each CPU looks for corrected errors now and then, from a timer",
		"echo 0 >/sys/devices/system/machinecheck/machinecheck0/check_interval",
	},
};

static void check_numbers(void)
{
	long value;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!textfile_number(numbers[i].path, &value))
			finding_add(numbers[i].check, YES, NULL,
				    "this kernel has no %s", numbers[i].path);
		else if (value == numbers[i].good)
			finding_add(numbers[i].check, YES, NULL, "%s is %ld",
				    numbers[i].path, value);
		else
			finding_add(numbers[i].check, NO, numbers[i].advice,
				    "%s is %ld: %s", numbers[i].path, value,
				    numbers[i].found);
	}
}

static void check_huge_pages(void)
{
	char *text = textfile_line("/sys/kernel/mm/transparent_hugepage/enabled");

	if (text && strstr(text, "[always]"))
		finding_add("huge pages", NO,
			    "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled",
			    "khugepaged rearranges the memory of all programs");
	else
		finding_add("huge pages", YES, NULL,
			    "only for programs that ask for them");
	free(text);
}

static void check_swap(void)
{
	char *text = textfile_read("/proc/swaps");
	char *second = text ? strchr(text, '\n') : NULL;

	if (second && second[1])
		finding_add("swap", NO, "swapoff -a, or mlockall(2) in the program",
			    "memory may be swapped out");
	else
		finding_add("swap", YES, NULL, "none");
	free(text);
}

static bool has_perf_event(const char *process)
{
	char *folder = xasprintf("/proc/%s/fd", process);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;
	char target[64];
	ssize_t size;

	while (dir && !found && (entry = readdir(dir))) {
		size = readlinkat(dirfd(dir), entry->d_name, target,
				  sizeof(target) - 1);
		target[size > 0 ? size : 0] = '\0';
		found = strstr(target, "[perf_event]");
	}
	if (dir)
		closedir(dir);
	free(folder);
	return found;
}

/* A counter that overflows is an NMI, and one that is counted on all CPUs an IPI. */
static void check_perf(void)
{
	struct names users = { };
	struct dirent *entry;
	DIR *dir;

	if (geteuid()) {
		finding_add("perf events", UNKNOWN, "ask again as root",
			    "only root sees who has some");
		return;
	}
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && has_perf_event(entry->d_name))
			add_name(&users, entry->d_name);
	if (dir)
		closedir(dir);
	if (users.count)
		add_names("perf events", &users, "stop them, or keep them off the CPU",
			  "processes have some");
	else
		finding_add("perf events", YES, NULL, "no process has one");
	free(users.text);
}

void jitter_check_machine(void)
{
	finding_section("The whole machine", false);
	check_numbers();
	check_huge_pages();
	check_swap();
	check_perf();
}

/* ---- one CPU ---- */

/* What of each kind is on the CPU, and the threads that are only there. */
struct load {
	unsigned int cpu;
	bool only;			/* there is no other */
	struct names kinds[16];		/* as movable_kinds */
	struct names bound;
	bool irqbalance;
};

static size_t kind_index(const struct movable_kind *kind)
{
	size_t i = 0;

	while (movable_kinds[i] != kind)
		i++;
	return i;
}

static void weigh(const struct movable *found, void *context)
{
	struct load *load = context;
	struct cpulist cpus = { }, now;
	bool alone;

	if (found->kind == &movable_thread && strstr(found->name, " irqbalance"))
		load->irqbalance = true;
	cpulist_parse(&cpus, found->cpus);
	/* What has been moved is where it was until it happens the next time. */
	if (found->effective && cpulist_parse(&now, found->effective))
		cpus = cpulist_and(&cpus, &now);
	if (!cpulist_has(&cpus, load->cpu) || found->idle)
		return;
	alone = cpulist_count(&cpus) == 1 && !load->only;
	if (found->keeps && alone)
		add_name(&load->bound, found->name);
	else if (!found->fixed || found->keeps)
		add_name(&load->kinds[kind_index(found->kind)], found->name);
}

/* What is on the CPU for others, by kind, and what it is called here. */
static const struct {
	const char *check;
	const char *kind;
	const char *some;
	const char *none;
} kinds[] = {
	{ "interrupts", "interrupt", "come here", "none comes here" },
	{ "packet steering", "packet steering", "queues may send work here",
	  "none comes here" },
	{ "threads", "thread", "not bound elsewhere may run here",
	  "all others are kept away" },
};

static void check_workqueues(const struct load *load, const char *advice)
{
	size_t i;

	for (i = 0; strcmp(movable_kinds[i]->name, "unbound workqueues"); i++)
		;
	if (load->kinds[i].count)
		finding_add("workqueues", NO, advice, "unbound work may run here");
	else
		finding_add("workqueues", YES, NULL, "unbound work runs elsewhere");
}

static void check_kinds(const struct load *load, const char *advice)
{
	const struct names *names;
	size_t i, j;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (j = 0; strcmp(movable_kinds[j]->name, kinds[i].kind); j++)
			;
		names = &load->kinds[j];
		if (names->count)
			add_names(kinds[i].check, names, advice, kinds[i].some);
		else
			finding_add(kinds[i].check, YES, NULL, "%s",
				    kinds[i].none);
	}
	if (load->bound.count > 1)
		add_names("bound threads", &load->bound, "bind all but one elsewhere: taskset -p",
			  "share the CPU");
	else
		finding_add("bound threads", YES, NULL, "%s",
			    load->bound.count ? load->bound.text : "none");
}

static bool has_cpu(const char *path, unsigned int cpu)
{
	char *text = textfile_line(path);
	struct cpulist cpus;
	bool has = text && cpulist_parse(&cpus, text) && cpulist_has(&cpus, cpu);

	free(text);
	return has;
}

static void check_watchdog(unsigned int cpu, const char *advice)
{
	bool here = has_cpu("/proc/sys/kernel/watchdog_cpumask", cpu);
	long soft = 0, nmi = 0;

	textfile_number("/proc/sys/kernel/soft_watchdog", &soft);
	textfile_number("/proc/sys/kernel/nmi_watchdog", &nmi);
	if (here && soft)
		finding_add("lock-up detector", NO, advice,
			    "its timer comes every few seconds");
	else
		finding_add("lock-up detector", YES, NULL, "not here");
	if (here && nmi)
		finding_add("NMI watchdog", NO, "sysctl kernel.nmi_watchdog=0",
			    "an NMI comes every few seconds");
	else
		finding_add("NMI watchdog", YES, NULL, "not here");
}

static bool check_isolated(unsigned int cpu, const char *advice)
{
	struct cpulist boot = cpu_isolated_at_boot();
	struct isolation state;
	bool by_us = isolation_load(&state, false) &&
		     cpulist_has(&state.cpus, cpu);

	if (by_us || cpulist_has(&boot, cpu))
		finding_add("isolated", YES, NULL, "%s", by_us ?
			    "by vctxctl" : "by boot parameter");
	else
		finding_add("isolated", NO, advice, "neither by vctxctl nor at boot");
	return by_us;
}

static void check_rcu(unsigned int cpu)
{
	char *text = textfile_line("/proc/cmdline");
	const char *option = text ? strstr(text, "rcu_nocbs=") : NULL;
	struct cpulist cpus;
	char *list = NULL;
	bool offloaded = has_cpu("/sys/devices/system/cpu/nohz_full", cpu);

	if (option) {
		option += strlen("rcu_nocbs=");
		list = must(strndup(option, strcspn(option, " ")));
		offloaded |= !strcmp(list, "all") ||
			     (cpulist_parse(&cpus, list) && cpulist_has(&cpus, cpu));
	}
	if (offloaded)
		finding_add("RCU callbacks", YES, NULL, "run elsewhere");
	else
		finding_add("RCU callbacks", NO, "boot with rcu_nocbs=, if system calls of the thread make some",
			    "run here");
	free(list);
	free(text);
}

static void check_sibling(unsigned int cpu)
{
	struct cpulist siblings = cpu_siblings(cpu);
	char *list = must(cpulist_format(&siblings));
	struct isolation state;
	char *advice;

	if (isolation_load(&state, false))
		siblings = cpulist_minus(&siblings, &state.cpus);
	if (!*list) {
		finding_add("core", YES, NULL, "not shared with another CPU");
	} else if (cpulist_empty(&siblings)) {
		finding_add("core", YES, NULL,
			    "shared with CPU %s, which is isolated", list);
	} else {
		advice = xasprintf("isolate CPU %s, too, or take it offline",
				   list);
		finding_add("core", NO, advice, "shared with CPU %s, which is in use",
			    list);
		free(advice);
	}
	free(list);
}

static void check_frequency(unsigned int cpu)
{
	char *path = xasprintf("/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor",
			       cpu);
	char *governor = textfile_line(path), *advice;

	if (!governor) {
		finding_add("frequency", YES, NULL, "the kernel does not change it");
	} else if (!strcmp(governor, "performance")) {
		finding_add("frequency", YES, NULL, "governor performance");
	} else {
		advice = xasprintf("cpupower -c %u frequency-set -g performance",
				   cpu);
		finding_add("frequency", NO, advice, "governor %s", governor);
		free(advice);
	}
	free(governor);
	free(path);
}

void jitter_check(unsigned int cpu)
{
	const struct movable_kind *const *kind;
	struct cpulist online = cpu_online();
	struct load load = {
		.cpu = cpu,
		.only = cpulist_count(&online) == 1,
	};
	char *advice;
	size_t i;

	/* Never freed: it is a title of what is printed at the end. */
	finding_section(xasprintf("CPU %u", cpu), false);
	advice = load.only ? xstrdup("there is no other CPU to move it to") :
			     xasprintf("vctxctl isolate %u", cpu);
	if (check_isolated(cpu, advice)) {
		free(advice);
		advice = xasprintf("vctxctl release %u; vctxctl isolate %u: it has come since",
				   cpu, cpu);
	}
	for (kind = movable_kinds; *kind; kind++)
		(*kind)->scan(*kind, weigh, &load);
	if (load.irqbalance)
		finding_add("irqbalance", NO, "IRQBALANCE_BANNED_CPULIST in /etc/default/irqbalance, or stop it",
			    "it runs, and may move interrupts here");
	check_kinds(&load, advice);
	check_workqueues(&load, advice);
	check_watchdog(cpu, advice);
	check_rcu(cpu);
	check_sibling(cpu);
	check_frequency(cpu);
	for (i = 0; i < sizeof(load.kinds) / sizeof(load.kinds[0]); i++)
		free(load.kinds[i].text);
	free(load.bound.text);
	free(advice);
}
