/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One measurement after the other, each in a process of its own.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "noise.h"

/* @flags: of a context, 0 is none */
struct measure_mode {
	const char *name;
	uint64_t flags;
};

/* The last one has no name; the first one is native. */
extern const struct measure_mode measure_modes[];

/*
 * @compare:	all modes in turn, not only @mode
 * @label:	the name of the measurement, or NULL: that of the mode
 * @threshold_ns: what lasts longer is an interruption; 0: calibrate it
 * @bound_ns:	of a tick hold
 * @fifo:	the priority under SCHED_FIFO; 0: as the caller runs
 * @cpu:	where to measure; -1: on the last CPU that is allowed
 */
struct measure_options {
	const struct measure_mode *mode;
	bool compare;
	const char *label;
	uint64_t duration_ns;
	uint64_t threshold_ns;
	uint64_t bound_ns;
	unsigned int fifo;
	int cpu;
};

/* All measurements that are asked for.  False if one failed, which is reported. */
bool measure_all(struct measure_options *opt, struct noise **noises,
		 size_t *count);

#endif /* MEASURE_H */
