// SPDX-License-Identifier: GPL-2.0-only
#include <linux/init.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <asm/tsc.h>

#include "clock.h"

/* Nanoseconds of one TSC cycle, in units of 2^-32. */
u64 vctx_clock_ns_per_cycle __ro_after_init;

void __init vctx_clock_init(void)
{
	vctx_clock_ns_per_cycle = div_u64((u64)NSEC_PER_MSEC << 32, tsc_khz ?: 1);
}
