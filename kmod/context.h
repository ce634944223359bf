/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A context: what a thread has that runs its user mode in the guest.  It hangs
 * on the task by its preempt notifier and holds counters, nothing else: the
 * state of the guest is the thread's own.
 */
#ifndef VCTX_CONTEXT_H
#define VCTX_CONTEXT_H

#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/vcontext.h>

struct mmu_notifier;
struct net;
struct page;
struct task_struct;
struct vctx_quota_user;
struct vctx_tally;

/* All that the module knows. */
#define VCTX_ENTER_FLAGS (VCTX_ENTER_INHERIT | VCTX_ENTER_KEEP_EXEC | \
			  VCTX_ENTER_STRICT | VCTX_ENTER_TICKLESS)

/**
 * struct vctx_context - one thread's context
 * @serial:	contexts before it, on the machine and since ever
 * @others:	on the list of all contexts
 * @task:	the thread; it exists for as long as the context can be found
 * @notifier:	on task_struct.preempt_notifiers of the thread
 * @flags:	VCTX_ENTER_*
 * @tick_bound:	for how long it may hold the tick, in ns; 0 is not at all
 * @stats:	where the counters are: @own_stats, or in @stats_page once that
 *		is mapped.  Written by the thread only.
 * @own_stats:	the counters of a thread that never mapped the page
 * @stats_page:	the mapped page or NULL
 * @mmu_notifier: that its mm's TLB shootdowns kick; NULL if they need not, or
 *		not yet
 * @entered:	when, in ktime_get_mono_fast_ns()
 * @tally:	what the counters are added to at the end
 * @link:	on @tally->live, under its lock
 * @user:	whose quota it is in
 * @net:	where its events go
 * @fell_back:	why it last ran natively, and
 * @fell_back_at: when, in jiffies; 0 is never
 * @in_use:	its thread is in a call of ours that keeps a pointer to it
 * @evicted:	to end as soon as it can be
 * @rcu:	readers find it without locks
 */
struct vctx_context {
	u64 serial;
	struct list_head others;
	struct task_struct *task;
	struct preempt_notifier notifier;
	u64 flags;
	u64 tick_bound;
	struct vctx_stats *stats;
	struct vctx_stats own_stats;
	struct page *stats_page;
	struct mmu_notifier *mmu_notifier;
	u64 entered;
	struct vctx_tally *tally;
	struct list_head link;
	struct vctx_quota_user *user;
	struct net *net;
	enum vctx_native_reason fell_back;
	unsigned long fell_back_at;
	bool in_use;
	bool evicted;
	struct rcu_head rcu;
};

struct vctx_context *vctx_context_of(struct task_struct *task);
struct vctx_context *vctx_context_use(void);
void vctx_context_unuse(struct vctx_context *ctx);
void vctx_context_free(struct vctx_context *ctx);

/* Its ID in the ABI: not used again before four billion others were. */
static inline u32 vctx_context_id(const struct vctx_context *ctx)
{
	return ctx->serial;
}

/* For each context, in the order of their serial numbers, in an RCU read section. */
#define vctx_context_for_each(ctx) \
	list_for_each_entry_rcu(ctx, &vctx_contexts, others)

extern struct list_head vctx_contexts;

enum vctx_unavailable vctx_context_enter(struct vctx_tally *tally, u64 flags,
					 u64 tick_bound, u32 *native);
int vctx_context_leave(void);
void vctx_context_inherit(struct vctx_context *parent,
			  struct task_struct *child);
void vctx_context_end(struct vctx_context *ctx);
void vctx_context_take_off(struct vctx_context *ctx, struct hlist_head *list);
void vctx_context_end_list(struct hlist_head *list);
unsigned int vctx_context_bytes(void);

int vctx_context_init(void);
void vctx_context_exit(void);

#endif /* VCTX_CONTEXT_H */
