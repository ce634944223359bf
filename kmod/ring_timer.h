/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers that ring bells. */
#ifndef VCTX_RING_TIMER_H
#define VCTX_RING_TIMER_H

struct vctx_receiver;
struct vctx_timer;

int vctx_ring_timer_set(struct vctx_receiver *receiver,
			const struct vctx_timer *wanted);

#endif /* VCTX_RING_TIMER_H */
