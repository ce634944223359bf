/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kicks: while a CPU's kick is armed, an interrupt takes it out of the guest when
 * it gets another thread to run, or when an idle CPU leaves a timer to it.
 */
#ifndef VCTX_TICK_KICK_H
#define VCTX_TICK_KICK_H

#include <linux/smp.h>
#include <linux/types.h>

bool vctx_tick_kick_arm(int cpu, u64 ns);
void vctx_tick_kick_until(int cpu, u64 ns);
void vctx_tick_kick_disarm(int cpu);
bool vctx_tick_kick_is_armed(int cpu);
unsigned int vctx_tick_kick_moves(int cpu);
void vctx_tick_kick_all(void);
void vctx_tick_kick_beyond(u64 ns);

bool vctx_tick_kick_has_users(void);
void vctx_tick_kick_get(void);
void vctx_tick_kick_put(void);

int vctx_tick_kick_init(smp_call_func_t function);
void vctx_tick_kick_exit(void);

#endif /* VCTX_TICK_KICK_H */
