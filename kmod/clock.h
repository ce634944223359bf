/* SPDX-License-Identifier: GPL-2.0-only */
/* Cycles of the TSC, in nanoseconds. */
#ifndef VCTX_CLOCK_H
#define VCTX_CLOCK_H

#include <linux/types.h>

void vctx_clock_init(void);

extern u64 vctx_clock_ns_per_cycle;

/* In assembly, because a 128-bit product in C realigns the stack of the hot path. */
static __always_inline u64 vctx_clock_ns(u64 cycles)
{
	u64 high;

	asm("mulq %[factor]\n\t"
	    "shrdq $32, %[high], %[low]"
	    : [low] "+a" (cycles), [high] "=d" (high)
	    : [factor] "m" (vctx_clock_ns_per_cycle) : "cc");
	return cycles;
}

#endif /* VCTX_CLOCK_H */
