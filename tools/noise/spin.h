/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SPIN_H
#define SPIN_H

#include <stddef.h>
#include <stdint.h>

/* A gap between two readings of the TSC, in its ticks. */
struct gap {
	uint64_t start;
	uint64_t length;
};

/*
 * What the loop finds.
 *
 * @threshold:	a longer gap is an interruption
 * @begin:	the start of the measurement
 * @end:	its end
 * @number:	the number of interruptions, including those beyond @capacity
 * @total:	the sum of their lengths
 * @longest:	the longest of them
 * @capacity:	the room in @gap
 * @gap:	the first interruptions
 */
struct gaps {
	uint64_t threshold;
	uint64_t begin, end;
	uint64_t number;
	uint64_t total, longest;
	size_t capacity;
	struct gap gap[];
};

/* Read the TSC for @ticks, and keep the gaps, without any system call. */
void spin(struct gaps *gaps, uint64_t ticks);

/* The median gap of the loop when nothing interrupts it, in ticks, or 0. */
uint64_t spin_loop(void);

#endif /* SPIN_H */
