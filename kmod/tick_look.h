/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_TICK_LOOK_H
#define VCTX_TICK_LOOK_H

#include <linux/types.h>

void vctx_tick_look_arm(void);
void vctx_tick_look_now(void);
void vctx_tick_look_cancel(void);

void vctx_tick_look_init(bool (*function)(void));
void vctx_tick_look_exit(void);

#endif /* VCTX_TICK_LOOK_H */
