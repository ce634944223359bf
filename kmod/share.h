/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VCTX_SHARE_H
#define VCTX_SHARE_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "policy.h"

struct vctx_cpu;

/* Whether it is known on which CPU, and when, KVM enters a virtual machine. */
extern bool vctx_share_watching;

/*
 * Whether a stay may take part in KVM's VMX operation, or in its SVM; asked at each stay,
 * so that the administrator can end it.
 */
static __always_inline bool vctx_share_may_borrow(void)
{
	return READ_ONCE(vctx_share_watching) && READ_ONCE(vctx_policy.share);
}

bool vctx_share_is_possible(void);
void vctx_share_arrive(struct vctx_cpu *this);
void vctx_share_flush_predictor(void);

void vctx_share_get(void);
void vctx_share_refresh(void);
void vctx_share_put(void);

int vctx_share_init(void);
void vctx_share_exit(void);

#endif /* VCTX_SHARE_H */
