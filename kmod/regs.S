/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The general registers of the guest, for the VM entries and exits in assembly,
 * which include this file.  RSP is in the VMCS or VMCB, and each back end loads and
 * saves RAX in its own way.
 */
#include "asm-offsets.h"

/* Loads them from the struct pt_regs at RDI, which is the last to be loaded. */
.macro VCTX_LOAD_REGS
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
.endm

/* Stores them in the struct pt_regs at @to.  RDI and RAX are the back end's to store. */
.macro VCTX_SAVE_REGS to:req
	mov	%r15, REGS_R15(\to)
	mov	%r14, REGS_R14(\to)
	mov	%r13, REGS_R13(\to)
	mov	%r12, REGS_R12(\to)
	mov	%rbp, REGS_BP(\to)
	mov	%rbx, REGS_BX(\to)
	mov	%r11, REGS_R11(\to)
	mov	%r10, REGS_R10(\to)
	mov	%r9, REGS_R9(\to)
	mov	%r8, REGS_R8(\to)
	mov	%rcx, REGS_CX(\to)
	mov	%rdx, REGS_DX(\to)
	mov	%rsi, REGS_SI(\to)
.endm

/* Leaves no value of user mode for the kernel to speculate with. */
.macro VCTX_CLEAR_REGS
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%ebp, %ebp
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	xor	%ebx, %ebx
	xor	%r12d, %r12d
	xor	%r13d, %r13d
	xor	%r14d, %r14d
	xor	%r15d, %r15d
.endm
