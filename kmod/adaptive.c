// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts with VCTX_ENTER_ADAPTIVE are in the guest only while their threads compute.
 *
 *              the tick has interrupted
 *              the thread's user mode
 *    native ----------------------------> computing
 *     ^                                        |
 *     | the thread itself has ended a stay     |
 *     | in the guest early                     |
 *     +----------------------------------------+
 *
 * A native thread has no hook on its CPU, so that a system call or a fault costs it
 * nothing.  A computing one has the hook below, which does what the run loop does.
 */
#include <linux/sched/task_stack.h>
#include <asm/irq_regs.h>

#include "adaptive.h"
#include "context_types.h"
#include "policy.h"
#include "run_loop.h"
#include "tick_look.h"

static bool interrupts_user_mode(void)
{
	struct pt_regs *regs = get_irq_regs();

	return regs && user_mode(regs);
}

/*
 * The interrupt's way back to user mode goes by the hook.  Return: whether to look again
 * at the next tick.
 */
static bool look(void)
{
	struct vctx_cpu *this = vctx_cpu_this();

	if (!vctx_cpu_is_native(this))
		return false;
	if (!interrupts_user_mode())
		return true;
	if (this->tick_bound)
		vctx_tick_interrupts_user();
	vctx_cpu_hook(this);
	return false;
}

/* Native returns that are not the thread's doing: how long it computes, they do not tell. */
static u64 ended_by_others(const struct vctx_stats *stats)
{
	return stats->native[VCTX_NATIVE_WORK] +
	       stats->native[VCTX_NATIVE_INTERRUPT] +
	       stats->native[VCTX_NATIVE_NMI];
}

/* In place of the run loop, around it. */
static void on_user_return(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);
	const struct vctx_stats *stats = this->stats;
	u64 others = ended_by_others(stats), before = stats->guest_ns;
	u64 min_ns = READ_ONCE(vctx_policy.min_stay_us) * (u64)NSEC_PER_USEC;

	if (hook->link.next) {
		vctx_run_make_last(hook);
		return;
	}
	vctx_cpu_run_loop(this)(hook);
	if (ended_by_others(stats) != others ||
	    stats->guest_ns - before >= min_ns)
		return;
	vctx_run_native(this, task_pt_regs(current), VCTX_NATIVE_ADAPTIVE);
	vctx_cpu_unhook(this);
}

void __init vctx_adaptive_init(void)
{
	vctx_tick_look_init(look);
	vctx_cpu_adaptive_hook = on_user_return;
}

void vctx_adaptive_exit(void)
{
	vctx_tick_look_exit();
}
