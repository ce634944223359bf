/* SPDX-License-Identifier: GPL-2.0-only */
/* Cycles and instructions of this thread, which the processor counts. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

enum counter {
	COUNT_CYCLES,
	COUNT_USER,	/* instructions in user mode, natively and in the guest */
	COUNT_KERNEL,	/* instructions in the kernel */
	NR_COUNTERS,
};

/* What was counted from start to stop; not valid if a counter was taken away. */
struct counts {
	bool valid;
	uint64_t value[NR_COUNTERS];
};

/* Returns 0, or -errno if the machine does not count. */
int counters_open(void);
void counters_start(void);
struct counts counters_stop(void);

#endif /* COUNTERS_H */
