/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which states of a thread the guest can have.  A thread in any other state runs
 * natively, which is always right.
 */
#ifndef VCTX_STATE_H
#define VCTX_STATE_H

#include <linux/hw_breakpoint.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/vcontext.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/segment.h>

/* These are no reasons: the guest can run the thread. */
enum {
	VCTX_STATE_LONG = -1,	/* 64-bit code */
	VCTX_STATE_COMPAT = -2,	/* 32-bit code, on the kernel's own segment */
};

int vctx_state_why(const struct pt_regs *regs);
int vctx_state_prepare(void);

/**
 * vctx_state_user_cr3 - the page tables that current's user mode has
 * @cr3:	the kernel's
 *
 * With page-table isolation these are others, in which the kernel is not mapped.
 * They come without a PCID: the back end has TLB tags for the guest.
 */
static inline unsigned long vctx_state_user_cr3(unsigned long cr3)
{
	cr3 &= ~X86_CR3_PCID_MASK;
	if (static_cpu_has(X86_FEATURE_PTI))
		cr3 |= BIT(PAGE_SHIFT);
	return cr3;
}

/* The CR4 that current's user mode has: it is without PCIDs. */
static inline unsigned long vctx_state_user_cr4(unsigned long cr4)
{
	return cr4 & ~X86_CR4_PCIDE;
}

/**
 * vctx_state_native - why a thread must run natively
 * @regs: of current, as user mode is to see them
 * @mm: of current
 *
 * Return: enum vctx_native_reason, or VCTX_STATE_* if the guest can run it.
 */
static __always_inline int vctx_state_native(const struct pt_regs *regs,
					     const struct mm_struct *mm)
{
	/* Few instructions find the usual state; vctx_state_why() tells the others apart. */
	if (likely(regs->cs == __USER_CS && regs->ss == __USER_DS &&
		   !(regs->flags & X86_EFLAGS_TF) &&
		   regs->ip < TASK_SIZE_MAX &&
		   !mm->context.ldt &&
		   !hw_breakpoint_active() &&
		   !vctx_compat_user_shstk(current)))
		return VCTX_STATE_LONG;
	return vctx_state_why(regs);
}

/**
 * vctx_state_hide_stack - R8 after a system call of 32-bit code
 * @regs: of current, as user mode is to see them
 *
 * When 32-bit code calls by SYSCALL, the kernel keeps the stack pointer in R8, and
 * zeroes R8 right before its SYSRET.  The guest begins as it does by IRET, and 64-bit
 * code would find the stack pointer there.
 */
static inline void vctx_state_hide_stack(struct pt_regs *regs)
{
	if (regs->r8 == regs->sp && regs->orig_ax != -1UL)
		regs->r8 = 0;
}

#endif /* VCTX_STATE_H */
