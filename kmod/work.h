/* SPDX-License-Identifier: GPL-2.0-only */
/* What the thread of a context has to do where it may sleep. */
#ifndef VCTX_WORK_H
#define VCTX_WORK_H

#include <linux/types.h>

struct vctx_context;

bool vctx_work_add(struct vctx_context *ctx,
		   void (*function)(struct vctx_context *ctx));
void vctx_work_expect(void);
void vctx_work_exit(void);

#endif /* VCTX_WORK_H */
