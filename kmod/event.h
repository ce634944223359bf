/* SPDX-License-Identifier: GPL-2.0-only */
/* What listeners on generic netlink are told; see enum vctx_event. */
#ifndef VCTX_EVENT_H
#define VCTX_EVENT_H

#include <linux/types.h>
#include <linux/vcontext_netlink.h>

struct vctx_context;

/*
 * Callable from anywhere but NMIs and with a run queue locked.  The context can be
 * found or is current's.
 */
void vctx_event_context(enum vctx_event type, const struct vctx_context *ctx);
void vctx_event_fell_back(const struct vctx_context *ctx,
			  enum vctx_native_reason reason);
void vctx_event_tick(enum vctx_event type, const struct vctx_context *ctx,
		     u64 ticks);
void vctx_event_hardware_lost(int cpu, int error);
void vctx_event_policy(void);

u64 vctx_event_lost(void);
int vctx_event_init(void);
void vctx_event_flush(void);
void vctx_event_exit(void);

#endif /* VCTX_EVENT_H */
