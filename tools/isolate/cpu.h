/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CPU_H
#define CPU_H

#include "common/cpulist.h"

/* The CPUs that are online. */
struct cpulist cpu_online(void);

/* The CPUs that the boot parameter isolcpus= isolates. */
struct cpulist cpu_isolated_at_boot(void);

/* The other CPUs that share the core of a CPU. */
struct cpulist cpu_siblings(unsigned int cpu);

/*
 * Parse the words of a command line, each of which is a CPU or a list.  With
 * @online, all CPUs have to be online.  Returns false after an error has been
 * reported.
 */
bool cpu_parse_words(struct cpulist *cpus, char **words, bool online);

#endif /* CPU_H */
