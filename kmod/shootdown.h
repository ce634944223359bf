/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's TLB shootdowns: each of them reaches the guests that run. */
#ifndef VCTX_SHOOTDOWN_H
#define VCTX_SHOOTDOWN_H

struct vctx_context;

void vctx_shootdown_new_mm(struct vctx_context *ctx);

void vctx_shootdown_init(void);
void vctx_shootdown_exit(void);

#endif /* VCTX_SHOOTDOWN_H */
