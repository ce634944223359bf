/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples in ticks of the TSC, which are instructions on one CPU of Bochs. */
#ifndef TICKS_H
#define TICKS_H

#include <stdint.h>
#include <stdlib.h>

#include "../../tools/common/tsc.h"

/* For qsort(), by ticks alone or by ticks that a structure begins with. */
static inline int ticks_compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static inline uint64_t ticks_median(uint64_t *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), ticks_compare);
	return samples[count / 2];
}

#endif /* TICKS_H */
