/* SPDX-License-Identifier: GPL-2.0-only */
/* A 32-bit program that needs no C library: it exits with status 32. */
	.globl	_start
_start:
	movl	$100000, %ecx
1:	decl	%ecx
	jnz	1b
	movl	$1, %eax		/* exit() */
	movl	$32, %ebx
	int	$0x80

	.section .note.GNU-stack, "", @progbits
