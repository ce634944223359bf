/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's TLB shootdowns: that each reaches the guests that run. */
#ifndef VCTX_SHOOTDOWN_H
#define VCTX_SHOOTDOWN_H

#include "context.h"

struct user_return_notifier;

/* Shootdowns kick: the kernel sends no interrupt for them, or a test wants it. */
extern bool vctx_shootdown_kick;

/* Whether shootdowns of current's mm could miss @ctx, its context. */
static inline bool vctx_shootdown_missed(const struct vctx_context *ctx)
{
	return vctx_shootdown_kick && !ctx->mmu_notifier;
}

void vctx_shootdown_on_user_return(struct user_return_notifier *hook);
void vctx_shootdown_new_mm(struct vctx_context *ctx);
void vctx_shootdown_put(struct vctx_context *ctx);

void vctx_shootdown_init(void);
void vctx_shootdown_exit(void);

#endif /* VCTX_SHOOTDOWN_H */
