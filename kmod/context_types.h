/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that runs its user mode in the guest has a context.  The context hangs
 * on the task by its preempt notifier, and holds counters and nothing else: the
 * state of the guest is the thread's own.
 */
#ifndef VCTX_CONTEXT_TYPES_H
#define VCTX_CONTEXT_TYPES_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/vcontext.h>

#include "backend.h"
#include "event.h"

struct mmu_notifier;
struct page;
struct task_struct;
struct vctx_quota_user;
struct vctx_receiver;
struct vctx_tally;

/**
 * struct vctx_context - one thread's context
 * @serial:	its number among all contexts since the module was loaded
 * @others:	on the list of all contexts
 * @task:	the thread; it exists for as long as the context can be found
 * @notifier:	on task_struct.preempt_notifiers of the thread
 * @flags:	VCTX_ENTER_*
 * @tick_bound:	for how long the thread may hold the tick, in ns; 0 is not at all
 * @hook:	runs before user mode, in place of the run loop; NULL is the run
 *		loop.  evict.c sets it from any thread, and for good; shootdown.c and
 *		bell.c set it from the thread itself, unless another is there.
 * @receiver:	its bell, or NULL.  Whoever has found the context without locks may read the
 *		bell's counters under the same rcu_read_lock().
 * @stats:	where the counters are: @own_stats, or in @tally if @is_first, or in
 *		@stats_page once that is mapped.  Written by the thread only.
 * @stats_page:	the mapped page or NULL
 * @mmu_notifier: makes TLB shootdowns of the thread's mm kick; NULL if they need
 *		not, and until the thread has got it
 * @entered:	when the context began, in ktime_get_mono_fast_ns()
 * @tally:	what the counters are added to at the end
 * @link:	on @tally->live, under its lock
 * @user:	the user in whose quota it is; once it has ended, one to be freed, or NULL
 * @spare:	memory for the context of the next child, on PREEMPT_RT, or NULL
 * @work_function: what @work does; NULL if @work is not pending
 * @fault:	the physical address that is to be mapped by @work
 * @fell_back_at: when the thread last had to run natively, in jiffies; 0 is never
 * @memory:	references to its memory: while it has not ended, and while @work is
 *		pending
 * @fell_back:	why it had to: an enum vctx_native_reason
 * @nested:	its thread has nested paging
 * @in_use:	the thread is in a call of the module that keeps a pointer to it
 * @evicted:	it is to end as soon as possible
 * @native:	it is adaptive, and its thread has no hook; see adaptive.c.  Only the thread
 *		writes it, and interrupts of it.
 * @is_first:	it is the first context of @tally
 * @work:	what its thread is to do where it may sleep, see work.c
 * @rcu:	frees it after all readers, which find it without locks, and after @work
 * @own_stats:	the counters of a context that is not the first of @tally
 */
struct vctx_context {
	u64 serial;
	struct list_head others;
	struct task_struct *task;
	struct preempt_notifier notifier;
	u64 flags;
	u64 tick_bound;
	vctx_hook_fn hook;
	struct vctx_receiver *receiver;
	struct vctx_stats *stats;
	struct page *stats_page;
	struct mmu_notifier *mmu_notifier;
	u64 entered;
	struct vctx_tally *tally;
	struct list_head link;
	struct vctx_quota_user *user;
	struct vctx_context *spare;
	void (*work_function)(struct vctx_context *ctx);
	u64 fault;
	unsigned long fell_back_at;
	struct kref memory;
	u8 fell_back;
	bool nested;
	bool in_use;
	bool evicted;
	bool native;
	bool is_first;
	union {
		struct callback_head work;
		struct rcu_head rcu;
	};
	struct vctx_stats own_stats[];
};

/* The ID in the ABI: it is used again after four billion others at the earliest. */
static inline u32 vctx_context_id(const struct vctx_context *ctx)
{
	return ctx->serial;
}

/*
 * The thread that an event of the context is about.  @net is its network namespace:
 * the context holds none, for the thread may leave it, and it should be gone then.
 */
static inline struct vctx_event_thread
vctx_context_thread(const struct vctx_context *ctx, struct net *net)
{
	return (struct vctx_event_thread) {
		.id = vctx_context_id(ctx), .task = ctx->task, .net = net,
	};
}

#endif /* VCTX_CONTEXT_TYPES_H */
