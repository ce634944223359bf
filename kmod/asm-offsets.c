// SPDX-License-Identifier: GPL-2.0-only
/* The offsets in C structures that the assembly needs, for asm-offsets.h. */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>
#include <linux/ptrace.h>

static void __used offsets(void)
{
	OFFSET(REGS_R15, pt_regs, r15);
	OFFSET(REGS_R14, pt_regs, r14);
	OFFSET(REGS_R13, pt_regs, r13);
	OFFSET(REGS_R12, pt_regs, r12);
	OFFSET(REGS_BP, pt_regs, bp);
	OFFSET(REGS_BX, pt_regs, bx);
	OFFSET(REGS_R11, pt_regs, r11);
	OFFSET(REGS_R10, pt_regs, r10);
	OFFSET(REGS_R9, pt_regs, r9);
	OFFSET(REGS_R8, pt_regs, r8);
	OFFSET(REGS_AX, pt_regs, ax);
	OFFSET(REGS_CX, pt_regs, cx);
	OFFSET(REGS_DX, pt_regs, dx);
	OFFSET(REGS_SI, pt_regs, si);
	OFFSET(REGS_DI, pt_regs, di);
}
