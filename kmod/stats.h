/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting.  Each context has counters that only its own thread writes, so
 * without locks; a tally sums them up over all contexts that came from one open
 * file.
 */
#ifndef VCTX_STATS_H
#define VCTX_STATS_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/vcontext.h>

struct vctx_context;
struct vm_area_struct;

/**
 * struct vctx_tally - the sum over the contexts that came from one open file
 * @ref:	held by the file and by each context
 * @lock:	protects all below; never taken from an interrupt
 * @live:	contexts that exist
 * @ended:	the first context that ended, or NULL: its memory holds the sum of all
 *		that did, for there may be none to be had when one ends
 */
struct vctx_tally {
	struct kref ref;
	spinlock_t lock;
	struct list_head live;
	struct vctx_context *ended;
};

struct vctx_tally *vctx_tally_create(void);
void vctx_tally_put(struct vctx_tally *tally);
void vctx_tally_read(struct vctx_tally *tally, struct vctx_stats *sum);

void vctx_stats_start(struct vctx_context *ctx, struct vctx_tally *tally);
bool vctx_stats_end(struct vctx_context *ctx);
bool vctx_stats_read(struct vctx_context *ctx, struct vctx_stats *sum);
int vctx_stats_map(struct vctx_context *ctx, struct vm_area_struct *vma);

void vctx_stats_init(void);

extern u64 vctx_clock_ns_per_cycle;

/* By hand, for a 128-bit product in C realigns the stack of the hot path. */
static __always_inline u64 vctx_clock_ns(u64 cycles)
{
	u64 high;

	asm("mulq %[factor]\n\t"
	    "shrdq $32, %[high], %[low]"
	    : [low] "+a" (cycles), [high] "=d" (high)
	    : [factor] "m" (vctx_clock_ns_per_cycle) : "cc");
	return cycles;
}

#endif /* VCTX_STATS_H */
