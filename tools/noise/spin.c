// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop that sees interruptions: it reads the TSC again and again.  If two
 * readings are further apart than a round of the loop takes, it was interrupted.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spin.h"

#define unlikely(x)	__builtin_expect(!!(x), 0)

#define CALIBRATE_NS	100000000
#define LOOP_SAMPLES	20000

/*
 * In an emulator, RDTSC may give the time at which a run of instructions without a
 * branch began.  After the jump, RDTSC is the first instruction of such a run.
 */
static inline uint64_t read_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("jmp 1f\n1:\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

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
	uint64_t last = read_tsc();
	const uint64_t until = last + ticks;
	uint64_t now;

	gaps->begin = last;
	gaps->number = 0;
	gaps->total = 0;
	gaps->longest = 0;
	do {
		now = read_tsc();
		if (unlikely((int64_t)(now - last) > threshold)) {
			keep(gaps, last, now - last);
			/* The time for keeping it is not an interruption. */
			now = read_tsc();
		}
		last = now;
	} while (now < until);
	gaps->end = last;
}

static uint64_t raw_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Read both clocks at one moment: the shortest of some tries was not interrupted. */
static void read_both(uint64_t *ns, uint64_t *tsc)
{
	uint64_t best = UINT64_MAX;
	int i;

	for (i = 0; i < 16; i++) {
		uint64_t before = read_tsc();
		uint64_t now = raw_ns();
		uint64_t after = read_tsc();

		if (after - before < best) {
			best = after - before;
			*ns = now;
			*tsc = before + best / 2;
		}
	}
}

double spin_tsc_hz(void)
{
	uint64_t ns[2], tsc[2];

	read_both(&ns[0], &tsc[0]);
	while (raw_ns() - ns[0] < CALIBRATE_NS)
		;
	read_both(&ns[1], &tsc[1]);
	return (tsc[1] - tsc[0]) * 1e9 / (ns[1] - ns[0]);
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
