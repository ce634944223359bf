// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPUs there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "ctl/error.h"
#include "cpu.h"

#define CPU_FOLDER	"/sys/devices/system/cpu"

static bool read_list(const char *path, struct cpulist *cpus)
{
	char *text = textfile_line(path);
	bool known = text && cpulist_parse(cpus, text) && !cpulist_empty(cpus);

	free(text);
	return known;
}

struct cpulist cpu_online(void)
{
	struct cpulist cpus;
	long i;

	/* Without /sys, assume that the numbers have no gaps. */
	if (!read_list(CPU_FOLDER "/online", &cpus)) {
		cpus = (struct cpulist){ };
		for (i = 0; i < sysconf(_SC_NPROCESSORS_ONLN); i++)
			cpulist_add(&cpus, i);
	}
	return cpus;
}

struct cpulist cpu_isolated_at_boot(void)
{
	struct cpulist cpus;

	if (!read_list(CPU_FOLDER "/isolated", &cpus))
		cpus = (struct cpulist){ };
	return cpus;
}

struct cpulist cpu_siblings(unsigned int cpu)
{
	char *path = xasprintf(CPU_FOLDER "/cpu%u/topology/thread_siblings_list",
			       cpu);
	struct cpulist cpus, self = { };

	cpulist_add(&self, cpu);
	if (!read_list(path, &cpus))
		cpus = self;
	free(path);
	return cpulist_minus(&cpus, &self);
}

static bool all_online(const struct cpulist *cpus)
{
	struct cpulist online = cpu_online();
	struct cpulist away = cpulist_minus(cpus, &online);
	char *list = must(cpulist_format(&away));
	bool all = cpulist_empty(&away);

	if (!all)
		usage_error("CPU %s does not exist, or is offline", list);
	free(list);
	return all;
}

bool cpu_parse_words(struct cpulist *cpus, char **words, bool online)
{
	struct cpulist some;

	*cpus = (struct cpulist){ };
	for (; *words; words++) {
		if (!**words || strchr(*words, '\n') ||
		    !cpulist_parse(&some, *words)) {
			usage_error("'%s' is not a CPU, nor a list of CPUs such as 2-3,5",
				    *words);
			return false;
		}
		*cpus = cpulist_or(cpus, &some);
	}
	return !online || all_online(cpus);
}
