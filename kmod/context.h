/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of contexts, and how others find them. */
#ifndef VCTX_CONTEXT_H
#define VCTX_CONTEXT_H

#include <linux/rculist.h>

#include "context_types.h"

/* All flags that the module knows. */
#define VCTX_ENTER_FLAGS (VCTX_ENTER_INHERIT | VCTX_ENTER_KEEP_EXEC | \
			  VCTX_ENTER_STRICT | VCTX_ENTER_TICKLESS | \
			  VCTX_ENTER_NESTED | VCTX_ENTER_ADAPTIVE)

struct vctx_context *vctx_context_of(struct task_struct *task);
struct vctx_context *vctx_context_use(void);
void vctx_context_unuse(struct vctx_context *ctx);

/* For each context, in the order of their serial numbers, in an RCU read section. */
#define vctx_context_for_each(ctx) \
	list_for_each_entry_rcu(ctx, &vctx_contexts, others)

extern struct list_head vctx_contexts;

/* The hook that a context begins with. */
extern vctx_hook_fn vctx_context_first_hook;

enum vctx_unavailable vctx_context_enter(struct vctx_tally *tally, u64 flags,
					 u64 tick_bound, u32 *native);
int vctx_context_leave(void);
void vctx_context_inherit(struct vctx_context *parent,
			  struct task_struct *child);
void vctx_context_end(struct vctx_context *ctx);
void vctx_context_take_off(struct vctx_context *ctx, struct hlist_head *list);
void vctx_context_end_list(struct hlist_head *list);

int vctx_context_init(void);
void vctx_context_exit(void);

#endif /* VCTX_CONTEXT_H */
