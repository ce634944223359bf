/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back.  Beside moving registers, this does what the kernel
 * does on its own way to user mode and back (see arch/x86/entry/entry_64.S) and
 * what KVM does around its VMRUN: it clears the CPU's buffers on the way in; on the
 * way out, before the first RET, it fills the return stack and untrains the return
 * predictor.
 */
#include <linux/linkage.h>
#include "nospec.S"
#include "regs.S"

	/* No probe may come in between, where GS is the user's. */
	.section .noinstr.text, "ax"

/*
 * In: RAX the physical address of the VMCB, RDI the struct pt_regs.  Loads the
 * general registers from the latter, runs the guest until a #VMEXIT, and stores
 * the registers in it.  The guest's RAX and RSP are in the VMCB.
 *
 * This is not a C function: it preserves RSP and RBP and nothing else.  The asm
 * statement in run.c says this to the compiler, which so saves only what it needs.
 *
 * Of the segment registers that VMRUN leaves alone, only GS differs between the
 * kernel and user mode.  An NMI between the two SWAPGS finds its way as it does in
 * the kernel's own entry code.  VMRUN itself cannot fault: this is called only
 * while EFER.SVME is set, and an emergency clears the bit from an NMI that does
 * not return.
 */
SYM_FUNC_START(svm_enter)
	push	%rbp
	push	%rdi			/* for after the exit */

	VCTX_CLEAR_DIVIDER
	VCTX_LOAD_REGS

	VCTX_CLEAR_CPU_BUFFERS
	swapgs
	vmrun	%rax
	swapgs

	/* RAX and RSP are the host's again, and interrupts and NMIs are held. */
	mov	(%rsp), %rax
	mov	%rdi, REGS_DI(%rax)
	VCTX_SAVE_REGS %rax

	VCTX_CLEAR_REGS

	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT
	VCTX_UNTRAIN_RET

	stgi
	pop	%rdi
	pop	%rbp
	RET
SYM_FUNC_END(svm_enter)
