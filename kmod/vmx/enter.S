/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back.  Beside moving registers, this does what the kernel
 * does on its own way to user mode and back (see arch/x86/entry/entry_64.S) and
 * what KVM does around its VM entry: it clears the CPU's buffers on the way in; on
 * the way out, before the first RET, it fills the return stack, restricts indirect
 * branches, and clears the branch history.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/percpu.h>
#include "nospec.S"
#include "regs.S"

/* VMCS field encodings; <asm/vmx.h> has them in an enum. */
#define FIELD_VM_EXIT_REASON	0x4402
#define FIELD_INSTRUCTION_ERROR	0x4400
#define FIELD_HOST_RSP		0x6c14

/* SDM, "VM Instruction Error Numbers". */
#define VMXERR_VMRESUME_NONLAUNCHED_VMCS 5

	/* No probe may come in between. */
	.section .noinstr.text, "ax"

/*
 * In: RDI the struct pt_regs.  Loads the general registers from it, runs the guest
 * until a VM exit, and stores the registers in it.
 * Out: EAX the exit reason, or -1 if there was no VM entry.
 *
 * This is not a C function: it preserves RSP and RBP and nothing else.  The asm
 * statement in run.c says this to the compiler, which so saves only what it needs.
 *
 * Where VMX operation lasts, the VMCS is launched but for the first time.  Else it may
 * have been cleared after the last stay, and vmx_launched tells.
 */
.macro VMX_ENTER name:req exit_point:req per_stay:req
SYM_FUNC_START(\name)
	push	%rbp
	push	%rdi			/* for after the exit */

	mov	$FIELD_HOST_RSP, %eax
.Lvmwrite\@:
	vmwrite	%rsp, %rax

	/*
	 * Where the kernel protects itself by IBRS, IBRS is on in the kernel and off
	 * in user mode.
	 */
	ALTERNATIVE "jmp .Lopen\@", "", X86_FEATURE_KERNEL_IBRS
	movl	$MSR_IA32_SPEC_CTRL, %ecx
	movq	PER_CPU_VAR(x86_spec_ctrl_current), %rdx
	movl	%edx, %eax
	andl	$~SPEC_CTRL_IBRS, %eax
	shr	$32, %rdx
	wrmsr
.Lopen\@:
	.if \per_stay
	btl	$0, PER_CPU_VAR(vmx_launched)
	.endif
	mov	REGS_AX(%rdi), %rax
	VCTX_LOAD_REGS

	VCTX_CLEAR_CPU_BUFFERS
	UNWIND_HINT_SAVE
	.if \per_stay
	jnc	.Lvmlaunch\@
	.endif
.Lvmresume\@:
	vmresume
	/*
	 * VMRESUME fails the first time, for the VMCS is not launched then.  After any
	 * other error a VMLAUNCH would put its own in the place of that error.
	 */
	push	%rax
	mov	$FIELD_INSTRUCTION_ERROR, %eax
	vmread	%rax, %rax
	cmp	$VMXERR_VMRESUME_NONLAUNCHED_VMCS, %eax
	pop	%rax
	jne	.Lfailed\@
.Lvmlaunch\@:
	vmlaunch
	jmp	.Lfailed\@

	_ASM_EXTABLE(.Lvmwrite\@, .Lfailed\@)
	_ASM_EXTABLE(.Lvmresume\@, .Lfailed\@)
	_ASM_EXTABLE(.Lvmlaunch\@, .Lfailed\@)

	/* The VMCS has this address as the host's RIP, and RSP as stored above. */
SYM_INNER_LABEL(\exit_point, SYM_L_GLOBAL)
	UNWIND_HINT_RESTORE
	ENDBR
	push	%rdi
	mov	8(%rsp), %rdi
	pop	REGS_DI(%rdi)
	mov	%rax, REGS_AX(%rdi)
	VCTX_SAVE_REGS %rdi

	mov	$FIELD_VM_EXIT_REASON, %eax
	vmread	%rax, %rax
.Lclear\@:
	VCTX_CLEAR_REGS
	pop	%rdi

	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_VMEXIT_LITE

	ALTERNATIVE_2 "", "jmp .Lforget\@", X86_FEATURE_CLEAR_BHB_VMEXIT, \
		      "jmp .Lrestrict\@", X86_FEATURE_KERNEL_IBRS
.Lout\@:
	pop	%rbp
	RET

.Lrestrict\@:
	mov	%eax, %edi
	movl	$MSR_IA32_SPEC_CTRL, %ecx
	movq	PER_CPU_VAR(x86_spec_ctrl_current), %rdx
	movl	%edx, %eax
	shr	$32, %rdx
	wrmsr
	mov	%edi, %eax
	ALTERNATIVE "jmp .Lout\@", "", X86_FEATURE_CLEAR_BHB_VMEXIT
.Lforget\@:
	VCTX_CLEAR_BRANCH_HISTORY
	jmp	.Lout\@

.Lfailed\@:
	mov	$-1, %eax
	jmp	.Lclear\@
SYM_FUNC_END(\name)
.endm

VMX_ENTER vmx_enter, vmx_exit_point, 0
VMX_ENTER vmx_enter_per_stay, vmx_exit_point_per_stay, 1
