// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frequency of the time stamp counter.
 */
#include <time.h>

#include "tsc.h"

#define CALIBRATE_NS	100000000

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
		uint64_t before = tsc_read();
		uint64_t now = raw_ns();
		uint64_t after = tsc_read();

		if (after - before < best) {
			best = after - before;
			*ns = now;
			*tsc = before + best / 2;
		}
	}
}

double tsc_hz(void)
{
	uint64_t ns[2], tsc[2];

	read_both(&ns[0], &tsc[0]);
	while (raw_ns() - ns[0] < CALIBRATE_NS)
		;
	read_both(&ns[1], &tsc[1]);
	return (tsc[1] - tsc[0]) * 1e9 / (ns[1] - ns[0]);
}
