/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_TICK_TIMER_H
#define VCTX_TICK_TIMER_H

#include <linux/ktime.h>
#include <linux/types.h>

struct hrtimer;

struct hrtimer *vctx_tick_timer_find(void);
ktime_t vctx_tick_timer_push(struct hrtimer *timer, ktime_t now, u64 ns);
void vctx_tick_timer_put_back(struct hrtimer *timer, ktime_t due);
bool vctx_tick_timer_expired(const struct hrtimer *timer, ktime_t now);

#endif /* VCTX_TICK_TIMER_H */
