// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since Linux 6.9 a CPU that goes idle leaves its timers that are not pinned to the busy
 * CPUs: one of them looks after these timers in its tick (kernel/time/timer_migration.c),
 * and nothing tells which.  So no hold goes beyond the first of these timers.  The kernel's
 * tracepoints tell when that is, on the idle CPU, and again when a busy one has run some of
 * them.
 */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "probe.h"
#include "tick_kick.h"
#include "tick_remote.h"

/* While no context may hold the tick, nobody is watched: that begins and ends under it. */
static DEFINE_RAW_SPINLOCK(users_lock);

#ifdef VCTX_COMPAT_TIMER_MIGRATION

/* Of a CPU that has not been seen since the first context. */
#define UNKNOWN 0

/**
 * struct remote - the timers of one CPU
 * @first:	when the first one is due that another CPU is to run, in ns of
 *		CLOCK_MONOTONIC; KTIME_MAX while the CPU is busy or has none
 * @running:	that of the CPU whose timers this one runs, or NULL
 * @runner:	the thread that runs them
 */
struct remote {
	u64 first;
	struct remote *running;
	const struct task_struct *runner;
};

static DEFINE_PER_CPU(struct remote, this_remote);

/*
 * The kernel's struct tmigr_cpu is a variable of each CPU, as struct remote is.  So the
 * two lie equally far from where they would be without the CPU's offset.
 */
static unsigned long origin;

static struct remote *remote_of(unsigned long tmc)
{
	return SHIFT_PERCPU_PTR(&this_remote, tmc - READ_ONCE(origin));
}

static void set_first(struct remote *remote, u64 first)
{
	WRITE_ONCE(remote->first, first);
	if (first == KTIME_MAX)
		return;
	/*
	 * Pairs with vctx_tick_kick_arm(): the holder sees the timer, or is seen;
	 * models/tick.pml.
	 */
	smp_mb();
	vctx_tick_kick_beyond(first);
}

/* This CPU has gone idle, or is so and has another first timer. */
static void on_idle(void *data, void *tmc, u64 first)
{
	if (likely(!vctx_tick_kick_has_users()))
		return;
	WRITE_ONCE(origin, (unsigned long)tmc - per_cpu_offset(smp_processor_id()));
	set_first(this_cpu_ptr(&this_remote), first);
}

/* This CPU is busy, and has a tick for its own timers. */
static void on_active(void *data, void *tmc)
{
	if (likely(!vctx_tick_kick_has_users()))
		return;
	this_cpu_write(this_remote.running, NULL);
	this_cpu_write(this_remote.first, KTIME_MAX);
}

/* What follows is about this CPU, and not about one whose timers it has run. */
static void on_new_timer(void *data, void *tmc)
{
	if (likely(!vctx_tick_kick_has_users()))
		return;
	this_cpu_write(this_remote.running, NULL);
}

/* This CPU runs the timers of another one, which is locked at the beginning and the end. */
static void on_handle(void *data, void *tmc)
{
	struct remote *this = this_cpu_ptr(&this_remote);

	if (likely(!vctx_tick_kick_has_users()) || !READ_ONCE(origin))
		return;
	this->running = remote_of((unsigned long)tmc);
	this->runner = current;
}

/* The kernel's, which is passed by value. */
union tmigr_state {
	u32 state;
};

/* Comes first for the CPU itself, which is no @child, and then for its groups. */
static void on_update(void *data, void *child, void *group,
		      union tmigr_state child_state,
		      union tmigr_state group_state, u64 first)
{
	struct remote *this = this_cpu_ptr(&this_remote);

	if (likely(!vctx_tick_kick_has_users()))
		return;
	if (child || !this->running || this->runner != current)
		return;
	set_first(this->running, first);
	this->running = NULL;
}

static struct vctx_probe probes[] = {
	{ "tmigr_cpu_idle", on_idle },
	{ "tmigr_cpu_new_timer_idle", on_idle },
	{ "tmigr_cpu_active", on_active },
	{ "tmigr_cpu_new_timer", on_new_timer },
	{ "tmigr_handle_remote_cpu", on_handle },
	{ "tmigr_update_events", on_update },
};

/* An idle CPU goes through on_idle() after the interrupt. */
static void look(void *unused)
{
	if (!is_idle_task(current))
		this_cpu_write(this_remote.first, KTIME_MAX);
}

static void forget_all(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu(this_remote, cpu).first, UNKNOWN);
}

static void look_at_all(void)
{
	on_each_cpu(look, NULL, false);
}

/**
 * vctx_tick_remote_first - when a busy CPU has to have a tick for the timers of idle ones
 *
 * Return: in ns of CLOCK_MONOTONIC, KTIME_MAX if there is no such timer; a time that has
 * passed if the timer is about to run, or if a CPU has not been seen yet.
 */
u64 vctx_tick_remote_first(void)
{
	u64 first = KTIME_MAX;
	int cpu;

	for_each_online_cpu(cpu)
		first = min(first, READ_ONCE(per_cpu(this_remote, cpu).first));
	return first;
}

int __init vctx_tick_remote_init(void)
{
	return vctx_probe_register(probes, ARRAY_SIZE(probes));
}

void vctx_tick_remote_exit(void)
{
	vctx_probe_unregister(probes, ARRAY_SIZE(probes));
}

#else /* !VCTX_COMPAT_TIMER_MIGRATION */

static void forget_all(void)
{
}

static void look_at_all(void)
{
}

u64 vctx_tick_remote_first(void)
{
	return KTIME_MAX;
}

int __init vctx_tick_remote_init(void)
{
	return 0;
}

void vctx_tick_remote_exit(void)
{
}

#endif /* VCTX_COMPAT_TIMER_MIGRATION */

/**
 * vctx_tick_remote_get - a context that may hold the tick begins
 *
 * Interrupts are on.  The first such context has all CPUs looked at.
 */
void vctx_tick_remote_get(void)
{
	bool first;

	raw_spin_lock(&users_lock);
	first = !vctx_tick_kick_has_users();
	if (first)
		forget_all();
	vctx_tick_kick_get();
	raw_spin_unlock(&users_lock);
	/* Not under the lock: a CPU that waits for it may have interrupts off. */
	if (first)
		look_at_all();
}

/**
 * vctx_tick_remote_put - a context that may hold the tick ends
 */
void vctx_tick_remote_put(void)
{
	raw_spin_lock(&users_lock);
	vctx_tick_kick_put();
	raw_spin_unlock(&users_lock);
}
