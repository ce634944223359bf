/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CPULIST_H
#define CPULIST_H

#include <sched.h>
#include <stdbool.h>
#include <string.h>

#define CPULIST_MAX	8192	/* CONFIG_NR_CPUS of x86 at most */

/* A set of CPUs. */
struct cpulist {
	cpu_set_t set[CPULIST_MAX / CPU_SETSIZE];
};

/*
 * Parse a list "0-3,5" or a mask "ff,ffffffff" as the kernel writes it; a new line
 * may follow.  An empty list has no CPU.
 */
bool cpulist_parse(struct cpulist *cpus, const char *text);
bool cpulist_parse_mask(struct cpulist *cpus, const char *text);

/* Write such a list or a mask; free() it. */
char *cpulist_format(const struct cpulist *cpus);
char *cpulist_format_mask(const struct cpulist *cpus);

/*
 * Let the calling thread run on the CPUs of @list only, written as the kernel
 * does: "0-3,5".  Returns NULL or what is wrong with it.
 */
const char *cpulist_pin(const char *list);

static inline void cpulist_add(struct cpulist *cpus, unsigned int cpu)
{
	CPU_SET_S(cpu, sizeof(*cpus), cpus->set);
}

static inline bool cpulist_has(const struct cpulist *cpus, unsigned int cpu)
{
	return CPU_ISSET_S(cpu, sizeof(*cpus), cpus->set);
}

static inline int cpulist_count(const struct cpulist *cpus)
{
	return CPU_COUNT_S(sizeof(*cpus), cpus->set);
}

static inline bool cpulist_equal(const struct cpulist *a,
				 const struct cpulist *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool cpulist_empty(const struct cpulist *cpus)
{
	return !cpulist_count(cpus);
}

static inline struct cpulist cpulist_and(const struct cpulist *a,
					 const struct cpulist *b)
{
	struct cpulist result;

	CPU_AND_S(sizeof(result), result.set, a->set, b->set);
	return result;
}

static inline struct cpulist cpulist_or(const struct cpulist *a,
					const struct cpulist *b)
{
	struct cpulist result;

	CPU_OR_S(sizeof(result), result.set, a->set, b->set);
	return result;
}

static inline struct cpulist cpulist_minus(const struct cpulist *a,
					   const struct cpulist *b)
{
	struct cpulist result = cpulist_and(a, b);

	CPU_XOR_S(sizeof(result), result.set, result.set, a->set);
	return result;
}

static inline bool cpulist_intersects(const struct cpulist *a,
				      const struct cpulist *b)
{
	struct cpulist both = cpulist_and(a, b);

	return !cpulist_empty(&both);
}

static inline bool cpulist_within(const struct cpulist *a,
				  const struct cpulist *b)
{
	struct cpulist rest = cpulist_minus(a, b);

	return cpulist_empty(&rest);
}

#endif /* CPULIST_H */
