// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interruptions, summed up.
 */
#include <stdlib.h>

#include "noise.h"

double noise_per_second(const struct noise *noise)
{
	return noise->duration_ns ?
	       noise->interruptions * 1e9 / noise->duration_ns : 0;
}

double noise_lost_percent(const struct noise *noise)
{
	return noise->duration_ns ?
	       noise->lost_ns * 100.0 / noise->duration_ns : 0;
}

static int compare_lengths(const void *left, const void *right)
{
	const struct gap *a = left, *b = right;

	return (a->length > b->length) - (a->length < b->length);
}

/* The nearest rank of @gaps, which are sorted. */
static uint64_t quantile(const struct gap *gaps, size_t count,
			 unsigned int permille)
{
	size_t rank = (count * permille + 999) / 1000;

	return count ? gaps[rank ? rank - 1 : 0].length : 0;
}

void noise_sum(struct noise *noise, struct gaps *gaps)
{
	const double ns = 1e9 / noise->tsc_hz;
	size_t count = gaps->number;
	size_t i;

	if (count > gaps->capacity)
		count = gaps->capacity;

	noise->duration_ns = (gaps->end - gaps->begin) * ns;
	noise->interruptions = gaps->number;
	noise->unrecorded = gaps->number - count;
	noise->lost_ns = gaps->total * ns - gaps->number * noise->loop_ns;
	noise->slice_ns = noise->duration_ns / NOISE_SLICES + 1;

	for (i = 0; i < count; i++) {
		uint64_t length = gaps->gap[i].length * ns;
		uint64_t start = (gaps->gap[i].start - gaps->begin) * ns;
		size_t slice = start / noise->slice_ns;

		noise->histogram[length ? 63 - __builtin_clzll(length) : 0]++;
		if (slice < NOISE_SLICES && length > noise->timeline[slice])
			noise->timeline[slice] = length;
	}

	qsort(gaps->gap, count, sizeof(gaps->gap[0]), compare_lengths);
	noise->median_ns = quantile(gaps->gap, count, 500) * ns;
	noise->p99_ns = quantile(gaps->gap, count, 990) * ns;
	noise->p999_ns = quantile(gaps->gap, count, 999) * ns;
	noise->max_ns = gaps->longest * ns;
}
