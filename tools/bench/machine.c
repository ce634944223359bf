// SPDX-License-Identifier: GPL-2.0-only
/*
 * What figures depend on.
 */
#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/textfile.h"
#include "common/tsc.h"
#include "machine.h"

#define MOST_BYTES	(1ULL << 30)
#define VULNERABILITIES	"/sys/devices/system/cpu/vulnerabilities"

/* ---- the processor ---- */

static char *brand(void)
{
	unsigned int words[12], leaf, most = __get_cpuid_max(0x80000000, NULL);
	const char *text = (const char *)words;

	if (most < 0x80000004)
		return xstrdup("unknown");
	for (leaf = 0; leaf < 3; leaf++)
		__cpuid(0x80000002 + leaf, words[4 * leaf], words[4 * leaf + 1],
			words[4 * leaf + 2], words[4 * leaf + 3]);
	text += strspn(text, " ");
	return xasprintf("%.*s", (int)strnlen(text, (const char *)&words[12] - text),
			 text);
}

/* How many ticks @count instructions take, of which most are NOPs. */
static uint64_t ticks_of_few(void)
{
	uint64_t start = tsc_read();

	__asm__ volatile("jmp 1f\n1:\t.fill 100, 1, 0x90");
	return tsc_read() - start;
}

static uint64_t ticks_of_many(void)
{
	uint64_t start = tsc_read();

	__asm__ volatile("jmp 1f\n1:\t.fill 1100, 1, 0x90");
	return tsc_read() - start;
}

/*
 * No processor takes a thousand ticks for a thousand NOPs, each time.  With several
 * CPUs, an emulator's ticks are no instructions of one CPU.
 */
static bool counts_instructions(void)
{
	int i, hits = 0;

	for (i = 0; i < 10; i++)
		hits += ticks_of_many() - ticks_of_few() == 1000;
	return hits >= 9 && sysconf(_SC_NPROCESSORS_ONLN) == 1;
}

/* Emulators and hypervisors name themselves in a leaf of CPUID. */
static char *hypervisor(bool instructions)
{
	unsigned int a, c, name[4] = { };

	__cpuid(1, a, name[0], c, name[0]);
	if (!(c & 1U << 31))
		return instructions ? xstrdup("an emulator that counts instructions") :
				      NULL;
	__cpuid(0x40000000, a, name[0], name[1], name[2]);
	name[3] = 0;
	return xasprintf("%.12s", (const char *)name);
}

/* ---- the kernel ---- */

static char *kernel(void)
{
	struct utsname name;

	uname(&name);
	return xstrdup(name.release);
}

static int compare_names(const struct dirent **left, const struct dirent **right)
{
	return strcmp((*left)->d_name, (*right)->d_name);
}

/* The names of the vulnerabilities against which the kernel does something. */
static char *mitigations(void)
{
	char *list = xstrdup(""), *path, *line, *longer;
	struct dirent **names;
	int count = scandir(VULNERABILITIES, &names, NULL, compare_names), i;

	for (i = 0; i < count; i++) {
		path = xasprintf(VULNERABILITIES "/%s", names[i]->d_name);
		line = textfile_line(path);
		if (line && !strncmp(line, "Mitigation", strlen("Mitigation"))) {
			longer = xasprintf("%s%s%s", list, *list ? ", " : "",
					   names[i]->d_name);
			free(list);
			list = longer;
		}
		free(line);
		free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	if (*list)
		return list;
	free(list);
	return xstrdup(count < 0 ? "unknown" : "none");
}

/* The file has all choices, and brackets around the one that is made. */
static char *transparent_huge_pages(void)
{
	char *line = textfile_line("/sys/kernel/mm/transparent_hugepage/enabled");
	char *open = line ? strchr(line, '[') : NULL;
	char *word = open ? xasprintf("%.*s", (int)strcspn(open + 1, "]"), open + 1) :
			    xstrdup("none");

	free(line);
	return word;
}

struct machine machine_look(void)
{
	bool instructions = counts_instructions();

	return (struct machine) {
		.cpu = brand(),
		.emulator = hypervisor(instructions),
		.kernel = kernel(),
		.mitigations = mitigations(),
		.thp = transparent_huge_pages(),
		.instructions = instructions,
	};
}

/* ---- the conditions ---- */

/* A quarter of what is free: the walk must not make the machine swap. */
static uint64_t bytes_to_walk(void)
{
	struct sysinfo info;
	uint64_t bytes;

	sysinfo(&info);
	bytes = (uint64_t)info.freeram * info.mem_unit / 4;
	return bytes < MOST_BYTES ? bytes : MOST_BYTES;
}

const char *machine_conditions(struct conditions *conditions)
{
	struct cpulist *allowed = &conditions->allowed;
	int cpu;

	if (sched_getaffinity(0, sizeof(*allowed), allowed->set))
		return strerror(errno);
	conditions->hz = tsc_hz();
	conditions->bytes = bytes_to_walk();
	conditions->cpus = cpulist_count(allowed);
	for (cpu = 0; cpu < CPULIST_MAX; cpu++) {
		if (!cpulist_has(allowed, cpu))
			continue;
		conditions->other = conditions->cpus == 1 ? cpu : conditions->cpu;
		conditions->cpu = cpu;
	}
	return NULL;
}
