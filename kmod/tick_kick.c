// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must end a stay in the guest early, because the CPU has more to do, sends
 * an interrupt: another CPU that wakes up a thread for this one, or moves one
 * here, does so from the probes below, and one that goes idle from tick_remote.c.
 *
 * The two are different kicks.  After the first the CPU has a thread to run, or is about
 * to.  After the second it may hold its tick again at once, until the timer.
 */
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>

#include "probe.h"
#include "tick_kick.h"

/* Contexts that may hold the tick: without any, a wake-up costs others nothing. */
static atomic_t users = ATOMIC_INIT(0);

/**
 * struct kick - a kick of one CPU
 * @call:	the call that it consists of
 * @sent:	it is on its way.  Several CPUs may want to kick one at the same time,
 *		and the kernel leaves it to the caller that they do not send the same
 *		call at once; models/tick.pml.
 */
struct kick {
	call_single_data_t call;
	bool sent;
};

static DEFINE_PER_CPU(struct kick, for_thread);
static DEFINE_PER_CPU(struct kick, for_timer);

static smp_call_func_t on_kick __ro_after_init;

/**
 * struct hold - the hold of one CPU, which alone writes this; others only look
 * @armed:	the CPU is in the guest with the tick held
 * @until:	when the hold ends at the latest, in ns of CLOCK_MONOTONIC; means nothing
 *		unless @armed
 */
struct hold {
	bool armed;
	u64 until;
};

/* Each on a line of its own, since each tickless stay writes it twice. */
static DEFINE_PER_CPU_SHARED_ALIGNED(struct hold, this_hold);

/* How many threads the scheduler was about to move to each CPU. */
static DEFINE_PER_CPU(atomic_t, moves);

/**
 * vctx_tick_kick_arm - kick this CPU from now on
 * @cpu: this one; interrupts are off
 * @ns: when the hold ends at the latest, in ns of CLOCK_MONOTONIC
 *
 * Return: false, and the kick is not armed, if another thread is there to run.
 */
bool vctx_tick_kick_arm(int cpu, u64 ns)
{
	struct hold *hold = per_cpu_ptr(&this_hold, cpu);

	WRITE_ONCE(hold->until, ns);
	/* Whoever sees that it is armed sees until when. */
	smp_wmb();
	/*
	 * Pairs with kick_cpu() and set_first(): one of the two sees what the other has
	 * written; models/tick.pml.
	 */
	smp_store_mb(hold->armed, true);
	if (single_task_running())
		return true;
	vctx_tick_kick_disarm(cpu);
	return false;
}

/**
 * vctx_tick_kick_until - the hold ends earlier than vctx_tick_kick_arm() was told
 * @cpu: this one, which is armed
 * @ns: when it ends at the latest, in ns of CLOCK_MONOTONIC
 *
 * An idle CPU whose timer is due later than that does not kick.
 */
void vctx_tick_kick_until(int cpu, u64 ns)
{
	WRITE_ONCE(per_cpu(this_hold, cpu).until, ns);
}

/**
 * vctx_tick_kick_disarm - kick this CPU no longer
 * @cpu: this one
 */
void vctx_tick_kick_disarm(int cpu)
{
	WRITE_ONCE(per_cpu(this_hold, cpu).armed, false);
}

/**
 * vctx_tick_kick_is_armed - whether a CPU is in the guest with the tick held
 * @cpu: any
 */
bool vctx_tick_kick_is_armed(int cpu)
{
	return READ_ONCE(per_cpu(this_hold, cpu).armed);
}

/**
 * vctx_tick_kick_moves - how many threads were about to be moved to a CPU
 * @cpu: any
 *
 * Such a thread is in the CPU's run queue long before a tick has passed.
 */
unsigned int vctx_tick_kick_moves(int cpu)
{
	return atomic_read(per_cpu_ptr(&moves, cpu));
}

static bool is_armed(int cpu, void *unused)
{
	return vctx_tick_kick_is_armed(cpu);
}

/**
 * vctx_tick_kick_all - end all holds; may sleep
 */
void vctx_tick_kick_all(void)
{
	on_each_cpu_cond(is_armed, on_kick, NULL, false);
}

/**
 * vctx_tick_kick_has_users - whether there is a context that may hold the tick
 */
bool vctx_tick_kick_has_users(void)
{
	return atomic_read(&users);
}

/**
 * vctx_tick_kick_get - a context that may hold the tick begins
 */
void vctx_tick_kick_get(void)
{
	atomic_inc(&users);
}

/**
 * vctx_tick_kick_put - a context that may hold the tick ends
 */
void vctx_tick_kick_put(void)
{
	atomic_dec(&users);
}

static void send_kick(struct kick *kick, int cpu)
{
	if (xchg(&kick->sent, true))
		return;
	/* Fails if the CPU has gone offline meanwhile. */
	if (smp_call_function_single_async(cpu, &kick->call))
		WRITE_ONCE(kick->sent, false);
}

/* Called by the scheduler with locks held, but not always that of @cpu's run queue. */
static void kick_cpu(int cpu)
{
	if (likely(!atomic_read(&users)))
		return;
	/* Pairs with vctx_tick_kick_arm(); models/tick.pml. */
	smp_mb();
	if (unlikely(vctx_tick_kick_is_armed(cpu)))
		send_kick(per_cpu_ptr(&for_thread, cpu), cpu);
}

static bool is_beyond(int cpu, u64 ns)
{
	if (!vctx_tick_kick_is_armed(cpu))
		return false;
	smp_rmb();	/* pairs with vctx_tick_kick_arm() */
	return READ_ONCE(per_cpu(this_hold, cpu).until) > ns;
}

/**
 * vctx_tick_kick_beyond - end the holds that may last longer
 * @ns: than until then, in ns of CLOCK_MONOTONIC
 *
 * Interrupts are off.  What the holders have to look at was written before, with a full
 * barrier.
 */
void vctx_tick_kick_beyond(u64 ns)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (is_beyond(cpu, ns))
			send_kick(per_cpu_ptr(&for_timer, cpu), cpu);
}

/*
 * Whoever found it sent did so before the CPU looks again, and so what it was for is seen;
 * models/tick.pml.
 */
static void has_come(struct kick *kick)
{
	xchg(&kick->sent, false);
}

static void kicked_for_thread(void *unused)
{
	has_come(this_cpu_ptr(&for_thread));
	on_kick(NULL);
}

/* The exit was all that it takes: the next hold sees the timer. */
static void kicked_for_timer(void *unused)
{
	has_come(this_cpu_ptr(&for_timer));
}

static void on_wakeup(void *data, struct task_struct *task)
{
	kick_cpu(task_cpu(task));
}

/*
 * The thread is not in the CPU's run queue yet, and nothing tells when it is;
 * models/tick.pml.
 */
static void on_migrate(void *data, struct task_struct *task, int cpu)
{
	if (likely(!atomic_read(&users)))
		return;
	atomic_inc(per_cpu_ptr(&moves, cpu));
	kick_cpu(cpu);
}

static struct vctx_probe probes[] = {
	{ "sched_wakeup", on_wakeup },
	{ "sched_wakeup_new", on_wakeup },
	{ "sched_migrate_task", on_migrate },
};

/**
 * vctx_tick_kick_init - look at the scheduler's wake-ups from now on
 * @function: called on each CPU that is kicked for a thread or by vctx_tick_kick_all(), in
 *	the interrupt
 *
 * Return: 0 or -errno.
 */
int __init vctx_tick_kick_init(smp_call_func_t function)
{
	int cpu;

	on_kick = function;
	for_each_possible_cpu(cpu) {
		INIT_CSD(&per_cpu(for_thread, cpu).call, kicked_for_thread, NULL);
		INIT_CSD(&per_cpu(for_timer, cpu).call, kicked_for_timer, NULL);
	}
	return vctx_probe_register(probes, ARRAY_SIZE(probes));
}

void vctx_tick_kick_exit(void)
{
	vctx_probe_unregister(probes, ARRAY_SIZE(probes));
}
