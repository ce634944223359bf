// SPDX-License-Identifier: GPL-2.0-only
/* A stay in the guest, and what its end means: a table of exits. */
#include <asm/debugreg.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include "exit_word.h"
#include "guest.h"
#include "idmap.h"
#include "run_loop.h"

/*
 * At a crash the NMI does not return, and perhaps nobody ends a VMX operation that lasts
 * for this stay only: so the NMI is taken after that.
 */
static void take_nmi(struct vmx_cpu *this)
{
	if (this->own)
		this->nmi = true;
	else
		vmx_take_nmi();
}

/* Any exception but a page fault and the #UD of SYSCALL. */
static noinline int rare_exception(struct vctx_cpu *cpu,
				   struct pt_regs *regs, u32 info)
{
	struct vctx_exception exception = {
		.vector = info & INTR_INFO_VECTOR_MASK,
		.ip = regs->ip,
		.code = EXIT_REASON_EXCEPTION_NMI,
	};

	if (exception.vector == X86_TRAP_NMI) {
		take_nmi(vmx_cpu_of(cpu));
		vctx_run_exited(cpu->stats, VCTX_EXIT_NMI, exception.code);
		vctx_run_nmi(cpu);
		return VCTX_NATIVE_NMI;
	}
	if (exception.vector == X86_TRAP_DB &&
	    (info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_HARD_EXCEPTION) {
		u64 qualification = vmx_read(EXIT_QUALIFICATION);

		exception.stepped = vmx_debug_is_step(qualification);
		exception.bus_locked = vmx_debug_is_bus_lock(qualification);
	}
	return vctx_run_exception(cpu, regs, &exception);
}

/* The VM-exit interruption information of nearly all exits. */
#define INFO_EXCEPTION	(INTR_INFO_VALID_MASK | INTR_TYPE_HARD_EXCEPTION)
#define INFO_PAGE_FAULT	(INFO_EXCEPTION | INTR_INFO_DELIVER_CODE_MASK | \
			 X86_TRAP_PF)
#define INFO_INVALID_OPCODE (INFO_EXCEPTION | X86_TRAP_UD)

static __always_inline int exit_exception(struct vctx_cpu *cpu,
					  struct pt_regs *regs)
{
	u32 info = vmx_read(VM_EXIT_INTR_INFO);

	if (info == INFO_PAGE_FAULT) {
		vctx_run_exited(cpu->stats, VCTX_EXIT_PAGE_FAULT,
				EXIT_REASON_EXCEPTION_NMI);
		return VCTX_NATIVE_PAGE_FAULT;
	}
	if (likely(info == INFO_INVALID_OPCODE &&
		   vctx_run_is_at(regs->ip, VCTX_INSN_SYSCALL))) {
		vctx_run_exited(cpu->stats, VCTX_EXIT_SYSCALL,
				EXIT_REASON_EXCEPTION_NMI);
		return VCTX_NATIVE_SYSCALL;
	}
	return rare_exception(cpu, regs, info);
}

static int exit_cpuid(struct pt_regs *regs)
{
	u32 leaf = regs->ax, eax = leaf, ebx, ecx = regs->cx, edx;

	/*
	 * After arch_prctl(ARCH_SET_CPUID, 0) it raises #GP natively, and with TF set
	 * by the guest, a trap is due right after it.
	 */
	if (test_thread_flag(TIF_NOCPUID) ||
	    vmx_read(GUEST_RFLAGS) & X86_EFLAGS_TF)
		return VCTX_NATIVE_INSTRUCTION;

	native_cpuid(&eax, &ebx, &ecx, &edx);
	/* Processors with VMX show SYSCALL to 64-bit code only. */
	if (leaf == 0x80000001 &&
	    !(vmx_read(GUEST_CS_AR_BYTES) & VMX_AR_L_MASK))
		edx &= ~BIT(X86_FEATURE_SYSCALL & 31);
	regs->ax = eax;
	regs->bx = ebx;
	regs->cx = ecx;
	regs->dx = edx;
	regs->ip += vmx_read(VM_EXIT_INSTRUCTION_LEN);
	vmx_write(GUEST_RIP, regs->ip);
	return VCTX_GUEST_RESUME;
}

static int exit_ept_violation(struct pt_regs *regs)
{
	return vctx_run_nested_fault(vmx_read(GUEST_PHYSICAL_ADDRESS));
}

/*
 * An exit that is not in this table means an instruction to be executed natively.
 * Exceptions and interrupts, which nearly all exits are, do not come here.
 */
static const struct {
	int (*handler)(struct pt_regs *regs);
	enum vctx_exit_kind kind;
} exits[] = {
	[EXIT_REASON_CPUID] = { exit_cpuid, VCTX_EXIT_CPUID },
	[EXIT_REASON_EPT_VIOLATION] = { exit_ept_violation, VCTX_EXIT_NESTED_FAULT },
};

static void explain_refusal(u32 word)
{
	if (word == VMX_ENTER_FAILED)
		pr_err("VM entry failed: VM-instruction error %llu\n",
		       vmx_read(VM_INSTRUCTION_ERROR));
	else
		pr_err("VM entry was refused: exit reason %#x\n", word);
	vmx_dump();
}

/* This is our mistake: vctx_state_native() should have kept the state out. */
static int refused(struct vctx_cpu *cpu, u32 word)
{
	explain_refusal(word);
	/* The next load asks whether it may. */
	vmx_cpu_of(cpu)->segments = VCTX_SEGMENTS_UNKNOWN;
	return vctx_run_refused(cpu);
}

static int exit_by_reason(struct vctx_stats *stats, struct pt_regs *regs,
			  u16 reason)
{
	if (reason >= ARRAY_SIZE(exits) || !exits[reason].handler) {
		vctx_run_exited(stats, VCTX_EXIT_OTHER, reason);
		return VCTX_NATIVE_INSTRUCTION;
	}
	vctx_run_exited(stats, exits[reason].kind, reason);
	return exits[reason].handler(regs);
}

/* @word is the whole exit reason, or VMX_ENTER_FAILED. */
static noinline int rare_exit(struct vctx_cpu *cpu, struct pt_regs *regs,
			      u32 word)
{
	switch (vmx_exit_what(word)) {
	case VMX_EXIT_REFUSED:
		vctx_run_exited(cpu->stats, VCTX_EXIT_OTHER, word);
		return refused(cpu, word);
	case VMX_EXIT_MACHINE_CHECK:
		vctx_run_exited(cpu->stats, VCTX_EXIT_EXCEPTION, word);
		return vctx_run_machine_check(regs);
	case VMX_EXIT_EXCEPTION:
		return exit_exception(cpu, regs);
	case VMX_EXIT_INTERRUPT:
		vctx_run_exited(cpu->stats, VCTX_EXIT_INTERRUPT, word);
		return VCTX_NATIVE_INTERRUPT;
	case VMX_EXIT_OTHER:
		break;
	}
	return exit_by_reason(cpu->stats, regs, vmx_exit_basic(word));
}

/*
 * Enters the guest, by enter.S, which uses all registers that the compiler could have
 * values in.  Return: the exit reason, or VMX_ENTER_FAILED.
 */
#define ENTER(function, regs)						\
({									\
	unsigned long reason;						\
									\
	asm volatile("call " #function					\
		     : "=a" (reason), "+D" (regs), ASM_CALL_CONSTRAINT	\
		     :							\
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10",	\
		       "r11", "r12", "r13", "r14", "r15", "cc",		\
		       "memory");					\
	(u32)reason;							\
})

/* The handlers of exits look at where the guest was. */
static __always_inline u32 enter(struct pt_regs *regs, bool per_stay)
{
	u32 reason;

	if (!per_stay) {
		reason = ENTER(vmx_enter, regs);
	} else {
		reason = ENTER(vmx_enter_per_stay, regs);
		this_cpu_write(vmx_launched, 1);
	}
	vmx_read_to(GUEST_RIP, regs->ip);
	return reason;
}

/* An exit clears DEBUGCTL, but perf needs its bits in there. */
static noinline u32 enter_with_debugctl(struct pt_regs *regs, bool per_stay)
{
	u64 debugctl = native_rdmsrq(MSR_IA32_DEBUGCTLMSR);
	u32 reason = enter(regs, per_stay);

	native_wrmsrq(MSR_IA32_DEBUGCTLMSR, debugctl);
	return reason;
}

/* Reads the low half alone, for the other has no bits: that is shorter. */
static __always_inline u32 read_debugctl(void)
{
	u32 low, high;

	asm volatile("rdmsr"
		     : "=a" (low), "=d" (high) : "c" (MSR_IA32_DEBUGCTLMSR));
	return low;
}

/*
 * Whether the processor writes samples to memory by itself (SDM, "Processor Event-Based
 * Sampling").  In the guest it would find the buffer by the guest's TLB tag, which no flush
 * of the kernel's own mappings reaches: it could write to where the buffer was before.
 */
static __always_inline bool samples_by_pebs(void)
{
	u32 low, high;

	if (!static_branch_unlikely(&vmx_has_pebs))
		return false;
	asm volatile("rdmsr"
		     : "=a" (low), "=d" (high) : "c" (MSR_IA32_PEBS_ENABLE));
	return low | high;
}

static noinline int left_to_pebs(struct vctx_cpu *cpu)
{
	vctx_run_fell_back(cpu, VCTX_NATIVE_NMI);
	return VCTX_NATIVE_NMI;
}

static __always_inline int run(struct vctx_cpu *cpu, struct pt_regs *regs,
			       enum vctx_stay stay, bool per_stay)
{
	u32 reason;

	if (samples_by_pebs())
		return left_to_pebs(cpu);
	vctx_run_goes(cpu, stay);
	if (likely(!read_debugctl()))
		reason = enter(regs, per_stay);
	else
		reason = enter_with_debugctl(regs, per_stay);
	cpu = vctx_cpu_this();
	vctx_run_stayed(cpu, stay);

	if (likely(reason == EXIT_REASON_EXCEPTION_NMI))
		return exit_exception(cpu, regs);
	if (likely(reason == EXIT_REASON_EXTERNAL_INTERRUPT)) {
		vctx_run_exited(cpu->stats, VCTX_EXIT_INTERRUPT, reason);
		return VCTX_NATIVE_INTERRUPT;
	}
	return rare_exit(cpu, regs, reason);
}

/* One stay in the guest; see struct vctx_guest_ops. */
static __always_inline int vmx_run(struct vctx_cpu *cpu, struct pt_regs *regs,
				   enum vctx_stay stay)
{
	return run(cpu, regs, stay, false);
}

static __always_inline int vmx_run_per_stay(struct vctx_cpu *cpu,
					    struct pt_regs *regs,
					    enum vctx_stay stay)
{
	return run(cpu, regs, stay, true);
}

static const struct vctx_guest_ops vmx_guest_ops, vmx_per_stay_ops;

static noinline void vmx_go_on(struct vctx_cpu *cpu, struct pt_regs *regs)
{
	vctx_run_go_on(&vmx_guest_ops, cpu, regs);
}

static noinline void vmx_go_on_per_stay(struct vctx_cpu *cpu,
				       struct pt_regs *regs)
{
	vctx_run_go_on(&vmx_per_stay_ops, cpu, regs);
}

static const struct vctx_guest_ops vmx_guest_ops = {
	.load_compat = vmx_load_compat,
	.load = vmx_load,
	.sync_cr3 = vmx_sync_cr3,
	.sync_cr4 = vmx_sync_cr4,
	.run = vmx_run,
	.go_on = vmx_go_on,
	.save = vmx_save,
};

/* The same where VMX operation is ours for one stay at most. */
static const struct vctx_guest_ops vmx_per_stay_ops = {
	.load_compat = vmx_load_compat,
	.load = vmx_load_per_stay,
	.sync_cr3 = vmx_sync_cr3,
	.sync_cr4 = vmx_sync_cr4,
	.run = vmx_run_per_stay,
	.go_on = vmx_go_on_per_stay,
	.save = vmx_save_per_stay,
};

/* Whether the exit is one that the trial's state can have; an NMI is handed on. */
static bool is_expected(struct vmx_cpu *this, u32 word)
{
	u32 info = vmx_read(VM_EXIT_INTR_INFO);

	switch (vmx_exit_what(word)) {
	case VMX_EXIT_EXCEPTION:
		if ((info & INTR_INFO_VECTOR_MASK) == X86_TRAP_NMI) {
			take_nmi(this);
			return true;
		}
		return (info & ~INTR_INFO_UNBLOCK_NMI) == INFO_PAGE_FAULT;
	case VMX_EXIT_INTERRUPT:
		return true;
	case VMX_EXIT_REFUSED:
		explain_refusal(word);
		return false;
	default:
		return false;
	}
}

/**
 * vmx_try - enter the guest once; see struct vctx_backend_ops
 * @cpu: this CPU
 * @regs: in and out
 * @code: out: the exit reason
 */
bool vmx_try(struct vctx_cpu *cpu, struct pt_regs *regs, u64 *code)
{
	const struct vctx_guest_ops *ops = cpu->per_stay ? &vmx_per_stay_ops :
							   &vmx_guest_ops;
	bool expected;

	*code = VMX_ENTER_FAILED;
	if (ops->load(cpu, regs) >= 0)
		return false;
	vctx_run_sync(ops, cpu);
	vmx_set_tag(0, vctx_idmap_exists(), true);
	*code = enter_with_debugctl(regs, cpu->per_stay);
	expected = is_expected(vmx_cpu_of(cpu), *code);
	ops->save(cpu, regs);
	return expected;
}

/* The run loops of this back end. */
notrace void vmx_on_user_return(struct user_return_notifier *hook)
{
	vctx_run_loop(&vmx_guest_ops, hook);
}

notrace void vmx_on_user_return_long(struct user_return_notifier *hook)
{
	vctx_run_long_loop(&vmx_guest_ops, hook);
}

notrace void vmx_on_user_return_per_stay(struct user_return_notifier *hook)
{
	vctx_run_loop(&vmx_per_stay_ops, hook);
}

notrace void vmx_on_user_return_per_stay_long(struct user_return_notifier *hook)
{
	vctx_run_long_loop(&vmx_per_stay_ops, hook);
}
