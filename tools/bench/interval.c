// SPDX-License-Identifier: GPL-2.0-only
/*
 * A median, and where it is with a probability of 95 %: between two values of which
 * the ranks follow from the binomial distribution, since each value is below the true
 * median with a probability of one half.
 */
#include <math.h>

#include "interval.h"
#include "sample.h"

/* How many values there are below the interval, and as many above it. */
static unsigned int outside(unsigned int count)
{
	double probability = pow(0.5, count), below = probability;
	unsigned int k = 0;

	while (below <= 0.025) {
		probability *= (double)(count - k) / (k + 1);
		below += probability;
		k++;
	}
	return k ? k - 1 : 0;
}

struct interval interval_of(double *values, unsigned int count)
{
	struct interval interval = { .median = sample_median_of(values, count) };
	unsigned int out = outside(count);

	interval.low = values[out];
	interval.high = values[count - 1 - out];
	return interval;
}
