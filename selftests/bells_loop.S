/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * long bells_loop(const volatile int *stop): all general registers, the vector registers'
 * low halves, the carry flag's neighbours and the red zone have patterns, over and over,
 * until *stop is not 0.  Returns 0, or the number of the first thing that has changed.
 * Nothing here calls or pushes: what changes it interrupts it.
 */
	.text
	.globl	bells_loop
	.type	bells_loop, @function

	/* The pattern of thing number \n. */
	.set	PATTERN, 0x5a5a00c3

	.macro	check reg, n
	cmp	$(PATTERN + \n), %\reg
	jne	bad_\n
	.endm

	.macro	bad n
bad_\n:	mov	$\n, %eax
	jmp	out
	.endm

bells_loop:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rdi, stop(%rip)
	mov	%rsp, stack(%rip)
	mov	$(PATTERN + 20), %rax
	movq	%rax, %xmm0
	movq	%rax, %xmm15
	mov	$(PATTERN + 1), %rax
	mov	$(PATTERN + 2), %rbx
	mov	$(PATTERN + 3), %rcx
	mov	$(PATTERN + 4), %rdx
	mov	$(PATTERN + 5), %rsi
	mov	$(PATTERN + 6), %rdi
	mov	$(PATTERN + 7), %rbp
	mov	$(PATTERN + 8), %r8
	mov	$(PATTERN + 9), %r9
	mov	$(PATTERN + 10), %r10
	mov	$(PATTERN + 11), %r11
	mov	$(PATTERN + 12), %r12
	mov	$(PATTERN + 13), %r13
	mov	$(PATTERN + 14), %r14
	mov	$(PATTERN + 15), %r15
	/* The red zone. */
	movq	$(PATTERN + 16), -8(%rsp)
	movq	$(PATTERN + 17), -128(%rsp)
	/* Flags: carry and direction are set for the length of a round, and zero is not. */
1:	std
	test	%rsp, %rsp
	stc
	/* Bochs takes interrupts after jumps only. */
	jmp	2f
2:	jmp	3f
3:	nop
	jnc	bad_18
	jz	bad_18
	/* With the direction flag, lodsb would go down; RSI tells. */
	mov	%rsp, %rsi
	lodsb
	cld
	inc	%rsi
	cmp	%rsp, %rsi
	jne	bad_19
	mov	$(PATTERN + 5), %rsi
	mov	$(PATTERN + 1), %rax
	check	rbx, 2
	check	rcx, 3
	check	rdx, 4
	check	rsi, 5
	check	rdi, 6
	check	rbp, 7
	check	r8, 8
	check	r9, 9
	check	r10, 10
	check	r11, 11
	check	r12, 12
	check	r13, 13
	check	r14, 14
	check	r15, 15
	check	rax, 1
	cmpq	$(PATTERN + 16), -8(%rsp)
	jne	bad_16
	cmpq	$(PATTERN + 17), -128(%rsp)
	jne	bad_17
	movq	%xmm0, %rax
	check	rax, 20
	movq	%xmm15, %rax
	check	rax, 20
	mov	$(PATTERN + 1), %rax
	cmp	%rsp, stack(%rip)
	jne	bad_21
	mov	stop(%rip), %rax
	cmpl	$0, (%rax)
	mov	$(PATTERN + 1), %rax
	je	1b
	xor	%eax, %eax
out:	cld
	cltq
	mov	stack(%rip), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
	bad	\n
	.endr
	.size	bells_loop, . - bells_loop
	.globl	bells_loop_end
bells_loop_end:

	.bss
	.balign	8
stop:	.quad	0
stack:	.quad	0

	.section .note.GNU-stack, "", @progbits
