// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own timer of the tick: found, pushed away, and put back. */
#include <linux/hrtimer.h>
#include <linux/kallsyms.h>
#include <linux/string.h>

#include "tick_timer.h"

/* By how much a timer's interrupt may come before the timer is due, in ns. */
#define EARLY (100 * (u64)NSEC_PER_USEC)

/* What the kernel calls the tick's function; 6.9 has renamed it. */
static const char *const tick_names[] = {
	"tick_sched_timer", "tick_nohz_handler",
};

static bool is_tick(const struct hrtimer *timer)
{
	static void *found;	/* the same function on each CPU */
	void *function = ACCESS_PRIVATE(timer, function);
	char name[KSYM_SYMBOL_LEN];
	int i;

	if (READ_ONCE(found))
		return function == found;
	sprint_symbol_no_offset(name, (unsigned long)function);
	for (i = 0; i < ARRAY_SIZE(tick_names); i++) {
		if (!strcmp(name, tick_names[i])) {
			WRITE_ONCE(found, function);
			return true;
		}
	}
	return false;
}

static enum hrtimer_restart never(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

/**
 * vctx_tick_timer_find - this CPU's tick
 *
 * It is in the queue that any timer initialised here points to.  Interrupts are
 * off.  Return: the timer or NULL.
 */
struct hrtimer *vctx_tick_timer_find(void)
{
	struct hrtimer_cpu_base *base;
	struct timerqueue_linked_node *node;
	struct hrtimer probe, *timer = NULL;

	hrtimer_setup_on_stack(&probe, never, CLOCK_MONOTONIC,
			       HRTIMER_MODE_ABS_PINNED_HARD);
	base = probe.base->cpu_base;
	raw_spin_lock(&base->lock);
	for (node = timerqueue_linked_first(&base->clock_base[HRTIMER_BASE_MONOTONIC].active);
	     node; node = timerqueue_linked_next(node)) {
		timer = container_of(node, struct hrtimer, node);
		if (is_tick(timer))
			break;
	}
	raw_spin_unlock(&base->lock);
	destroy_hrtimer_on_stack(&probe);
	return node ? timer : NULL;
}

/**
 * vctx_tick_timer_push - let the tick come later
 * @timer: this CPU's tick
 * @now: the time
 * @ns: from now
 *
 * It never comes earlier than it was due: at that time the kernel would have nothing to do
 * in it, and what waits for a tick would have to wait for the next hold to end.
 *
 * Return: when it was due.
 */
ktime_t vctx_tick_timer_push(struct hrtimer *timer, ktime_t now, u64 ns)
{
	ktime_t due = hrtimer_get_expires(timer);

	hrtimer_start(timer, max_t(ktime_t, due, ktime_add_ns(now, ns)),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	return due;
}

/**
 * vctx_tick_timer_put_back - undo vctx_tick_timer_push()
 * @timer: this CPU's tick
 * @due: when it was due; if that has passed, it comes at once, and the kernel
 *	catches up
 */
void vctx_tick_timer_put_back(struct hrtimer *timer, ktime_t due)
{
	hrtimer_start(timer, due, HRTIMER_MODE_ABS_PINNED_HARD);
}

/**
 * vctx_tick_timer_expired - whether any timer of this CPU has expired
 * @timer: this CPU's tick
 * @now: the time
 *
 * An event device may be early by a little.
 */
bool vctx_tick_timer_expired(const struct hrtimer *timer, ktime_t now)
{
	return ktime_add_ns(now, EARLY) >= timer->base->cpu_base->expires_next;
}
