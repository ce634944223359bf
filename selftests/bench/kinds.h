/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of the kernel that serialise or are slow, which a Bochs counts by kind. */
#ifndef KINDS_H
#define KINDS_H

#include <stdint.h>

#include "counting/counted.h"

#define KINDS_ONE(...)	+ 1
#define NR_KINDS	(0 COUNTED_KINDS(KINDS_ONE))

struct kinds {
	int64_t value[NR_KINDS];
};

extern const char *const kinds_names[NR_KINDS];

/* What Bochs has counted, or 0 if this is not a Bochs that counts. */
static inline uint64_t counted_read(unsigned int which)
{
	uint64_t rax = COUNTED_ASK + which;

	asm volatile("xchg %%bx, %%bx" : "+a"(rax) : : "memory");
	return rax == COUNTED_ASK + which ? 0 : rax;
}

/* What has been counted since the start; in another machine, nothing. */
struct kinds kinds_now(void);
struct kinds kinds_less(struct kinds left, struct kinds right);

#endif /* KINDS_H */
