// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ending contexts of other threads.  While a thread runs, only the thread itself
 * can take its context off.  So a mark asks it to do so before it goes to user mode
 * the next time, and if it is in user mode, an interrupt takes it into the kernel.
 * A thread that sleeps does not get there; its context is taken off while nothing
 * else runs on the machine, for the kernel's lists of preempt notifiers have no
 * lock.
 */
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/user-return-notifier.h>

#include "context.h"
#include "evict.h"
#include "filter.h"
#include "cpu.h"
#include "tick_look.h"

/* For how long a thread that runs may take to get to user mode again. */
#define PATIENCE_MS	20

/* One eviction at a time, so that each counts only what it has marked itself. */
static DEFINE_MUTEX(lock);

/* In place of the run loop: the thread goes on natively, at the same instruction. */
static void on_user_return(struct user_return_notifier *hook)
{
	vctx_context_end(vctx_context_of(current));
}

/* A context that still has the mark has not ended yet. */
static unsigned int count_marked(void)
{
	struct vctx_context *ctx;
	unsigned int n = 0;

	rcu_read_lock();
	vctx_context_for_each(ctx)
		n += ctx->evicted;
	rcu_read_unlock();
	return n;
}

static unsigned int mark(const struct vctx_filter *filter)
{
	struct vctx_context *ctx;
	unsigned int n = 0;

	rcu_read_lock();
	vctx_context_for_each(ctx) {
		if (ctx->evicted || !vctx_filter_matches(filter, ctx))
			continue;
		WRITE_ONCE(ctx->evicted, true);
		/*
		 * By the hook, the thread ends its context as an evicted one;
		 * models/evict.pml.
		 */
		smp_store_release(&ctx->hook, on_user_return);
		n++;
	}
	rcu_read_unlock();
	return n;
}

/*
 * And those that marked ones had forked before.  vctx_context_inherit() first adds the
 * context of a child to the list, and then looks for the mark of the parent: it sees
 * the mark, or the next pass here sees the child.
 */
static unsigned int mark_all(const struct vctx_filter *filter)
{
	unsigned int n = 0, more;

	do {
		more = mark(filter);
		n += more;
		/* Pairs with vctx_context_inherit(); models/evict.pml. */
		smp_mb();
	} while (more);
	return n;
}

/* The thread that was interrupted goes to user mode by on_user_return(). */
static void kick(void *unused)
{
	struct vctx_cpu *this = vctx_cpu_this();

	if (!this->ctx || !this->ctx->evicted)
		return;
	/* The hook is put on by an interrupt of user mode, and nothing tells if this is one. */
	if (vctx_cpu_is_native(this)) {
		vctx_tick_look_now();
		return;
	}
	this->hook.on_user_return = on_user_return;
	/* Out of the run loop, if it is in there. */
	set_thread_flag(TIF_NOTIFY_RESUME);
}

static bool runs_marked(int cpu, void *unused)
{
	const struct vctx_context *ctx;
	bool marked;

	rcu_read_lock();
	ctx = READ_ONCE(per_cpu(vctx_cpu, cpu)->ctx);
	marked = ctx && READ_ONCE(ctx->evicted);
	rcu_read_unlock();
	return marked;
}

/* Nothing else runs on the machine. */
static int take_off(void *list)
{
	struct vctx_context *ctx;

	rcu_read_lock();
	vctx_context_for_each(ctx)
		if (ctx->evicted && !ctx->in_use)
			vctx_context_take_off(ctx, list);
	rcu_read_unlock();
	return 0;
}

static bool any_runs_marked(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (runs_marked(cpu, NULL))
			return true;
	return false;
}

static void wait_for_running(void)
{
	int ms;

	for (ms = 0; any_runs_marked() && ms < PATIENCE_MS; ms++)
		usleep_range(1000, 1500);
}

/**
 * vctx_evict - end the contexts of threads, which go on as ordinary ones
 * @filter: which contexts
 * @leaving: out: how many of them are left to end by themselves, because their
 *	threads are in a call of the module
 *
 * May sleep.  Return: how many have ended.
 */
unsigned int vctx_evict(const struct vctx_filter *filter, unsigned int *leaving)
{
	HLIST_HEAD(list);
	unsigned int n;

	mutex_lock(&lock);
	n = mark_all(filter);
	/* Pairs with vctx_cpu_attach(); models/evict.pml. */
	smp_mb();
	on_each_cpu_cond(runs_marked, kick, NULL, true);
	wait_for_running();
	if (count_marked()) {
		stop_machine(take_off, &list, NULL);
		vctx_context_end_list(&list);
	}
	*leaving = min(n, count_marked());
	mutex_unlock(&lock);
	return n - *leaving;
}
