// SPDX-License-Identifier: GPL-2.0-only
/* Counters of contexts, their sums, and the page a thread can map. */
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "context_types.h"
#include "cpu.h"
#include "stats.h"

/**
 * struct vctx_tally - the sum over the contexts that came from one open file
 * @ref:	held by the file and by each context
 * @lock:	protects changes of @live and of all counters below; never taken from an
 *		interrupt
 * @ends:	changes while a context ends, for readers without the lock
 * @live:	contexts that exist; readers need RCU only
 * @has_first:	there is or was a first context
 * @first:	the counters of the first context.  They are in its page while it
 *		lives and has mapped that, but here once it has ended.
 * @others:	the sum over all other contexts that have ended.  It is allocated
 *		when the second context begins, for there may be no memory when
 *		one ends; most tallies never have a second.
 * @rcu:	frees it after those who may still read the first context's counters;
 *		by then, @live has no readers
 */
struct vctx_tally {
	struct kref ref;
	raw_spinlock_t lock;
	seqcount_raw_spinlock_t ends;
	atomic_t has_first;
	struct vctx_stats first;
	struct vctx_stats *others;
	union {
		struct list_head live;
		struct rcu_head rcu;
	};
};

/* How often a reader tries to do without the lock, while contexts end. */
#define TRIES	16

static struct kmem_cache *cache;

struct vctx_tally *vctx_tally_create(void)
{
	struct vctx_tally *tally = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);

	if (!tally)
		return NULL;
	kref_init(&tally->ref);
	raw_spin_lock_init(&tally->lock);
	seqcount_raw_spinlock_init(&tally->ends, &tally->lock);
	INIT_LIST_HEAD(&tally->live);
	return tally;
}

static void free_rcu(struct rcu_head *rcu)
{
	struct vctx_tally *tally = container_of(rcu, struct vctx_tally, rcu);

	kfree(tally->others);
	kmem_cache_free(cache, tally);
}

static void tally_free(struct kref *ref)
{
	call_rcu(&container_of(ref, struct vctx_tally, ref)->rcu, free_rcu);
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
	sum->nested += READ_ONCE(from->nested);
}

/* The time outside the guest: nobody counts it. */
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

/* In an RCU read section. */
static void add_all(struct vctx_stats *sum, struct vctx_tally *tally)
{
	const struct vctx_stats *others = READ_ONCE(tally->others);
	struct vctx_context *ctx;

	if (!READ_ONCE(tally->first.live))
		add(sum, &tally->first);
	if (others)
		add(sum, others);
	list_for_each_entry_rcu(ctx, &tally->live, link)
		add_context(sum, ctx);
}

/**
 * vctx_tally_read - the sum over all contexts of a tally
 * @tally: of an open file
 * @sum: where the sum goes; size and scope are left alone
 *
 * There may be thousands of contexts, and who holds the lock cannot be preempted.
 */
void vctx_tally_read(struct vctx_tally *tally, struct vctx_stats *sum)
{
	const struct vctx_stats before = *sum;
	unsigned int ends;
	int tries = TRIES;

	rcu_read_lock();
	do {
		*sum = before;
		ends = read_seqcount_begin(&tally->ends);
		add_all(sum, tally);
	} while (read_seqcount_retry(&tally->ends, ends) && --tries);
	if (!tries) {
		*sum = before;
		raw_spin_lock(&tally->lock);
		add_all(sum, tally);
		raw_spin_unlock(&tally->lock);
	}
	rcu_read_unlock();
}

/**
 * vctx_stats_read - the counters of one context
 * @ctx: in use, or in an RCU read section
 * @sum: where they are added to
 *
 * Return: false if the context has ended, and @sum may be wrong.
 */
bool vctx_stats_read(struct vctx_context *ctx, struct vctx_stats *sum)
{
	add_context(sum, ctx);
	smp_rmb();	/* pairs with that in vctx_stats_end() */
	return READ_ONCE(READ_ONCE(ctx->stats)->live);
}

/**
 * vctx_stats_reserve - prepare a tally for another context
 * @tally: of an open file
 * @gfp: how memory is allocated
 *
 * Return: the counters for the context; NULL if it needs counters of its own; or
 * -ENOMEM.
 */
struct vctx_stats *vctx_stats_reserve(struct vctx_tally *tally, gfp_t gfp)
{
	struct vctx_stats *others;

	if (likely(READ_ONCE(tally->others)))
		return NULL;
	if (!atomic_xchg(&tally->has_first, 1))
		return &tally->first;
	others = kzalloc(sizeof(*others), gfp);
	if (!others)
		return ERR_PTR(-ENOMEM);
	/* Another thread may have been quicker. */
	if (cmpxchg(&tally->others, NULL, others))
		kfree(others);
	return NULL;
}

/**
 * vctx_stats_start - a context begins to count
 * @ctx: the context; its @stats are from vctx_stats_reserve(), or its own
 * @tally: what it counts into, too
 */
void vctx_stats_start(struct vctx_context *ctx, struct vctx_tally *tally)
{
	ctx->stats->size = sizeof(struct vctx_stats);
	ctx->stats->contexts = 1;
	ctx->stats->live = 1;
	ctx->stats->nested = ctx->nested;

	ctx->tally = tally;
	kref_get(&tally->ref);
	raw_spin_lock(&tally->lock);
	list_add_rcu(&ctx->link, &tally->live);
	raw_spin_unlock(&tally->lock);
}

/**
 * vctx_stats_end - a context has counted for the last time
 * @ctx: the context; a page that it has mapped keeps the result
 *
 * Callable from atomic context.
 */
void vctx_stats_end(struct vctx_context *ctx)
{
	struct vctx_tally *tally = ctx->tally;

	raw_spin_lock(&tally->lock);
	write_seqcount_begin(&tally->ends);
	list_del_rcu(&ctx->link);
	WRITE_ONCE(ctx->stats->live, 0);
	smp_wmb();	/* pairs with that in vctx_stats_read() */
	if (ctx->is_first) {
		if (ctx->stats_page)
			tally->first = *ctx->stats;
		tally->first.native_ns = native_ns(ctx, ctx->stats);
	} else {
		add_context(tally->others, ctx);
	}
	write_seqcount_end(&tally->ends);
	raw_spin_unlock(&tally->lock);

	vctx_tally_put(tally);
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
		raw_spin_lock(&ctx->tally->lock);
		memcpy(page_address(page), ctx->stats, sizeof(*ctx->stats));
		ctx->stats_page = page;
		/* Others read without the lock. */
		smp_store_release(&ctx->stats, page_address(page));
		raw_spin_unlock(&ctx->tally->lock);
		vctx_cpu_reattach(ctx);
	}
	return vm_insert_page(vma, vma->vm_start, ctx->stats_page);
}

int __init vctx_stats_init(void)
{
	cache = KMEM_CACHE(vctx_tally, 0);
	return cache ? 0 : -ENOMEM;
}

void vctx_stats_exit(void)
{
	/* For free_rcu(). */
	rcu_barrier();
	kmem_cache_destroy(cache);
}
