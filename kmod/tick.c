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
 * What must end a stay in the guest early, because the CPU has more to do, sends
 * an interrupt: another CPU that wakes a thread up here or moves one here does it
 * from the probes below.
 */
#include <linux/capability.h>
#include <linux/context_tracking.h>
#include <linux/cpumask.h>
#include <linux/kallsyms.h>
#include <linux/kernel_stat.h>
#include <linux/posix-timers.h>
#include <linux/sched/clock.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/smp.h>
#include <linux/tick.h>
#include <asm/hardirq.h>

#include "context.h"
#include "event.h"
#include "backend.h"
#include "policy.h"
#include "probe.h"
#include "cpu.h"
#include "tick.h"

/*
 * However long a hold may be, a timer of the timer wheel that was left on the CPU
 * has to run some day: RCU's kthread has such timers, and complains of a grace
 * period of 21 s.
 */
#define LONGEST_HOLD (15 * (u64)NSEC_PER_SEC)
#define DEFAULT_HOLD (u64)NSEC_PER_SEC

/*
 * The first hold after another thread has run on the CPU: it may have gone to sleep
 * for a tick or two, as RCU's kthread does, on a timer that would not come.
 */
#define FIRST_HOLD (4 * (u64)TICK_NSEC)

/* By how much a timer's interrupt may come before the timer is due, in ns. */
#define EARLY (100 * (u64)NSEC_PER_USEC)

/* CPUs that are in the guest with the tick held. */
static struct cpumask holding;

/* Contexts that may hold it: without any, a wake-up costs the rest nothing. */
static atomic_t holders = ATOMIC_INIT(0);

static DEFINE_PER_CPU(call_single_data_t, kick);

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

/* This CPU's tick, in the queue that any timer initialised here points to. */
static struct hrtimer *find(void)
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
 * @bound: where to; 0 for a context that does not hold the tick
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
 * vctx_tick_scheduled_out - another thread runs on a CPU that may hold its tick
 * @this: of this CPU
 * @next: the thread
 *
 * An interrupt of the guest that happened again natively was the last of this one.
 * Workers and stoppers, which the kernel's housekeeping runs in now and then, do
 * not leave timers behind.
 */
void vctx_tick_scheduled_out(struct vctx_cpu *this,
			     const struct task_struct *next)
{
	struct vctx_tick *tick = &this->tick;

	vctx_tick_after_interrupt(this);
	/* The run queue is locked, so that nobody can be woken up. */
	if (tick->told)
		irq_work_queue(&tick->over);
	if (next->flags & PF_WQ_WORKER ||
	    (next->flags & PF_NO_SETAFFINITY && next->prio < MAX_RT_PRIO))
		return;
	tick->first = true;
}

/**
 * vctx_tick_is_held - whether the tick of a CPU is held now
 * @cpu: any
 */
bool vctx_tick_is_held(int cpu)
{
	return cpumask_test_cpu(cpu, &holding);
}

/**
 * vctx_tick_get - a context with a bound begins
 */
void vctx_tick_get(void)
{
	atomic_inc(&holders);
}

/**
 * vctx_tick_put - a context with a bound ends
 */
void vctx_tick_put(void)
{
	atomic_dec(&holders);
}

static bool timers_armed(const struct posix_cputimers *timers)
{
	int i;

	for (i = 0; i < CPUCLOCK_MAX; i++)
		if (READ_ONCE(timers->bases[i].nextevt) != U64_MAX)
			return true;
	return false;
}

/* The kernel counts CPU time for timers and limits, and perf's, by the tick. */
static bool tick_is_needed(void)
{
	return timers_armed(&current->posix_cputimers) ||
	       timers_armed(&current->signal->posix_cputimers) ||
	       vctx_compat_has_perf_events(current);
}

static bool hold(struct vctx_cpu *this)
{
	struct vctx_tick *tick = &this->tick;
	int cpu = smp_processor_id();
	u64 bound;

	if (!tick->ready || !vctx_tick_available() ||
	    !cpumask_test_cpu(cpu, &vctx_policy.tick_cpus) ||
	    tick_nohz_full_cpu(cpu) || tick_is_needed())
		return false;
	if (!tick->timer)
		tick->timer = find();
	if (!tick->timer)
		return false;

	cpumask_set_cpu(cpu, &holding);
	/* Pairs with kick_cpu(): one of us sees what the other has written. */
	smp_mb__after_atomic();
	if (!single_task_running()) {
		cpumask_clear_cpu(cpu, &holding);
		return false;
	}

	bound = min(this->tick_bound, vctx_tick_max_ns());
	if (tick->first)
		bound = min(bound, FIRST_HOLD);
	tick->due = hrtimer_get_expires(tick->timer);
	hrtimer_start(tick->timer, ktime_add_ns(ktime_get(), bound),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	return true;
}

static void tell_held(struct vctx_cpu *this)
{
	struct vctx_tick *tick = &this->tick;

	tick->told = true;
	tick->teller = this->ctx;
	tick->before = this->stats->ticks_held;
	vctx_event_tick(VCTX_EVENT_TICK_HELD, this->ctx, 0);
}

/**
 * vctx_tick_over - who held the tick of this CPU does no longer
 * @this: of this CPU; preemption is off
 */
void vctx_tick_over(struct vctx_cpu *this)
{
	struct vctx_tick *tick = &this->tick;

	if (!tick->told)
		return;
	tick->told = false;
	vctx_event_tick(VCTX_EVENT_TICK_GIVEN_BACK, tick->teller,
			READ_ONCE(tick->teller->stats)->ticks_held - tick->before);
}

/* Before the CPU's next quiescent state, so that the context is still there. */
static void over(struct irq_work *work)
{
	vctx_tick_over(vctx_cpu_this());
}

/**
 * vctx_tick_hold - push this CPU's tick away, if nothing needs it
 * @this: of this CPU; interrupts are off, and stay so until the VM entry
 *
 * Return: whether it is held, so that vctx_tick_give_back() is to follow.
 */
bool vctx_tick_hold(struct vctx_cpu *this)
{
	bool held = hold(this);

	if (held && !this->tick.told)
		tell_held(this);
	else if (!held)
		vctx_tick_over(this);
	return held;
}

/*
 * What the kernel samples once a tick.  The thread was in user mode all the time
 * that was missed.
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
 * @this: of this CPU; interrupts are off
 */
void vctx_tick_give_back(struct vctx_cpu *this)
{
	struct vctx_tick *tick = &this->tick;
	ktime_t now = ktime_get();
	s64 late = ktime_to_ns(ktime_sub(now, tick->due));

	/*
	 * Seen now, for what was missed will be due along with anything else.  An
	 * event device may be early by a little.
	 */
	tick->expired = ktime_add_ns(now, EARLY) >=
			tick->timer->base->cpu_base->expires_next;
	cpumask_clear_cpu(smp_processor_id(), &holding);
	/* In the past, it comes at once, and the kernel catches up. */
	hrtimer_start(tick->timer, tick->due, HRTIMER_MODE_ABS_PINNED_HARD);
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
 * vctx_tick_before_interrupt - the guest was interrupted; see which it is
 * @this: of this CPU
 * @held: the tick was held when it came
 */
void vctx_tick_before_interrupt(struct vctx_cpu *this, bool held)
{
	count_interrupts(this->tick.irqs);
	this->tick.held = held;
	this->tick.pending = true;
}

/**
 * vctx_tick_after_interrupt - the kernel has had its interrupt, if there was one
 * @this: of this CPU
 *
 * The tick is pushed only after it has come, so that a thread that is rarely in
 * user mode for long never has it pushed.
 */
void vctx_tick_after_interrupt(struct vctx_cpu *this)
{
	struct vctx_tick *tick = &this->tick;
	unsigned int now[VCTX_NR_HELD];
	enum vctx_held_interrupt kind = VCTX_HELD_DEVICE;

	if (!tick->pending)
		return;
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
	if (kind == VCTX_HELD_TIMER) {
		tick->ready = true;
		tick->first &= !tick->held;
	}
}

/* Who has kicked may not be done yet: leave it the time until the next tick. */
static void on_kick(void *unused)
{
	vctx_cpu_this()->tick.ready = false;
}

/**
 * vctx_tick_kick - end all holds; may sleep
 */
void vctx_tick_kick(void)
{
	on_each_cpu_mask(&holding, on_kick, NULL, false);
}

/* Called by the scheduler with its locks held. */
static void kick_cpu(int cpu)
{
	if (likely(!atomic_read(&holders)))
		return;
	/* Pairs with vctx_tick_hold(). */
	smp_mb();
	if (unlikely(cpumask_test_cpu(cpu, &holding)))
		smp_call_function_single_async(cpu, per_cpu_ptr(&kick, cpu));
}

static void on_wakeup(void *data, struct task_struct *task)
{
	kick_cpu(task_cpu(task));
}

static void on_migrate(void *data, struct task_struct *task, int cpu)
{
	kick_cpu(cpu);
}

static struct vctx_probe probes[] = {
	{ "sched_wakeup", on_wakeup },
	{ "sched_wakeup_new", on_wakeup },
	{ "sched_migrate_task", on_migrate },
};

/* Not being able to hold ticks is no reason not to load. */
int __init vctx_tick_init(void)
{
	int cpu, ret;

	for_each_possible_cpu(cpu) {
		INIT_CSD(per_cpu_ptr(&kick, cpu), on_kick, NULL);
		init_irq_work(&vctx_backend->cpu(cpu)->tick.over, over);
	}

	local_irq_disable();
	available = find();
	local_irq_enable();
	if (!available) {
		pr_notice("the scheduler tick was not found; contexts work without holding it\n");
		return 0;
	}

	ret = vctx_probe_register(probes, ARRAY_SIZE(probes));
	if (ret) {
		available = false;
		pr_notice("ticks cannot be held: no tracepoints of the scheduler (%d)\n",
			  ret);
	}
	return 0;
}

void vctx_tick_exit(void)
{
	if (available)
		vctx_probe_unregister(probes, ARRAY_SIZE(probes));
}
