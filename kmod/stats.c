// SPDX-License-Identifier: GPL-2.0-only
/* Counters of contexts, their sums, and the page a thread can map. */
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <asm/tsc.h>

#include "context.h"
#include "cpu.h"
#include "stats.h"

/* Nanoseconds per TSC cycle, in units of 2^-32. */
u64 vctx_clock_ns_per_cycle __ro_after_init;

void __init vctx_stats_init(void)
{
	vctx_clock_ns_per_cycle = div_u64((u64)NSEC_PER_MSEC << 32, tsc_khz ?: 1);
}

struct vctx_tally *vctx_tally_create(void)
{
	struct vctx_tally *tally = kzalloc(sizeof(*tally), GFP_KERNEL_ACCOUNT);

	if (!tally)
		return NULL;
	kref_init(&tally->ref);
	spin_lock_init(&tally->lock);
	INIT_LIST_HEAD(&tally->live);
	return tally;
}

static void tally_free(struct kref *ref)
{
	struct vctx_tally *tally = container_of(ref, struct vctx_tally, ref);

	if (tally->ended)
		vctx_context_free(tally->ended);
	kfree(tally);
}

void vctx_tally_put(struct vctx_tally *tally)
{
	kref_put(&tally->ref, tally_free);
}

/*
 * @from may be counting on another CPU: each value is read once and whole, but
 * they need not be of one instant.
 */
static void add(struct vctx_stats *sum, const struct vctx_stats *from)
{
	int i;

	sum->contexts += READ_ONCE(from->contexts);
	sum->live += READ_ONCE(from->live);
	sum->entries += READ_ONCE(from->entries);
	for (i = 0; i < VCTX_NR_EXITS; i++)
		sum->exits[i] += READ_ONCE(from->exits[i]);
	for (i = 0; i < VCTX_NR_NATIVE; i++)
		sum->native[i] += READ_ONCE(from->native[i]);
	sum->guest_ns += READ_ONCE(from->guest_ns);
	sum->native_ns += READ_ONCE(from->native_ns);
	sum->tlb_flushes += READ_ONCE(from->tlb_flushes);
	sum->ticks_held += READ_ONCE(from->ticks_held);
	for (i = 0; i < VCTX_NR_HELD; i++)
		sum->held[i] += READ_ONCE(from->held[i]);
	sum->longest_ns = max(sum->longest_ns, READ_ONCE(from->longest_ns));
}

/* What is not in the guest is counted by nobody. */
static u64 native_ns(struct vctx_context *ctx, const struct vctx_stats *stats)
{
	u64 since = ktime_get_mono_fast_ns() - ctx->entered;
	u64 guest = READ_ONCE(stats->guest_ns);

	/* The TSC and the clock may differ by a little. */
	return since > guest ? since - guest : 0;
}

static void add_context(struct vctx_stats *sum, struct vctx_context *ctx)
{
	const struct vctx_stats *stats = READ_ONCE(ctx->stats);

	add(sum, stats);
	sum->native_ns += native_ns(ctx, stats);
}

/**
 * vctx_tally_read - sum up
 * @tally: of an open file
 * @sum: where to; size and scope are left alone
 */
void vctx_tally_read(struct vctx_tally *tally, struct vctx_stats *sum)
{
	struct vctx_context *ctx;

	spin_lock(&tally->lock);
	if (tally->ended)
		add(sum, &tally->ended->own_stats);
	list_for_each_entry(ctx, &tally->live, link)
		add_context(sum, ctx);
	spin_unlock(&tally->lock);
}

/**
 * vctx_stats_read - the counters of one context
 * @ctx: in use, or in an RCU read section
 * @sum: where to
 *
 * Return: false if the context has ended: then the counters may be a tally's.
 */
bool vctx_stats_read(struct vctx_context *ctx, struct vctx_stats *sum)
{
	add_context(sum, ctx);
	smp_rmb();	/* pairs with that in vctx_stats_end() */
	return READ_ONCE(READ_ONCE(ctx->stats)->live);
}

/* @ctx begins to count, into @tally too. */
void vctx_stats_start(struct vctx_context *ctx, struct vctx_tally *tally)
{
	ctx->stats = &ctx->own_stats;
	ctx->stats->size = sizeof(struct vctx_stats);
	ctx->stats->contexts = 1;
	ctx->stats->live = 1;

	ctx->tally = tally;
	kref_get(&tally->ref);
	spin_lock(&tally->lock);
	list_add(&ctx->link, &tally->live);
	spin_unlock(&tally->lock);
}

/**
 * vctx_stats_end - a context has counted for the last time
 * @ctx: it; a mapped page keeps the result
 *
 * Callable from atomic context.
 *
 * Return: whether @ctx is the tally's now, for its sum; else it is to be freed.
 */
bool vctx_stats_end(struct vctx_context *ctx)
{
	struct vctx_tally *tally = ctx->tally;
	bool first;

	spin_lock(&tally->lock);
	list_del(&ctx->link);
	WRITE_ONCE(ctx->stats->live, 0);
	smp_wmb();	/* pairs with that in vctx_stats_read() */
	first = !tally->ended;
	if (first) {
		if (ctx->stats_page)
			ctx->own_stats = *ctx->stats;
		ctx->own_stats.native_ns = native_ns(ctx, ctx->stats);
		tally->ended = ctx;
	} else {
		add_context(&tally->ended->own_stats, ctx);
	}
	spin_unlock(&tally->lock);

	vctx_tally_put(tally);
	return first;
}

/**
 * vctx_stats_map - map the counters
 * @ctx: current's context
 * @vma: checked: one page, shared, read-only
 *
 * Return: 0 or -ENOMEM.
 */
int vctx_stats_map(struct vctx_context *ctx, struct vm_area_struct *vma)
{
	BUILD_BUG_ON(sizeof(struct vctx_stats) > PAGE_SIZE);

	if (!ctx->stats_page) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		/*
		 * Nothing counts meanwhile, for that happens on the way back to
		 * user mode; the lock is for readers of the tally.
		 */
		spin_lock(&ctx->tally->lock);
		memcpy(page_address(page), ctx->stats, sizeof(*ctx->stats));
		ctx->stats_page = page;
		/* Others read without the lock. */
		smp_store_release(&ctx->stats, page_address(page));
		spin_unlock(&ctx->tally->lock);
		vctx_cpu_reattach(ctx);
	}
	return vm_insert_page(vma, vma->vm_start, ctx->stats_page);
}
