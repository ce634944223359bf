/* SPDX-License-Identifier: GPL-2.0-only */
/* 64-bit code in a 32-bit program. */
#define USER32_CS	0x23
#define USER_CS		0x33

	.text
	/* uint32_t wide_call(const void *code64, uint32_t value) */
	.globl	wide_call
	.type	wide_call, @function
wide_call:
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	pushl	%ebp
	movl	20(%esp), %ecx
	movl	24(%esp), %eax
	movl	%esp, %ebp
	pushl	$USER_CS
	pushl	%ecx
	lret
	.size	wide_call, . - wide_call

	/*
	 * The pieces take a value in EAX and return one there.  They return through
	 * wide_back, for which RBP has the stack pointer.
	 */
	.code64
	/* The upper half of a register exists, and outlives an interrupt. */
	.globl	wide_registers
wide_registers:
	movl	%eax, %ecx
	movabsq	$0x123456789abcdef0, %r15
	movq	%r15, %rbx
1:	cmpq	%r15, %rbx
	jne	3f
	decl	%ecx
	jnz	1b
	incl	%eax
3:	jmp	wide_back

	/* getuid() by its number among 64-bit system calls */
	.globl	wide_syscall
wide_syscall:
	movl	$102, %eax
	syscall
	jmp	wide_back

	/* getuid() by its number among 32-bit ones */
	.globl	wide_int80
wide_int80:
	movl	$24, %eax
	int	$0x80
	jmp	wide_back

wide_back:
	movl	%ebp, %esp
	pushq	$USER32_CS
	leaq	2f(%rip), %rcx
	pushq	%rcx
	lretq
	.code32
2:	movl	%ebp, %esp
	popl	%ebp
	popl	%edi
	popl	%esi
	popl	%ebx
	ret

	.section .note.GNU-stack, "", @progbits
