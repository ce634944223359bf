// SPDX-License-Identifier: GPL-2.0-only
/* Whose thread each CPU runs, and by which hook it goes to user mode. */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <asm/tsc.h>

#include "backend.h"
#include "clock.h"
#include "context_types.h"
#include "cpu.h"
#include "tick_look.h"

DEFINE_PER_CPU(struct vctx_cpu *, vctx_cpu);

bool vctx_cpu_any_broken;

vctx_hook_fn vctx_cpu_adaptive_hook __ro_after_init;

/**
 * vctx_cpu_stay_ns - how long a context has been in the guest
 * @cpu: the CPU that the thread of @ctx was seen on
 * @ctx: found in an RCU read section
 *
 * Return: nanoseconds; 0 if the context is not in the guest.
 */
u64 vctx_cpu_stay_ns(const struct vctx_cpu *cpu,
		     const struct vctx_context *ctx)
{
	u64 entered = READ_ONCE(cpu->entered);
	u64 now = rdtsc_ordered();

	if (!entered || READ_ONCE(cpu->ctx) != ctx)
		return 0;
	/* TSCs may differ by a little. */
	return now > entered ? vctx_clock_ns(now - entered) : 1;
}

/**
 * vctx_cpu_run_loop - the run loop of the back end for the context that a CPU runs
 * @this: this CPU, which runs a context
 */
vctx_hook_fn vctx_cpu_run_loop(const struct vctx_cpu *this)
{
	const struct vctx_run_loops *loops =
		&vctx_backend->loops[this->per_stay];

	if (vctx_cpu_runs_long(this->tick_bound))
		return loops->on_user_return_long;
	return loops->on_user_return;
}

/* Where the kernel stops the tick, an adaptive context would wait for one in vain. */
static bool is_adaptive(const struct vctx_context *ctx)
{
	return ctx->flags & VCTX_ENTER_ADAPTIVE && !vctx_cpu_is_tracked();
}

/* The run loop of the back end, unless the CPU has a hook in its place. */
static vctx_hook_fn common_hook(const struct vctx_cpu *this,
				const struct vctx_context *ctx)
{
	if (this->detour)
		return this->detour;
	return is_adaptive(ctx) ? vctx_cpu_adaptive_hook :
				  vctx_cpu_run_loop(this);
}

/* The same, unless the context has a hook of its own. */
static vctx_hook_fn choose_hook(const struct vctx_cpu *this,
				const struct vctx_context *ctx)
{
	return READ_ONCE(ctx->hook) ?: common_hook(this, ctx);
}

/* Interrupts are off, for KVM changes the list, too, and does so from interrupts. */
static void put_on(struct vctx_cpu *this)
{
	this->hooked = true;
	this->hook.on_user_return = choose_hook(this, this->ctx);
	user_return_notifier_register(&this->hook);
}

static void take_off(struct vctx_cpu *this)
{
	if (!this->hooked)
		return;
	this->hooked = false;
	user_return_notifier_unregister(&this->hook);
}

/* Interrupts are off. */
static __always_inline void attach(struct vctx_cpu *this,
				   struct vctx_context *ctx)
{
	WRITE_ONCE(this->ctx, ctx);
	WRITE_ONCE(this->mm, current->mm);
	/*
	 * Whoever changes the mm raises tlb_gen first, and whoever evicts sets the
	 * context's hook first; then they look which CPUs run it.  Pairs with
	 * invalidate() and vctx_evict(); models/tlb.pml, models/evict.pml.
	 */
	smp_mb();
	this->stats = ctx->stats;
	this->tick_bound = ctx->tick_bound;
	vctx_tlb_set_paging(&this->tag, ctx->nested);
	if (ctx->native && !READ_ONCE(ctx->hook) && is_adaptive(ctx))
		vctx_tick_look_arm();
	else
		put_on(this);
}

/**
 * vctx_cpu_attach - this CPU runs the thread of @ctx from now on
 * @ctx: current's context; preemption is off, and interrupts are on
 */
void vctx_cpu_attach(struct vctx_context *ctx)
{
	lockdep_assert_irqs_enabled();
	local_irq_disable();
	attach(vctx_cpu_this(), ctx);
	local_irq_enable();
}

/**
 * vctx_cpu_detach - undoes vctx_cpu_attach()
 * @this: this CPU; interrupts are off
 */
void vctx_cpu_detach(struct vctx_cpu *this)
{
	lockdep_assert_irqs_disabled();
	take_off(this);
	WRITE_ONCE(this->ctx, NULL);
	this->stats = NULL;
	WRITE_ONCE(this->mm, NULL);
}

/**
 * vctx_cpu_reattach - take a change into account that decides how current runs
 * @ctx: current's context
 */
void vctx_cpu_reattach(struct vctx_context *ctx)
{
	struct vctx_cpu *this;
	unsigned long flags;

	local_irq_save(flags);
	this = vctx_cpu_this();
	vctx_cpu_detach(this);
	attach(this, ctx);
	local_irq_restore(flags);
}

/**
 * vctx_cpu_rehook - choose the hook anew, after a change of the CPU's detour
 * @this: this CPU, which runs a context; interrupts are off
 */
void vctx_cpu_rehook(struct vctx_cpu *this)
{
	this->hook.on_user_return = choose_hook(this, this->ctx);
}

/**
 * vctx_cpu_unhook - the adaptive context that this CPU runs is native from now on
 * @this: this CPU; interrupts are off
 *
 * Eviction and others that give the context a hook of its own put it on the CPU at the
 * next look, or when the thread is scheduled in.
 */
void vctx_cpu_unhook(struct vctx_cpu *this)
{
	this->ctx->native = true;
	take_off(this);
	vctx_tick_look_arm();
}

/**
 * vctx_cpu_hook - the native context that this CPU runs is so no longer
 * @this: this CPU; it is in an interrupt of user mode
 */
void vctx_cpu_hook(struct vctx_cpu *this)
{
	this->ctx->native = false;
	put_on(this);
}

/**
 * vctx_cpu_hook_once - the thread's next way to user mode goes by its context's own hook
 * @this: this CPU, which runs a context that has one; its thread is in the kernel, and
 *	interrupts are off
 *
 * That hook calls vctx_cpu_unhook() if the context goes on natively.
 */
void vctx_cpu_hook_once(struct vctx_cpu *this)
{
	if (!this->hooked)
		put_on(this);
}

/**
 * vctx_cpu_next_hook - what a hook of a context's own goes on with
 * @this: this CPU; interrupts are off
 *
 * Return: the hook that the context would have, or NULL if it would have none.
 */
vctx_hook_fn vctx_cpu_next_hook(const struct vctx_cpu *this)
{
	const struct vctx_context *ctx = this->ctx;

	if (ctx->native && is_adaptive(ctx))
		return NULL;
	return common_hook(this, ctx);
}

/**
 * vctx_cpu_is_native - whether a CPU runs a context, without a hook
 * @this: this CPU; interrupts are off
 */
bool vctx_cpu_is_native(const struct vctx_cpu *this)
{
	return this->ctx && !this->hooked;
}

/**
 * vctx_cpu_break - threads run natively on this CPU from now on
 * @this: this CPU; the back end is told to ask before the next load
 */
void vctx_cpu_break(struct vctx_cpu *this)
{
	WRITE_ONCE(this->broken, true);
	WRITE_ONCE(vctx_cpu_any_broken, true);
}

/* The way back from the interrupt does what is needed. */
static void kick(struct irq_work *work)
{
}

/* After vctx_backend_init(), which chooses the back end. */
void __init vctx_cpu_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct vctx_cpu *this = vctx_backend->cpu(cpu);

		per_cpu(vctx_cpu, cpu) = this;
		/* On PREEMPT_RT others are left to a thread. */
		this->kick = IRQ_WORK_INIT_HARD(kick);
	}
}
