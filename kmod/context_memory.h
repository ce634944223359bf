/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of contexts. */
#ifndef VCTX_CONTEXT_MEMORY_H
#define VCTX_CONTEXT_MEMORY_H

#include <linux/kref.h>
#include <linux/types.h>

#include "context_types.h"

struct vctx_context *vctx_context_memory_alloc(bool is_first, gfp_t gfp);
void vctx_context_memory_put(struct vctx_context *ctx);
void vctx_context_memory_put_later(struct vctx_context *ctx);
unsigned int vctx_context_bytes(void);

static inline void vctx_context_memory_get(struct vctx_context *ctx)
{
	kref_get(&ctx->memory);
}

int vctx_context_memory_init(void);
void vctx_context_memory_exit(void);

#endif /* VCTX_CONTEXT_MEMORY_H */
