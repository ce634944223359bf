/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MSR_H
#define MSR_H

#include <stdbool.h>
#include <stdint.h>

/* Read an MSR of a CPU, as root with the module msr.  False: errno says why not. */
bool msr_read(unsigned int cpu, uint32_t msr, uint64_t *value);

#endif /* MSR_H */
