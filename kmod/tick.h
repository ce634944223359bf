/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holding the scheduler tick back while a thread is in the guest, on a stock
 * kernel.
 */
#ifndef VCTX_TICK_H
#define VCTX_TICK_H

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/types.h>
#include <linux/vcontext.h>

struct task_struct;
struct vctx_context;
struct vctx_cpu;

/**
 * struct vctx_tick - the tick of one CPU
 * @timer:	the kernel's own hrtimer, NULL if it has not been found
 * @due:	when it was due before it was pushed
 * @irqs:	interrupts of each kind that the CPU had when the guest was
 *		interrupted
 * @expired:	a timer was due when the guest was left
 * @held:	the tick was held when the guest was interrupted
 * @pending:	that interrupt has not been looked at yet
 * @last:	the counters of whose context was on the CPU last
 * @first:	another thread has run since the last hold
 * @ready:	the tick has interrupted the guest, so may be pushed the next time
 * @told:	listeners were told that @teller holds it
 * @teller:	a context
 * @before:	what @teller's counter of ticks was
 * @over:	tells that it does no longer, from where that cannot be done at once
 */
struct vctx_tick {
	struct hrtimer *timer;
	ktime_t due;
	unsigned int irqs[VCTX_NR_HELD];
	const void *last;
	bool expired;
	bool held;
	bool pending;
	bool first;
	bool ready;
	bool told;
	struct vctx_context *teller;
	u64 before;
	struct irq_work over;
};

bool vctx_tick_available(void);
u64 vctx_tick_max_ns(void);
enum vctx_unavailable vctx_tick_bound(u64 flags, u64 wanted, u64 *bound);

void vctx_tick_scheduled_out(struct vctx_cpu *this,
			     const struct task_struct *next);
bool vctx_tick_is_held(int cpu);
void vctx_tick_kick(void);
void vctx_tick_over(struct vctx_cpu *this);
void vctx_tick_get(void);
void vctx_tick_put(void);

bool vctx_tick_hold(struct vctx_cpu *this);
void vctx_tick_give_back(struct vctx_cpu *this);
void vctx_tick_before_interrupt(struct vctx_cpu *this, bool held);
void vctx_tick_after_interrupt(struct vctx_cpu *this);

int vctx_tick_init(void);
void vctx_tick_exit(void);

#endif /* VCTX_TICK_H */
