// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counters.h"

static const struct {
	uint64_t config;
	bool not_user;
	bool not_kernel;
} events[NR_COUNTERS] = {
	[COUNT_CYCLES] = { PERF_COUNT_HW_CPU_CYCLES, false, false },
	[COUNT_USER] = { PERF_COUNT_HW_INSTRUCTIONS, false, true },
	[COUNT_KERNEL] = { PERF_COUNT_HW_INSTRUCTIONS, true, false },
};

/* One group, whose leader is the first; the others are found by it. */
static int fds[NR_COUNTERS] = { -1, -1, -1 };

static int open_one(int i)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = events[i].config,
		.disabled = !i,
		.exclude_user = events[i].not_user,
		.exclude_kernel = events[i].not_kernel,
		.read_format = PERF_FORMAT_GROUP |
			       PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
	};

	fds[i] = syscall(SYS_perf_event_open, &attr, 0, -1, i ? fds[0] : -1,
			 PERF_FLAG_FD_CLOEXEC);
	return fds[i] < 0 ? -errno : 0;
}

int counters_open(void)
{
	int i, error = 0;

	for (i = 0; i < NR_COUNTERS && !error; i++)
		error = open_one(i);
	if (!error)
		return 0;
	while (i--) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	return error;
}

void counters_start(void)
{
	if (fds[0] < 0)
		return;
	ioctl(fds[0], PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
	ioctl(fds[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

struct counts counters_stop(void)
{
	struct {
		uint64_t nr;
		uint64_t enabled;
		uint64_t running;
		uint64_t value[NR_COUNTERS];
	} group = { 0 };
	struct counts counts = { .valid = false };

	if (fds[0] < 0)
		return counts;
	ioctl(fds[0], PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	/* The times add up over all runs: a group that has ever waited is not exact. */
	counts.valid = read(fds[0], &group, sizeof(group)) == sizeof(group) &&
		       group.running && group.running == group.enabled;
	for (int i = 0; i < NR_COUNTERS; i++)
		counts.value[i] = group.value[i];
	return counts;
}
