// SPDX-License-Identifier: GPL-2.0
/*
 * The run loop.  It gets control on a CPU each time a thread that has a context
 * is about to return to user mode there, when the kernel has done all its work
 * and pt_regs are what user mode would see.  It runs user mode in the guest
 * until something happens that is the kernel's to handle, and returns: user
 * mode goes on natively at the same instruction, and the same event happens
 * again, to the kernel.
 */
#include <linux/entry-common.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/user-return-notifier.h>
#include <linux/vtime.h>
#include <asm/fpu/api.h>
#include <asm/tsc.h>

#include "context.h"
#include "hw.h"
#include "run.h"
#include "state.h"
#include "stats.h"
#include "tlb.h"
#include "trace.h"

/**
 * struct run_cpu - who runs on a CPU
 * @hook:	on the CPU's list of user-return notifiers while @ctx is not NULL
 * @ctx:	the context of the thread that this CPU runs
 * @kick:	an interrupt to self; does nothing, the way back from it does
 */
struct run_cpu {
	struct user_return_notifier hook;
	struct vctx_context *ctx;
	struct irq_work kick;
};

static DEFINE_PER_CPU(struct run_cpu, run_cpu);

/*
 * Let the host have the interrupt that is pending.  As after the exit of a
 * virtual machine, a tick that comes now is the guest's: account it as user
 * time, and let RCU have its quiescent state, which the tick would have seen
 * in a user mode that it had interrupted.
 */
static void take_interrupt(void)
{
	bool account = !vtime_accounting_enabled_this_cpu();

	if (account)
		current->flags |= PF_VCPU;
	local_irq_enable();
	/* One instruction, for the shadow of STI. */
	asm volatile("nop");
	local_irq_disable();
	if (account)
		current->flags &= ~PF_VCPU;
	rcu_note_context_switch(false);
}

static __always_inline struct vctx_hw_exit
run_guest(struct vctx_stats *stats, struct pt_regs *regs)
{
	struct vctx_hw_exit exit;
	u64 start = rdtsc();

	exit = static_call(vctx_hw_run)(regs);
	stats->guest_ns += vctx_stats_cycles_to_ns(rdtsc() - start);
	stats->entries++;
	stats->exits[exit.kind]++;
	trace_vctx_exit(exit.kind, exit.code);
	return exit;
}

/* The guest is loaded: run it until an exit asks for a native return. */
static __always_inline enum vctx_native_reason
run_loaded(struct vctx_stats *stats, struct pt_regs *regs)
{
	struct vctx_hw_exit exit;
	unsigned long work;

	do {
		/*
		 * Nobody may be kept waiting: work that came up since the kernel
		 * last looked means a way through the kernel first.
		 */
		work = read_thread_flags();
		if (unlikely(work & EXIT_TO_USER_MODE_WORK))
			return VCTX_NATIVE_WORK;
		if (unlikely(work & _TIF_NEED_FPU_LOAD))
			switch_fpu_return();
		vctx_tlb_prepare(stats);

		exit = run_guest(stats, regs);
		if (exit.kind == VCTX_EXIT_INTERRUPT)
			take_interrupt();
	} while (exit.action == VCTX_HW_RESUME);

	return exit.action;
}

static enum vctx_native_reason run(struct vctx_stats *stats,
				   struct pt_regs *regs)
{
	int reason = vctx_state_native(regs);

	if (unlikely(reason >= 0))
		return reason;
	if (unlikely(!static_call(vctx_hw_load)(regs)))
		return VCTX_NATIVE_CPU;
	reason = run_loaded(stats, regs);
	static_call(vctx_hw_save)(regs);
	return reason;
}

/*
 * Other notifiers on this CPU must have run before: KVM's puts back registers
 * that user mode sees.  They leave the list when they have, so go to its end.
 */
static bool make_last(struct user_return_notifier *hook)
{
	struct hlist_node *last = &hook->link;

	if (likely(!last->next))
		return true;
	while (last->next)
		last = last->next;
	hlist_del(&hook->link);
	hlist_add_behind(&hook->link, last);
	return false;
}

static void on_user_return(struct user_return_notifier *hook)
{
	struct run_cpu *this = container_of(hook, struct run_cpu, hook);
	struct pt_regs *regs = task_pt_regs(current);
	struct vctx_stats *stats = this->ctx->stats;
	enum vctx_native_reason reason;

	lockdep_assert_irqs_disabled();
	if (!make_last(hook))
		return;

	reason = run(stats, regs);
	stats->native[reason]++;
	trace_vctx_native(regs, reason);

	/*
	 * The kernel took its last look before it called.  What has come up
	 * since, it does when the interrupt arrives, before user mode gets to
	 * its next instruction.  That goes for the FPU's registers too, which a
	 * softirq may have used.
	 */
	if (unlikely(read_thread_flags() & EXIT_TO_USER_MODE_WORK))
		irq_work_queue(&this->kick);
	if (unlikely(test_thread_flag(TIF_NEED_FPU_LOAD)))
		switch_fpu_return();
}

/**
 * vctx_run_attach - this CPU runs the thread of @ctx from now on
 * @ctx: current's context; preemption is off
 */
void vctx_run_attach(struct vctx_context *ctx)
{
	struct run_cpu *this = this_cpu_ptr(&run_cpu);
	unsigned long flags;

	/* The list is also changed by KVM, from interrupts. */
	local_irq_save(flags);
	this->ctx = ctx;
	user_return_notifier_register(&this->hook);
	local_irq_restore(flags);
}

/**
 * vctx_run_detach - undoes vctx_run_attach(); preemption is off
 */
void vctx_run_detach(void)
{
	struct run_cpu *this = this_cpu_ptr(&run_cpu);
	unsigned long flags;

	local_irq_save(flags);
	user_return_notifier_unregister(&this->hook);
	this->ctx = NULL;
	local_irq_restore(flags);
}

static void kick(struct irq_work *work)
{
}

void __init vctx_run_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct run_cpu *this = per_cpu_ptr(&run_cpu, cpu);

		this->hook.on_user_return = on_user_return;
		init_irq_work(&this->kick, kick);
	}
}
