/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A median, and where it is with a probability of 95 %.
 */
#ifndef INTERVAL_H
#define INTERVAL_H

/* So many values are needed for an interval of 95 %. */
#define INTERVAL_LEAST	6

struct interval {
	double median, low, high;
};

/*
 * Of @count values, at least INTERVAL_LEAST, which are sorted thereby.  The bounds
 * are values themselves: nothing is presumed of how values are distributed.
 */
struct interval interval_of(double *values, unsigned int count);

#endif /* INTERVAL_H */
