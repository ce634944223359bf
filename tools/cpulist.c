// SPDX-License-Identifier: GPL-2.0
/*
 * CPU lists.
 */
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"

#define MAX_CPUS	8192	/* CONFIG_NR_CPUS of x86 at most */

static bool parse_cpu(const char **pos, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**pos))
		return false;
	*cpu = strtoul(*pos, &end, 10);
	*pos = end;
	return *cpu < MAX_CPUS;
}

static bool parse_list(const char *pos, cpu_set_t *set, size_t size)
{
	unsigned long first, last;

	do {
		if (!parse_cpu(&pos, &first))
			return false;
		last = first;
		if (*pos == '-') {
			pos++;
			if (!parse_cpu(&pos, &last) || last < first)
				return false;
		}
		for (; first <= last; first++)
			CPU_SET_S(first, size, set);
	} while (*pos++ == ',');

	return !pos[-1];
}

const char *cpulist_pin(const char *list)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *want = CPU_ALLOC(MAX_CPUS);
	cpu_set_t *got = CPU_ALLOC(MAX_CPUS);
	const char *why = NULL;

	if (!want || !got) {
		why = "out of memory";
		goto free;
	}
	CPU_ZERO_S(size, want);
	CPU_ZERO_S(size, got);

	if (!parse_list(list, want, size)) {
		why = "not a list of CPUs such as 0-3,5";
		goto free;
	}
	if (sched_setaffinity(0, size, want)) {
		why = errno == EINVAL ? "none of them is online and allowed" :
					strerror(errno);
		goto free;
	}
	/* The kernel leaves out silently what is not there. */
	if (sched_getaffinity(0, size, got))
		why = strerror(errno);
	else if (!CPU_EQUAL_S(size, want, got))
		why = "some of them are not online or not allowed";
free:
	CPU_FREE(got);
	CPU_FREE(want);
	return why;
}
