// SPDX-License-Identifier: GPL-2.0-only
/* The life of a context: enter, inherit, leave, end; and how others find it. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <net/net_namespace.h>

#include "backend.h"
#include "bell.h"
#include "context.h"
#include "context_memory.h"
#include "cpu.h"
#include "event.h"
#include "paging.h"
#include "policy.h"
#include "power.h"
#include "quota.h"
#include "state.h"
#include "stats.h"
#include "tick.h"
#include "tick_look.h"
#include "tick_remote.h"
#include "trace.h"
#include "work.h"

/* All contexts, the latest last; readers need no lock. */
LIST_HEAD(vctx_contexts);

/* Held while a context is added or removed; never taken in interrupts. */
static DEFINE_RAW_SPINLOCK(contexts_lock);
static u64 last_serial;

vctx_hook_fn vctx_context_first_hook __ro_after_init;

/* The thread of @ctx runs on this CPU from now on; preemption is off. */
static void attach(struct vctx_context *ctx)
{
	if (vctx_cpu_runs_long(ctx->tick_bound))
		vctx_tick_scheduled_in(ctx->serial);
	vctx_cpu_attach(ctx);
}

static struct vctx_context *context_of(struct preempt_notifier *notifier)
{
	return container_of(notifier, struct vctx_context, notifier);
}

static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	attach(context_of(notifier));
}

static void sched_out(struct preempt_notifier *notifier,
		      struct task_struct *next)
{
	struct vctx_cpu *this = vctx_cpu_this();

	if (vctx_cpu_runs_long(this->tick_bound))
		vctx_tick_scheduled_out(this, next);
	vctx_cpu_detach(this);
	if (is_idle_task(next))
		vctx_tick_look_cancel();
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/**
 * vctx_context_of - the context of a task
 * @task: current
 *
 * Preemption is off: while it is on, an eviction may take the context off and free it, see
 * vctx_context_use().
 * Return: the context or NULL.
 */
struct vctx_context *vctx_context_of(struct task_struct *task)
{
	struct preempt_notifier *notifier;

	lockdep_assert_preemption_disabled();
	hlist_for_each_entry(notifier, &task->preempt_notifiers, link)
		if (notifier->ops == &preempt_ops)
			return context_of(notifier);
	return NULL;
}

/**
 * vctx_context_use - current's context, which stays until vctx_context_unuse()
 *
 * An eviction takes contexts off threads that do not run.  A call of the module
 * that may be preempted uses its context, so that the eviction leaves this context
 * to end by itself; models/evict.pml.  Return: the context or NULL.
 */
struct vctx_context *vctx_context_use(void)
{
	struct vctx_context *ctx;

	preempt_disable();
	ctx = vctx_context_of(current);
	if (ctx)
		ctx->in_use = true;
	preempt_enable();
	return ctx;
}

/**
 * vctx_context_unuse - undoes vctx_context_use()
 * @ctx: the context of current, or the one that a child of current gets, or NULL
 *
 * A context that is to be evicted ends on the way to user mode at the latest.
 */
void vctx_context_unuse(struct vctx_context *ctx)
{
	if (!ctx)
		return;
	preempt_disable();
	ctx->in_use = false;
	preempt_enable();
}

static void publish(struct vctx_context *ctx)
{
	raw_spin_lock(&contexts_lock);
	/* No ID is 0. */
	last_serial++;
	if (!(u32)last_serial)
		last_serial++;
	ctx->serial = last_serial;
	list_add_tail_rcu(&ctx->others, &vctx_contexts);
	raw_spin_unlock(&contexts_lock);
}

static void hide(struct vctx_context *ctx)
{
	raw_spin_lock(&contexts_lock);
	list_del_rcu(&ctx->others);
	raw_spin_unlock(&contexts_lock);
}

/* Memory for a context that counts into @tally, and what counts for it; or NULL. */
static struct vctx_context *alloc(struct vctx_tally *tally, gfp_t gfp)
{
	struct vctx_stats *counters = vctx_stats_reserve(tally, gfp);
	struct vctx_context *ctx;

	if (IS_ERR(counters))
		return NULL;
	ctx = vctx_context_memory_alloc(counters, gfp);
	if (ctx)
		ctx->stats = counters ?: ctx->own_stats;
	return ctx;
}

/*
 * Where no memory can be had, it was had before.  A parent keeps memory for one child,
 * and for its user, who may have no context yet.
 */
static enum vctx_unavailable get_spare(struct vctx_context *parent, kuid_t uid,
				       struct vctx_context **ctx)
{
	struct vctx_context *spare = parent->spare;
	struct vctx_quota_user *user;
	enum vctx_unavailable why;

	if (!spare)
		return VCTX_UNAVAILABLE_MEMORY;
	why = vctx_quota_get_reserved(uid, spare->user, &user);
	spare->user = NULL;
	if (why != VCTX_AVAILABLE)
		return why;
	spare->user = user;
	parent->spare = NULL;
	*ctx = spare;
	return VCTX_AVAILABLE;
}

/* Memory and a place in the user's quota; @parent is NULL for a context without one. */
static enum vctx_unavailable get(struct vctx_tally *tally,
				 struct vctx_context *parent, kuid_t uid,
				 gfp_t gfp, struct vctx_context **ctx)
{
	struct vctx_quota_user *user;
	enum vctx_unavailable why;

	if (!READ_ONCE(vctx_policy.enabled))
		return VCTX_UNAVAILABLE_POLICY;
	if (VCTX_COMPAT_RT && parent)
		return get_spare(parent, uid, ctx);
	why = vctx_quota_get(uid, gfp, &user);
	if (why != VCTX_AVAILABLE)
		return why;
	*ctx = alloc(tally, gfp);
	if (!*ctx) {
		kfree(vctx_quota_put(user));
		return VCTX_UNAVAILABLE_MEMORY;
	}
	(*ctx)->user = user;
	return VCTX_AVAILABLE;
}

static void destroy(struct vctx_context *ctx)
{
	vctx_bell_close(ctx);
	if (ctx->tick_bound)
		vctx_tick_remote_put();
	ctx->user = vctx_quota_put(ctx->user);
	vctx_stats_end(ctx);
	/* No user mode of this context runs in the mm any more. */
	if (ctx->mmu_notifier)
		vctx_context_memory_put_later(ctx);
	else
		vctx_context_memory_put(ctx);
	module_put(THIS_MODULE);
}

static bool keeps_spare(const struct vctx_context *ctx)
{
	return VCTX_COMPAT_RT && ctx->flags & VCTX_ENTER_INHERIT;
}

/* Runs in the thread where it may sleep.  What is missing is tried again at next fork. */
static void get_ready_to_fork(struct vctx_context *ctx)
{
	if (!ctx->spare)
		ctx->spare = alloc(ctx->tally, GFP_KERNEL_ACCOUNT);
	if (ctx->spare && !ctx->spare->user)
		ctx->spare->user = vctx_quota_reserve(GFP_KERNEL_ACCOUNT);
}

static void spare_work(struct vctx_context *ctx)
{
	struct vctx_context *mine = vctx_context_use();

	if (mine == ctx)
		get_ready_to_fork(ctx);
	vctx_context_unuse(mine);
}

/*
 * @ctx becomes the context of @task.  It is not on the task yet, but it can be found.
 * The caller has taken the hardware for it; the context holds the module and its tally.
 * Return: false if contexts have been forbidden meanwhile; then there is none.
 */
static bool begin(struct vctx_context *ctx, struct task_struct *task,
		  struct vctx_tally *tally, u64 flags, u64 tick_bound, bool nested)
{
	preempt_notifier_init(&ctx->notifier, &preempt_ops);
	ctx->task = task;
	ctx->flags = flags;
	ctx->tick_bound = tick_bound;
	ctx->nested = nested;
	ctx->hook = vctx_context_first_hook;
	ctx->native = flags & VCTX_ENTER_ADAPTIVE;
	ctx->entered = ktime_get_mono_fast_ns();
	ctx->in_use = true;
	__module_get(THIS_MODULE);
	vctx_stats_start(ctx, tally);
	ctx->stats->native[VCTX_NATIVE_ADAPTIVE] = ctx->native;
	if (tick_bound)
		vctx_tick_remote_get();
	publish(ctx);
	/*
	 * Whoever forbids contexts and then evicts all of them finds this one, or this
	 * finds that they are forbidden; models/evict.pml.
	 */
	smp_mb();
	if (READ_ONCE(vctx_policy.enabled))
		return true;
	hide(ctx);
	destroy(ctx);
	return false;
}

/* Of current, or of a child that does not run yet: nobody else changes its namespaces. */
static void tell_entered(const struct vctx_context *ctx)
{
	struct vctx_event_thread thread =
		vctx_context_thread(ctx, ctx->task->nsproxy->net_ns);

	vctx_event_entered(&thread);
}

static void tell_ended(const struct vctx_context *ctx, enum vctx_event type,
		       struct net *net)
{
	struct vctx_event_thread thread = vctx_context_thread(ctx, net);

	vctx_event_ended(type, &thread, ctx->stats);
}

/* A thread that ends has no namespaces any more. */
static struct net *get_net_of(struct task_struct *task)
{
	struct net *net = NULL;

	task_lock(task);
	if (task->nsproxy)
		net = get_net(task->nsproxy->net_ns);
	task_unlock(task);
	return net;
}

/* Why current would run natively if it had a context, or VCTX_STATE_*. */
static int why_native(void)
{
	int state;

	/* The breakpoints of a thread are those of its CPU. */
	preempt_disable();
	state = vctx_state_why(task_pt_regs(current));
	preempt_enable();
	return state;
}

/**
 * vctx_context_enter - give current a context
 * @tally: what the context counts into, beside its own counters
 * @flags: VCTX_ENTER_*, valid
 * @tick_bound: from vctx_tick_bound()
 * @native: where to, with VCTX_UNAVAILABLE_STRICT: an enum vctx_native_reason
 *
 * Return: VCTX_AVAILABLE, or why current has got none.
 */
enum vctx_unavailable vctx_context_enter(struct vctx_tally *tally, u64 flags,
					 u64 tick_bound, u32 *native)
{
	bool nested = vctx_paging_is_nested(flags);
	enum vctx_unavailable why;
	struct vctx_context *ctx;
	int state;

	ctx = vctx_context_use();
	vctx_context_unuse(ctx);
	if (ctx)
		return VCTX_UNAVAILABLE_ENTERED;
	state = flags & VCTX_ENTER_STRICT ? why_native() : VCTX_STATE_LONG;
	if (state >= 0) {
		*native = state;
		return VCTX_UNAVAILABLE_STRICT;
	}

	why = vctx_power_get(nested);
	if (why != VCTX_AVAILABLE)
		return why;
	why = get(tally, NULL, current_uid(), GFP_KERNEL_ACCOUNT, &ctx);
	if (why != VCTX_AVAILABLE) {
		vctx_power_put();
		return why;
	}
	if (!begin(ctx, current, tally, flags, tick_bound, nested)) {
		vctx_power_put();
		return VCTX_UNAVAILABLE_POLICY;
	}
	if (keeps_spare(ctx))
		get_ready_to_fork(ctx);

	trace_vctx_enter(current);
	tell_entered(ctx);
	preempt_disable();
	preempt_notifier_register(&ctx->notifier);
	attach(ctx);
	preempt_enable();
	vctx_context_unuse(ctx);
	return VCTX_AVAILABLE;
}

/* Take the context off current.  The hardware is still held. */
static void drop(struct vctx_context *ctx)
{
	unsigned long flags;

	if (ctx->tick_bound) {
		preempt_disable();
		vctx_tick_over();
		preempt_enable();
	}
	trace_vctx_leave(current, ctx->stats->entries);
	tell_ended(ctx, READ_ONCE(ctx->evicted) ? VCTX_EVENT_EVICTED :
						  VCTX_EVENT_LEFT,
		   current->nsproxy->net_ns);
	hide(ctx);
	preempt_disable();
	local_irq_save(flags);
	vctx_cpu_detach(vctx_cpu_this());
	local_irq_restore(flags);
	preempt_notifier_unregister(&ctx->notifier);
	preempt_enable();
	destroy(ctx);
}

/**
 * vctx_context_leave - make current an ordinary thread; may sleep
 *
 * Return: 0, or -ENXIO if it is one.
 */
int vctx_context_leave(void)
{
	struct vctx_context *ctx = vctx_context_use();

	if (!ctx)
		return -ENXIO;
	drop(ctx);
	vctx_power_put();
	return 0;
}

/**
 * vctx_context_end - the same from an atomic context
 * @ctx: current's context, in use or with preemption off
 */
void vctx_context_end(struct vctx_context *ctx)
{
	/* The module must not go before the work is queued. */
	__module_get(THIS_MODULE);
	drop(ctx);
	vctx_power_put_deferred();
	module_put(THIS_MODULE);
}

/**
 * vctx_context_take_off - the first half of the same for another thread
 * @ctx: not in use; the caller is in stop_machine(), so that nothing else runs
 * @list: where the context goes, for vctx_context_end_list()
 *
 * stop_machine() has the thread scheduled out, so that no CPU runs the context.
 */
void vctx_context_take_off(struct vctx_context *ctx, struct hlist_head *list)
{
	hide(ctx);
	get_task_struct(ctx->task);
	hlist_del(&ctx->notifier.link);
	hlist_add_head(&ctx->notifier.link, list);
}

/**
 * vctx_context_end_list - the second half; may sleep
 * @list: contexts that were taken off
 */
void vctx_context_end_list(struct hlist_head *list)
{
	struct vctx_context *ctx;
	struct hlist_node *next;

	hlist_for_each_entry_safe(ctx, next, list, notifier.link) {
		struct task_struct *task = ctx->task;
		struct net *net = get_net_of(task);

		trace_vctx_leave(task, ctx->stats->entries);
		tell_ended(ctx, VCTX_EVENT_EVICTED, net);
		if (net)
			put_net(net);
		destroy(ctx);
		put_task_struct(task);
		vctx_power_put();
	}
}

/**
 * vctx_context_inherit - give a new child a context like its parent's
 * @parent: current's context, in use
 * @child: created, and not running yet
 *
 * If that fails, the child runs natively, and the parent counts why.  If the parent is
 * to be evicted, so is its child.
 */
void vctx_context_inherit(struct vctx_context *parent,
			  struct task_struct *child)
{
	enum vctx_unavailable why;
	struct vctx_context *ctx;

	vctx_power_get_more();
	why = get(parent->tally, parent, task_uid(child),
		  GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT, &ctx);
	if (keeps_spare(parent))
		vctx_work_add(parent, spare_work);
	if (why != VCTX_AVAILABLE) {
		parent->stats->native[why == VCTX_UNAVAILABLE_MEMORY ?
				      VCTX_NATIVE_MEMORY : VCTX_NATIVE_POLICY]++;
		vctx_power_put_deferred();
		return;
	}
	if (!begin(ctx, child, parent->tally, parent->flags,
		   parent->tick_bound, parent->nested)) {
		parent->stats->native[VCTX_NATIVE_POLICY]++;
		vctx_power_put_deferred();
		return;
	}
	/*
	 * An eviction may have marked the parent, and looked at all contexts before
	 * this one was among them.  Pairs with the barrier in mark_all(); models/evict.pml.
	 */
	smp_mb();
	if (READ_ONCE(parent->evicted)) {
		hide(ctx);
		destroy(ctx);
		vctx_power_put_deferred();
		return;
	}
	trace_vctx_enter(child);
	tell_entered(ctx);
	/* As preempt_notifier_register() does, but that is for current only. */
	hlist_add_head(&ctx->notifier.link, &child->preempt_notifiers);
	if (keeps_spare(ctx))
		vctx_work_add(ctx, spare_work);
	vctx_context_unuse(ctx);
}

int __init vctx_context_init(void)
{
	int ret = vctx_context_memory_init();

	if (ret)
		return ret;
	preempt_notifier_inc();
	return 0;
}

void vctx_context_exit(void)
{
	preempt_notifier_dec();
	vctx_work_exit();
	vctx_context_memory_exit();
}
