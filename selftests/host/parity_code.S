/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code made up for parity.c, which walks through it and never runs it.  Each piece is a
 * symbol, and ends where the next begins.
 */
	.text

.macro PIECE name
	.globl \name
\name:
.endm

/* As the kernel fills the return stack: two slots a round. */
.macro FILL rounds
	mov	$\rounds, %rcx
771:	call	772f
	int3
772:	call	773f
	int3
773:	add	$16, %rsp
	dec	%rcx
	jnz	771b
.endm

PIECE entry_verw
	push	%rbp
	verw	selector(%rip)
	vmrun	%rax
PIECE entry_verw_skipped
	push	%rbp
	jmp	1f
	verw	selector(%rip)
1:	vmrun	%rax
PIECE entry_verw_register
	verw	%ax
	vmrun	%rax
/* 0f 00 2d is the beginning of VERW, and 0f 30 is WRMSR. */
PIECE entry_verw_in_constant
	mov	$0x48, %ecx
	movabs	$0x300f00000000002d, %rax
	movabs	$0x00000000002d000f, %rdx
	movl	$0x002d000f, %eax
	vmrun	%rax
PIECE entry_verw_on_one_way
	test	%rdi, %rdi
	jz	1f
	verw	selector(%rip)
1:	jc	2f
	vmresume
	ud2
2:	vmlaunch
	ud2
PIECE entry_plain
	vmrun	%rax
PIECE entry_spec_ctrl
	movl	$0x48, %ecx
	mov	%gs:0, %rdx
	movl	%edx, %eax
	shr	$32, %rdx
	wrmsr
	mov	%rdi, %rcx
	wrmsr
	vmrun	%rax

PIECE exit_filled
	xor	%ecx, %ecx
	FILL	16
	lfence
	ret
PIECE exit_filled_once
	call	1f
	int3
1:	add	$8, %rsp
	lfence
	ret
PIECE exit_filled_without_fence
	FILL	16
	ret
PIECE exit_history
	mov	$32, %ecx
1:	jmp	2f
	int3
2:	sub	$1, %ecx
	jnz	1b
	lfence
	ret
PIECE exit_history_called
	call	history
	ret
PIECE history
	push	%rbp
	movl	$5, %ecx
	call	1f
	jmp	5f
1:	call	2f
	ret
2:	movl	$5, %eax
3:	jmp	4f
	nop
4:	sub	$1, %eax
	jnz	3b
	sub	$1, %ecx
	jnz	1b
	ret
5:	lfence
	pop	%rbp
	ret
PIECE exit_ibpb
	FILL	16
	lfence
	mov	$0x49, %ecx
	mov	$1, %eax
	xor	%edx, %edx
	wrmsr
	ret
PIECE exit_ibpb_called
	call	ibpb
	ret
PIECE ibpb
	mov	$0x49, %ecx
	mov	%gs:0, %eax
	xor	%edx, %edx
	wrmsr
	FILL	16
	lfence
	jmp	thunk
PIECE exit_untrained
	call	untrain
	jmp	thunk
PIECE untrain
	nop
PIECE exit_endless
1:	dec	%rcx
	jmp	1b
PIECE exit_nowhere
	jmp	*%rax
	.balign	64
PIECE exit_first_half
	ret
	.balign	64
	.skip	32
PIECE exit_second_half
	ret
PIECE system_call
	swapgs
	push	%rax
	jmp	1f
	mov	$0x48, %ecx
	wrmsr
1:	call	untrain
	call	elsewhere
	test	%al, %al
	jz	thunk
	verw	selector(%rip)
	swapgs
	sysretq
PIECE end_of_pieces
	.skip	4096
PIECE thunk
	ret
PIECE elsewhere
	ret

	.section .rodata
selector:
	.word	0
	.section .note.GNU-stack, "", @progbits
