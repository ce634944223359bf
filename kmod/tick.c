// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tick is an ordinary hrtimer of the kernel, one for each CPU.  Right before
 * an entry into the guest its expiry is pushed away, by the bound at most, and
 * right after the exit it is put back.  So the kernel never runs with the tick
 * held: not an interrupt handler, not a system call, not another thread.  If a
 * tick was missed meanwhile, the timer is due as soon as interrupts are on, and
 * the kernel's own handler catches up, as it does after the tick was stopped for
 * an idle CPU.
 *
 * The states of a CPU that runs a thread with a bound:
 *
 *              the tick has                 before an entry,
 *              interrupted the guest        if nothing needs the tick
 *    waiting ------------------------> ready ------------------------> held
 *     ^                                ^  |                              |
 *     | the thread has left the guest  |  |              after the exit  |
 *     | by itself, or was kicked       |  |                              |
 *     | for another thread             |  |                              |
 *     +-----------------------------------+                              |
 *                                      +---------------------------------+
 *
 * A CPU that was kicked for a timer of an idle one may hold its tick again at once, until
 * that timer.
 *
 * A thread that the scheduler moves to the CPU is not in its run queue at once: the CPU is
 * ready again at the second tick from then.
 *
 * A hold is short while it is the first since another thread has run on the CPU.
 * Listeners are told of a row of holds: when the first begins, and when the thread
 * leaves the guest by itself, is scheduled out, or goes on without a hold.
 */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/context_tracking.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kernel_stat.h>
#include <linux/nsproxy.h>
#include <linux/posix-timers.h>
#include <linux/sched/clock.h>
#include <linux/sched/cputime.h>
#include <linux/sched/rt.h>
#include <linux/sched/signal.h>
#include <linux/tick.h>
#include <asm/hardirq.h>
#include <asm/tsc.h>
#include <net/net_namespace.h>

#include "context_types.h"
#include "cpu.h"
#include "event.h"
#include "policy.h"
#include "tick.h"
#include "tick_kick.h"
#include "tick_remote.h"
#include "tick_timer.h"

/*
 * The bound of all holds: a timer of the timer wheel that was left on the CPU has to
 * run some day.  RCU's kthread has such timers, and complains of a grace period of
 * 21 s.
 */
#define LONGEST_HOLD (15 * (u64)NSEC_PER_SEC)
#define DEFAULT_HOLD (u64)NSEC_PER_SEC

/*
 * The bound of the first hold after another thread has run on the CPU: that thread may
 * have gone to sleep for a tick or two, as RCU's kthread does, on a timer that would
 * not expire.
 */
#define FIRST_HOLD (4 * (u64)TICK_NSEC)

/**
 * struct tick - the tick of one CPU, which alone touches it
 * @timer:	the kernel's own hrtimer, NULL if it has not been found
 * @due:	when it was due before it was pushed
 * @irqs:	how many interrupts of each kind the CPU had when the guest was
 *		interrupted
 * @expired:	a timer had expired when the guest was left
 * @held:	the tick was held when the guest was interrupted
 * @pending:	nobody has looked yet which interrupt that was
 * @last:	the serial number of the context that the CPU ran last
 * @since:	when its thread began to run, but for interruptions of a tick at most,
 *		in jiffies
 * @left:	when it was scheduled out, in jiffies
 * @first:	another thread has run since the last hold
 * @ready:	the tick has interrupted the guest, so that it may be pushed the
 *		next time
 * @moves:	vctx_tick_kick_moves() when the tick last interrupted the guest
 * @told:	listeners, if there were any, were told that @teller holds the tick
 * @teller:	a context
 * @net:	its network namespace, held while @told; NULL if nobody listened, for
 *		all CPUs that hold it write to the same place
 * @before:	how many ticks @teller had held then
 * @over:	tells the listeners of the end where vctx_tick_over() cannot be
 *		called
 */
struct tick {
	struct hrtimer *timer;
	ktime_t due;
	unsigned int irqs[VCTX_NR_HELD];
	bool expired;
	bool held;
	bool pending;
	bool first;
	bool ready;
	unsigned int moves;
	bool told;
	u64 last;
	unsigned long since;
	unsigned long left;
	const struct vctx_context *teller;
	struct net *net;
	u64 before;
	struct irq_work over;
};

static DEFINE_PER_CPU(struct tick, this_tick);

/* Found out at module load, on one CPU; all are alike. */
static bool available;

/**
 * vctx_tick_available - whether ticks can be held on this kernel, and may be
 */
bool vctx_tick_available(void)
{
	return available && READ_ONCE(vctx_policy.tick_hold);
}

/**
 * vctx_tick_max_ns - the largest bound that may be asked for
 *
 * Return: in nanoseconds; 0 if ticks are not held, U64_MAX without a limit.
 */
u64 vctx_tick_max_ns(void)
{
	unsigned int ms = READ_ONCE(vctx_policy.tick_max_ms);

	if (!vctx_tick_available())
		return 0;
	return ms == UINT_MAX ? U64_MAX : ms * (u64)NSEC_PER_MSEC;
}

/**
 * vctx_tick_bound - the bound for a context that is to be entered
 * @flags: VCTX_ENTER_*
 * @wanted: vctx_enter.tick_bound_ns
 * @bound: where the bound goes; 0 is for a context that does not hold the tick
 *
 * Return: VCTX_AVAILABLE, or why there can be no such context.
 */
enum vctx_unavailable vctx_tick_bound(u64 flags, u64 wanted, u64 *bound)
{
	u64 max = vctx_tick_max_ns();

	*bound = 0;
	if (!(flags & VCTX_ENTER_TICKLESS))
		return wanted ? VCTX_UNAVAILABLE_ARGUMENT : VCTX_AVAILABLE;
	if (!max)
		return VCTX_UNAVAILABLE_TICK;
	if (wanted > max)
		return VCTX_UNAVAILABLE_TICK_BOUND;
	if (!READ_ONCE(vctx_policy.tick_unprivileged) &&
	    !capable(CAP_SYS_NICE))
		return VCTX_UNAVAILABLE_PRIVILEGE;
	*bound = min(wanted ?: min(DEFAULT_HOLD, max), LONGEST_HOLD);
	return VCTX_AVAILABLE;
}

/**
 * vctx_tick_scheduled_in - the thread of a context runs on this CPU from now on
 * @serial: the context's serial number
 */
void vctx_tick_scheduled_in(u64 serial)
{
	struct tick *tick = this_cpu_ptr(&this_tick);

	if (tick->last != serial)
		tick->first = true;
	if (tick->last != serial || time_after(jiffies, tick->left + 1))
		tick->since = jiffies;
	tick->last = serial;
	tick->pending = false;
}

/**
 * vctx_tick_scheduled_out - another thread runs on this CPU from now on
 * @this: this CPU
 * @next: the thread
 *
 * If an interrupt of the guest happened again natively, it has now been handled.
 * Workers and stoppers, in which the kernel's housekeeping runs now and then, do
 * not leave timers behind.
 */
void vctx_tick_scheduled_out(struct vctx_cpu *this,
			     const struct task_struct *next)
{
	struct tick *tick = this_cpu_ptr(&this_tick);

	tick->left = jiffies;
	vctx_tick_after_interrupt(this);
	/* The run queue is locked, so that nobody can be woken up. */
	if (tick->told)
		irq_work_queue(&tick->over);
	if (next->flags & PF_WQ_WORKER ||
	    (next->flags & PF_NO_SETAFFINITY && next->prio < MAX_RT_PRIO))
		return;
	tick->first = true;
}

static bool timers_armed(const struct posix_cputimers *timers)
{
	int i;

	for (i = 0; i < CPUCLOCK_MAX; i++)
		if (READ_ONCE(timers->bases[i].nextevt) != U64_MAX)
			return true;
	return false;
}

/* A deadline is enforced by the tick, and so are the slices of sched_ext. */
static bool class_needs_tick(void)
{
	switch (current->policy) {
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_FIFO:
	case SCHED_RR:
		return vctx_compat_is_in_sched_ext(current);
	default:
		return true;
	}
}

/*
 * Timers of CPU time, limits of it, and perf need the tick, too; and so does a clock
 * that is not the TSC, which wraps, or whose watchdog is on the CPU.
 */
static bool tick_is_needed(void)
{
	return timers_armed(&current->posix_cputimers) ||
	       timers_armed(&current->signal->posix_cputimers) ||
	       vctx_compat_has_perf_events(current) ||
	       class_needs_tick() || check_tsc_unstable();
}

/*
 * Whether the thread may run for a part of the time only: the tick counts what a group of
 * threads with a quota consumes, and stops it.  Nothing tells a module which groups have
 * one; the root has none.
 */
static bool may_have_quota(void)
{
	bool grouped = false;

#ifdef CONFIG_CFS_BANDWIDTH
	rcu_read_lock();
	grouped = task_css(current, cpu_cgrp_id)->parent && !rt_task(current);
	rcu_read_unlock();
#endif
	return grouped;
}

/*
 * For how long the tick may be held now; 0 is not at all.  A thread that may have a quota
 * runs at most twice what it may: a hold is no longer than what the thread has run before.
 */
static u64 bound_now(const struct vctx_cpu *this, const struct tick *tick)
{
	u64 bound = min(this->tick_bound, vctx_tick_max_ns());

	if (tick->first)
		bound = min(bound, FIRST_HOLD);
	if (may_have_quota())
		bound = min(bound, max(FIRST_HOLD,
				       jiffies64_to_nsecs(jiffies - tick->since)));
	return bound;
}

/* A tick is needed when an idle CPU has a timer due, and soon if that is not known. */
static u64 bound_by_others(u64 bound, ktime_t now)
{
	u64 first = vctx_tick_remote_first();

	return min(bound, first > now ? first - now : FIRST_HOLD);
}

static bool is_allowed(int cpu)
{
	return vctx_tick_available() &&
	       cpumask_test_cpu(cpu, &vctx_policy.tick_cpus);
}

static bool hold(const struct vctx_cpu *this, struct tick *tick)
{
	int cpu = smp_processor_id();
	ktime_t now;
	u64 bound;

	if (!tick->ready || !is_allowed(cpu) || tick_nohz_full_cpu(cpu) ||
	    tick_is_needed())
		return false;
	if (!tick->timer)
		tick->timer = vctx_tick_timer_find();
	if (!tick->timer)
		return false;
	now = ktime_get();
	bound = bound_now(this, tick);
	if (!vctx_tick_kick_arm(cpu, ktime_add_ns(now, bound)))
		return false;
	/*
	 * A move from now on kicks, and so do a change of the policy and an idle CPU's
	 * timer; models/tick.pml.
	 */
	if (tick->moves != vctx_tick_kick_moves(cpu) || !is_allowed(cpu)) {
		vctx_tick_kick_disarm(cpu);
		return false;
	}
	bound = bound_by_others(bound, now);
	vctx_tick_kick_until(cpu, ktime_add_ns(now, bound));
	tick->due = vctx_tick_timer_push(tick->timer, now, bound);
	return true;
}

static void tell_held(const struct vctx_cpu *this, struct tick *tick)
{
	struct net *net = current->nsproxy->net_ns;
	struct vctx_event_thread thread = vctx_context_thread(this->ctx, net);

	tick->told = true;
	tick->teller = this->ctx;
	tick->net = vctx_event_is_wanted(&thread) ? get_net(net) : NULL;
	tick->before = this->stats->ticks_held;
	if (tick->net)
		vctx_event_tick(VCTX_EVENT_TICK_HELD, &thread, 0);
}

static void tell_over(struct tick *tick)
{
	struct vctx_event_thread thread;

	if (!tick->told)
		return;
	tick->told = false;
	if (!tick->net)
		return;
	thread = vctx_context_thread(tick->teller, tick->net);
	vctx_event_tick(VCTX_EVENT_TICK_GIVEN_BACK, &thread,
			READ_ONCE(tick->teller->stats)->ticks_held - tick->before);
	put_net(tick->net);
}

/**
 * vctx_tick_over - the context that held this CPU's tick does so no longer
 *
 * Preemption is off.
 */
void vctx_tick_over(void)
{
	tell_over(this_cpu_ptr(&this_tick));
}

/* Before the CPU's next quiescent state, so that the context is still there. */
static void over(struct irq_work *work)
{
	vctx_tick_over();
}

/**
 * vctx_tick_hold - push this CPU's tick away, if nothing needs it
 * @this: this CPU; interrupts are off, and stay so until the VM entry
 *
 * Return: whether the tick is held, so that vctx_tick_give_back() is to follow.
 */
bool vctx_tick_hold(struct vctx_cpu *this)
{
	struct tick *tick = this_cpu_ptr(&this_tick);
	bool held = hold(this, tick);

	if (held && !tick->told)
		tell_held(this, tick);
	else if (!held)
		tell_over(tick);
	return held;
}

/*
 * Accounts for the time that the kernel samples once a tick.  While ticks were missed,
 * the thread was in user mode.
 */
static void account_missed(struct vctx_cpu *this, u64 ticks)
{
	u64 ns = ticks * TICK_NSEC;
	int index = task_nice(current) > 0 ? CPUTIME_NICE : CPUTIME_USER;

	this->stats->ticks_held += ticks;
	current->utime += ns;
	account_group_user_time(current, ns);
	__this_cpu_add(kernel_cpustat.cpustat[index], ns);
}

/**
 * vctx_tick_give_back - undo vctx_tick_hold(), right after the exit
 * @this: this CPU; interrupts are off
 */
void vctx_tick_give_back(struct vctx_cpu *this)
{
	struct tick *tick = this_cpu_ptr(&this_tick);
	ktime_t now = ktime_get();
	s64 late = ktime_to_ns(ktime_sub(now, tick->due));

	/* Now, for what was missed will soon be due along with anything else. */
	tick->expired = vctx_tick_timer_expired(tick->timer, now);
	vctx_tick_kick_disarm(smp_processor_id());
	vctx_tick_timer_put_back(tick->timer, tick->due);
	if (late >= TICK_NSEC)
		account_missed(this, div_u64(late, TICK_NSEC));
}

static void count_interrupts(unsigned int irqs[VCTX_NR_HELD])
{
	irqs[VCTX_HELD_TIMER] = vctx_compat_irqs(IRQ_COUNT_APIC_TIMER,
						 apic_timer_irqs);
	irqs[VCTX_HELD_RESCHEDULE] = vctx_compat_irqs(IRQ_COUNT_RESCHEDULE,
						      irq_resched_count);
	irqs[VCTX_HELD_CALL_FUNCTION] =
		vctx_compat_irqs(IRQ_COUNT_CALL_FUNCTION,
						irq_call_count) +
			       vctx_compat_irqs(IRQ_COUNT_IRQ_WORK,
						apic_irq_work_irqs);
}

/**
 * vctx_tick_before_interrupt - the guest was interrupted, and the kernel is about
 *	to have the interrupt
 * @held: the tick was held when it came
 */
void vctx_tick_before_interrupt(bool held)
{
	struct tick *tick = this_cpu_ptr(&this_tick);

	count_interrupts(tick->irqs);
	tick->held = held;
	tick->pending = true;
}

/* The tick has interrupted the thread in user mode, while the tick was held or not. */
static void has_come(struct tick *tick, bool held)
{
	unsigned int moves = vctx_tick_kick_moves(smp_processor_id());

	tick->ready = tick->moves == moves;
	tick->moves = moves;
	tick->first &= !held;
}

/**
 * vctx_tick_interrupts_user - the tick has interrupted the thread in native user mode
 *
 * It is the same to a hold as if the tick had interrupted the guest.  Interrupts are off.
 */
void vctx_tick_interrupts_user(void)
{
	has_come(this_cpu_ptr(&this_tick), false);
}

/**
 * vctx_tick_after_interrupt - the kernel has had its interrupt, if there was one
 * @this: this CPU
 *
 * The tick is pushed only after it has come once, so that it is never pushed for a
 * thread that is rarely in user mode for long.
 *
 * Return: whether a tick that was missed while it was held is about to interrupt the
 * thread, because another interrupt came first.  In the guest this would take one more
 * exit.
 */
bool vctx_tick_after_interrupt(struct vctx_cpu *this)
{
	struct tick *tick = this_cpu_ptr(&this_tick);
	unsigned int now[VCTX_NR_HELD];
	enum vctx_held_interrupt kind = VCTX_HELD_DEVICE;

	if (!tick->pending)
		return false;
	tick->pending = false;
	count_interrupts(now);
	if (now[VCTX_HELD_CALL_FUNCTION] != tick->irqs[VCTX_HELD_CALL_FUNCTION])
		kind = VCTX_HELD_CALL_FUNCTION;
	else if (now[VCTX_HELD_RESCHEDULE] != tick->irqs[VCTX_HELD_RESCHEDULE])
		kind = VCTX_HELD_RESCHEDULE;
	else if (tick->held ? tick->expired :
		 now[VCTX_HELD_TIMER] != tick->irqs[VCTX_HELD_TIMER])
		kind = VCTX_HELD_TIMER;

	if (tick->held)
		this->stats->held[kind]++;
	if (kind == VCTX_HELD_TIMER)
		has_come(tick, tick->held);
	return tick->held && hrtimer_get_expires(tick->timer) <= ktime_get();
}

/**
 * vctx_tick_left - the thread has left the guest by itself
 *
 * It is not one that computes only, so that its next hold waits for a tick again.
 */
void vctx_tick_left(void)
{
	struct tick *tick = this_cpu_ptr(&this_tick);

	tick->ready = false;
	tell_over(tick);
}

/* The next hold waits for a tick, as after any other end of a row of holds. */
static void on_kick(void *unused)
{
	this_cpu_write(this_tick.ready, false);
}

static bool __init find_timer(void)
{
	bool found;

	local_irq_disable();
	found = vctx_tick_timer_find();
	local_irq_enable();
	return found;
}

/* The module also loads where ticks cannot be held. */
int __init vctx_tick_init(void)
{
	int cpu, ret;

	for_each_possible_cpu(cpu)
		per_cpu(this_tick, cpu).over = IRQ_WORK_INIT_HARD(over);
	if (!find_timer()) {
		pr_notice("the scheduler tick was not found; contexts work without holding it\n");
		return 0;
	}
	ret = vctx_tick_kick_init(on_kick);
	if (ret)
		goto failed;
	ret = vctx_tick_remote_init();
	if (ret)
		goto failed_remote;
	available = true;
	return 0;

failed_remote:
	vctx_tick_kick_exit();
failed:
	pr_notice("ticks cannot be held: the kernel's tracepoints cannot be used (%d)\n",
		  ret);
	return 0;
}

void vctx_tick_exit(void)
{
	if (!available)
		return;
	vctx_tick_remote_exit();
	vctx_tick_kick_exit();
}
