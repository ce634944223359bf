/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back.  What is done here beside moving registers is what
 * the kernel does on its own way to user mode and back (see
 * arch/x86/entry/entry_64.S) and KVM around its VMRUN: clear the CPU's buffers
 * on the way in; on the way out, before the first RET, fill the return stack and
 * untrain the return predictor.
 */
#include <linux/linkage.h>
#include "nospec.S"
#include "regs.S"

	.text

/*
 * In: RAX the physical address of the VMCB, RDI the struct pt_regs.  Runs the
 * guest with its general registers until a #VMEXIT, and leaves them there; its
 * RAX and RSP are in the VMCB.
 *
 * Not a C function: it keeps RSP and RBP and nothing else.  The compiler is told,
 * in run.c, and so saves only what it needs.
 *
 * GS is the only segment that differs between the kernel and its user.  An NMI
 * between the two SWAPGS finds its way as it does in the kernel's own entry code.
 * VMRUN itself cannot fault: EFER.SVME is set, or there was no entry; and who
 * clears it in an emergency does so from an NMI that does not return.
 */
SYM_FUNC_START(svm_enter)
	push	%rbp
	push	%rdi			/* for after the exit */

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

	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RETPOLINE, \
			   X86_FEATURE_RSB_VMEXIT
	VCTX_UNTRAIN_RET

	stgi
	pop	%rdi
	pop	%rbp
	RET
SYM_FUNC_END(svm_enter)
