/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A context: what a thread has that runs its user mode in the guest.  It hangs
 * on the task by its preempt notifier and holds counters, nothing else: the
 * state of the guest is the thread's own.
 */
#ifndef VCTX_CONTEXT_TYPES_H
#define VCTX_CONTEXT_TYPES_H

#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/user-return-notifier.h>
#include <linux/vcontext.h>

#include "event.h"

struct mmu_notifier;
struct net;
struct page;
struct task_struct;
struct vctx_quota_user;
struct vctx_tally;

typedef void (*vctx_hook_fn)(struct user_return_notifier *hook);

/**
 * struct vctx_context - one thread's context
 * @serial:	its number among all contexts since the module was loaded
 * @others:	on the list of all contexts
 * @task:	the thread; it exists for as long as the context can be found
 * @notifier:	on task_struct.preempt_notifiers of the thread
 * @flags:	VCTX_ENTER_*
 * @tick_bound:	for how long it may hold the tick, in ns; 0 is not at all
 * @hook:	what the thread goes to user mode by, in place of the run loop; NULL
 *		is the run loop.  Set by evict.c from any thread, and for good; by
 *		shootdown.c from the thread itself, where evict.c has not.
 * @stats:	where the counters are: @own_stats, or in @tally if @is_first, or in
 *		@stats_page once that is mapped.  Written by the thread only.
 * @stats_page:	the mapped page or NULL
 * @mmu_notifier: makes TLB shootdowns of its mm kick; NULL if they need not, or
 *		until it has been got
 * @entered:	when, in ktime_get_mono_fast_ns()
 * @tally:	what the counters are added to at the end
 * @link:	on @tally->live, under its lock
 * @user:	whose quota it is in
 * @net:	where its events go
 * @fell_back_at: when it last ran natively, in jiffies; 0 is never
 * @fell_back:	why it did
 * @in_use:	its thread is in a call of ours that keeps a pointer to it
 * @evicted:	to end as soon as it can be
 * @is_first:	it is the first context of @tally
 * @rcu:	readers find it without locks
 * @own_stats:	counters, if it is not the first context of @tally
 */
struct vctx_context {
	u64 serial;
	struct list_head others;
	struct task_struct *task;
	struct preempt_notifier notifier;
	u64 flags;
	u64 tick_bound;
	vctx_hook_fn hook;
	struct vctx_stats *stats;
	struct page *stats_page;
	struct mmu_notifier *mmu_notifier;
	u64 entered;
	struct vctx_tally *tally;
	struct list_head link;
	struct vctx_quota_user *user;
	struct net *net;
	unsigned long fell_back_at;
	enum vctx_native_reason fell_back;
	bool in_use;
	bool evicted;
	bool is_first;
	struct rcu_head rcu;
	struct vctx_stats own_stats[];
};

/* Its ID in the ABI: not used again before four billion others were. */
static inline u32 vctx_context_id(const struct vctx_context *ctx)
{
	return ctx->serial;
}

/* Whom an event of the context is about. */
static inline struct vctx_event_thread
vctx_context_thread(const struct vctx_context *ctx)
{
	return (struct vctx_event_thread) {
		.id = vctx_context_id(ctx), .task = ctx->task, .net = ctx->net,
	};
}

#endif /* VCTX_CONTEXT_TYPES_H */
