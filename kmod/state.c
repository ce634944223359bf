// SPDX-License-Identifier: GPL-2.0-only
#include <linux/entry-common.h>
#include <asm/fpu/api.h>

#include "state.h"

/*
 * The slow half of vctx_state_native(): one test for each reason.  For
 * VCTX_ENTER_STRICT it is the whole.
 */
int vctx_state_why(const struct pt_regs *regs)
{
	if (regs->cs != __USER_CS && regs->cs != __USER32_CS)
		return VCTX_NATIVE_COMPAT;
	if (regs->flags & X86_EFLAGS_TF)
		return VCTX_NATIVE_STEP;
	if (hw_breakpoint_active())
		return VCTX_NATIVE_BREAKPOINT;
	/* A stack segment of its own comes from an LDT, or from sigreturn(). */
	if (regs->ss != __USER_DS || current->mm->context.ldt)
		return VCTX_NATIVE_SEGMENT;
	/* As after SYSENTER in 64-bit code: natively it faults. */
	if (regs->ip >= (regs->cs == __USER_CS ? TASK_SIZE_MAX : BIT(32)))
		return VCTX_NATIVE_ADDRESS;
	if (vctx_compat_user_shstk(current))
		return VCTX_NATIVE_SHSTK;
	/* In the fast half, vctx_state_prepare() looks at it. */
	if (test_thread_flag(TIF_IO_BITMAP))
		return VCTX_NATIVE_IOPORT;
	return regs->cs == __USER_CS ? VCTX_STATE_LONG : VCTX_STATE_COMPAT;
}

/**
 * vctx_state_prepare - make what user mode finds in the CPU ready
 *
 * Loads the FPU's registers, if the kernel has put that off; where they cannot be
 * loaded, the kernel does it on its way to user mode, after the hook.  Return: -1,
 * or a reason to go on natively: VCTX_NATIVE_WORK if there is work for the kernel
 * first.
 */
int vctx_state_prepare(void)
{
	unsigned long work = read_thread_flags();

	if (work & EXIT_TO_USER_MODE_WORK)
		return VCTX_NATIVE_WORK;
	if (work & _TIF_NEED_FPU_LOAD && !vctx_compat_load_fpu())
		return VCTX_NATIVE_WORK;
	/* The guest has no I/O bitmap, and its exit shortens the TSS. */
	if (work & _TIF_IO_BITMAP)
		return VCTX_NATIVE_IOPORT;
	return -1;
}
