// SPDX-License-Identifier: GPL-2.0-only
/*
 * A look at what the tick has interrupted: a timer of our own on each CPU, which is due
 * right after the CPU's tick.  The interrupt of the tick finds it due as well, so that it
 * adds no interrupt; and as it is never the first in the queue, to start it does not
 * program the CPU's event device.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>

#include "tick_look.h"
#include "tick_timer.h"

/**
 * struct look - the timer of one CPU, which alone touches it
 * @timer:	calls on_tick()
 * @tick:	the kernel's own timer of the tick; NULL if it has not been found
 * @armed:	@timer is in the queue
 */
struct look {
	struct hrtimer timer;
	struct hrtimer *tick;
	bool armed;
};

static DEFINE_PER_CPU(struct look, this_look);

/* What looks, in the interrupt; it tells whether to look again at the next tick. */
static bool (*look_at)(void) __ro_after_init;

/*
 * When the next tick will have come.  Where it is no hrtimer, since the kernel has no
 * high-resolution timers, or where it is late or has been stopped, a tick's time from now
 * will do.
 */
static ktime_t next_tick(struct look *look)
{
	ktime_t now = ktime_get(), due = 0;

	if (!look->tick)
		look->tick = vctx_tick_timer_find();
	if (look->tick)
		due = hrtimer_get_expires(look->tick);
	if (due > now && due <= now + TICK_NSEC)
		return due + 1;
	return now + TICK_NSEC;
}

/* A CPU that goes offline leaves its timers to another, where there is nothing to look at. */
static enum hrtimer_restart on_tick(struct hrtimer *timer)
{
	struct look *look = container_of(timer, struct look, timer);

	if (look == this_cpu_ptr(&this_look) && look_at()) {
		hrtimer_set_expires(timer, next_tick(look));
		return HRTIMER_RESTART;
	}
	look->armed = false;
	return HRTIMER_NORESTART;
}

static void start(struct look *look, ktime_t due)
{
	look->armed = true;
	hrtimer_start(&look->timer, due, HRTIMER_MODE_ABS_PINNED_HARD);
}

/**
 * vctx_tick_look_arm - look when this CPU's next tick has come
 *
 * Interrupts are off.
 */
void vctx_tick_look_arm(void)
{
	struct look *look = this_cpu_ptr(&this_look);

	if (!look->armed)
		start(look, next_tick(look));
}

/**
 * vctx_tick_look_now - look as soon as interrupts are on
 *
 * Interrupts are off.
 */
void vctx_tick_look_now(void)
{
	start(this_cpu_ptr(&this_look), 0);
}

/**
 * vctx_tick_look_cancel - do not look, for this CPU goes idle
 *
 * Interrupts are off.
 */
void vctx_tick_look_cancel(void)
{
	struct look *look = this_cpu_ptr(&this_look);

	if (!look->armed)
		return;
	look->armed = false;
	hrtimer_try_to_cancel(&look->timer);
}

/**
 * vctx_tick_look_init - at module load
 * @function: is called in the tick's interrupt; it tells whether to look again at the next
 */
void __init vctx_tick_look_init(bool (*function)(void))
{
	int cpu;

	look_at = function;
	for_each_possible_cpu(cpu)
		hrtimer_setup(&per_cpu(this_look, cpu).timer, on_tick,
			      CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
}

/* After the last context: what is still armed has nothing to look at. */
void vctx_tick_look_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		hrtimer_cancel(&per_cpu(this_look, cpu).timer);
}
