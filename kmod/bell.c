// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bells.  Whoever rings sets a bit in the area of the thread, and asks the thread to look.
 * That is work which the thread does on its way to user mode (task work), and if it is in
 * user mode, the kernel interrupts it for that: a guest exits.  The work puts the hook
 * below on the CPU, if the thread is an adaptive one that runs natively and has none.
 * The hook is the last thing before user mode: signals have been handled, and system
 * calls set up to restart.  There the frame is written, by the kernel's address of the
 * area's page, so that nothing can fault.
 */
#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "bell.h"
#include "context_types.h"
#include "cpu.h"
#include "policy.h"
#include "run_slow.h"
#include "trace.h"
#include "work.h"

/* What a handler begins without, as that of a signal does. */
#define FLAGS_CLEARED	(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF | \
			 X86_EFLAGS_NT | X86_EFLAGS_AC)

/* Releases the sources of bells that have ended. */
static struct workqueue_struct *enders;

static struct vctx_bell_frame *frame_of(const struct vctx_receiver *receiver)
{
	return (struct vctx_bell_frame *)receiver->area - 1;
}

static void release(struct kref *ref)
{
	kfree_rcu(container_of(ref, struct vctx_receiver, ref), rcu);
}

/* vctx_bell_get - for as long as the bell may be rung; anywhere */
void vctx_bell_get(struct vctx_receiver *receiver)
{
	kref_get(&receiver->ref);
}

/* vctx_bell_put - undo vctx_bell_get(); may sleep */
void vctx_bell_put(struct vctx_receiver *receiver)
{
	might_sleep();
	kref_put(&receiver->ref, release);
}

static bool wants_handler(const struct vctx_bell_area *area)
{
	return READ_ONCE(area->pending) && !READ_ONCE(area->in_handler) &&
	       !READ_ONCE(area->masked);
}

/*
 * Interrupts are off.  The thread may write the area at any time, and harms itself.
 * Return: whether the handler has to wait, for code of other segments to return to that of
 * the kernel's.
 */
static bool deliver(struct vctx_receiver *receiver, struct pt_regs *regs)
{
	struct vctx_bell_area *area = receiver->area;
	unsigned long forced;

	if (likely(!wants_handler(area)))
		return false;
	if (regs->cs != __USER_CS || regs->ss != __USER_DS)
		return true;
	trace_vctx_deliver(regs, area);
	/* As with signals: what a debugger steps by is not the thread's, and goes on. */
	forced = test_thread_flag(TIF_FORCED_TF) ? X86_EFLAGS_TF : 0;
	*frame_of(receiver) = (struct vctx_bell_frame) {
		.rip = regs->ip,
		.cs = regs->cs,
		.rflags = regs->flags & ~forced,
		.rsp = regs->sp,
		.ss = regs->ss,
	};
	WRITE_ONCE(area->in_handler, 1);
	regs->ip = receiver->entry;
	regs->sp = receiver->frame;
	regs->flags &= ~FLAGS_CLEARED | forced;
	/* Whatever system call there was, the handler is not in it. */
	regs->orig_ax = -1;
	WRITE_ONCE(receiver->delivered, receiver->delivered + 1);
	return false;
}

/* In place of the run loop, around it. */
static void on_user_return(struct user_return_notifier *hook)
{
	struct vctx_cpu *this = container_of(hook, struct vctx_cpu, hook);
	bool waits = false;
	vctx_hook_fn next;

	if (hook->link.next) {
		vctx_run_make_last(hook);
		return;
	}
	if (this->ctx->receiver)
		waits = deliver(this->ctx->receiver, task_pt_regs(current));
	next = vctx_cpu_next_hook(this);
	if (next)
		next(hook);
	else if (!waits)
		vctx_cpu_unhook(this);
}

/* The thread has a hook, by which it goes to user mode. */
static void look(struct vctx_receiver *receiver)
{
	unsigned long flags;
	struct vctx_cpu *this;

	local_irq_save(flags);
	this = vctx_cpu_this();
	if (this->ctx && this->ctx->receiver == receiver)
		vctx_cpu_hook_once(this);
	local_irq_restore(flags);
}

static void on_work(struct callback_head *work)
{
	struct vctx_receiver *receiver =
		container_of(work, struct vctx_receiver, work);

	atomic_set(&receiver->asked, 0);
	/* Whoever finds it 1 before has set a bit that deliver() sees; models/bell.pml. */
	smp_mb();
	look(receiver);
	vctx_bell_put(receiver);
	/* The context may have ended, and been the last; see vctx_work_exit(). */
	module_put(THIS_MODULE);
}

static void ask(struct vctx_receiver *receiver)
{
	enum task_work_notify_mode mode = receiver->flags & VCTX_BELL_INTERRUPT ?
						  TWA_SIGNAL : TWA_RESUME;

	/* This is a full barrier, after the bit; models/bell.pml. */
	if (atomic_xchg(&receiver->asked, 1))
		return;
	WRITE_ONCE(receiver->kicked, receiver->kicked + 1);
	vctx_bell_get(receiver);
	__module_get(THIS_MODULE);
	init_task_work(&receiver->work, on_work);
	if (!task_work_add(receiver->task, &receiver->work, mode))
		return;
	/* The thread has ended; the caller has another reference. */
	atomic_set(&receiver->asked, 0);
	kref_put(&receiver->ref, release);
	module_put(THIS_MODULE);
}

/* The thread looks again at what it waits for, which has changed. */
static void wake(struct vctx_receiver *receiver)
{
	/* Pairs with the barrier of set_current_state() in wait_for_ring(); models/bell.pml. */
	smp_mb();
	if (READ_ONCE(receiver->waits))
		wake_up_process(receiver->task);
}

static int ring(struct vctx_receiver *receiver, unsigned int number)
{
	if (READ_ONCE(receiver->closed))
		return -EPIPE;
	trace_vctx_ring(receiver->task, number);
	atomic64_inc(&receiver->rung);
	if (test_and_set_bit(number, (unsigned long *)&receiver->area->pending)) {
		/* Whoever has set the bit has asked, or the handler looks. */
		atomic64_inc(&receiver->merged);
		return VCTX_RING_MERGED;
	}
	ask(receiver);
	wake(receiver);
	return 0;
}

/**
 * vctx_bell_ring - ring
 * @receiver: referenced
 * @number: below VCTX_BELL_NUMBERS
 *
 * Callable from anywhere but NMIs.  Return: 0, VCTX_RING_MERGED if the number is pending
 * already, or -EPIPE if the bell has ended.
 */
int vctx_bell_ring(struct vctx_receiver *receiver, unsigned int number)
{
	int ret;

	rcu_read_lock();
	ret = ring(receiver, number);
	rcu_read_unlock();
	return ret;
}

/* Return: 1 if a number is pending, 0 if not, or -EPIPE if the bell has ended. */
static int is_pending(const struct vctx_receiver *receiver)
{
	int ret = -EPIPE;

	rcu_read_lock();
	if (!READ_ONCE(receiver->closed))
		ret = !!READ_ONCE(receiver->area->pending);
	rcu_read_unlock();
	return ret;
}

static void wait_for_ring(struct vctx_receiver *receiver, u64 timeout_ns)
{
	ktime_t end = timeout_ns > KTIME_MAX - ktime_get() ?
			      KTIME_MAX : ktime_add_ns(ktime_get(), timeout_ns);
	int left = -EINTR;

	WRITE_ONCE(receiver->waits, true);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (is_pending(receiver) || !left || signal_pending(current))
			break;
		left = schedule_hrtimeout(&end, HRTIMER_MODE_ABS);
	}
	__set_current_state(TASK_RUNNING);
	WRITE_ONCE(receiver->waits, false);
}

/**
 * vctx_bell_wait - wait until current's bell has been rung, and have the handler run
 * @receiver: of current, referenced.  The context is not in use, so that it can be evicted.
 * @timeout_ns: for how long; U64_MAX is no limit
 *
 * Return: 0 or -errno, as VCTX_IOC_BELL_WAIT has it.
 */
int vctx_bell_wait(struct vctx_receiver *receiver, u64 timeout_ns)
{
	int pending = is_pending(receiver);

	if (!pending && timeout_ns) {
		wait_for_ring(receiver, timeout_ns);
		pending = is_pending(receiver);
	}
	if (pending < 0)
		return pending;
	if (!pending)
		return signal_pending(current) ? -EINTR : -ETIMEDOUT;
	look(receiver);
	return 0;
}

/* Of one moment, roughly: all of them may be counting. */
void vctx_bell_read(struct vctx_receiver *receiver, struct vctx_bell_stats *stats)
{
	stats->rung = atomic64_read(&receiver->rung);
	stats->merged = atomic64_read(&receiver->merged);
	stats->kicked = READ_ONCE(receiver->kicked);
	stats->delivered = READ_ONCE(receiver->delivered);
}

static struct vctx_ring_source *
find_source(const struct vctx_receiver *receiver, unsigned int number,
	    void (*release)(struct vctx_ring_source *source))
{
	struct vctx_ring_source *source;

	list_for_each_entry(source, &receiver->sources, link)
		if (source->number == number && source->release == release)
			return source;
	return NULL;
}

/**
 * vctx_bell_set_source - something rings from now on, until the bell ends
 * @receiver: referenced
 * @number: what it rings
 * @release: what kind it is
 * @source: takes the place of the one that has been there, and is filled in by the caller; NULL
 *	for none
 *
 * May sleep.  Return: 0, or -EPIPE if the bell has ended; then the caller keeps @source.
 */
int vctx_bell_set_source(struct vctx_receiver *receiver, unsigned int number,
			 void (*release)(struct vctx_ring_source *source),
			 struct vctx_ring_source *source)
{
	struct vctx_ring_source *before;

	mutex_lock(&receiver->lock);
	if (READ_ONCE(receiver->closed)) {
		mutex_unlock(&receiver->lock);
		return -EPIPE;
	}
	before = find_source(receiver, number, release);
	if (before)
		list_del(&before->link);
	if (source)
		list_add(&source->link, &receiver->sources);
	mutex_unlock(&receiver->lock);
	if (before)
		release(before);
	return 0;
}

static void end(struct work_struct *work)
{
	struct vctx_receiver *receiver =
		container_of(work, struct vctx_receiver, end);
	struct vctx_ring_source *source, *next;

	/* After this, nobody adds to them. */
	mutex_lock(&receiver->lock);
	mutex_unlock(&receiver->lock);
	list_for_each_entry_safe(source, next, &receiver->sources, link)
		source->release(source);
	/* Whoever has a descriptor keeps the bell, and neither the page nor the thread. */
	synchronize_rcu();
	unpin_user_pages_dirty_lock(&receiver->page, 1, true);
	put_task_struct(receiver->task);
	vctx_bell_put(receiver);
}

/**
 * vctx_bell_close - the context has no bell any more
 * @ctx: the context of current, or of a thread that does not run and has been taken off it
 *
 * Callable with interrupts off.
 */
void vctx_bell_close(struct vctx_context *ctx)
{
	struct vctx_receiver *receiver = ctx->receiver;

	if (!receiver)
		return;
	WRITE_ONCE(receiver->closed, true);
	wake(receiver);
	WRITE_ONCE(ctx->receiver, NULL);
	/* Unless it is to be evicted; models/evict.pml. */
	cmpxchg(&ctx->hook, on_user_return, NULL);
	queue_work(enders, &receiver->end);
}

/**
 * vctx_bell_leave - current has no bell any more
 * @ctx: current's context, in use
 *
 * Return: 0, or -ENOTCONN if there is none.
 */
int vctx_bell_leave(struct vctx_context *ctx)
{
	if (!ctx->receiver)
		return -ENOTCONN;
	vctx_bell_close(ctx);
	vctx_cpu_reattach(ctx);
	return 0;
}

/* The page with the area and the frame: 0 or -errno. */
static int pin(const struct vctx_bell *bell, struct page **page)
{
	unsigned long area = bell->area;

	/* The frame is in the area's page, too. */
	if (area != bell->area || area % sizeof(struct vctx_bell_area) ||
	    offset_in_page(area) < sizeof(struct vctx_bell_frame) ||
	    area >= TASK_SIZE_MAX || bell->entry >= TASK_SIZE_MAX)
		return -EINVAL;
	if (pin_user_pages_fast(area, 1, FOLL_WRITE | FOLL_LONGTERM, page) != 1)
		return -EFAULT;
	return 0;
}

static struct vctx_receiver *create(const struct vctx_bell *bell)
{
	struct vctx_receiver *receiver;
	int ret;

	receiver = kzalloc(sizeof(*receiver), GFP_KERNEL_ACCOUNT);
	if (!receiver)
		return ERR_PTR(-ENOMEM);
	ret = pin(bell, &receiver->page);
	if (ret) {
		kfree(receiver);
		return ERR_PTR(ret);
	}
	kref_init(&receiver->ref);
	receiver->task = get_task_struct(current);
	receiver->area = page_address(receiver->page) + offset_in_page(bell->area);
	receiver->frame = bell->area - sizeof(struct vctx_bell_frame);
	receiver->entry = bell->entry;
	receiver->flags = bell->flags;
	mutex_init(&receiver->lock);
	INIT_LIST_HEAD(&receiver->sources);
	INIT_WORK(&receiver->end, end);
	vctx_work_expect();
	return receiver;
}

/**
 * vctx_bell_open - give current a bell
 * @ctx: current's context, in use
 * @bell: from the caller
 *
 * Return: 0 or -errno, as VCTX_IOC_BELL has it.
 */
int vctx_bell_open(struct vctx_context *ctx, const struct vctx_bell *bell)
{
	struct vctx_receiver *receiver;

	if (bell->flags & ~VCTX_BELL_INTERRUPT || !user_64bit_mode(task_pt_regs(current)) ||
	    vctx_compat_user_shstk(current))
		return -EOPNOTSUPP;
	if (ctx->receiver)
		return -EEXIST;
	if (!READ_ONCE(vctx_policy.bells))
		return -ENOSPC;
	receiver = create(bell);
	if (IS_ERR(receiver))
		return PTR_ERR(receiver);
	/* Others may find it from now on, see vctx_netlink_context_get(). */
	smp_store_release(&ctx->receiver, receiver);
	/* An eviction may have been first, or the context may have no notifier of its mm yet. */
	if (cmpxchg(&ctx->hook, NULL, on_user_return)) {
		vctx_bell_close(ctx);
		return READ_ONCE(ctx->evicted) ? -ENXIO : -ENOMEM;
	}
	vctx_cpu_reattach(ctx);
	return 0;
}

int __init vctx_bell_init(void)
{
	enders = alloc_workqueue("vctx_bell", WQ_UNBOUND, 0);
	return enders ? 0 : -ENOMEM;
}

/* After the last context, and the last descriptor: bells may still be ending. */
void vctx_bell_exit(void)
{
	destroy_workqueue(enders);
}
