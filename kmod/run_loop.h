/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The run loop.  It gets control on a CPU each time a thread that has a context
 * is about to return to user mode there, when the kernel has done all its work
 * and pt_regs are what user mode would see.  It runs user mode in the guest
 * until something happens that is the kernel's to handle, and returns: user
 * mode goes on natively at the same instruction, and the same event happens
 * again, to the kernel.
 *
 * Each back end makes one function of it, with its own struct vctx_guest_ops, so
 * that the compiler sees all of a crossing at once: this is where each
 * instruction counts.
 */
#ifndef VCTX_RUN_LOOP_H
#define VCTX_RUN_LOOP_H

#include <linux/entry-common.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <asm/tsc.h>

#include "hw.h"
#include "run.h"
#include "state.h"
#include "stats.h"
#include "tlb.h"
#include "trace.h"

/* What a stay in the guest asks for, beside a native return for a reason. */
enum vctx_guest_action {
	VCTX_GUEST_RESUME = -1,		/* go on in the guest */
	VCTX_GUEST_INTERRUPT = -2,	/* the same, after a host interrupt */
};

/**
 * struct vctx_guest_ops - what a back end gives to the run loop
 * @load:	user state of current from @regs and the CPU into the guest.
 *		False if this CPU is not enabled.
 * @run:	one stay in the guest: VM entry, VM exit, and what of the exit
 *		cannot wait, counted in @stats.  General registers go from and
 *		to @regs.  Returns enum vctx_guest_action, or an enum
 *		vctx_native_reason for a native return at the same instruction.
 * @save:	user state from the guest to @regs and the CPU
 *
 * All are called with interrupts off, and with what the back end has for this
 * CPU (struct vctx_hw_ops.own).
 */
struct vctx_guest_ops {
	bool (*load)(void *cpu, struct pt_regs *regs);
	int (*run)(void *cpu, struct vctx_stats *stats, struct pt_regs *regs);
	void (*save)(void *cpu, struct pt_regs *regs);
};

/* What must be seen to before user mode may go on. */
#define VCTX_WORK (EXIT_TO_USER_MODE_WORK | _TIF_NEED_FPU_LOAD | _TIF_IO_BITMAP)

/* Account for one stay in the guest, for @run; @code is the vendor's. */
static __always_inline void vctx_run_exited(struct vctx_stats *stats,
					    enum vctx_exit_kind kind, u32 code)
{
	stats->exits[kind]++;
	trace_vctx_exit(kind, code);
}

/* The guest is loaded: run it until an exit asks for a native return. */
static __always_inline int
vctx_run_loaded(const struct vctx_guest_ops *ops, struct vctx_run_cpu *this,
		struct pt_regs *regs)
{
	int action;

	for (;;) {
		/*
		 * Nobody may be kept waiting: what came up since the kernel last
		 * looked means a way through the kernel first.
		 */
		if (unlikely(read_thread_flags() & VCTX_WORK)) {
			action = vctx_state_prepare();
			if (action >= 0)
				return action;
		}
		vctx_tlb_prepare(this->stats);
		action = ops->run(this->hw, this->stats, regs);
		if (likely(action >= 0))
			return action;
		if (action == VCTX_GUEST_INTERRUPT)
			vctx_run_take_interrupt();
	}
}

static __always_inline int
vctx_run_user(const struct vctx_guest_ops *ops, struct vctx_run_cpu *this,
	      struct pt_regs *regs)
{
	int reason = vctx_state_native(regs);

	if (unlikely(reason >= 0))
		return reason;
	if (unlikely(!ops->load(this->hw, regs)))
		return VCTX_NATIVE_CPU;
	reason = vctx_run_loaded(ops, this, regs);
	ops->save(this->hw, regs);
	return reason;
}

static __always_inline void
vctx_run_loop(const struct vctx_guest_ops *ops,
	      struct user_return_notifier *hook)
{
	struct vctx_run_cpu *this = container_of(hook, struct vctx_run_cpu, hook);
	struct pt_regs *regs = task_pt_regs(current);
	int reason;

	lockdep_assert_irqs_disabled();
	/*
	 * Other notifiers on this CPU must have run before: KVM's puts back
	 * registers that user mode sees.
	 */
	if (unlikely(hook->link.next)) {
		vctx_run_make_last(hook);
		return;
	}

	reason = vctx_run_user(ops, this, regs);
	this->stats->native[reason]++;
	trace_vctx_native(regs, reason);

	/* The kernel took its last look before it called. */
	if (unlikely(read_thread_flags() & VCTX_WORK))
		vctx_run_catch_up(this);
}

#endif /* VCTX_RUN_LOOP_H */
