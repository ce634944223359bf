// SPDX-License-Identifier: GPL-2.0-only
/*
 * What interrupts a thread on one CPU, other than itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/textfile.h"
#include "isolate/cpu.h"
#include "isolate/isolation.h"
#include "isolate/movable.h"
#include "check.h"
#include "finding.h"
#include "finding_names.h"

/* The things of each kind on the CPU, and the threads that are bound to it. */
struct load {
	unsigned int cpu;
	bool only;			/* there is no other CPU */
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
	/* An interrupt that has been moved stays until it happens the next time. */
	if (found->effective && cpulist_parse(&now, found->effective))
		cpus = cpulist_and(&cpus, &now);
	if (!cpulist_has(&cpus, load->cpu) || found->idle)
		return;
	alone = cpulist_count(&cpus) == 1 && !load->only;
	if (found->keeps && alone)
		names_add(&load->bound, found->name);
	else if (!found->fixed || found->keeps)
		names_add(&load->kinds[kind_index(found->kind)], found->name);
}

/* Kinds of movable work, and what the doctor calls them. */
static const struct {
	const char *check;
	const char *kind;
	const char *some;
	const char *none;
} kinds[] = {
	{ "interrupts", "interrupt", "may come here", "none comes here" },
	{ "packet steering", "packet steering", "queues may send work here",
	  "none comes here" },
	{ "threads", "thread", "may run here", "all others are kept away" },
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

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; strcmp(movable_kinds[j]->name, kinds[i].kind); j++)
			;
		names = &load->kinds[j];
		if (names->count)
			names_report(kinds[i].check, names, advice, kinds[i].some);
		else
			finding_add(kinds[i].check, YES, NULL, "%s",
				    kinds[i].none);
	}
	if (load->bound.count > 1)
		names_report("bound threads", &load->bound, "bind all but one elsewhere: taskset -p",
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
		finding_add("RCU callbacks", YES, NULL, "they run elsewhere");
	else
		finding_add("RCU callbacks", NO, "boot with rcu_nocbs=, if the thread makes system calls that queue them",
			    "they run here");
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
		advice = xasprintf("isolate CPU %s as well, or take it offline",
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

void jitter_check_cpu(unsigned int cpu)
{
	const struct movable_kind *const *kind;
	struct cpulist online = cpu_online();
	struct load load = {
		.cpu = cpu,
		.only = cpulist_count(&online) == 1,
	};
	char *advice;
	size_t i;

	/* This is never freed, since it is printed at the end. */
	finding_section(xasprintf("CPU %u", cpu), false);
	advice = load.only ? xstrdup("there is no other CPU to move work to") :
			     xasprintf("vctxctl isolate %u", cpu);
	if (check_isolated(cpu, advice)) {
		free(advice);
		advice = xasprintf("vctxctl release %u; vctxctl isolate %u: this has appeared since",
				   cpu, cpu);
	}
	for (kind = movable_kinds; *kind; kind++)
		(*kind)->scan(*kind, weigh, &load);
	if (load.irqbalance)
		finding_add("irqbalance", NO, "set IRQBALANCE_BANNED_CPULIST in /etc/default/irqbalance, or stop it",
			    "it runs, and may move interrupts here");
	check_kinds(&load, advice);
	check_workqueues(&load, advice);
	check_watchdog(cpu, advice);
	check_rcu(cpu);
	check_sibling(cpu);
	check_frequency(cpu);
	for (i = 0; i < ARRAY_SIZE(load.kinds); i++)
		free(load.kinds[i].text);
	free(load.bound.text);
	free(advice);
}
