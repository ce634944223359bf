/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holding the scheduler tick back while a thread is in the guest, on a stock
 * kernel.
 */
#ifndef VCTX_TICK_H
#define VCTX_TICK_H

#include <linux/types.h>

struct task_struct;
struct vctx_cpu;

bool vctx_tick_available(void);
u64 vctx_tick_max_ns(void);
enum vctx_unavailable vctx_tick_bound(u64 flags, u64 wanted, u64 *bound);

void vctx_tick_scheduled_in(u64 serial);
void vctx_tick_scheduled_out(struct vctx_cpu *this,
			     const struct task_struct *next);
void vctx_tick_over(void);

bool vctx_tick_hold(struct vctx_cpu *this);
void vctx_tick_give_back(struct vctx_cpu *this);
void vctx_tick_before_interrupt(bool held);
bool vctx_tick_after_interrupt(struct vctx_cpu *this);
void vctx_tick_interrupts_user(void);
void vctx_tick_left(void);

int vctx_tick_init(void);
void vctx_tick_exit(void);

#endif /* VCTX_TICK_H */
