// SPDX-License-Identifier: GPL-2.0
#include "state.h"

/* The slow half of vctx_state_native(): one test for each reason. */
int vctx_state_why(struct pt_regs *regs)
{
	if (regs->cs != __USER_CS)
		return VCTX_NATIVE_COMPAT;
	if (regs->flags & X86_EFLAGS_TF)
		return VCTX_NATIVE_STEP;
	if (hw_breakpoint_active())
		return VCTX_NATIVE_BREAKPOINT;
	/* A stack segment of its own comes from an LDT, or from sigreturn(). */
	if (regs->ss != __USER_DS || current->mm->context.ldt)
		return VCTX_NATIVE_SEGMENT;
	if (regs->ip >= TASK_SIZE_MAX)
		return VCTX_NATIVE_ADDRESS;
	if (vctx_compat_user_shstk(current))
		return VCTX_NATIVE_SHSTK;
	return -1;
}
