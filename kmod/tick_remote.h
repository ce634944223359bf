/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers of idle CPUs, which wait for the tick of a busy one. */
#ifndef VCTX_TICK_REMOTE_H
#define VCTX_TICK_REMOTE_H

#include <linux/types.h>

void vctx_tick_remote_get(void);
void vctx_tick_remote_put(void);
u64 vctx_tick_remote_first(void);

int vctx_tick_remote_init(void);
void vctx_tick_remote_exit(void);

#endif /* VCTX_TICK_REMOTE_H */
