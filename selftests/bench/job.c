// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a command costs natively, in adaptive contexts, and in eager ones, in ticks of the TSC: on
 * one CPU of Bochs, instructions.  Prints one line of fields, separated by tabs.
 *
 * usage: job NAME ROUNDS COMMAND [ARG...]
 *
 * The command runs once before, so that its files are in memory.  Then the ways take turns, and
 * the median of the rounds counts: what the kernel does meanwhile for itself differs by some
 * tenths of a percent from run to run.  By how much, natively, the second native way tells.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/vcontext.h>

#include "ticks.h"

#define FLAGS	(VCTX_ENTER_INHERIT | VCTX_ENTER_KEEP_EXEC)
#define MAX_ROUNDS	99

enum { NATIVE, AGAIN, ADAPTIVE, EAGER, NR_WAYS };

/* VCTX_ENTER_*; 0 is without a context. */
static const uint64_t ways[NR_WAYS] = {
	[ADAPTIVE] = FLAGS | VCTX_ENTER_ADAPTIVE,
	[EAGER] = FLAGS,
};

/* Long enough for what the last run has left to the kernel, such as to free by RCU. */
#define SETTLE_US	50000

/* What one run has cost, and what its contexts did. */
struct cost {
	uint64_t ticks;
	struct vctx_stats stats;
};

static void run_here(char **command, int fd, uint64_t flags)
{
	struct vctx_enter enter = { .size = sizeof(enter), .flags = flags };
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDOUT_FILENO);
	if (flags && ioctl(fd, VCTX_IOC_ENTER, &enter))
		err(125, "no context");
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

static struct cost run(char **command, uint64_t flags)
{
	struct cost cost = {
		.stats = { .size = sizeof(cost.stats), .scope = VCTX_SCOPE_FILE },
	};
	int fd = open("/dev/vcontext", O_RDWR | O_CLOEXEC), status;
	pid_t pid;

	if (fd < 0)
		err(125, "/dev/vcontext");
	usleep(SETTLE_US);
	cost.ticks = tsc_read();
	pid = fork();
	if (!pid)
		run_here(command, fd, flags);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(125, "%s failed: %#x", command[0], status);
	cost.ticks = tsc_read() - cost.ticks;
	if (ioctl(fd, VCTX_IOC_STATS, &cost.stats))
		err(125, "statistics");
	close(fd);
	return cost;
}

/* In per cent of the native ticks. */
static double more(const struct cost *native, const struct cost *cost)
{
	return 100.0 * (int64_t)(cost->ticks - native->ticks) / native->ticks;
}

/* What contexts cost more, what part of the time is in the guest, and how often it begins. */
static void print(const struct cost *native, const struct cost *cost)
{
	const struct vctx_stats *stats = &cost->stats;
	uint64_t ns = stats->guest_ns + stats->native_ns;

	printf("\t%+.2f\t%.1f\t%llu", more(native, cost),
	       ns ? 100.0 * stats->guest_ns / ns : 0,
	       (unsigned long long)stats->entries);
}

int main(int argc, char **argv)
{
	static struct cost costs[NR_WAYS][MAX_ROUNDS];
	const struct cost *median[NR_WAYS];
	int rounds = argc > 3 ? atoi(argv[2]) : 0;

	if (rounds < 1 || rounds > MAX_ROUNDS)
		errx(125, "usage: job NAME ROUNDS COMMAND [ARG...]");
	run(argv + 3, 0);
	for (int i = 0; i < rounds; i++)
		for (size_t way = 0; way < NR_WAYS; way++)
			costs[way][i] = run(argv + 3, ways[way]);
	for (size_t way = 0; way < NR_WAYS; way++) {
		qsort(costs[way], rounds, sizeof(struct cost), ticks_compare);
		median[way] = &costs[way][rounds / 2];
	}

	printf("job\t%s\t%llu\t%+.2f", argv[1],
	       (unsigned long long)median[NATIVE]->ticks,
	       more(median[NATIVE], median[AGAIN]));
	print(median[NATIVE], median[ADAPTIVE]);
	print(median[NATIVE], median[EAGER]);
	printf("\n");
	return 0;
}
