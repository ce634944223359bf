/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sample of a figure, which a process of its own takes.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cpulist.h"

/*
 * What a figure is in.  Of UNIT_TIME, samples are in ticks of the TSC.
 */
enum unit {
	UNIT_TIME,
	UNIT_PER_SECOND,
	UNIT_PERCENT,
	UNIT_BYTES,
};

/* What is special about a figure. */
#define FIGURE_PEER	(1U << 0)	/* a thread beside it may be in another mode */
#define FIGURE_TICK	(1U << 1)	/* it matters whether the tick is held */
#define FIGURE_CONTEXT	(1U << 2)	/* it means nothing natively */
#define FIGURE_CPUS	(1U << 3)	/* it takes two CPUs */
#define FIGURE_LONG	(1U << 4)	/* --short leaves it out */

struct sample;

/*
 * A figure that is measured.
 *
 * @name:	of the row
 * @unit:	of the figure
 * @flags:	FIGURE_*
 * @run:	takes a sample, and enters by sample_enter() if @flags has no
 *		FIGURE_CONTEXT; it sets the value, or gives up
 * @arg:	for @run
 */
struct figure {
	const char *name;
	enum unit unit;
	unsigned int flags;
	void (*run)(struct sample *sample);
	const void *arg;
};

/*
 * What the samples of all figures have in common.
 *
 * @hz:		ticks of the TSC in a second
 * @runs:	how often a step is repeated in a sample
 * @bytes:	the memory that the walk goes through
 * @cpu:	where the measured thread runs
 * @other:	where the thread beside it runs; @cpu if there is only one
 * @cpus:	how many CPUs are allowed
 * @allowed:	which
 */
struct conditions {
	double hz;
	unsigned int runs;
	uint64_t bytes;
	int cpu;
	int other;
	unsigned int cpus;
	struct cpulist allowed;
};

/*
 * @figure:	what is measured
 * @conditions: how
 * @self:	flags of the context of the measured thread; 0 is none
 * @peer:	those of the thread beside it
 * @plant:	ticks that each step takes longer, to see that this is seen
 * @value:	the sample
 * @reason:	why there is none, or empty
 */
struct sample {
	const struct figure *figure;
	const struct conditions *conditions;
	uint64_t self;
	uint64_t peer;
	uint64_t plant;
	double value;
	char reason[200];
};

/* Take a sample in a child process; its end, however it comes, is in @sample. */
void sample_take(struct sample *sample);

/* ---- for the figures, in that process ---- */

/* End the process: there is no sample, and this is why. */
void sample_give_up(struct sample *sample, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Let the calling thread enter with @flags, which may be 0, or give up. */
void sample_enter(struct sample *sample, uint64_t flags);

/* Let the calling thread run on @cpu only, or give up. */
void sample_pin(struct sample *sample, int cpu);

/* Nanoseconds in ticks of the TSC. */
double sample_ticks(const struct sample *sample, double ns);

/*
 * The median of the ticks that @step takes, less what measuring takes; @step gets
 * @arg, and is repeated as often as the conditions say.
 */
double sample_median(const struct sample *sample, void (*step)(void *arg),
		     void *arg);

/* The median of @values, which are sorted thereby. */
double sample_median_of(double *values, unsigned int count);

#endif /* SAMPLE_H */
