/* SPDX-License-Identifier: GPL-2.0-only */
#include "regs.h"

	.text
	.globl	regs_call
	.type	regs_call, @function
#ifdef __x86_64__
regs_call:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%r15			/* so that the call is aligned as C wants it */
	pushq	%rdi			/* regs, at 8(%rsp) below */
	pushq	%rsi			/* code, at (%rsp) below */
	movq	REGS_RAX(%rdi), %rax
	movq	REGS_RBX(%rdi), %rbx
	movq	REGS_RCX(%rdi), %rcx
	movq	REGS_RDX(%rdi), %rdx
	movq	REGS_RSI(%rdi), %rsi
	movq	REGS_RBP(%rdi), %rbp
	movq	REGS_R8(%rdi), %r8
	movq	REGS_R9(%rdi), %r9
	movq	REGS_R10(%rdi), %r10
	movq	REGS_R11(%rdi), %r11
	movq	REGS_R12(%rdi), %r12
	movq	REGS_R13(%rdi), %r13
	movq	REGS_R14(%rdi), %r14
	movq	REGS_R15(%rdi), %r15
	pushq	REGS_RFLAGS(%rdi)
	movq	REGS_RDI(%rdi), %rdi
	/* The flags come last, since TF, AC and DF affect every instruction that follows. */
	popfq
	call	*(%rsp)
	/* No register is free: keep RDI in the slot of the code. */
	movq	%rdi, (%rsp)
	movq	8(%rsp), %rdi
	pushfq
	popq	REGS_RFLAGS(%rdi)
	pushq	$0x202
	popfq
	movq	%rax, REGS_RAX(%rdi)
	movq	%rbx, REGS_RBX(%rdi)
	movq	%rcx, REGS_RCX(%rdi)
	movq	%rdx, REGS_RDX(%rdi)
	movq	%rsi, REGS_RSI(%rdi)
	movq	%rbp, REGS_RBP(%rdi)
	movq	%r8, REGS_R8(%rdi)
	movq	%r9, REGS_R9(%rdi)
	movq	%r10, REGS_R10(%rdi)
	movq	%r11, REGS_R11(%rdi)
	movq	%r12, REGS_R12(%rdi)
	movq	%r13, REGS_R13(%rdi)
	movq	%r14, REGS_R14(%rdi)
	movq	%r15, REGS_R15(%rdi)
	popq	REGS_RDI(%rdi)
	popq	%rdi
	popq	%r15
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
#else
regs_call:
	pushl	%ebx
	pushl	%ebp
	pushl	%esi
	pushl	%edi
	movl	20(%esp), %edi
	pushl	%edi			/* so that the call is aligned as C wants it */
	pushl	%edi			/* regs, at 4(%esp) below */
	pushl	24 + 8(%esp)		/* code, at (%esp) below */
	movl	REGS_EAX(%edi), %eax
	movl	REGS_EBX(%edi), %ebx
	movl	REGS_ECX(%edi), %ecx
	movl	REGS_EDX(%edi), %edx
	movl	REGS_ESI(%edi), %esi
	movl	REGS_EBP(%edi), %ebp
	pushl	REGS_EFLAGS(%edi)
	movl	REGS_EDI(%edi), %edi
	popfl
	call	*(%esp)
	movl	%edi, (%esp)
	movl	4(%esp), %edi
	pushfl
	popl	REGS_EFLAGS(%edi)
	pushl	$0x202
	popfl
	movl	%eax, REGS_EAX(%edi)
	movl	%ebx, REGS_EBX(%edi)
	movl	%ecx, REGS_ECX(%edi)
	movl	%edx, REGS_EDX(%edi)
	movl	%esi, REGS_ESI(%edi)
	movl	%ebp, REGS_EBP(%edi)
	popl	REGS_EDI(%edi)
	addl	$8, %esp
	popl	%edi
	popl	%esi
	popl	%ebp
	popl	%ebx
	ret
#endif
	.size	regs_call, . - regs_call

	.section .note.GNU-stack, "", @progbits
