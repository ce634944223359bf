/* SPDX-License-Identifier: MIT */
/*
 * Where the module has a thread go on after a ring: RSP is at the frame, and all other
 * registers are as they were interrupted.  The handler runs on the bell's stack, below the
 * frame.  Then all that is to be restored goes below the red zone of the interrupted stack:
 * once in_handler is clear, the next ring, which may come at once, or during a signal that
 * comes at once, overwrites the frame and what is below it.
 *
 * A ring that comes from there to the IRETQ finds what is to be restored where it was put,
 * and takes it back, so that stacks do not grow by one ring after the other.
 */
#include "bell.h"

#define AREA(offset)	(FRAME_SIZE + (offset))	/* from the frame */
#define SAVED		(15 * 8)		/* the general registers, below the frame */
#define WORDS		((SAVED + FRAME_SIZE) / 8)
#define RED_ZONE	128

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
	lea	SAVED(%rsp), %rbx
	.cfi_def_cfa %rbx, 0
	/* Is this a ring between tail and more? */
	mov	(%rbx), %rax
	mov	24(%rbx), %rsi
	lea	tail(%rip), %rcx
	cmp	%rcx, %rax
	jb	handle
	lea	more(%rip), %rcx
	cmp	%rcx, %rax
	ja	handle
	lea	last(%rip), %rcx
	cmp	%rcx, %rax
	jne	take_back
	sub	$SAVED, %rsi
take_back:
	mov	%rsp, %rdi
	mov	$WORDS, %ecx
	rep movsq
handle:
	mov	AREA(AREA_PROGRAM + 8 * BELL_XSAVE)(%rbx), %rcx
	mov	%rbx, %rdi
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
	mov	%rbx, %rdi
	call	vctx_bell_handle
	mov	$-1, %eax
	mov	$-1, %edx
	xrstor64 (%rsp)
	jmp	2f
1:	and	$-16, %rsp
	call	vctx_bell_handle
	/* The handler may have changed where the thread goes on. */
2:	lea	-SAVED(%rbx), %rsi
	mov	24(%rbx), %rdi
	sub	$(RED_ZONE + 8 * WORDS), %rdi
	mov	%rdi, %rax
	mov	$WORDS, %ecx
	rep movsq
	mov	%rax, %rsp
	.cfi_def_cfa %rsp, SAVED
	movl	$0, AREA(AREA_IN_HANDLER)(%rbx)
tail:	cmpl	$0, AREA(AREA_MASKED)(%rbx)
	jne	1f
	cmpq	$0, AREA(AREA_PENDING)(%rbx)
	jne	more
	/* RSP stays until the last, for a ring that comes here looks for it. */
1:	mov	(%rsp), %r15
	mov	8(%rsp), %r14
	mov	16(%rsp), %r13
	mov	24(%rsp), %r12
	mov	32(%rsp), %r11
	mov	40(%rsp), %r10
	mov	48(%rsp), %r9
	mov	56(%rsp), %r8
	mov	64(%rsp), %rdi
	mov	72(%rsp), %rsi
	mov	80(%rsp), %rbp
	mov	88(%rsp), %rdx
	mov	96(%rsp), %rcx
	mov	104(%rsp), %rbx
	mov	112(%rsp), %rax
	lea	SAVED(%rsp), %rsp
	.cfi_def_cfa %rsp, 0
last:	iretq
	.cfi_def_cfa %rsp, SAVED
more:	movl	$1, AREA(AREA_IN_HANDLER)(%rbx)
	mov	%rsp, %rsi
	lea	-SAVED(%rbx), %rsp
	jmp	take_back
	.cfi_endproc
	.size	vctx_bell_entry, . - vctx_bell_entry

	.section .note.GNU-stack, "", @progbits
