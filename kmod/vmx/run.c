// SPDX-License-Identifier: GPL-2.0
/* A stay in the guest, and what its end means: a table of exits. */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include "guest.h"
#include "idmap.h"
#include "run_loop.h"

/*
 * SYSCALL raises #UD, because EFER.SCE is clear in the guest.  The address needs
 * no check, for user mode has just fetched from it.  If the page is gone since,
 * that is no fault to be handled here: preemption is off.
 */
static __always_inline bool at_syscall(void)
{
	const u16 __user *ip = (const u16 __user *)vmx_read(GUEST_RIP);
	bool found = false;
	u16 insn;

	__uaccess_begin();
	unsafe_get_user(insn, ip, out);
	found = insn == 0x050f;
out:
	__uaccess_end();
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
	/* Only the thread itself replaces it, in execve(). */
	struct sighand_struct *sighand =
		rcu_dereference_protected(current->sighand, true);
	kernel_siginfo_t info;

	current->thread.trap_nr = X86_TRAP_DB;
	current->thread.error_code = 0;
	current->thread.virtual_dr6 = DR_STEP;

	/* A forced signal is fatal where it cannot be handled. */
	if (sigismember(&current->blocked, SIGTRAP) ||
	    sighand->action[SIGTRAP - 1].sa.sa_handler == SIG_IGN) {
		force_sig(SIGTRAP);
		return;
	}
	clear_siginfo(&info);
	info.si_signo = SIGTRAP;
	info.si_code = TRAP_TRACE;
	info.si_addr = (void __user *)vmx_read(GUEST_RIP);
	send_sig_info(SIGTRAP, &info, current);
}

/* Exceptions that need more than to be raised again. */
static noinline int rare_exception(struct vctx_stats *stats,
				   struct pt_regs *regs, u32 info)
{
	int action = VCTX_NATIVE_EXCEPTION;

	switch (info & INTR_INFO_VECTOR_MASK) {
	case X86_TRAP_NMI:
		/* NMIs are blocked until this one's IRET. */
		asm volatile("int $2");
		vctx_run_exited(stats, VCTX_EXIT_NMI, EXIT_REASON_EXCEPTION_NMI);
		return VCTX_GUEST_NMI;
	case X86_TRAP_DB:
		if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_HARD_EXCEPTION &&
		    vmx_read(EXIT_QUALIFICATION) & DR_STEP) {
			single_step();
			vctx_run_catch_up(vctx_run_this());
			action = VCTX_NATIVE_STEP;
		}
		break;
	case X86_TRAP_MC:
		/* As if from user mode, which is where it hit. */
		do_machine_check(regs);
		action = VCTX_GUEST_RESUME;
		break;
	}
	vctx_run_exited(stats, VCTX_EXIT_EXCEPTION, EXIT_REASON_EXCEPTION_NMI);
	return action;
}

/* VM-exit interruption information of the two that nearly all exits are. */
#define INFO_EXCEPTION	(INTR_INFO_VALID_MASK | INTR_TYPE_HARD_EXCEPTION)
#define INFO_PAGE_FAULT	(INFO_EXCEPTION | INTR_INFO_DELIVER_CODE_MASK | \
			 X86_TRAP_PF)
#define INFO_INVALID_OPCODE (INFO_EXCEPTION | X86_TRAP_UD)

static __always_inline int exit_exception(struct vctx_stats *stats,
					  struct pt_regs *regs)
{
	u32 info = vmx_read(VM_EXIT_INTR_INFO);

	if (info == INFO_PAGE_FAULT) {
		vctx_run_exited(stats, VCTX_EXIT_PAGE_FAULT,
				EXIT_REASON_EXCEPTION_NMI);
		return VCTX_NATIVE_PAGE_FAULT;
	}
	if (likely(info == INFO_INVALID_OPCODE && at_syscall())) {
		vctx_run_exited(stats, VCTX_EXIT_SYSCALL,
				EXIT_REASON_EXCEPTION_NMI);
		return VCTX_NATIVE_SYSCALL;
	}
	return rare_exception(stats, regs, info);
}

static int exit_cpuid(struct pt_regs *regs)
{
	u32 eax = regs->ax, ebx, ecx = regs->cx, edx;

	/* Natively it raises #GP then: arch_prctl(ARCH_SET_CPUID, 0). */
	if (test_thread_flag(TIF_NOCPUID))
		return VCTX_NATIVE_INSTRUCTION;

	native_cpuid(&eax, &ebx, &ecx, &edx);
	regs->ax = eax;
	regs->bx = ebx;
	regs->cx = ecx;
	regs->dx = edx;
	vmx_write(GUEST_RIP, vmx_read(GUEST_RIP) +
			     vmx_read(VM_EXIT_INSTRUCTION_LEN));
	return VCTX_GUEST_RESUME;
}

static int exit_ept_violation(struct pt_regs *regs)
{
	if (vctx_idmap_fault(vmx_read(GUEST_PHYSICAL_ADDRESS)))
		return VCTX_NATIVE_MEMORY;
	return VCTX_GUEST_RESUME;
}

/*
 * What is not in here is an instruction to be executed natively.  Exceptions and
 * interrupts, nearly all there are, do not come here.
 */
static const struct {
	int (*handler)(struct pt_regs *regs);
	enum vctx_exit_kind kind;
} exits[] = {
	[EXIT_REASON_CPUID] = { exit_cpuid, VCTX_EXIT_CPUID },
	[EXIT_REASON_EPT_VIOLATION] = { exit_ept_violation, VCTX_EXIT_EPT },
};

/* Ours to mend: a state that vctx_state_native() should have kept out. */
static int refused(u32 reason)
{
	if (reason == VMX_ENTER_FAILED)
		pr_err_once("VM entry failed: VM-instruction error %llu; please report\n",
			    vmx_read(VM_INSTRUCTION_ERROR));
	else
		pr_err_once("VM entry refused: exit reason %#x, ip %#llx; please report\n",
			    reason, vmx_read(GUEST_RIP));

	return VCTX_NATIVE_FAILURE;
}

static noinline int rare_exit(struct vctx_stats *stats, struct pt_regs *regs,
			      u32 reason)
{
	if (reason & VMX_EXIT_REASONS_FAILED_VMENTRY ||
	    reason == EXIT_REASON_EPT_MISCONFIG) {
		vctx_run_exited(stats, VCTX_EXIT_OTHER, reason);
		return refused(reason);
	}
	if (reason >= ARRAY_SIZE(exits) || !exits[reason].handler) {
		vctx_run_exited(stats, VCTX_EXIT_OTHER, reason);
		return VCTX_NATIVE_INSTRUCTION;
	}
	vctx_run_exited(stats, exits[reason].kind, reason);
	return exits[reason].handler(regs);
}

/*
 * Into the guest, by enter.S, which uses all registers that the compiler could
 * have values in.  Returns the exit reason, or VMX_ENTER_FAILED.
 */
static __always_inline u32 enter(struct pt_regs *regs)
{
	unsigned long reason;

	asm volatile("call vmx_enter"
		     : "=a" (reason), "+D" (regs), ASM_CALL_CONSTRAINT
		     :
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "cc", "memory");
	return reason;
}

/* An exit clears DEBUGCTL, and what perf has in there is not ours to lose. */
static noinline u32 enter_with_debugctl(struct pt_regs *regs)
{
	u64 debugctl = __rdmsr(MSR_IA32_DEBUGCTLMSR);
	u32 reason = enter(regs);

	native_wrmsrl(MSR_IA32_DEBUGCTLMSR, debugctl);
	return reason;
}

/* Its low half: the other has no bits.  Shorter than to read all of an MSR. */
static __always_inline u32 read_debugctl(void)
{
	u32 low, high;

	asm volatile("rdmsr"
		     : "=a" (low), "=d" (high) : "c" (MSR_IA32_DEBUGCTLMSR));
	return low;
}

/* One stay in the guest; see struct vctx_guest_ops. */
static __always_inline int vmx_run(struct vctx_run_cpu *run,
				   struct pt_regs *regs, enum vctx_stay stay)
{
	u32 reason;

	vmx_sync_host(vmx_cpu_of(run));
	vctx_run_goes(run, stay);
	if (likely(!read_debugctl()))
		reason = enter(regs);
	else
		reason = enter_with_debugctl(regs);
	run = vctx_run_this();
	vctx_run_stayed(run, stay);

	if (likely(reason == EXIT_REASON_EXCEPTION_NMI))
		return exit_exception(run->stats, regs);
	if (likely(reason == EXIT_REASON_EXTERNAL_INTERRUPT)) {
		vctx_run_exited(run->stats, VCTX_EXIT_INTERRUPT, reason);
		return VCTX_GUEST_INTERRUPT;
	}
	return rare_exit(run->stats, regs, reason);
}

static const struct vctx_guest_ops vmx_guest_ops = {
	.load = vmx_load,
	.run = vmx_run,
	.save = vmx_save,
};

/* The run loops of this back end. */
notrace void vmx_on_user_return(struct user_return_notifier *hook)
{
	vctx_run_loop(&vmx_guest_ops, hook);
}

notrace void vmx_on_user_return_long(struct user_return_notifier *hook)
{
	vctx_run_long_loop(&vmx_guest_ops, hook);
}
