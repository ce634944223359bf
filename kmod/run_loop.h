/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run loop.  It gets control on a CPU each time a thread that has a context
 * is about to return to user mode there, when the kernel has done all its work
 * and pt_regs are what user mode would see.  It runs user mode in the guest
 * until something happens that the kernel must handle, and returns: user mode
 * goes on natively at the same instruction, and the same event happens again, to
 * the kernel.
 *
 * Each back end makes a function of it, with its own struct vctx_guest_ops, so that
 * the compiler sees all of a crossing at once: here each instruction counts.
 */
#ifndef VCTX_RUN_LOOP_H
#define VCTX_RUN_LOOP_H

#include <linux/entry-common.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>
#include <asm/tsc.h>

#include "backend.h"
#include "clock.h"
#include "cpu.h"
#include "run_slow.h"
#include "state.h"
#include "tick.h"
#include "tlb.h"
#include "trace.h"

/* What a stay in the guest asks for, beside a native return for a reason. */
enum vctx_guest_action {
	VCTX_GUEST_RESUME = -1,		/* go on in the guest */
};

/* How long a stay in the guest may be, and so what is done around it. */
enum vctx_stay {
	VCTX_STAY_SHORT,	/* until the next tick */
	VCTX_STAY_LONG,		/* the tick is held, or the kernel has stopped it */
};

/**
 * struct vctx_guest_ops - what a back end gives to the run loop
 * @load_compat: prepares for a @load of 32-bit code
 * @load:	puts the user state of current, from @regs and the CPU, into the
 *		guest.  Returns -1, or why the thread must run natively.
 * @sync_cr3:	takes over that the host has changed CR3 to @cr3
 * @sync_cr4:	takes over that the host has changed CR4 to @cr4
 * @run:	does one stay in the guest: the VM entry, the VM exit, and what
 *		cannot wait after it.  It calls vctx_run_goes(), vctx_run_stayed()
 *		and vctx_run_exited().  General registers go from and to @regs.
 *		Returns enum vctx_guest_action, or an enum vctx_native_reason for
 *		a native return at the same instruction.
 * @go_on:	a function of its own that does vctx_run_go_on()
 * @save:	puts the user state from the guest into @regs and the CPU
 *
 * All are called with interrupts off; @this is of this CPU.
 */
struct vctx_guest_ops {
	void (*load_compat)(struct vctx_cpu *this);
	int (*load)(struct vctx_cpu *this, struct pt_regs *regs);
	void (*sync_cr3)(struct vctx_cpu *this, unsigned long cr3);
	void (*sync_cr4)(struct vctx_cpu *this, unsigned long cr4);
	int (*run)(struct vctx_cpu *this, struct pt_regs *regs,
		   enum vctx_stay stay);
	void (*go_on)(struct vctx_cpu *this, struct pt_regs *regs);
	void (*save)(struct vctx_cpu *this, struct pt_regs *regs);
};

/* The work that the kernel must do before user mode may go on. */
#define VCTX_WORK (EXIT_TO_USER_MODE_WORK | _TIF_NEED_FPU_LOAD | _TIF_IO_BITMAP)

/*
 * A back end's @run calls these right before and right after the stay, to account
 * for it.  Nobody is to wait for a CPU that stays long: to RCU it is in user mode, or
 * idle.
 */
static __always_inline void vctx_run_goes(struct vctx_cpu *this,
					  enum vctx_stay stay)
{
	if (stay == VCTX_STAY_LONG)
		vctx_run_goes_long();
	this->entered = rdtsc();
}

static __always_inline void vctx_run_stayed(struct vctx_cpu *this,
					    enum vctx_stay stay)
{
	u64 ns = vctx_clock_ns(rdtsc() - this->entered);

	if (stay == VCTX_STAY_LONG)
		vctx_run_stayed_long(this->stats, ns);
	this->stats->guest_ns += ns;
	this->stats->entries++;
	WRITE_ONCE(this->entered, 0);
}

/* Accounts for the reason why the stay ended; @code is the vendor's. */
static __always_inline void vctx_run_exited(struct vctx_stats *stats,
					    enum vctx_exit_kind kind, u32 code)
{
	stats->exits[kind]++;
	trace_vctx_exit(kind, code);
}

/* The two-byte instructions that make a system call, as they are in memory. */
#define VCTX_INSN_SYSCALL	0x050f
#define VCTX_INSN_SYSENTER	0x340f
#define VCTX_INSN_INT_80	0x80cd

/*
 * Whether the guest was at the instruction @insn.  The address needs no check, for
 * user mode has just fetched from it.  If the page has gone since, the fault is not
 * handled here, because preemption is off: the answer is no.
 */
static __always_inline bool vctx_run_is_at(unsigned long ip, u16 insn)
{
	bool found = false;
	u16 there;

	/* Where the kernel counts how often preemption is off, its handler knows. */
	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		pagefault_disable();
	__uaccess_begin();
	unsafe_get_user(there, (const u16 __user *)ip, out);
	found = there == insn;
out:
	__uaccess_end();
	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		pagefault_enable();
	return found;
}

/* Takes over what the host may have changed since the last entry. */
static __always_inline void vctx_run_sync(const struct vctx_guest_ops *ops,
					  struct vctx_cpu *this)
{
	unsigned long cr3 = __native_read_cr3();
	unsigned long cr4 = __read_cr4();

	if (unlikely(cr3 != this->host_cr3)) {
		ops->sync_cr3(this, cr3);
		this->host_cr3 = cr3;
	}
	if (unlikely(cr4 != this->host_cr4)) {
		ops->sync_cr4(this, cr4);
		this->host_cr4 = cr4;
	}
}

/* User state goes into the guest.  Return: -1, or why the thread must run natively. */
static __always_inline int vctx_run_begin(const struct vctx_guest_ops *ops,
					  struct vctx_cpu *this,
					  struct pt_regs *regs,
					  const struct mm_struct *mm)
{
	int reason = vctx_state_native(regs, mm);

	if (unlikely(reason >= 0))
		goto fell_back;
	if (unlikely(reason == VCTX_STATE_COMPAT)) {
		vctx_state_hide_stack(regs);
		ops->load_compat(this);
	}
	reason = ops->load(this, regs);
	if (likely(reason < 0))
		return reason;

fell_back:
	vctx_run_fell_back(this, reason);
	return reason;
}

static __always_inline int vctx_run_once(const struct vctx_guest_ops *ops,
					 struct vctx_cpu *this,
					 const struct mm_struct *mm,
					 struct pt_regs *regs,
					 enum vctx_stay stay)
{
	/*
	 * Nobody may be kept waiting: if work has come up since the kernel last
	 * looked, the thread goes through the kernel first.
	 */
	if (unlikely(read_thread_flags() & VCTX_WORK)) {
		int reason = vctx_state_prepare();

		/* For other work an interrupt is on its way; for the FPU's none is. */
		if (reason == VCTX_NATIVE_WORK)
			irq_work_queue(&this->kick);
		else if (reason >= 0)
			vctx_run_fell_back(this, reason);
		if (reason >= 0)
			return reason;
	}
	vctx_run_sync(ops, this);
	vctx_tlb_prepare(this, &mm->context);
	return ops->run(this, regs, stay);
}

static __always_inline void vctx_run_native(struct vctx_cpu *this,
					    struct pt_regs *regs, int reason)
{
	this->stats->native[reason]++;
	trace_vctx_native(regs, reason);
}

/*
 * The exit did not ask for a native return: go on until one does.  This is no part of
 * vctx_run_loop(), so that the compiler has no loop there to keep registers for.
 */
static __always_inline void vctx_run_go_on(const struct vctx_guest_ops *ops,
					   struct vctx_cpu *this,
					   struct pt_regs *regs)
{
	int action;

	do {
		action = vctx_run_once(ops, this, current->mm, regs,
				       VCTX_STAY_SHORT);
	} while (action < 0);

	ops->save(this, regs);
	vctx_run_native(this, regs, action);
	vctx_run_catch_up(this);
}

/*
 * An interrupt ends the stay and stays pending: it happens again natively, at the same
 * instruction, so that its handler, perf and the scheduler see that it has interrupted
 * user mode, and where.  Interrupts are never enabled in the loop.
 *
 * If work comes up between the kernel's last look and user mode, an interrupt is sent
 * for it.  So the loop looks for work again only after it had the kernel handle an
 * exception: in vctx_run_go_on(), and where a back end says so.
 */
static __always_inline void
vctx_run_loop(const struct vctx_guest_ops *ops,
	      struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);
	struct pt_regs *regs = task_pt_regs(current);
	const struct mm_struct *mm = current->mm;
	int reason;

	lockdep_assert_irqs_disabled();
	/*
	 * All other notifiers of this CPU must have run before this one: KVM's
	 * puts back registers that user mode sees.
	 */
	if (unlikely(hook->link.next)) {
		vctx_run_make_last(hook);
		return;
	}

	reason = vctx_run_begin(ops, this, regs, mm);
	if (unlikely(reason >= 0))
		goto native;

	reason = vctx_run_once(ops, this, mm, regs, VCTX_STAY_SHORT);
	/* This is cheaper than to keep it: the guest has had all the registers. */
	this = vctx_cpu_this();
	if (unlikely(reason < 0)) {
		ops->go_on(this, regs);
		return;
	}
	ops->save(this, regs);
native:
	vctx_run_native(this, regs, reason);
}

/*
 * The loop for a thread that may stay long.  Each hold of the tick covers one stay in
 * the guest.
 */
static __always_inline void
vctx_run_long_loop(const struct vctx_guest_ops *ops,
		   struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);
	struct pt_regs *regs = task_pt_regs(current);
	enum vctx_stay stay;
	int action;
	bool held;

	if (unlikely(hook->link.next)) {
		vctx_run_make_last(hook);
		return;
	}
	action = VCTX_NATIVE_INTERRUPT;
	if (vctx_tick_after_interrupt(this))
		goto native;
	action = vctx_run_begin(ops, this, regs, current->mm);
	if (action >= 0)
		goto native;
	do {
		held = vctx_tick_hold(this);
		stay = held || vctx_cpu_is_tracked() ? VCTX_STAY_LONG :
						       VCTX_STAY_SHORT;
		action = vctx_run_once(ops, this, current->mm, regs, stay);
		if (held)
			vctx_tick_give_back(this);
		if (action == VCTX_NATIVE_INTERRUPT)
			vctx_tick_before_interrupt(held);
		else if (held && action == VCTX_NATIVE_NMI)
			this->stats->held[VCTX_HELD_NMI]++;
	} while (action < 0);
	ops->save(this, regs);
native:
	/* These three are not the thread's doing, and over soon. */
	if (action != VCTX_NATIVE_WORK && action != VCTX_NATIVE_INTERRUPT &&
	    action != VCTX_NATIVE_NMI)
		vctx_tick_left();
	vctx_run_native(this, regs, action);
	vctx_run_catch_up(this);
}

#endif /* VCTX_RUN_LOOP_H */
