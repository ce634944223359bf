/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel does against speculation on its way to user mode and back, for
 * the VM entries and exits in assembly, which include this file.  The kernel's own
 * macros call functions that newer kernels reserve for KVM.
 */
#include <asm/alternative.h>
#include <asm/cpufeatures.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>

/* Before an entry: clear the CPU's buffers.  Only VERW with a memory operand does so. */
.macro VCTX_CLEAR_CPU_BUFFERS
	ALTERNATIVE "jmp .Lkeep_buffers_\@", "", X86_FEATURE_CLEAR_CPU_BUF
	verw	.Lselector_\@(%rip)
.Lkeep_buffers_\@:
	.pushsection .rodata
.Lselector_\@:
	.word	__KERNEL_DS
	.popsection
.endm

/*
 * Before an entry, on Zen 1: the divider forgets the last result (AMD-SB-7005, "Division
 * by zero").  Clobbers RCX and RDX; preserves RAX.
 */
.macro VCTX_CLEAR_DIVIDER
	ALTERNATIVE "jmp .Lkeep_divider_\@", "", X86_BUG_DIV0
	push	%rax
	xor	%eax, %eax
	xor	%edx, %edx
	mov	$1, %ecx
	div	%ecx
	pop	%rax
.Lkeep_divider_\@:
.endm

/*
 * After an exit: taken branches, as many as the kernel makes, replace those in the
 * branch history.  Clobbers ECX.
 */
.macro VCTX_CLEAR_BRANCH_HISTORY
	mov	$32, %ecx
.Lbranch_\@:
	jmp	.Ltaken_\@
	int3
.Ltaken_\@:
	sub	$1, %ecx
	jnz	.Lbranch_\@
	lfence
.endm

/*
 * After an exit of an AMD processor, before the first RET: the return predictor
 * forgets what user mode has taught it.  Clobbers EAX, ECX, EDX.
 */
.macro VCTX_UNTRAIN_RET
	CALL_UNTRAIN_RET
	ALTERNATIVE_2 "jmp .Ltrained_\@", "", X86_FEATURE_IBPB_ON_VMEXIT, \
		      "", X86_FEATURE_ENTRY_IBPB
	mov	$MSR_IA32_PRED_CMD, %ecx
	mov	$PRED_CMD_IBPB, %eax
	xor	%edx, %edx
	wrmsr
#ifdef X86_BUG_IBPB_NO_RET
	/* On some processors the barrier leaves the return stack as it is. */
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_BUG_IBPB_NO_RET
#endif
.Ltrained_\@:
.endm
