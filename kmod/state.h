/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which states of a thread the guest can have.  In all others it runs natively,
 * which is always right.
 */
#ifndef VCTX_STATE_H
#define VCTX_STATE_H

#include <linux/hw_breakpoint.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/vcontext.h>
#include <asm/debugreg.h>
#include <asm/segment.h>

int vctx_state_why(const struct pt_regs *regs);
int vctx_state_prepare(void);

/**
 * vctx_state_native - why a thread must run natively
 * @regs: of current, as user mode is to see them
 * @mm: of current
 *
 * Return: enum vctx_native_reason, or -1 if the guest can run it.
 */
static __always_inline int vctx_state_native(const struct pt_regs *regs,
					     const struct mm_struct *mm)
{
	/* The usual state, in few instructions; vctx_state_why() tells them apart. */
	if (likely(regs->cs == __USER_CS && regs->ss == __USER_DS &&
		   !(regs->flags & X86_EFLAGS_TF) &&
		   regs->ip < TASK_SIZE_MAX &&
		   !mm->context.ldt &&
		   !hw_breakpoint_active() &&
		   !vctx_compat_user_shstk(current)))
		return -1;
	return vctx_state_why(regs);
}

#endif /* VCTX_STATE_H */
