// SPDX-License-Identifier: GPL-2.0
/* The life of a context: enter, inherit, leave, end. */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "context.h"
#include "hw.h"
#include "run.h"
#include "shootdown.h"
#include "state.h"
#include "stats.h"
#include "tick.h"
#include "trace.h"

static struct kmem_cache *cache;
static atomic_t count = ATOMIC_INIT(0);

static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	vctx_run_attach(container_of(notifier, struct vctx_context, notifier));
}

static void sched_out(struct preempt_notifier *notifier,
		      struct task_struct *next)
{
	vctx_tick_scheduled_out(vctx_run_this(), next);
	vctx_run_detach();
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

/**
 * vctx_context_of - the context of a task
 * @task: current, or a child that does not run yet
 *
 * Return: the context or NULL.
 */
struct vctx_context *vctx_context_of(struct task_struct *task)
{
	struct preempt_notifier *notifier;

	hlist_for_each_entry(notifier, &task->preempt_notifiers, link)
		if (notifier->ops == &preempt_ops)
			return container_of(notifier, struct vctx_context,
					    notifier);
	return NULL;
}

/* Number of contexts that exist. */
unsigned int vctx_context_count(void)
{
	return atomic_read(&count);
}

/*
 * A context without a thread yet.  The caller has taken the hardware for it; it
 * holds the module and its tally.
 */
static struct vctx_context *alloc(struct vctx_tally *tally, u64 flags,
				  u64 tick_bound, gfp_t gfp)
{
	struct vctx_context *ctx = kmem_cache_zalloc(cache, gfp);

	if (!ctx)
		return NULL;
	preempt_notifier_init(&ctx->notifier, &preempt_ops);
	ctx->flags = flags;
	ctx->tick_bound = tick_bound;
	ctx->entered = ktime_get_mono_fast_ns();
	__module_get(THIS_MODULE);
	vctx_stats_start(ctx, tally);
	if (tick_bound)
		vctx_tick_get();
	atomic_inc(&count);
	return ctx;
}

static void destroy(struct vctx_context *ctx)
{
	atomic_dec(&count);
	if (ctx->tick_bound)
		vctx_tick_put();
	vctx_shootdown_put(ctx);
	vctx_stats_end(ctx);
	kmem_cache_free(cache, ctx);
	module_put(THIS_MODULE);
}

/**
 * vctx_context_enter - give current a context
 * @tally: what it counts into besides
 * @flags: VCTX_ENTER_*, valid
 * @tick_bound: from vctx_tick_bound()
 *
 * Return: 0 or -errno, see VCTX_IOC_ENTER.
 */
int vctx_context_enter(struct vctx_tally *tally, u64 flags, u64 tick_bound)
{
	struct vctx_context *ctx;
	int ret;

	if (vctx_context_of(current))
		return -EALREADY;
	if (flags & VCTX_ENTER_STRICT &&
	    vctx_state_why(task_pt_regs(current)) >= 0)
		return -EOPNOTSUPP;

	ret = vctx_hw_get();
	if (ret)
		return ret;
	ctx = alloc(tally, flags, tick_bound, GFP_KERNEL_ACCOUNT);
	if (!ctx) {
		vctx_hw_put();
		return -ENOMEM;
	}

	trace_vctx_enter(current);
	preempt_disable();
	preempt_notifier_register(&ctx->notifier);
	vctx_run_attach(ctx);
	preempt_enable();
	return 0;
}

/* Take current's context off it.  The hardware is still held. */
static void drop(struct vctx_context *ctx)
{
	trace_vctx_leave(current, ctx->stats->entries);
	preempt_disable();
	vctx_run_detach();
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
	struct vctx_context *ctx = vctx_context_of(current);

	if (!ctx)
		return -ENXIO;
	drop(ctx);
	vctx_hw_put();
	return 0;
}

/**
 * vctx_context_end - the same from an atomic context
 * @ctx: current's context
 */
void vctx_context_end(struct vctx_context *ctx)
{
	/* The last reference to the module must not go before the work is on. */
	__module_get(THIS_MODULE);
	drop(ctx);
	vctx_hw_put_deferred();
	module_put(THIS_MODULE);
}

/**
 * vctx_context_inherit - give a new child a context like its parent's
 * @parent: current's context
 * @child: created, and not running yet
 *
 * Where there is no memory the child runs natively, and the tally counts it.
 */
void vctx_context_inherit(struct vctx_context *parent,
			  struct task_struct *child)
{
	struct vctx_context *ctx;

	vctx_hw_get_more();
	ctx = alloc(parent->tally, parent->flags, parent->tick_bound,
		    GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT);
	if (!ctx) {
		vctx_stats_missed(parent->tally);
		vctx_hw_put_deferred();
		return;
	}
	trace_vctx_enter(child);
	/* What preempt_notifier_register() does, which is for current only. */
	hlist_add_head(&ctx->notifier.link, &child->preempt_notifiers);
}

int __init vctx_context_init(void)
{
	cache = KMEM_CACHE(vctx_context, 0);
	if (!cache)
		return -ENOMEM;
	preempt_notifier_inc();
	return 0;
}

void vctx_context_exit(void)
{
	preempt_notifier_dec();
	kmem_cache_destroy(cache);
}
