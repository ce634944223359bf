// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sample of a figure, which a process of its own takes: so a crash, a context and
 * the memory of one sample are over before the next one begins.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vctx.h>

#include "common/alloc.h"
#include "common/cpulist.h"
#include "common/tsc.h"
#include "sample.h"

/* A sample that takes longer hangs; emulators are slow. */
#define SECONDS		60

void sample_give_up(struct sample *sample, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sample->reason, sizeof(sample->reason), format, args);
	va_end(args);
	_exit(0);
}

void sample_enter(struct sample *sample, uint64_t flags)
{
	struct vctx_attr attr = VCTX_ATTR_INIT;
	const char *reason;

	attr.flags = flags;
	if (!flags || !vctx_enter(&attr))
		return;
	vctx_why(NULL, &reason);
	sample_give_up(sample, "%s", reason);
}

void sample_pin(struct sample *sample, int cpu)
{
	struct cpulist cpus = { };

	cpulist_add(&cpus, cpu);
	if (sched_setaffinity(0, sizeof(cpus), cpus.set))
		sample_give_up(sample, "cannot run on CPU %d: %s", cpu,
			       strerror(errno));
}

double sample_ticks(const struct sample *sample, double ns)
{
	return ns * sample->conditions->hz / 1e9;
}

/* ---- a step that is repeated ---- */

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double sample_median_of(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static void spin(uint64_t ticks)
{
	uint64_t until = tsc_read() + ticks;

	while (tsc_read() < until)
		;
}

static void nothing(void *arg)
{
	__asm__ volatile("" : : "r"(arg) : "memory");
}

static double repeat(unsigned int runs, void (*step)(void *arg), void *arg,
		     uint64_t plant)
{
	double *ticks = must(calloc(runs, sizeof(*ticks)));
	double median;
	unsigned int i;

	for (i = 0; i < runs; i++) {
		uint64_t start = tsc_read();

		step(arg);
		if (plant)
			spin(plant);
		ticks[i] = tsc_read() - start;
	}
	median = sample_median_of(ticks, runs);
	free(ticks);
	return median;
}

double sample_median(const struct sample *sample, void (*step)(void *arg),
		     void *arg)
{
	unsigned int runs = sample->conditions->runs;

	return repeat(runs, step, arg, sample->plant) -
	       repeat(runs, nothing, arg, 0);
}

/* ---- the process ---- */

static void __attribute__((noreturn)) child(struct sample *sample)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(SECONDS);
	sample_pin(sample, sample->conditions->cpu);
	sample->figure->run(sample);
	_exit(0);
}

static void explain(struct sample *sample, int status)
{
	if (WIFSIGNALED(status))
		snprintf(sample->reason, sizeof(sample->reason),
			 "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		snprintf(sample->reason, sizeof(sample->reason),
			 "exit status %d", WEXITSTATUS(status));
}

void sample_take(struct sample *sample)
{
	struct sample *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	must(shared == MAP_FAILED ? NULL : shared);
	*shared = *sample;
	fflush(NULL);
	pid = fork();
	if (!pid)
		child(shared);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*sample = *shared;
	munmap(shared, sizeof(*shared));
	if (pid > 0)
		explain(sample, status);
	else
		snprintf(sample->reason, sizeof(sample->reason),
			 "cannot create a process: %s", strerror(errno));
}
