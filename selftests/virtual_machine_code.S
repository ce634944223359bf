/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the virtual machine of virtual_machine.c runs, in real mode.  Each round counts in
 * the first word of its data, sums up all of them, adds to a sum that only a register
 * has, and tells both sums.  From virtual_machine_leave on, it only leaves.
 */
#include "virtual_machine.h"

	.section .rodata
	.globl virtual_machine_code
	.globl virtual_machine_leave
	.globl virtual_machine_code_end
	.code16
virtual_machine_code:
	incl	VM_DATA
	xorl	%eax, %eax
	movw	$VM_DATA, %si
	movw	$VM_WORDS, %cx
1:	roll	$1, %eax
	addl	(%si), %eax
	addw	$4, %si
	loop	1b
	addl	%eax, %ebp
	movl	%eax, VM_RESULT
	movl	%ebp, VM_RESULT + 4
	outb	%al, $VM_PORT
	jmp	virtual_machine_code
virtual_machine_leave:
	outb	%al, $VM_PORT
	jmp	virtual_machine_leave
virtual_machine_code_end:

	.section .note.GNU-stack, "", @progbits
