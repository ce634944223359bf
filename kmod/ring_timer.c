// SPDX-License-Identifier: GPL-2.0-only
/* Timers that ring bells. */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "bell.h"
#include "policy.h"
#include "ring_timer.h"

/**
 * struct timer - one timer of a bell
 * @source:	what it rings
 * @timer:	calls on_expiry()
 * @period:	the period that was asked for; 0 is once
 * @next:	the period until the next expiry
 */
struct timer {
	struct vctx_ring_source source;
	struct hrtimer timer;
	ktime_t period;
	ktime_t next;
};

/* What a CPU is told to start. */
struct start {
	struct timer *timer;
	ktime_t first;
};

/*
 * While the thread does not take what was rung, as when it does not run, the period gets
 * longer, up to a tick's: whoever has many threads must not keep a CPU busy with the
 * timers alone.
 */
static enum hrtimer_restart on_expiry(struct hrtimer *hrtimer)
{
	struct timer *timer = container_of(hrtimer, struct timer, timer);
	int ret = vctx_bell_ring(timer->source.receiver, timer->source.number);

	if (ret < 0 || !timer->period)
		return HRTIMER_NORESTART;
	if (ret == VCTX_RING_MERGED)
		timer->next = max_t(ktime_t, timer->period,
				    min_t(ktime_t, 2 * timer->next, TICK_NSEC));
	else
		timer->next = timer->period;
	hrtimer_forward_now(hrtimer, timer->next);
	return HRTIMER_RESTART;
}

static void start_here(void *arg)
{
	struct start *start = arg;

	hrtimer_start(&start->timer->timer, start->first,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

static int start_timer(struct timer *timer, const struct vctx_timer *wanted)
{
	struct start start = {
		.timer = timer,
		.first = wanted->first_ns,
	};

	if (wanted->cpu >= 0)
		return smp_call_function_single(wanted->cpu, start_here, &start,
						true) ? -EINVAL : 0;
	preempt_disable();
	start_here(&start);
	preempt_enable();
	return 0;
}

static void stop(struct vctx_ring_source *source)
{
	struct timer *timer = container_of(source, struct timer, source);

	hrtimer_cancel(&timer->timer);
	kfree(timer);
}

static bool is_too_short(u64 ns)
{
	u64 min_ns = READ_ONCE(vctx_policy.bell_timer_us) * (u64)NSEC_PER_USEC;

	return ns && (ns < min_ns || ns > KTIME_MAX);
}

static int check(const struct vctx_timer *wanted)
{
	if (wanted->flags || wanted->__reserved)
		return -EOPNOTSUPP;
	if (wanted->number >= VCTX_BELL_NUMBERS || wanted->cpu < -1 ||
	    wanted->cpu >= (int)nr_cpu_ids ||
	    (wanted->period_ns && !wanted->first_ns))
		return -EINVAL;
	if (wanted->cpu >= 0 && !capable(CAP_SYS_NICE))
		return -EPERM;
	return is_too_short(wanted->first_ns) || is_too_short(wanted->period_ns) ?
		       -ERANGE : 0;
}

/**
 * vctx_ring_timer_set - a timer rings from now on, in place of the one before
 * @receiver: of current
 * @wanted: from the caller
 *
 * May sleep.  Return: 0 or -errno, as VCTX_IOC_TIMER has it.
 */
int vctx_ring_timer_set(struct vctx_receiver *receiver,
			const struct vctx_timer *wanted)
{
	struct timer *timer;
	int ret = check(wanted);

	if (ret)
		return ret;
	if (!wanted->first_ns)
		return vctx_bell_set_source(receiver, wanted->number, stop, NULL);
	timer = kzalloc(sizeof(*timer), GFP_KERNEL_ACCOUNT);
	if (!timer)
		return -ENOMEM;
	timer->source = (struct vctx_ring_source) {
		.receiver = receiver,
		.number = wanted->number,
		.release = stop,
	};
	timer->period = wanted->period_ns;
	timer->next = timer->period;
	hrtimer_setup(&timer->timer, on_expiry, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	/* Once it is a source, the end of the bell may release it at any time. */
	ret = start_timer(timer, wanted) ?:
	      vctx_bell_set_source(receiver, wanted->number, stop, &timer->source);
	if (ret)
		stop(&timer->source);
	return ret;
}
