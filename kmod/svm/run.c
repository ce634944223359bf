// SPDX-License-Identifier: GPL-2.0-only
/* A stay in the guest, and what its end means. */
#include <asm/debugreg.h>
#include <asm/trapnr.h>

#include "guest.h"
#include "idmap.h"
#include "run_loop.h"

#define EXIT_EXCEPTION(vector)	(SVM_EXIT_EXCP_BASE + (vector))

/* Any exception but a page fault and the #UD of SYSCALL. */
static int rare_exception(struct vctx_cpu *cpu, struct pt_regs *regs,
			  u32 code)
{
	struct svm_cpu *this = svm_cpu_of(cpu);
	struct vmcb_save_area *save = &this->vmcb->save;
	struct vctx_exception exception = {
		.vector = code - SVM_EXIT_EXCP_BASE,
		.ip = save->rip,
		.code = code,
	};

	/*
	 * No breakpoint is armed, and ICEBP does not come here.  So this is a single
	 * step, unless it is a bus lock: that clears a bit of DR6.
	 */
	if (exception.vector == X86_TRAP_DB) {
		exception.stepped = save->dr6 & DR_BUS_LOCK;
		exception.bus_locked = !exception.stepped;
		save->dr6 = SVM_DR6_NONE;
		svm_changed(this, SVM_CLEAN_DR);
	}
	return vctx_run_exception(cpu, regs, &exception);
}

/*
 * What the VMCB has after a refusal is not said to be the guest's state: QEMU stores the
 * host's there, and a thread that took it over would go on in the kernel.  So the
 * thread's state is put there again.
 */
static void explain_refusal(struct svm_cpu *this, struct pt_regs *regs)
{
	pr_err("VMRUN was refused: exit code %#x\n",
	       this->vmcb->control.exit_code);
	svm_dump(this->vmcb);
	this->segments = VCTX_SEGMENTS_UNKNOWN;
	svm_load(&this->cpu, regs);
	/* The next load asks whether it may. */
	this->segments = VCTX_SEGMENTS_UNKNOWN;
}

/* This is our mistake: vctx_state_native() should have kept the state out. */
static int refused(struct vctx_cpu *cpu, struct pt_regs *regs)
{
	explain_refusal(svm_cpu_of(cpu), regs);
	return vctx_run_refused(cpu);
}

static noinline int rare_exit(struct vctx_cpu *cpu, struct pt_regs *regs,
			      u32 code)
{
	const struct vmcb *vmcb = svm_cpu_of(cpu)->vmcb;

	if (code >= EXIT_EXCEPTION(0) && code < EXIT_EXCEPTION(32))
		return rare_exception(cpu, regs, code);

	switch (code) {
	case SVM_EXIT_NMI:
		/* The host has had it when it set the global interrupt flag. */
		vctx_run_exited(cpu->stats, VCTX_EXIT_NMI, code);
		vctx_run_nmi(cpu);
		return VCTX_NATIVE_NMI;
	case SVM_EXIT_SMI:
	case SVM_EXIT_INIT:
		/* The firmware or the host has had it in the same way. */
		vctx_run_exited(cpu->stats, VCTX_EXIT_OTHER, code);
		return VCTX_GUEST_RESUME;
	case SVM_EXIT_NPF:
		vctx_run_exited(cpu->stats, VCTX_EXIT_NESTED_FAULT, code);
		return vctx_run_nested_fault(vmcb->control.exit_info_2);
	case (u32)SVM_EXIT_ERR:
	case SVM_EXIT_SHUTDOWN:
		vctx_run_exited(cpu->stats, VCTX_EXIT_OTHER, code);
		return refused(cpu, regs);
	}
	vctx_run_exited(cpu->stats, VCTX_EXIT_OTHER, code);
	return VCTX_NATIVE_INSTRUCTION;
}

/*
 * Enters the guest, by enter.S, which uses all registers that the compiler could have
 * values in.
 */
static __always_inline void enter(phys_addr_t vmcb, struct pt_regs *regs)
{
	asm volatile("call svm_enter"
		     : "+a" (vmcb), "+D" (regs), ASM_CALL_CONSTRAINT
		     :
		     : "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "cc", "memory");
}

/* One stay in the guest; see struct vctx_guest_ops. */
static __always_inline int svm_run(struct vctx_cpu *cpu,
				   struct pt_regs *regs, enum vctx_stay stay)
{
	struct svm_cpu *this = svm_cpu_of(cpu);
	struct vmcb *vmcb = this->vmcb;
	u32 code;

	vctx_run_goes(cpu, stay);
	enter(__pa(vmcb), regs);
	cpu = vctx_cpu_this();
	vctx_run_stayed(cpu, stay);

	vmcb = svm_cpu_of(cpu)->vmcb;
	vmcb->control.clean = SVM_CLEAN_ALL;
	vmcb->control.tlb_ctl = TLB_CONTROL_DO_NOTHING;
	code = vmcb->control.exit_code;
	if (likely(code == EXIT_EXCEPTION(X86_TRAP_UD) &&
		   vctx_run_is_at(vmcb->save.rip, VCTX_INSN_SYSCALL))) {
		vctx_run_exited(cpu->stats, VCTX_EXIT_SYSCALL, code);
		return VCTX_NATIVE_SYSCALL;
	}
	if (likely(code == EXIT_EXCEPTION(X86_TRAP_PF))) {
		vctx_run_exited(cpu->stats, VCTX_EXIT_PAGE_FAULT, code);
		return VCTX_NATIVE_PAGE_FAULT;
	}
	if (likely(code == SVM_EXIT_INTR)) {
		vctx_run_exited(cpu->stats, VCTX_EXIT_INTERRUPT, code);
		return VCTX_NATIVE_INTERRUPT;
	}
	return rare_exit(cpu, regs, code);
}

static const struct vctx_guest_ops svm_guest_ops, svm_per_stay_ops;

static noinline void svm_go_on(struct vctx_cpu *cpu, struct pt_regs *regs)
{
	vctx_run_go_on(&svm_guest_ops, cpu, regs);
}

static noinline void svm_go_on_per_stay(struct vctx_cpu *cpu,
				       struct pt_regs *regs)
{
	vctx_run_go_on(&svm_per_stay_ops, cpu, regs);
}

static const struct vctx_guest_ops svm_guest_ops = {
	.load_compat = svm_load_compat,
	.load = svm_load,
	.sync_cr3 = svm_sync_cr3,
	.sync_cr4 = svm_sync_cr4,
	.run = svm_run,
	.go_on = svm_go_on,
	.save = svm_save,
};

/* The same where SVM is ours for one stay at most. */
static const struct vctx_guest_ops svm_per_stay_ops = {
	.load_compat = svm_load_compat,
	.load = svm_load_per_stay,
	.sync_cr3 = svm_sync_cr3,
	.sync_cr4 = svm_sync_cr4,
	.run = svm_run,
	.go_on = svm_go_on_per_stay,
	.save = svm_save_per_stay,
};

/* Whether the exit is one that the trial's state can have. */
static bool is_expected(struct svm_cpu *this, struct pt_regs *regs)
{
	switch (this->vmcb->control.exit_code) {
	case EXIT_EXCEPTION(X86_TRAP_PF):
	case SVM_EXIT_INTR:
	case SVM_EXIT_NMI:
	case SVM_EXIT_SMI:
		return true;
	case (u32)SVM_EXIT_ERR:
	case SVM_EXIT_SHUTDOWN:
		explain_refusal(this, regs);
		return false;
	default:
		return false;
	}
}

/**
 * svm_try - enter the guest once; see struct vctx_backend_ops
 * @cpu: this CPU
 * @regs: in and out
 * @code: out: the exit code
 */
bool svm_try(struct vctx_cpu *cpu, struct pt_regs *regs, u64 *code)
{
	struct svm_cpu *this = svm_cpu_of(cpu);
	struct vmcb *vmcb = this->vmcb;
	const struct vctx_guest_ops *ops = cpu->per_stay ? &svm_per_stay_ops :
							   &svm_guest_ops;
	bool expected;

	*code = (u32)SVM_EXIT_ERR;
	if (ops->load(cpu, regs) >= 0)
		return false;
	vctx_run_sync(ops, cpu);
	svm_set_tag(0, true);
	enter(__pa(vmcb), regs);
	vmcb->control.clean = SVM_CLEAN_ALL;
	vmcb->control.tlb_ctl = TLB_CONTROL_DO_NOTHING;
	*code = vmcb->control.exit_code;
	expected = is_expected(this, regs);
	svm_flush_tags(BIT(0));
	ops->save(cpu, regs);
	return expected;
}

/* The run loops of this back end. */
notrace void svm_on_user_return(struct user_return_notifier *hook)
{
	vctx_run_loop(&svm_guest_ops, hook);
}

notrace void svm_on_user_return_long(struct user_return_notifier *hook)
{
	vctx_run_long_loop(&svm_guest_ops, hook);
}

notrace void svm_on_user_return_per_stay(struct user_return_notifier *hook)
{
	vctx_run_loop(&svm_per_stay_ops, hook);
}

notrace void svm_on_user_return_per_stay_long(struct user_return_notifier *hook)
{
	vctx_run_long_loop(&svm_per_stay_ops, hook);
}
