/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CPU_H
#define CPU_H

#include "common/cpulist.h"

/* The CPUs that are online. */
struct cpulist cpu_online(void);

/* Those that the kernel was told at boot to keep free: isolcpus=. */
struct cpulist cpu_isolated_at_boot(void);

/* Those that share the core of one, without it. */
struct cpulist cpu_siblings(unsigned int cpu);

/*
 * Parse the words of a command line, each a CPU or a list, all of them online if
 * @online.  Says what is wrong and returns false.
 */
bool cpu_parse_words(struct cpulist *cpus, char **words, bool online);

#endif /* CPU_H */
