// SPDX-License-Identifier: GPL-2.0-only
/*
 * What interrupts threads on all CPUs of a machine.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/textfile.h"
#include "check.h"
#include "finding.h"
#include "finding_names.h"

/* Files with a number, of which one value is the best. */
static const struct {
	const char *check;
	const char *path;
	long good;
	const char *found;	/* with another value */
	const char *advice;
} numbers[] = {
	{
		"timer migration", "/proc/sys/kernel/timer_migration", 1,
		"timers stay on the CPU where they were set",
		"sysctl kernel.timer_migration=1",
	}, {
		"NUMA balancing", "/proc/sys/kernel/numa_balancing", 0,
		"the kernel unmaps pages to see which CPU touches them",
		"sysctl kernel.numa_balancing=0",
	}, {
		"same-page merging", "/sys/kernel/mm/ksm/run", 0,
		"the kernel changes page tables of programs that asked for it",
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

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
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
		finding_add("swap", YES, NULL, "there is none");
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

/* A counter that overflows raises an NMI, and reading one of all CPUs sends IPIs. */
static void check_perf(void)
{
	struct names users = { };
	struct dirent *entry;
	DIR *dir;

	if (geteuid()) {
		finding_add("perf events", UNKNOWN, "ask again as root",
			    "only root sees which processes use them");
		return;
	}
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0 && has_perf_event(entry->d_name))
			names_add(&users, entry->d_name);
	if (dir)
		closedir(dir);
	if (users.count)
		names_report("perf events", &users, "stop them, or keep them off the CPU",
			  "processes use them");
	else
		finding_add("perf events", YES, NULL, "no process uses them");
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
