/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NOISE_H
#define NOISE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <vctx.h>

#include "spin.h"

#define NOISE_BUCKETS	64	/* of the histogram */
#define NOISE_SLICES	500	/* of the time line */

/*
 * What a measurement found.  Quantiles are those of the interruptions that were
 * recorded.
 *
 * @label:	the name of the row
 * @mode:	native, context or tickless
 * @reason:	why there is no measurement, else NULL
 * @fifo:	the priority under SCHED_FIFO, or 0
 * @loop_ns:	the median gap of the loop
 * @duration_ns: of the measurement
 * @unrecorded:	interruptions for which there was no room
 * @lost_ns:	the sum of all interruptions, less what the loop itself takes
 * @histogram:	[i] counts interruptions of at least 2^i ns, and less than 2^(i+1)
 * @timeline:	the longest interruption in each slice of @slice_ns
 * @stats:	of the context, all zero without one
 */
struct noise {
	char *label;
	char *mode;
	char *reason;
	unsigned int cpu;
	unsigned int fifo;
	double tsc_hz;
	double loop_ns;
	double threshold_ns;
	uint64_t duration_ns;
	uint64_t interruptions;
	uint64_t unrecorded;
	uint64_t lost_ns;
	uint64_t median_ns, p99_ns, p999_ns, max_ns;
	uint64_t histogram[NOISE_BUCKETS];
	uint64_t slice_ns;
	uint64_t timeline[NOISE_SLICES];
	struct vctx_stats stats;
};

double noise_per_second(const struct noise *noise);
double noise_lost_percent(const struct noise *noise);

/* Sum up @gaps, and sort them.  @noise has tsc_hz and loop_ns already. */
void noise_sum(struct noise *noise, struct gaps *gaps);

/* Print a table of @count rows. */
void noise_print(FILE *out, const struct noise *noises, size_t count);

/* Write one JSON object on a line of its own; 0 or -errno. */
int noise_write(FILE *out, const struct noise *noises, size_t count);

/*
 * Read what noise_write() wrote from the file at @path, "-" is standard input,
 * and append it to @noises.  Returns NULL or what is wrong.
 */
const char *noise_read(const char *path, struct noise **noises, size_t *count);

#endif /* NOISE_H */
