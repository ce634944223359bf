// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forks, and contexts that are entered and left, a second, on 1, 2, 4 ... CPUs at a time.  Each
 * CPU has one process, which is pinned to it.  Prints a line of fields for each measurement,
 * separated by tabs: what, which way, number of CPUs, how many a second.
 *
 * usage: scaling ROUNDS
 *
 * In each round all measurements take their turn, and the median of the rounds counts.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vcontext.h>

#include "ticks.h"

#define NS		300000000ULL	/* of one measurement */
#define MAX_ROUNDS	99
#define MAX_STEPS	8
#define PAGE		4096

static int device;

/* What the processes of one measurement share. */
static volatile struct {
	int ready;
	int go;
	uint64_t done;
} *shared;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void enter(uint64_t flags)
{
	struct vctx_enter enter = { .size = sizeof(enter), .flags = flags };

	if (ioctl(device, VCTX_IOC_ENTER, &enter))
		err(125, "no context");
}

static void fork_once(uint64_t flags)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(0);
	if (waitpid(pid, &status, 0) != pid || status)
		err(125, "fork");
}

static void enter_once(uint64_t flags)
{
	enter(flags);
	if (ioctl(device, VCTX_IOC_LEAVE))
		err(125, "the context cannot be left");
}

#define ADAPTIVE	(VCTX_ENTER_INHERIT | VCTX_ENTER_ADAPTIVE)
#define EAGER		VCTX_ENTER_INHERIT

static const struct way {
	const char *what;
	const char *name;
	void (*once)(uint64_t flags);
	uint64_t flags;	/* VCTX_ENTER_* */
	int begins;	/* in a context */
} ways[] = {
	{ "forks", "natively", fork_once, 0, 0 },
	{ "forks", "adaptive", fork_once, ADAPTIVE, 1 },
	{ "forks", "eager", fork_once, EAGER, 1 },
	{ "enters and leaves", "adaptive", enter_once, ADAPTIVE, 0 },
	{ "enters and leaves", "eager", enter_once, EAGER, 0 },
};

#define NR_WAYS	(sizeof(ways) / sizeof(ways[0]))

static void work(const struct way *way, int cpu)
{
	uint64_t done = 0, end;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(125, "CPU %d", cpu);
	if (way->begins)
		enter(way->flags);
	way->once(way->flags);
	__atomic_add_fetch(&shared->ready, 1, __ATOMIC_SEQ_CST);
	while (!shared->go)
		sched_yield();
	end = now_ns() + NS;
	do {
		way->once(way->flags);
		done++;
	} while (now_ns() < end);
	__atomic_add_fetch(&shared->done, done, __ATOMIC_SEQ_CST);
	_exit(0);
}

/* Return: how many a second. */
static uint64_t measure(const struct way *way, int cpus)
{
	int status;

	shared->ready = 0;
	shared->go = 0;
	shared->done = 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		if (!fork())
			work(way, cpu);
	while (shared->ready < cpus)
		usleep(1000);
	shared->go = 1;
	for (int cpu = 0; cpu < cpus; cpu++)
		if (wait(&status) < 0 || status)
			errx(125, "%s: a process ended with %#x", way->what, status);
	return shared->done * 1000000000ULL / NS;
}

int main(int argc, char **argv)
{
	static uint64_t rates[NR_WAYS][MAX_STEPS][MAX_ROUNDS];
	int rounds = argc == 2 ? atoi(argv[1]) : 0, step, cpus;
	int nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (rounds < 1 || rounds > MAX_ROUNDS)
		errx(125, "usage: scaling ROUNDS");
	device = open("/dev/vcontext", O_RDWR);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (device < 0 || shared == MAP_FAILED)
		err(125, "/dev/vcontext");
	/* The first context of all enables the CPUs, and the last one disables them. */
	enter(0);
	for (int i = 0; i < rounds; i++)
		for (step = 0, cpus = 1; cpus <= nr_cpus; cpus *= 2, step++)
			for (size_t way = 0; way < NR_WAYS; way++)
				rates[way][step][i] = measure(&ways[way], cpus);

	for (size_t way = 0; way < NR_WAYS; way++)
		for (step = 0, cpus = 1; cpus <= nr_cpus; cpus *= 2, step++)
			printf("scaling\t%s\t%s\t%d\t%llu\n", ways[way].what, ways[way].name, cpus,
			       (unsigned long long)ticks_median(rates[way][step], rounds));
	return 0;
}
