// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts instructions for the guest, as counted.h says.
 */
#include <vector>

#include "bochs.h"
#include "cpu/cpu.h"
#include "cpu/decoder/ia_opcodes.h"

#include "counted.h"

#define OPCODES(name, ...) { __VA_ARGS__ },

static const std::vector<unsigned> opcodes[] = { COUNTED_KINDS(OPCODES) };
static const unsigned kinds = sizeof(opcodes) / sizeof(*opcodes);

static Bit8u kind_of[BX_IA_LAST];	/* COUNTED_KIND + n, or 0 */
static Bit64u counts[BX_MAX_SMP_THREADS_SUPPORTED][COUNTED_KIND + kinds];

void counted_init(void)
{
	for (unsigned kind = 0; kind < kinds; kind++)
		for (unsigned opcode : opcodes[kind])
			kind_of[opcode] = COUNTED_KIND + kind;
}

static void answer(unsigned cpu)
{
	Bit64u asked = BX_CPU(cpu)->get_reg64(BX_64BIT_REG_RAX), which = asked - COUNTED_ASK;

	if (which == COUNTED_INSTRUCTIONS)
		BX_CPU(cpu)->set_reg64(BX_64BIT_REG_RAX, BX_CPU(cpu)->get_icount());
	else if (which < COUNTED_KIND + kinds)
		BX_CPU(cpu)->set_reg64(BX_64BIT_REG_RAX, counts[cpu][which]);
}

void counted_before(unsigned cpu, bxInstruction_c *i)
{
	unsigned opcode = i->getIaOpcode();

	if (kind_of[opcode] && !BX_CPU(cpu)->get_cpl())
		counts[cpu][kind_of[opcode]]++;
	else if (opcode == BX_IA_XCHG_EwGw && i->modC0() && i->dst() == BX_16BIT_REG_BX &&
		 i->src() == BX_16BIT_REG_BX)
		answer(cpu);
}
