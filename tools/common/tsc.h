/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The time stamp counter.
 */
#ifndef TSC_H
#define TSC_H

#include <stdint.h>

/*
 * In an emulator, RDTSC may give the time at which a run of instructions without a
 * branch began.  After the jump, RDTSC is the first instruction of such a run.
 */
static inline uint64_t tsc_read(void)
{
	uint32_t low, high;

	__asm__ volatile("jmp 1f\n1:\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Its ticks in a second, by CLOCK_MONOTONIC_RAW; measuring them takes 100 ms. */
double tsc_hz(void);

#endif /* TSC_H */
