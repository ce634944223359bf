/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A context: what a thread has that runs its user mode in the guest.  It hangs
 * on the task by its preempt notifier and holds counters, nothing else: the
 * state of the guest is the thread's own.
 */
#ifndef VCTX_CONTEXT_H
#define VCTX_CONTEXT_H

#include <linux/list.h>
#include <linux/preempt.h>
#include <linux/vcontext.h>

struct mmu_notifier;
struct page;
struct task_struct;
struct vctx_tally;

/**
 * struct vctx_context - one thread's context
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
 */
struct vctx_context {
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
};

struct vctx_context *vctx_context_of(struct task_struct *task);
int vctx_context_enter(struct vctx_tally *tally, u64 flags, u64 tick_bound);
int vctx_context_leave(void);
void vctx_context_inherit(struct vctx_context *parent,
			  struct task_struct *child);
void vctx_context_end(struct vctx_context *ctx);
unsigned int vctx_context_count(void);

int vctx_context_init(void);
void vctx_context_exit(void);

#endif /* VCTX_CONTEXT_H */
