/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run 32-bit code within a 64-bit program.  The program is linked below 4 GiB,
 * and so is the stack here: 32-bit code can reach both.
 */
#define USER32_CS	0x23
#define USER_DS		0x2b
#define USER_CS		0x33

	.text
	/* uint32_t compat_call(const void *code32, uint32_t value) */
	.globl	compat_call
	.type	compat_call, @function
compat_call:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, saved_rsp
	movl	%edi, far_pointer
	/* 64-bit code does not need a data segment, 32-bit code does. */
	movl	$USER_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%esi, %eax
	movl	$stack_top, %esp
	ljmpl	*far_pointer
compat_back:
	movq	saved_rsp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	/*
	 * The pieces take a value in EAX and return one there.  DEC and INC
	 * are REX prefixes in 64-bit code: they tell the modes apart.
	 */
	.code32
	.globl	compat_nop
compat_nop:
	incl	%eax
	incl	%eax
	ljmp	$USER_CS, $compat_back

	.globl	compat_syscall
compat_syscall:
	movl	$24, %eax		/* getuid() */
	int	$0x80
	incl	%eax
	ljmp	$USER_CS, $compat_back

	.globl	compat_ud2
compat_ud2:
	ud2
	incl	%eax
	ljmp	$USER_CS, $compat_back

	.globl	compat_fault
compat_fault:
	movl	%eax, (%eax)
	incl	%eax
	ljmp	$USER_CS, $compat_back

	/* The call whose number and arguments EAX points to. */
	.globl	compat_int80
compat_int80:
	movl	4(%eax), %ebx
	movl	8(%eax), %ecx
	movl	12(%eax), %edx
	movl	(%eax), %eax
	int	$0x80
	ljmp	$USER_CS, $compat_back

	/* As many rounds as asked for. */
	.globl	compat_loop
compat_loop:
	movl	%eax, %ecx
	xorl	%eax, %eax
1:	incl	%eax
	decl	%ecx
	jnz	1b
	ljmp	$USER_CS, $compat_back

	/* By a far return, as a debugger or Wine does it. */
	.globl	compat_return
compat_return:
	incl	%eax
	pushl	$USER_CS
	pushl	$compat_back
	lret
	.code64

	/* uint64_t iret_self(uint64_t value): IRETQ to the next instruction. */
	.globl	iret_self
	.type	iret_self, @function
iret_self:
	movq	%rsp, %rax
	movl	%ss, %ecx
	pushq	%rcx
	pushq	%rax
	pushfq
	pushq	$USER_CS
	leaq	1f(%rip), %rax
	pushq	%rax
	iretq
	ud2
1:	leaq	1(%rdi), %rax
	ret

	.data
	.balign	8
saved_rsp:
	.quad	0
far_pointer:
	.long	0
	.word	USER32_CS

	.bss
	.balign	16
	.skip	65536
stack_top:

	.section .note.GNU-stack, "", @progbits
