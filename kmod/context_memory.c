// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of contexts.  It is given back from where nothing may be freed on
 * PREEMPT_RT, so RCU's callbacks and a worker free all that belongs to a context.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "context_memory.h"

/* The first context of a tally has no counters of its own. */
static struct kmem_cache *first_cache;
static struct kmem_cache *cache;

/* Contexts that have ended and have an mmu_notifier, by their notifier.link. */
static HLIST_HEAD(ended);
static DEFINE_RAW_SPINLOCK(ended_lock);

/**
 * vctx_context_memory_alloc - memory for a context, zeroed
 * @is_first: it is to be the first of a tally
 * @gfp: how memory is allocated
 *
 * Return: the memory, to be given back by vctx_context_memory_put(), or NULL.
 */
struct vctx_context *vctx_context_memory_alloc(bool is_first, gfp_t gfp)
{
	struct vctx_context *ctx = kmem_cache_zalloc(is_first ? first_cache : cache,
						     gfp);

	if (!ctx)
		return NULL;
	kref_init(&ctx->memory);
	ctx->is_first = is_first;
	return ctx;
}

static void free_context(struct rcu_head *rcu)
{
	struct vctx_context *ctx = container_of(rcu, struct vctx_context, rcu);

	if (ctx->stats_page)
		put_page(ctx->stats_page);
	/* Nobody has ever found that. */
	if (ctx->spare)
		free_context(&ctx->spare->rcu);
	kfree(ctx->user);
	kmem_cache_free(ctx->is_first ? first_cache : cache, ctx);
}

/* Whoever has found the context before may still look at it. */
static void release(struct kref *ref)
{
	call_rcu(&container_of(ref, struct vctx_context, memory)->rcu, free_context);
}

/**
 * vctx_context_memory_put - the context has ended, or its thread has done its work
 * @ctx: the context; if it owns a @user and a @spare, these are freed along with it
 *
 * Callable from anywhere but NMIs.
 */
void vctx_context_memory_put(struct vctx_context *ctx)
{
	kref_put(&ctx->memory, release);
}

static void put_ended(struct work_struct *work)
{
	struct vctx_context *ctx;
	struct hlist_node *next;
	HLIST_HEAD(list);

	raw_spin_lock(&ended_lock);
	hlist_move_list(&ended, &list);
	raw_spin_unlock(&ended_lock);
	hlist_for_each_entry_safe(ctx, next, &list, notifier.link) {
		mmu_notifier_put(ctx->mmu_notifier);
		vctx_context_memory_put(ctx);
	}
}

static DECLARE_WORK(put_work, put_ended);

/**
 * vctx_context_memory_put_later - the same for a context that has an mmu_notifier
 * @ctx: it is on no task any more
 *
 * The notifier holds its mm until then.  Not callable from interrupts.
 */
void vctx_context_memory_put_later(struct vctx_context *ctx)
{
	raw_spin_lock(&ended_lock);
	hlist_add_head(&ctx->notifier.link, &ended);
	raw_spin_unlock(&ended_lock);
	schedule_work(&put_work);
}

/* How much kernel memory a context takes, without what the allocators add. */
unsigned int vctx_context_bytes(void)
{
	return kmem_cache_size(cache);
}

static void destroy_caches(void)
{
	kmem_cache_destroy(first_cache);
	kmem_cache_destroy(cache);
}

int __init vctx_context_memory_init(void)
{
	size_t size = sizeof(struct vctx_context);

	first_cache = kmem_cache_create("vctx_context_first", size, 0, 0, NULL);
	cache = kmem_cache_create("vctx_context",
				  size + sizeof(struct vctx_stats), 0, 0, NULL);
	if (!first_cache || !cache) {
		destroy_caches();
		return -ENOMEM;
	}
	return 0;
}

/* After the last context. */
void vctx_context_memory_exit(void)
{
	flush_work(&put_work);
	/* For free_context(). */
	rcu_barrier();
	destroy_caches();
}
