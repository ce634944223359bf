/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Into the guest and back.  What is done here beside moving registers is what
 * the kernel does on its own way to user mode and back (see
 * arch/x86/entry/entry_64.S) and KVM around its VMRUN: clear the CPU's buffers
 * on the way in; on the way out, before the first RET, fill the return stack and
 * untrain the return predictor.
 */
#include <linux/linkage.h>
#include "asm-offsets.h"
#include "nospec.h"

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

	mov	REGS_R15(%rdi), %r15
	mov	REGS_R14(%rdi), %r14
	mov	REGS_R13(%rdi), %r13
	mov	REGS_R12(%rdi), %r12
	mov	REGS_BP(%rdi), %rbp
	mov	REGS_BX(%rdi), %rbx
	mov	REGS_R11(%rdi), %r11
	mov	REGS_R10(%rdi), %r10
	mov	REGS_R9(%rdi), %r9
	mov	REGS_R8(%rdi), %r8
	mov	REGS_CX(%rdi), %rcx
	mov	REGS_DX(%rdi), %rdx
	mov	REGS_SI(%rdi), %rsi
	mov	REGS_DI(%rdi), %rdi

	VCTX_CLEAR_CPU_BUFFERS
	swapgs
	vmrun	%rax
	swapgs

	/* RAX and RSP are the host's again, and interrupts and NMIs are held. */
	mov	(%rsp), %rax
	mov	%rdi, REGS_DI(%rax)
	mov	%r15, REGS_R15(%rax)
	mov	%r14, REGS_R14(%rax)
	mov	%r13, REGS_R13(%rax)
	mov	%r12, REGS_R12(%rax)
	mov	%rbp, REGS_BP(%rax)
	mov	%rbx, REGS_BX(%rax)
	mov	%r11, REGS_R11(%rax)
	mov	%r10, REGS_R10(%rax)
	mov	%r9, REGS_R9(%rax)
	mov	%r8, REGS_R8(%rax)
	mov	%rcx, REGS_CX(%rax)
	mov	%rdx, REGS_DX(%rax)
	mov	%rsi, REGS_SI(%rax)

	/* Nothing of the user's is left for the kernel to speculate with. */
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%ebx, %ebx
	xor	%ebp, %ebp
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d

	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RETPOLINE, \
			   X86_FEATURE_RSB_VMEXIT
	VCTX_UNTRAIN_RET

	stgi
	pop	%rdi
	pop	%rbp
	RET
SYM_FUNC_END(svm_enter)
