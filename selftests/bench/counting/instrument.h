/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks of Bochs that instrument.cc has: in all its files, by cpu.h.  The others are
 * empty, as in a Bochs without instrumentation.
 */
#undef BX_INSTRUMENTATION
#define BX_INSTRUMENTATION 0
#include "../stubs/instrument.h"
#undef BX_INSTRUMENTATION
#define BX_INSTRUMENTATION 1

class bxInstruction_c;

void counted_init(void);
void counted_before(unsigned int cpu, bxInstruction_c *i);

#undef BX_INSTR_INIT_ENV
#define BX_INSTR_INIT_ENV() counted_init()
#undef BX_INSTR_BEFORE_EXECUTION
#define BX_INSTR_BEFORE_EXECUTION(cpu, i) counted_before(cpu, i)
