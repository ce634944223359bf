// SPDX-License-Identifier: GPL-2.0
/* One stay in the guest, and what its end means: a table of exits. */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include "idmap.h"
#include "vmx.h"

static struct vctx_hw_exit native(enum vctx_exit_kind kind,
				  enum vctx_native_reason reason)
{
	return (struct vctx_hw_exit) { .kind = kind, .action = reason };
}

static struct vctx_hw_exit resume(enum vctx_exit_kind kind)
{
	return (struct vctx_hw_exit) { .kind = kind, .action = VCTX_HW_RESUME };
}

/* SYSCALL raises #UD, because EFER.SCE is clear in the guest. */
static bool at_syscall(void)
{
	const u16 __user *ip = (void __user *)vmx_read(GUEST_RIP);
	bool found = false;
	u16 insn;

	pagefault_disable();
	if (user_access_begin(ip, sizeof(insn))) {
		unsafe_get_user(insn, ip, out);
		found = insn == 0x050f;
out:
		user_access_end();
	}
	pagefault_enable();
	return found;
}

/*
 * The thread's own POPF has set TF, and an instruction has completed under it:
 * the trap is due now and cannot happen again.  So do what the kernel's handler
 * does, which is not to be called from here; with TF set the thread then runs
 * natively.
 */
static void single_step(void)
{
	kernel_siginfo_t info;

	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	current->thread.virtual_dr6 = DR_STEP;

	/* A forced signal is fatal where it cannot be handled. */
	if (sigismember(&current->blocked, SIGTRAP) ||
	    current->sighand->action[SIGTRAP - 1].sa.sa_handler == SIG_IGN) {
		force_sig(SIGTRAP);
		return;
	}
	clear_siginfo(&info);
	info.si_signo = SIGTRAP;
	info.si_code = TRAP_TRACE;
	info.si_addr = (void __user *)vmx_read(GUEST_RIP);
	send_sig_info(SIGTRAP, (struct kernel_siginfo *)&info, current);
}

static struct vctx_hw_exit exit_exception(struct pt_regs *regs)
{
	u32 info = vmx_read(VM_EXIT_INTR_INFO);

	switch (info & INTR_INFO_VECTOR_MASK) {
	case X86_TRAP_PF:
		return native(VCTX_EXIT_PAGE_FAULT, VCTX_NATIVE_PAGE_FAULT);
	case X86_TRAP_UD:
		if (at_syscall())
			return native(VCTX_EXIT_SYSCALL, VCTX_NATIVE_SYSCALL);
		break;
	case X86_TRAP_NMI:
		/* NMIs are blocked until this one's IRET. */
		asm volatile("int $2");
		return resume(VCTX_EXIT_NMI);
	case X86_TRAP_DB:
		if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_HARD_EXCEPTION &&
		    vmx_read(EXIT_QUALIFICATION) & DR_STEP) {
			single_step();
			return native(VCTX_EXIT_EXCEPTION, VCTX_NATIVE_STEP);
		}
		break;
	case X86_TRAP_MC:
		/* As if from user mode, which is where it hit. */
		do_machine_check(regs);
		return resume(VCTX_EXIT_EXCEPTION);
	}
	return native(VCTX_EXIT_EXCEPTION, VCTX_NATIVE_EXCEPTION);
}

static struct vctx_hw_exit exit_interrupt(struct pt_regs *regs)
{
	return resume(VCTX_EXIT_INTERRUPT);
}

static struct vctx_hw_exit exit_cpuid(struct pt_regs *regs)
{
	u32 eax = regs->ax, ebx, ecx = regs->cx, edx;

	/* Natively it raises #GP then: arch_prctl(ARCH_SET_CPUID, 0). */
	if (test_thread_flag(TIF_NOCPUID))
		return native(VCTX_EXIT_CPUID, VCTX_NATIVE_INSTRUCTION);

	native_cpuid(&eax, &ebx, &ecx, &edx);
	regs->ax = eax;
	regs->bx = ebx;
	regs->cx = ecx;
	regs->dx = edx;
	vmx_write(GUEST_RIP, vmx_read(GUEST_RIP) +
			     vmx_read(VM_EXIT_INSTRUCTION_LEN));
	vmx_write(GUEST_INTERRUPTIBILITY_INFO, 0);
	/* A single step over it is due: let it be done on the next instruction. */
	return resume(VCTX_EXIT_CPUID);
}

static struct vctx_hw_exit exit_ept_violation(struct pt_regs *regs)
{
	if (vctx_idmap_fault(vmx_read(GUEST_PHYSICAL_ADDRESS)))
		return native(VCTX_EXIT_EPT, VCTX_NATIVE_MEMORY);
	return resume(VCTX_EXIT_EPT);
}

static struct vctx_hw_exit exit_instruction(struct pt_regs *regs)
{
	return native(VCTX_EXIT_OTHER, VCTX_NATIVE_INSTRUCTION);
}

typedef struct vctx_hw_exit (*exit_handler)(struct pt_regs *regs);

/* What is not in here is an instruction to be executed natively. */
static const exit_handler handlers[] = {
	[EXIT_REASON_EXCEPTION_NMI] = exit_exception,
	[EXIT_REASON_EXTERNAL_INTERRUPT] = exit_interrupt,
	[EXIT_REASON_CPUID] = exit_cpuid,
	[EXIT_REASON_EPT_VIOLATION] = exit_ept_violation,
};

/* Ours to mend: a state that vctx_state_native() should have kept out. */
static noinline struct vctx_hw_exit refused(u32 reason, bool entered)
{
	pr_err_once("VM entry refused: %s %#llx, ip %#llx; please report\n",
		    entered ? "exit reason" : "VM-instruction error",
		    entered ? reason : vmx_read(VM_INSTRUCTION_ERROR),
		    vmx_read(GUEST_RIP));
	return native(VCTX_EXIT_OTHER, VCTX_NATIVE_FAILURE);
}

static struct vctx_hw_exit handle(struct pt_regs *regs, u32 reason)
{
	/* The two that matter most, without an indirect call. */
	if (likely(reason == EXIT_REASON_EXCEPTION_NMI))
		return exit_exception(regs);
	if (reason == EXIT_REASON_EXTERNAL_INTERRUPT)
		return exit_interrupt(regs);
	if (reason & VMX_EXIT_REASONS_FAILED_VMENTRY ||
	    reason == EXIT_REASON_EPT_MISCONFIG)
		return refused(reason, true);
	if (reason < ARRAY_SIZE(handlers) && handlers[reason])
		return handlers[reason](regs);
	return exit_instruction(regs);
}

/**
 * vmx_run - one stay in the guest; see struct vctx_hw_ops
 * @regs: of current; general registers only
 */
struct vctx_hw_exit vmx_run(struct pt_regs *regs)
{
	struct vmx_cpu *this = this_cpu_ptr(&vmx_cpu);
	struct vctx_hw_exit exit;
	u64 debugctl;
	u32 reason;

	vmx_sync_host(this);
	rdmsrl(MSR_IA32_DEBUGCTLMSR, debugctl);

	if (unlikely(vmx_enter(regs, this->launched)))
		return refused(0, false);
	this->launched = true;

	/* An exit clears it, and what perf has in there is not ours to lose. */
	if (unlikely(debugctl))
		wrmsrl(MSR_IA32_DEBUGCTLMSR, debugctl);
	/* An exit shortens the TSS; the kernel mends that when it matters. */
	invalidate_tss_limit();

	reason = vmx_read(VM_EXIT_REASON);
	exit = handle(regs, reason);
	exit.code = reason;
	return exit;
}
