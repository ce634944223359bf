/* SPDX-License-Identifier: MIT */
/*
 * Where the module has a thread go on after a ring: RSP is at the frame, and all other
 * registers are as they were interrupted.
 */
#include "bell.h"

#define AREA(offset)	(FRAME_SIZE + (offset))
#define SAVED		(15 * 8)

	.text
	.globl	vctx_bell_entry
	.hidden	vctx_bell_entry
	.type	vctx_bell_entry, @function
vctx_bell_entry:
	.cfi_startproc simple
	.cfi_signal_frame
	/* The frame, as its IRETQ will take it. */
	.cfi_def_cfa %rsp, 0
	.cfi_offset %rip, 0
	.cfi_offset %rsp, 24
	endbr64
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rbp
	.cfi_def_cfa %rbp, SAVED
	lea	SAVED(%rsp), %rdi
	mov	AREA(AREA_PROGRAM + 8 * BELL_XSAVE)(%rdi), %rcx
	test	%rcx, %rcx
	jz	1f
	sub	%rcx, %rsp
	and	$-64, %rsp
	/* XRSTOR wants zeroes in the header. */
	lea	512(%rsp), %rdi
	xor	%eax, %eax
	mov	$8, %ecx
	rep stosq
	mov	$-1, %eax
	mov	$-1, %edx
	xsave64	(%rsp)
	lea	SAVED(%rbp), %rdi
	mov	%rsp, %rbx
	call	vctx_bell_handle
	mov	$-1, %eax
	mov	$-1, %edx
	xrstor64 (%rbx)
	jmp	2f
1:	and	$-16, %rsp
	call	vctx_bell_handle
2:	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	.cfi_def_cfa %rsp, 0
	/* From here on the module uses this frame again: nothing but RSP is changed. */
	movl	$0, AREA(AREA_IN_HANDLER)(%rsp)
	cmpl	$0, AREA(AREA_MASKED)(%rsp)
	jne	3f
	cmpq	$0, AREA(AREA_PENDING)(%rsp)
	jne	4f
3:	iretq
4:	movl	$1, AREA(AREA_IN_HANDLER)(%rsp)
	jmp	vctx_bell_entry
	.cfi_endproc
	.size	vctx_bell_entry, . - vctx_bell_entry

	.section .note.GNU-stack, "", @progbits
