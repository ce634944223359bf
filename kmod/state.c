// SPDX-License-Identifier: GPL-2.0-only
#include <linux/entry-common.h>
#include <asm/fpu/api.h>

#include "state.h"

/*
 * The slow half of vctx_state_native(): one test for each reason.  VCTX_ENTER_STRICT
 * asks this half alone.
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
	/* 64-bit code is there after SYSENTER, and faults natively. */
	if (regs->ip >= (regs->cs == __USER_CS ? TASK_SIZE_MAX : BIT(32)))
		return VCTX_NATIVE_ADDRESS;
	if (vctx_compat_user_shstk(current))
		return VCTX_NATIVE_SHSTK;
	/* Before an entry, vctx_state_prepare() looks at this. */
	if (test_thread_flag(TIF_IO_BITMAP))
		return VCTX_NATIVE_IOPORT;
	return regs->cs == __USER_CS ? VCTX_STATE_LONG : VCTX_STATE_COMPAT;
}

/**
 * vctx_state_prepare - make ready what user mode is to find in the CPU
 *
 * This loads the FPU's registers, if the kernel has put that off; where they cannot
 * be loaded, the kernel loads them on its way to user mode, after the hook.
 *
 * Return: -1, or a reason to go on natively, which is VCTX_NATIVE_WORK if the kernel
 * has work to do first.
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
