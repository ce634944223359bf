// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop that sees interruptions: it reads the TSC again and again.  If two
 * readings are further apart than a round of the loop takes, it was interrupted.
 */
#include <stdlib.h>
#include <string.h>

#include "common/tsc.h"
#include "spin.h"

#define unlikely(x)	__builtin_expect(!!(x), 0)

#define LOOP_SAMPLES	20000

static inline void keep(struct gaps *gaps, uint64_t start, uint64_t length)
{
	if (gaps->number < gaps->capacity)
		gaps->gap[gaps->number] = (struct gap){ start, length };
	gaps->number++;
	gaps->total += length;
	if (length > gaps->longest)
		gaps->longest = length;
}

void spin(struct gaps *gaps, uint64_t ticks)
{
	const int64_t threshold = gaps->threshold;
	uint64_t last = tsc_read();
	const uint64_t until = last + ticks;
	uint64_t now;

	gaps->begin = last;
	gaps->number = 0;
	gaps->total = 0;
	gaps->longest = 0;
	do {
		now = tsc_read();
		if (unlikely((int64_t)(now - last) > threshold)) {
			keep(gaps, last, now - last);
			/* The time for keeping it is not an interruption. */
			now = tsc_read();
		}
		last = now;
	} while (now < until);
	gaps->end = last;
}

static int compare_lengths(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	return (a->length > b->length) - (a->length < b->length);
}

uint64_t spin_loop(void)
{
	const size_t bytes = sizeof(struct gaps) + LOOP_SAMPLES * sizeof(struct gap);
	struct gaps *gaps = malloc(bytes);
	uint64_t ticks = LOOP_SAMPLES;
	uint64_t median;

	if (!gaps)
		return 0;
	memset(gaps, 0, bytes);
	gaps->capacity = LOOP_SAMPLES;
	/* Without a threshold, every round is a gap.  Repeat until there are enough. */
	do {
		ticks *= 2;
		spin(gaps, ticks);
	} while (gaps->number < LOOP_SAMPLES);
	qsort(gaps->gap, LOOP_SAMPLES, sizeof(struct gap), compare_lengths);
	median = gaps->gap[LOOP_SAMPLES / 2].length;
	free(gaps);
	return median;
}
